"""Spellings of a phone number: as people, spreadsheets, contact cards and links write one; only its digits are read.

What is not certainly one number is refused, and the sentence says which character is in the way: a program that guesses
would text somebody else.
"""

import re
from unicodedata import category, decimal, name

DIGITS = 10
TODO = "Give a US or Canadian number such as +14235550123, (423) 555-0123 or 423-555-0123."

_PARTS = frozenset("0123456789 +()[].-/")
_DASHES = "\u2043\u2212"  # beside those that Unicode calls dashes
_DOTS = "\xb7\u2022\u2024\u2027\u2219\u22c5"
_APOSTROPHES = "\u2018\u2019\u02bc"
_BACKWARDS = "\u202e"  # a reader sees the digits behind it in the other order
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_WIDTH_LESS = 0xFEE0

# A cell of a spreadsheet that is text: '4235550123, "4235550123", ="4235550123".
_CELL = re.compile(r"""\s*(?:=?"(?P<quoted>[^"]*)"|'?(?P<bare>.*?))\s*""", re.DOTALL)
# Links (RFC 3966, RFC 5724) and contact cards (RFC 6350): tel:..., TEL;TYPE=CELL:..., TEL;VALUE=uri:tel:...
_SCHEME = re.compile(r"(?:(?:tel|sms)(?:;[a-z]+=[^:;]*)*:(?://)?){0,2}", re.IGNORECASE)
_CONTEXT = re.compile(r"phone-context=(\+[0-9.()\-]+)", re.IGNORECASE)
_EXTENSION = re.compile(
    r"[^,;#a-z]*\d[\s.(\-]*(?:extension|extn?|ex|x|#|;\s*ext|;|,+|p|w)[\s.:=#\-]*\d+\)?", re.IGNORECASE
)
_SHORTENED = re.compile(r"\d(?:\.\d*)?e\+?\d+", re.IGNORECASE)
_DECIMAL = re.compile(r"(\+?\d{7,})\.(\d{0,3}|\d{5,})")  # four digits behind a dot are a number's last group
_ABROAD = "011"
_ODD_GROUPS = {1, 3}  # at the end of ten digits


class NotOneNumber(ValueError):
    """It is not certainly one number; the sentence says why."""


def digits_of(text: str) -> str:
    """The digits of the one number that a text spells, in order, without the country code 1: ten where it is whole.

    Raises:
        NotOneNumber: there is none, or more than one, or something beside it.
    """
    plain = "".join(map(spelled, text))
    cell = _CELL.fullmatch(plain)
    start, stop = (0, len(plain)) if cell is None else cell.span("bare" if cell["quoted"] is None else "quoted")
    if start == stop:
        raise NotOneNumber("The phone number is empty.")
    scheme = _SCHEME.match(plain, start, stop)
    is_link = scheme is not None and scheme.end() > start
    start = scheme.end() if scheme is not None else start
    written, *more = plain[start:stop].split(";") if is_link else [plain[start:stop]]
    context = _context(more)
    _check_shape(written)
    _check_parts(text, start, start + len(written))
    if shaped := _DECIMAL.fullmatch(written):
        written = shaped[1]
    written = written if "+" in written else context + written
    digits = re.sub(r"\D", "", written)
    if digits in {"", "1"}:
        raise NotOneNumber("That is not a phone number.")
    if "+" in written.lstrip("([ ")[1:]:
        raise NotOneNumber("The phone number has a + that is not at its start.")
    national = _in_north_america(digits, has_code="+" in written)
    last = len(re.findall(r"\d+", written)[-1])
    if len(national) == DIGITS and last in _ODD_GROUPS:
        raise NotOneNumber(f"The phone number ends in a group of {last}, as if something stood beside one that is cut.")
    return national


def spelled(character: str) -> str:
    """A character in ASCII where it only looks different; nothing for one that nobody sees."""
    kind = category(character)
    if kind == "Nd":
        return str(decimal(character))
    if kind == "Zs":
        return " "
    if kind == "Pd" or character in _DASHES:
        return "-"
    if character in _DOTS:
        return "."
    if character in _APOSTROPHES:
        return "'"
    if ord(character) in _FULL_WIDTH:
        return chr(ord(character) - _FULL_WIDTH_LESS)
    return "" if kind == "Cf" and character != _BACKWARDS else character


def _context(parameters: list[str]) -> str:
    """The start of a local number, from what a link says behind it (RFC 3966, 5.1.5)."""
    context = ""
    for parameter in parameters:
        if found := _CONTEXT.fullmatch(parameter.strip()):
            context = found[1]
        elif parameter.strip().lower().startswith("ext"):
            raise NotOneNumber("The phone number has an extension, and a text cannot reach an extension.")
        else:
            raise NotOneNumber("The phone number has more behind it than a text can use.")
    return context


def _check_shape(written: str) -> None:
    if _SHORTENED.fullmatch(written):
        raise NotOneNumber(
            "The phone number is a spreadsheet's short form such as 4.2E+09, in which digits are lost: format the "
            "column as text, and copy it again."
        )
    shaped = _DECIMAL.fullmatch(written)
    if shaped is not None and shaped[2].strip("0"):
        raise NotOneNumber("The phone number is a decimal number.")
    if _EXTENSION.fullmatch(written):
        raise NotOneNumber("The phone number has an extension, and a text cannot reach an extension.")


def _check_parts(text: str, start: int, stop: int) -> None:
    """Refuse any other character, by its place in the text as it came."""
    odd: list[tuple[int, str]] = []
    at = 0
    for place, character in enumerate(text, 1):
        part = spelled(character)
        if start <= at < stop and part and part not in _PARTS:
            odd.append((place, character))
        at += len(part)
    letter = next((place for place, character in odd if character.isalpha()), None)
    if letter is not None:
        raise NotOneNumber(f"That is not a phone number: character {letter} is a letter.")
    if odd:
        place, character = odd[0]
        raise NotOneNumber(
            "The phone number has characters that are not plain digits and punctuation: "
            f"character {place} is U+{ord(character):04X} {name(character, 'CONTROL CHARACTER')}."
        )


def _in_north_america(digits: str, *, has_code: bool) -> str:
    if not has_code and digits.startswith(_ABROAD):
        digits, has_code = digits.removeprefix(_ABROAD), True
    if has_code and digits.startswith("1"):
        return digits.removeprefix("1")
    if not has_code:
        return digits.removeprefix("1") if len(digits) > DIGITS else digits
    import phonenumbers  # large: only numbers from abroad need it

    try:
        code = f"country code +{phonenumbers.parse(f'+{digits}').country_code}"
    except phonenumbers.NumberParseException:
        code = "no country"
    raise NotOneNumber(f"The phone number belongs to {code}, and this service only reaches +1.")

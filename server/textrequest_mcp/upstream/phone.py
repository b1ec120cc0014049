"""Phone numbers: read in any usual form, checked before anything leaves, returned as +1 and ten digits."""

import re

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone_spelling import DIGITS, TODO, NotOneNumber, digits_of

# The North American plan: area code and exchange start with 2-9 and are not N11 service codes.
_USUAL = re.compile(
    r"(?:\+?1)?[ .\-/]*\(?(?P<area>[2-9][0-9]{2})\)?[ .\-/]*(?P<exchange>[2-9][0-9]{2})[ .\-]*(?P<line>[0-9]{4})"
)
_BETWEEN = r"[^\S\r\n]|[.\-/()\]\u2010-\u2015\u2212]"
# First times and GUIDs, which have as many digits as a phone number; then anything that may be one.
_LONG_DIGITS = re.compile(
    rf"""
    (?P<other>
        (?:19|20)[0-9]{{2}}-[01][0-9]-[0-3][0-9]
        (?: [T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9] (?:[.,][0-9]{{1,6}})? (?:Z|[+\-][01][0-9]:?[0-5][0-9])? (?![0-9])
          | (?!(?:{_BETWEEN})*[0-9]) | (?=[ ]) )
      | (?<![0-9A-Za-z]) (?i:[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}) (?![0-9A-Za-z])
    )
    | \+? (?:\(\+?(?=\d{{1,4}}\)))? \d (?: (?:{_BETWEEN}){{0,8}} \d ){{6,}}
    """,
    re.VERBOSE,
)
_SHORT_CODE = 5  # digits of the shortest number that can be texted at all
_SHORTEST = 100  # no number has fewer than three digits
_LONGEST = 15  # digits of any number in the world (E.164); more are two numbers
# The forms in which lists give what is no number of the plan: the service's own eleven digits, a short code, a sender's
# name, and the number of another country.
_LISTED = re.compile(r"1[0-9]{10}|[1-9][0-9]{4,5}|(?=[^A-Z]*[A-Z])[A-Za-z0-9]{3,11}")
_ABROAD = re.compile(r"\+?[1-9][0-9]{7,14}")


def e164(text: str) -> str:
    """The number as +1 and ten digits, e.g. `+14235550123`: the one form that results use.

    Raises:
        BadInput: the service cannot text this number; the sentence says why.
    """
    return (text.isascii() and _usual(text.strip())) or _unusual(text)


def as_listed(text: str) -> str:
    """A number as lists give it, for reading: as `e164`, or a short code, a sender's name, a number from abroad.

    Raises:
        BadInput: it is none of these; the sentence is that of `e164`.
    """
    try:
        return e164(text)
    except BadInput:
        listed = text.strip()
        if _LISTED.fullmatch(listed) or (_ABROAD.fullmatch(listed) and _is_of_a_country(listed)):
            return listed
        raise


def wire(number: str) -> str:
    """A number in E.164 in the service's own form: 11 digits (wire-facts, Phone numbers)."""
    return number.removeprefix("+")


def from_wire(number: object) -> str | None:
    """An answer's number in E.164; one that is not North American comes back as it is."""
    number = whole_digits(number) or number
    if not isinstance(number, str) or not number:
        return None
    plain = re.sub(r"[ ().\-]", "", number)
    if re.fullmatch(r"(\+?1)?[2-9][0-9]{9}", plain):
        return "+1" + plain[-10:]
    return number


def whole_digits(value: object) -> str | None:
    """The digits of a phone number that came as a whole JSON number; None of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _SHORTEST <= value < 10**_LONGEST:
        return None
    return str(int(value)) if value == int(value) else None


def masked(number: str) -> str:
    """A number as logs and errors may show it: its last two digits."""
    digits = re.sub(r"[^0-9]", "", number)
    return f"the number ending in {digits[-2:]}" if len(digits) > 2 else "the number"


def mask_numbers(text: str) -> str:
    """The text with each possible phone number (7 digits or more, in any spelling) cut to `…` and two digits."""
    return _LONG_DIGITS.sub(lambda match: match["other"] or "…" + re.sub(r"\D", "", match[0])[-2:], text)


def _usual(text: str) -> str | None:
    usual = _USUAL.fullmatch(text)
    if usual is None or usual["area"].endswith("11") or usual["exchange"].endswith("11"):
        return None
    return f"+1{usual['area']}{usual['exchange']}{usual['line']}"


def _unusual(text: str) -> str:
    """Read the rarer spellings, or say exactly what is wrong."""
    try:
        national = digits_of(text)
    except NotOneNumber as no:
        raise BadInput(str(no), todo=TODO) from None
    length = len(national)
    if length > _LONGEST or (length > DIGITS and national.startswith("1")):
        raise BadInput("The phone number has more in it than one number.", todo=TODO)
    if length != DIGITS:
        short_or_long = "short" if length < DIGITS else "long"
        raise BadInput(
            f"The phone number is too {short_or_long}: {length} digits, not {DIGITS}"
            + (
                ", and numbers for emergencies and services, such as 911, are not texted."
                if length < _SHORT_CODE
                else "."
            ),
            todo=TODO,
        )
    number = _usual(national)
    if number is None:
        raise BadInput("The phone number has an area code or exchange that does not exist.", todo=TODO)
    return number


def _is_of_a_country(number: str) -> bool:
    import phonenumbers  # large: only numbers from abroad need it

    try:
        parsed = phonenumbers.parse("+" + number.removeprefix("+"))
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) or (number.startswith("+") and phonenumbers.is_possible_number(parsed))

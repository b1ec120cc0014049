"""Phone numbers: read in any usual form, checked before anything leaves, returned as +1 and ten digits."""

import re

from textrequest_mcp.upstream.errors import BadInput

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
_NORTH_AMERICA = 1
_STARTS = "+([0123456789"
_DIGITS = 10
_TODO = "Give a US or Canadian number such as +14235550123, (423) 555-0123 or 423-555-0123."


def e164(text: str) -> str:
    """The number as +1 and ten digits, e.g. `+14235550123`: the one form that results use.

    Raises:
        BadInput: the service cannot text this number; the sentence says why.
    """
    return (text.isascii() and _usual(text.strip())) or _unusual(text)


def wire(number: str) -> str:
    """A number in E.164 in the service's own form: 11 digits (wire-facts, Phone numbers)."""
    return number.removeprefix("+")


def from_wire(number: object) -> str | None:
    """An answer's number in E.164; one that is not North American comes back as it is."""
    if not isinstance(number, str) or not number:
        return None
    plain = re.sub(r"[ ().\-]", "", number)
    if re.fullmatch(r"(\+?1)?[2-9][0-9]{9}", plain):
        return "+1" + plain[-10:]
    return number


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
    """Read letters, `tel:` and other rare spellings, or say exactly what is wrong."""
    stripped = text.strip()
    if not stripped:
        raise BadInput("The phone number is empty.", todo=_TODO)
    if not text.isascii() or not text.isprintable():
        raise BadInput("The phone number has characters that are not plain digits and punctuation.", todo=_TODO)

    bare = stripped.removeprefix("tel:")
    if not bare or bare[0] not in _STARTS:
        raise BadInput("That is not a phone number.", todo=_TODO)

    import phonenumbers  # large: only odd spellings need it

    try:
        parsed = phonenumbers.parse(bare, "US")
    except phonenumbers.NumberParseException:
        raise BadInput("That is not a phone number.", todo=_TODO) from None
    if parsed.extension:
        raise BadInput("The phone number has an extension, and a text cannot reach an extension.", todo=_TODO)
    if parsed.country_code != _NORTH_AMERICA:
        raise BadInput(
            f"The phone number belongs to country code +{parsed.country_code}, and this service only reaches +1.",
            todo=_TODO,
        )
    # With its leading zeros: 020 7946 0123 without them would be somebody else's number.
    national = phonenumbers.national_significant_number(parsed)
    length = len(national)
    if length != _DIGITS:
        short_or_long = "short" if length < _DIGITS else "long"
        raise BadInput(f"The phone number is too {short_or_long}: {length} digits, not {_DIGITS}.", todo=_TODO)
    written = phonenumbers.normalize_digits_only(phonenumbers.convert_alpha_characters_in_number(bare))
    if written not in {national, f"1{national}", f"0111{national}"}:
        # The library leaves out digits that it takes for a prefix or a label; here every digit must count.
        raise BadInput("The phone number has more in it than one number.", todo=_TODO)
    number = _usual(national)
    if number is None:
        raise BadInput("The phone number has an area code or exchange that does not exist.", todo=_TODO)
    return number

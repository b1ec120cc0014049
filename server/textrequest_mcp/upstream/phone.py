"""Phone numbers: taken in any usual form, checked before anything leaves, always given back as +1 and ten digits."""

import re

from textrequest_mcp.upstream.errors import BadInput

# The North American plan: area code and exchange start with 2-9 and are not N11 service codes.
_USUAL = re.compile(
    r"(?:\+?1)?[ .\-/]*\(?(?P<area>[2-9][0-9]{2})\)?[ .\-/]*(?P<exchange>[2-9][0-9]{2})[ .\-]*(?P<line>[0-9]{4})"
)
_NORTH_AMERICA = 1
_TODO = "Give a US or Canadian number such as +14235550123, (423) 555-0123 or 423-555-0123."


def e164(text: str) -> str:
    """The number as +1 and ten digits, e.g. `+14235550123`: the one form that results use.

    Raises:
        BadInput: it is not a number that this service can text; the sentence says why.
    """
    usual = _USUAL.fullmatch(text.strip()) if text.isascii() else None
    if usual and not usual["area"].endswith("11") and not usual["exchange"].endswith("11"):
        return f"+1{usual['area']}{usual['exchange']}{usual['line']}"
    return _unusual(text)


def wire(number: str) -> str:
    """The service's own form, 11 digits (wire-facts, Phone numbers), of a number in E.164."""
    return number.removeprefix("+")


def from_wire(number: object) -> str | None:
    """A number from an answer in E.164; what is not a North American number comes back as it is."""
    if not isinstance(number, str) or not number:
        return None
    digits = re.sub(r"[ ().\-+]", "", number)
    if re.fullmatch(r"1?[2-9][0-9]{9}", digits):
        return "+1" + digits[-10:]
    return number


def masked(number: str) -> str:
    """How a number may appear in a log or an error: its last two digits."""
    digits = re.sub(r"[^0-9]", "", number)
    return f"the number ending in {digits[-2:]}" if len(digits) > 2 else "the number"


def _unusual(text: str) -> str:
    """Read letters, `tel:` and other rare spellings, or say exactly what is wrong."""
    stripped = text.strip()
    if not stripped:
        raise BadInput("The phone number is empty.", todo=_TODO)
    if not text.isascii() or not text.isprintable():
        raise BadInput("The phone number has characters that are not plain digits and punctuation.", todo=_TODO)

    import phonenumbers  # large: only odd spellings need it

    try:
        parsed = phonenumbers.parse(stripped, "US")
    except phonenumbers.NumberParseException:
        raise BadInput("That is not a phone number.", todo=_TODO) from None
    if parsed.extension:
        raise BadInput("The phone number has an extension, and a text cannot reach an extension.", todo=_TODO)
    if parsed.country_code != _NORTH_AMERICA:
        raise BadInput(
            f"The phone number belongs to country code +{parsed.country_code}, and this service only reaches +1.",
            todo=_TODO,
        )
    national = str(parsed.national_number)
    usual = _USUAL.fullmatch(national)
    if usual and not usual["area"].endswith("11") and not usual["exchange"].endswith("11"):
        return f"+1{national}"
    length = len(national)
    digits = 10
    if length != digits:
        short_or_long = "short" if length < digits else "long"
        raise BadInput(f"The phone number is too {short_or_long}: {length} digits, not {digits}.", todo=_TODO)
    raise BadInput("The phone number has an area code or exchange that does not exist.", todo=_TODO)

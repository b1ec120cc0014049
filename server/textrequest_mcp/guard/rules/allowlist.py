"""For trials: restricts texts to the numbers that a setting names."""

import re

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164, masked

ONLY_TO = "TEXTREQUEST_ONLY_TO"

# The beginning of a North American number from its area code on, without punctuation.
_BEGINNING = re.compile(r"(?:\+?1)?([2-9][0-9]{2,8})\*")
_BETWEEN = str.maketrans("", "", " ().-/")


class Allowlist:
    """The allowed numbers: whole ones, or beginnings that end in `*`; an empty setting allows everybody.

    Args:
        text: e.g. `+14235550100, (423) 555-0101, 423555*`.

    Raises:
        ValueError: an entry is neither; the sentence gives its position and does not show it.
    """

    def __init__(self, text: str) -> None:
        entries = text.split(",")
        self._everybody = not text.strip()
        self._numbers: set[str] = set()
        self._beginnings: tuple[str, ...] = ()
        for position, entry in enumerate(entries, 1):
            if entry.strip().endswith("*"):
                self._beginnings += (_beginning(entry.strip(), position),)
            elif entry.strip():
                self._numbers.add(_number(entry, position))
        if not (self._everybody or self._numbers or self._beginnings):
            raise ValueError(f"{ONLY_TO} names nobody; name some numbers, or leave it out to allow everybody.")

    def allows(self, number: str) -> bool:
        """Whether a number may be texted; it must be in E.164."""
        return self._everybody or number in self._numbers or number.startswith(self._beginnings)

    def refusal(self, number: str) -> str:
        """The sentence for a number that is not allowed."""
        return f"This server may text only the numbers in {ONLY_TO}, and {masked(number)} is not one of them."


def _beginning(entry: str, position: int) -> str:
    found = _BEGINNING.fullmatch(entry.translate(_BETWEEN))
    if found is None or not entry.isascii():
        raise ValueError(
            f"{ONLY_TO} makes no sense at entry {position}: before the * stands the beginning of a US or Canadian "
            "number, at least its area code and at most 9 digits, such as 423555*."
        )
    return f"+1{found[1]}"


def _number(entry: str, position: int) -> str:
    try:
        return e164(entry)
    except BadInput as error:
        raise ValueError(
            f"{ONLY_TO} makes no sense at entry {position}: {error.what} Name whole numbers such as +14235550100 or "
            "beginnings such as 423555*, with commas between."
        ) from None

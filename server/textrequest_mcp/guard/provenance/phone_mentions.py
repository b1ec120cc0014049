"""Finds phone numbers in a text in any spelling, and returns them in E.164."""

import re

from textrequest_mcp.guard.provenance.spoken_numbers import digit_chains

_LOCAL = 7  # digits of a number without its area code
_WHOLE = 10
_FEWEST_WORDS = 3
_SPOKEN = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|oh|twenty|hundred|double|triple|cero|uno|dos"
    r"|tres|cuatro|cinco|seis|siete|ocho|nueve|veinte|cientos?)"
)
_DIGIT = re.compile(r"[0-9]")
_USUAL = re.compile(
    r"(?<![0-9])(?:\+?1[ .\-]?)?\(?([2-9][0-9]{2})\)?[ .\-/]{0,2}([2-9][0-9]{2})[ .\-]?([0-9]{4})(?![0-9])"
)
_DATE_OR_TIME = re.compile(
    r"\b(?:19|20)[0-9]{2}[\-/.][0-1]?[0-9][\-/.][0-3]?[0-9](?:t[0-9:.]{4,16})?"
    r"|\b[0-3]?[0-9][\-/.][0-3]?[0-9][\-/.](?:[0-9]{4}|[0-9]{2})\b|\b[0-9]{1,2}:[0-9]{2}\b"
)


def all_numbers(text: str) -> frozenset[str]:
    """Every number that a text's digits can be read as; for a comparison with a known number.

    Args:
        text: in small letters, as `disguises.Form` has it.

    Returns:
        Numbers in E.164, and numbers of seven digits, without an area code, as they are.
    """
    if not _may_hold(text):
        return frozenset()
    found = {f"+1{match[1]}{match[2]}{match[3]}" for match in _USUAL.finditer(text)}
    for chain in digit_chains(text):
        if len(chain) == _LOCAL and _starts_well(chain, 0):
            found.add(chain)
        starts = range(len(chain) - _WHOLE + 1)
        found.update(
            f"+1{chain[i : i + _WHOLE]}" for i in starts if _starts_well(chain, i) and _starts_well(chain, i + 3)
        )
    return frozenset(found)


def meant_numbers(text: str) -> frozenset[str]:
    """The numbers that a text certainly names; dates, times and longer codes are none. Returns as above."""
    if not _may_hold(text):
        return frozenset()
    text = _DATE_OR_TIME.sub(" (date) ", text)
    found = {f"+1{match[1]}{match[2]}{match[3]}" for match in _USUAL.finditer(text)}
    for chain in digit_chains(text):
        number = chain[1:] if len(chain) == _WHOLE + 1 and chain[0] == "1" else chain
        if len(number) == _WHOLE and _starts_well(number, 0) and _starts_well(number, 3):
            found.add(f"+1{number}")
        elif len(number) == _LOCAL and _starts_well(number, 0):
            found.add(number)
    return frozenset(found)


def same_number(one: str, other: str) -> bool:
    """Whether two numbers are the same; where one has no area code, the other's does not count."""
    return one == other or (_LOCAL in (len(one), len(other)) and one[-_LOCAL:] == other[-_LOCAL:])


def _may_hold(text: str) -> bool:
    return len(_DIGIT.findall(text)) >= _LOCAL or len(_SPOKEN.findall(text)) >= _FEWEST_WORDS


def _starts_well(digits: str, at: int) -> bool:
    return digits[at] in "23456789"

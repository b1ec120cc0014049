"""Estimates how many SMS segments a carrier bills for a text."""

import unicodedata

# The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION
# What one segment holds, and what each of several does beside six octets that join them (3GPP TS 23.040, 9.2.3.24.1).
_SEPTETS = (160, 153)
_CODE_UNITS = (70, 67)
_LAST_OF_ONE_UNIT = "\uffff"


def segments(body: str) -> int:
    """How many SMS segments a text takes: an estimate, because a carrier may replace characters or join otherwise.

    Where every character is in the GSM 7 bit default alphabet or its extension table (3GPP TS 23.038), the unit is the
    septet, two for one of the table: 160 in one segment, 153 in each of several. Any other text is in UCS-2, the unit
    the UTF-16 code unit, two beyond U+FFFF: 70 or 67. A segment ends one unit early where it would cut a character in
    two (3GPP TS 23.040, 9.2.3.24.1). Half of a surrogate pair is one unit. An empty body is one segment: what is sent
    is billed.
    """
    if _GSM.issuperset(body):
        return _packed([2 if character in _EXTENSION else 1 for character in body], *_SEPTETS)
    return _packed([2 if character > _LAST_OF_ONE_UNIT else 1 for character in body], *_CODE_UNITS)


def why_several(body: str) -> str | None:
    """Why a text is billed as several, with the character that leaves less room in each; None where it is one."""
    count = segments(body)
    if count == 1:
        return None
    odd = next((character for character in body if character not in _GSM), None)
    if odd is None:
        return f"billed as {count} texts: {len(body)} characters, and one holds {_SEPTETS[0]}"
    fewer = segments("".join(character if character in _GSM else "x" for character in body))
    name = unicodedata.name(odd, "a character").lower()
    spared = f"; without such characters it would be {fewer}" if fewer < count else ""
    return f"billed as {count} texts: {odd} ({name}) leaves {_CODE_UNITS[0]} characters for one{spared}"


def _packed(sizes: list[int], alone: int, joined: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:
            count, used = count + 1, 0
        used += size
    return count

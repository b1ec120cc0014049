"""Estimates how many texts a carrier bills for a message."""

# The GSM 7 bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
# Septets in one text, and in each of several, which need room to say how they belong together (3GPP TS 23.040).
_SEPTETS = (160, 153)
# The same in 16-bit units, as UCS-2 is sent where a character is not in the alphabet.
_UNITS = (70, 67)


def segments(body: str) -> int:
    """How many segments a text takes: an estimate, because a carrier may write or join texts otherwise.

    A text in the GSM alphabet has 160 characters in one segment and 153 in each of several, an extension character
    counting twice; any other has 70 or 67 UTF-16 units. No character is cut in two. An empty text takes one.
    """
    if _BASIC.union(_EXTENSION).issuperset(body):
        return _packed([2 if character in _EXTENSION else 1 for character in body], *_SEPTETS)
    return _packed([2 if ord(character) > 0xFFFF else 1 for character in body], *_UNITS)


def _packed(sizes: list[int], alone: int, joined: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:
            count, used = count + 1, 0
        used += size
    return count

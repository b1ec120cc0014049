"""Counts the texts that a carrier bills for one; the service calls them segments."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def segments(body: str) -> int:
    """160 or 153 characters of the plain alphabet in each, 70 or 67 of any other."""
    single, joined = (160, 153) if _GSM.issuperset(body) else (70, 67)
    return 1 if len(body) <= single else -(-len(body) // joined)

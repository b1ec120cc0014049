"""Reads one page of a list from an answer, and says whether another follows."""

from typing import Any, NamedTuple

from textrequest_mcp.upstream.errors import Unreadable

DEFAULT_SIZE = 25
MAX_SIZE = 1000  # the service clamps silently above it (wire-facts, Base)


class Page(NamedTuple):
    """One page of a list as the service gave it.

    Attributes:
        items: the raw items of this page.
        page: counted from 0.
        page_size: the size that the service really used.
        total_items: the number of items in all pages; None where the service did not say.
        next_page: the number of the next page; None at the end.
    """

    items: list[Any]
    page: int
    page_size: int
    total_items: int | None
    next_page: int | None


def read_page(answer: Any, *, page: int, page_size: int) -> Page:
    """Read a list's answer: `{items, meta}`, a bare array, or nothing at all (204).

    Args:
        answer: decoded JSON, or None for a 204.
        page: the page asked for. The answer's own number is ignored: one that is always 0 would have no end.
        page_size: the size asked for, used where the answer does not say.

    Raises:
        Unreadable: the answer is none of these.
    """
    if answer is None:
        return Page([], page, page_size, 0 if page == 0 else None, None)
    if isinstance(answer, list):
        bare: list[Any] = answer  # pyright: ignore[reportUnknownVariableType] - JSON
        return Page(bare, 0, len(bare), len(bare), None)
    if not isinstance(answer, dict):
        raise _not_a_list()
    listing: dict[str, Any] = answer  # pyright: ignore[reportUnknownVariableType] - JSON
    raw: Any = listing.get("items") or []
    if not isinstance(raw, list):
        raise _not_a_list()
    items: list[Any] = raw  # pyright: ignore[reportUnknownVariableType] - JSON
    about = listing.get("meta")
    meta: dict[str, Any] = about if isinstance(about, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
    size = _whole(meta.get("page_size")) or page_size
    total = _whole(meta.get("total_items"))
    more = bool(items) and (len(items) >= size if total is None else (page + 1) * size < total)
    return Page(items, page, size, total, page + 1 if more else None)


def _not_a_list() -> Unreadable:
    return Unreadable(
        "Text Request answered with something that is not a list.",
        changed="Reading changes nothing; whether a change took effect is unknown.",  # the caller may have done either
        todo="Read it again to see.",
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

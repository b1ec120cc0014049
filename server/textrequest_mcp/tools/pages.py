"""Says on a page of a list that the list changed since its host read the page before."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mcp.server.session import ServerSession

from textrequest_mcp.ground.sdk import connection_of
from textrequest_mcp.guard.approval.host import whose

_MOST = 1000
_NO_PART = frozenset({"page", "account"})  # of what makes two pages the same list's


class _Page(NamedTuple):
    number: int
    total: int | None
    last: Any


class Pages:
    """The last page that each host read of each list.

    One server process remembers them, by host and session; hosts without sessions are told apart by their names only.
    A host that starts a process for each call is told nothing.
    """

    def __init__(self) -> None:
        self._read: dict[Any, _Page] = {}

    def note(self, session: ServerSession, tool: str, given: Mapping[str, Any], said: Mapping[str, Any]) -> str | None:
        """Keep a page of a list, and say if the list changed since an earlier page.

        Args:
            session: of the host.
            tool: lists.
            given: the arguments of its function.
            said: its answer.
        """
        items: Sequence[Any] = said.get("items") or []
        page = _Page(said.get("page") or 0, said.get("total_items"), items[-1] if items else None)
        about = [(name, str(getattr(value, "id", value))) for name, value in given.items() if name not in _NO_PART]
        of = (whose(session), connection_of(session).session_id, tool, *sorted(about))
        before = self._read.pop(of, None)
        if len(self._read) >= _MOST:
            del self._read[next(iter(self._read))]
        self._read[of] = page
        if before is None or before.number >= page.number:
            return None
        if before.total is not None and page.total is not None and before.total != page.total:
            what = f"total_items was {before.total} on the page before"
        elif before.last is not None and before.last in items:
            what = "an item of the page before is here again"
        else:
            return None
        return f"The list changed meanwhile: {what}. Items may appear twice or never; page 0 begins it again."

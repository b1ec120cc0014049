"""The lines of an account, as its list was read last: all of them, and those that the current member may use."""

from typing import Any

import anyio

from textrequest_mcp.account.directory import FRESH_SECONDS
from textrequest_mcp.account.line import KnownLine
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.ground.member import has_every_line, may_use_line
from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import BadInput, NotFound, TextRequestError
from textrequest_mcp.upstream.page import MAX_SIZE, read_page


class Lines:
    """The lines of one account.

    Args:
        api: reaches the account.
        default: the id of the line that a call uses which names none, from the settings.
        time_zone: of lines that have none, from the settings.
    """

    def __init__(self, api: Api, default: int | None, time_zone: str | None) -> None:
        self._api = api
        self._default = default
        self._time_zone = time_zone
        self._all: tuple[KnownLine, ...] = ()
        self._read_at: float | None = None

    async def read(self, within: float = FRESH_SECONDS) -> tuple[KnownLine, ...]:
        """The lines that the current member may use, as they were read within so many seconds."""
        now = anyio.current_time()
        if self._read_at is None or now - self._read_at > within:
            answer = await self._api.get("dashboards", query={"page": 0, "page_size": MAX_SIZE})
            items = read_page(answer, page=0, page_size=MAX_SIZE).items
            rows: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
            self._all = tuple(
                KnownLine(
                    row["id"],
                    clean(str(row.get("name") or "")),
                    clean(str(row.get("phone") or "")),
                    str(row.get("timeZoneId") or "") or self._time_zone,
                )
                for row in rows
                if isinstance(row.get("id"), int)
            )
            self._read_at = now
        return self.known

    @property
    def known(self) -> tuple[KnownLine, ...]:
        """The lines that the current member may use, as far as they were read."""
        return tuple(line for line in self._all if may_use_line(line.id))

    @property
    def default(self) -> int | None:
        """The line of a call that names none, where the settings name one that the current member may use."""
        return self._default if self._default is not None and may_use_line(self._default) else None

    @property
    def usual(self) -> int | None:
        """The same, or the only line where there is one; as far as the lines were read."""
        known = self.known
        return self.default or (known[0].id if len(known) == 1 else None)

    def forget(self) -> None:
        """Read them afresh next time."""
        self._read_at = None

    async def choose(self, dashboard_id: int | None) -> int:
        """The line with this id, or the default, or the only one.

        Raises:
            NotFound: the current member may not use it; in the words for a line that is not there.
            BadInput: there are several and none was named; the sentence lists them.
        """
        chosen = dashboard_id or self.default
        if chosen is None:
            lines = await self.read()
            if len(lines) != 1:
                listed = "; ".join(f"{line.id} {one_line(line.name)}" for line in lines) or "none"
                what = "this account has" if has_every_line() else "you may use"
                raise BadInput(
                    f"dashboard_id is missing, and {what} {len(lines)} lines: {listed}.",
                    todo="Choose one of these ids; if it is not clear which, ask the person.",
                )
            chosen = lines[0].id
        if not may_use_line(chosen):
            raise NotFound("There is no such line.", todo="See list_dashboards.")
        return chosen


def for_all_lines(what: str) -> None:
    """Refuse what is about the whole account to a member who may use some lines only.

    Raises:
        TextRequestError: they may.
    """
    if not has_every_line():
        raise TextRequestError(
            f"{what} is for somebody who may use all lines.", todo="Tell the person you work for; ask a colleague."
        )

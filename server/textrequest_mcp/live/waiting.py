"""Waits for texts: returns at once if texts came after the cursor, else as soon as one comes or the time is over."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import anyio

from textrequest_mcp.live.cursor import read_cursor
from textrequest_mcp.live.event_filter import EventFilter, Noted
from textrequest_mcp.live.watch import OTHERS_SECONDS, Watch
from textrequest_mcp.upstream.errors import TextRequestError, TooBusy
from textrequest_mcp.upstream.times import show_time

MOST_AT_ONCE = 50
_LOOK_SECONDS = 4.0  # the first look may take this long, even if the wait is shorter; some hosts give up after 5
_PROGRESS_SECONDS = 5.0

Tell = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Arrived:
    """The end of a wait.

    Attributes:
        texts: the oldest first; none if the time was over.
        cursor: reading goes on from here.
        trouble: the reason why texts may be missing.
    """

    texts: list[Noted]
    cursor: str
    trouble: str | None = None


async def wait(
    live: Watch, dashboard_ids: Sequence[int], wanted: EventFilter, *, after: str | None, seconds: float, tell: Tell
) -> Arrived:
    """Wait for texts of some lines.

    Args:
        live: watches the lines.
        dashboard_ids: the lines.
        wanted: a filter for their texts.
        after: a cursor; None to begin now.
        seconds: the wait ends without a text after this time.
        tell: called every few seconds with the seconds that the wait has taken so far.

    Raises:
        BadInput: the cursor cannot be used.
        TextRequestError: no line can be read.
        StoreError: the store cannot be used.
    """
    place = await live.log.place(after) if after else await live.log.end()
    waiting = _Waiting(live, dashboard_ids, wanted, place, after)
    found: list[Noted] = []
    began = anyio.current_time()
    told = began
    await tell(0.0)  # some hosts wait longer for a call that tells how far it is
    with live.waited_for(*dashboard_ids), anyio.move_on_after(max(seconds, _LOOK_SECONDS)):
        found = await waiting.look()
        while not waiting.ends(found) and (now := anyio.current_time()) < began + seconds:
            if now - told >= _PROGRESS_SECONDS:
                told = now
                await tell(now - began)
            found = await waiting.hear(began + seconds - now) or found
    number = found[-1].number if found else await waiting.end()
    skipped = await waiting.skipped()
    cursor = waiting.marked(await live.log.cursor(number, waiting.told_to(found, again=skipped is None)))
    notes = [waiting.trouble if not found else None, skipped]
    return Arrived(found, cursor, " ".join(filter(None, notes)) or None)


class _Waiting:
    """The state of one wait."""

    def __init__(
        self, live: Watch, dashboard_ids: Sequence[int], wanted: EventFilter, place: int, after: str | None
    ) -> None:
        self._live = live
        self._lines = dashboard_ids
        self._wanted = wanted
        self._place = place
        self._from_now = not after  # until a first look has put the old texts into the log
        cursor = read_cursor(after) if after else None
        self._since = cursor.at if cursor is not None else None
        self._of = live.log.hashed(f"{sorted(dashboard_ids)} {wanted.phone_number} {wanted.direction}")[:6]
        self._base: int | None = None
        if cursor is not None and cursor.base is not None:
            if cursor.of == self._of:
                self._base = cursor.base
            else:  # given for somebody else: what came for these since then was not told of
                self._place = min(place, cursor.base)
        if self._since is not None:
            for dashboard_id in dashboard_ids:
                live.reader.begin_at(dashboard_id, self._since)
        self._began = anyio.current_time()
        self._news = live.news
        self._looked = False

    def ends(self, found: Sequence[Noted]) -> bool:
        """Whether these texts end the wait: our own do only where they are waited for."""
        return any(noted.event.direction == "R" or self._wanted.direction == "S" for noted in found)

    def marked(self, cursor: str) -> str:
        """The cursor, with a mark of what was waited for, and from where on other things were not looked at."""
        base = self._base if self._base is not None else self._place
        return f"{cursor}~{base}.{self._of}"

    @property
    def trouble(self) -> str | None:
        if not self._looked:
            return "Text Request has not answered yet, so there may be texts that are not here."
        told = {line: trouble for line in self._lines if (trouble := self._live.trouble(line)) is not None}
        if len(self._lines) == 1:
            return next(iter(told.values()), None)
        return " ".join(f"Line {line}: {trouble}" for line, trouble in told.items()) or None

    async def look(self) -> list[Noted]:
        """The texts that are in the log already, or that a first look at the line brings."""
        if not self._from_now and self.ends(found := await self._read()):
            return found
        if await self._look_at_all():
            self._place = await self.end()
            self._from_now = False
        self._looked = True
        return await self._read()

    async def _look_at_all(self) -> bool:
        """Look at each line; whether all could be. One that cannot be read is told of, unless there is no other."""
        failed: list[TextRequestError] = []
        busy = False
        for line in self._lines:
            try:
                await self._live.look(line)
            except TooBusy:
                busy = True  # the watch looks as soon as a call is free
            except TextRequestError as error:
                failed.append(error)
        if failed and len(failed) == len(self._lines):
            raise failed[0]
        return not busy

    async def hear(self, seconds: float) -> list[Noted]:
        """The next texts; none if none came within `seconds` or a short while, so that the log is read again."""
        with anyio.move_on_after(min(OTHERS_SECONDS, seconds)):
            await self._news.wait()
        return await self._read()

    async def end(self) -> int:
        """The number to read on from; texts that a look brought but that are older than the wait are skipped."""
        return await self._live.log.start(self._place, self._since_then) if self._from_now else self._place

    async def skipped(self) -> str | None:
        """A sentence where a line had texts after the cursor that nobody was told of; None where none had."""
        told: list[str] = []
        for each in self._lines:
            line = await self._live.reader.lines.get(each)
            known_from = line.known_from(self._live.reader.now()) if line is not None else -math.inf
            if self._since is not None and known_from > self._since:
                then = show_time(datetime.fromtimestamp(math.ceil(known_from), UTC))
                told.append(
                    f"Line {each} is known from {then} on; list_messages has what came on it after the cursor and "
                    "before that."
                )
        return " ".join(told) or None

    def told_to(self, found: Sequence[Noted], *, again: bool) -> float:
        """The time for the cursor: on a line that nobody has looked at yet, texts are new from then on.

        `again`: whether the next wait begins where this one did, if nothing was found.
        """
        if found and found[-1].event.at is not None:
            return min(found[-1].event.at, self._live.reader.now())
        return self._since if again and self._since is not None else self._began_at

    @property
    def _began_at(self) -> float:
        # By the service's clock as it is known now; it was not known before the first answer.
        return self._live.reader.now() - (anyio.current_time() - self._began)

    @property
    def _since_then(self) -> EventFilter:
        return replace(self._wanted, since=self._began_at)

    async def _read(self) -> list[Noted]:
        self._news = self._live.news  # before the reading, so that no text is missed that is noted during it
        wanted = self._since_then if self._from_now else self._wanted
        return await self._live.log.read(self._place, wanted, MOST_AT_ONCE)

"""Watches for the scheduled texts whose time has come, in the background, as long as the server runs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.keepers import BEAT_SECONDS
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.scheduled_rows import ScheduledText, State
from textrequest_mcp.tools.served import Served
from textrequest_mcp.upstream.errors import TextRequestError

if TYPE_CHECKING:
    from textrequest_mcp.tools.firing import Firing

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 10.0  # until a text that could not leave just now is tried again


class DueTexts:
    """The chore of one server.

    Args:
        account: whose texts.
        later: its schedule.
        firing: makes what sends them, at the first one.
        make_sure: has the clock confirmed by the service.
        sends: whether this server may send at all; otherwise it only stands by for others to be told of it.
    """

    def __init__(
        self,
        account: Served,
        later: Later,
        firing: Callable[[], Firing],
        make_sure: Callable[[], Awaitable[None]],
        *,
        sends: bool = True,
    ) -> None:
        self._account = account
        self._later = later
        self._firing = firing
        self._make_sure = make_sure
        self._sends = sends
        self._stuck: list[str] = []  # of what this server could not see to, because of the store

    async def run(self) -> None:
        """See to what is due, and note what a person has to be told; never returns."""
        later = self._later
        try:
            async with anyio.create_task_group() as tasks:
                while True:
                    later.schedule.more = anyio.Event()
                    pause = BEAT_SECONDS
                    try:
                        if later.stays_up and self._sends:
                            await later.keepers.beat(later.due.owner)
                        pause = await self._look(tasks) if self._sends else pause
                        await self._note_news()
                    except (StoreError, TextRequestError) as error:
                        logger.warning(
                            "scheduled texts are looked at again soon, because now it cannot be done: %s", error
                        )
                        pause = _AGAIN_SECONDS
                    with anyio.move_on_after(pause):
                        await later.schedule.more.wait()
        finally:
            with anyio.CancelScope(shield=True):
                await self._leave()

    async def _look(self, tasks: TaskGroup) -> float:
        """Begin to see to every text whose time has come; the seconds until there may be something to do again."""
        due = self._later.due
        while self._stuck:
            await due.release(self._stuck[-1])
            self._stuck.pop()
        at = await due.next_at()
        now = self._account.policy.now()
        if at is not None and at <= now:
            await self._make_sure()  # a clock that is ahead would send tomorrow's texts
            for text in await due.claim():
                tasks.start_soon(self._see_to, text)
            return _AGAIN_SECONDS
        return BEAT_SECONDS if at is None else min(at - now, BEAT_SECONDS)

    async def _see_to(self, text: ScheduledText) -> None:
        try:
            ended = await self._sent(text)
        except StoreError:
            logger.warning("%s cannot be seen to now", text.send_id)
            self._stuck.append(text.send_id)
        else:
            if ended is not None:
                self._later.schedule.more.set()

    async def _sent(self, text: ScheduledText) -> State | None:
        """How a text ended; None where it is tried again at the next look."""
        try:
            return (await self._firing().see_to(text)).state
        except StoreError:
            raise
        except Exception:
            logger.exception("%s could not be sent", text.send_id)
            await self._later.due.end(text.send_id, "NOT_SENT", "This server failed over it. Nothing was sent.")
            return "NOT_SENT"

    async def _note_news(self) -> None:
        """Have the next answers tell of texts that did not go out."""
        later = self._later
        if later.told:
            told, later.told = later.told, []
            await later.schedule.told(told)
        for text in await later.schedule.untold():
            if text.send_id not in later.news:
                later.news[text.send_id] = (text.member, await self._sentence(text))

    async def _sentence(self, text: ScheduledText) -> str:
        when = await self._account.at_most_once.times.told(text.leaves_at, text.dashboard_id)
        whom = text.content.arguments.get("phone_number", "somebody") if text.content is not None else "somebody"
        return f"The text to {whom} that was to leave {when} {became(text)}"

    async def _leave(self) -> None:
        try:
            await self._later.due.release_all()
            await self._later.keepers.leave(self._later.due.owner)
        except StoreError:
            logger.warning("another server sees to this one's scheduled texts a little later")


def became(text: ScheduledText) -> str:
    """How a text that did not go out ended, as the end of a sentence about it."""
    if text.state == "MISSED":
        return "did not leave: no server was up at that time."
    why = f" {text.said}" if text.said else ""
    return f"may have left, and nobody knows.{why}" if text.state == "UNKNOWN" else f"did not leave.{why}"

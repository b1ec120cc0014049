"""Registers this server's addresses with the service, and keeps them connected: ten failures end a hook in silence."""

import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.watch import Live
from textrequest_mcp.live.webhooks import EVENTS, PATH, RECEIVED, SENT
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import Refused, TextRequestError, TooBusy
from textrequest_mcp.upstream.page import MAX_SIZE, read_page

logger = logging.getLogger(__name__)

CHECK_SECONDS = 300.0
_LOOK_UP_SECONDS = 1.0  # who calls must have an answer soon, or takes us for gone
_LOOK_UP_EVERY_SECONDS = 30.0
_PAUSE_SECONDS = 1.0
_VERB = "POST"


class Hook(NamedTuple):
    """One of our addresses, as the service has it."""

    id: int
    dashboard_id: int
    event: str
    is_connected: bool


class Hooks:
    """Our hooks on the lines of one account.

    Args:
        api: the way to the account.
        public_url: where the service reaches this server.
        token: the part of the path that stands in for a signature, where one is used.

    Attributes:
        root: what all our addresses begin with.

    Every method raises `TextRequestError` where the service cannot be asked or says no, and `StoreError`.
    """

    def __init__(self, api: Api, public_url: str, *, token: str | None = None) -> None:
        self._api = api
        self.root = public_url.rstrip("/") + PATH
        self._token = token

    def address(self, dashboard_id: int, event: str) -> str:
        """Where the service is to tell of an event; no payload names its event, so each has an address of its own."""
        return "/".join([self.root, str(dashboard_id), event, *([self._token] if self._token else [])])

    async def of_line(self, dashboard_id: int) -> list[Hook]:
        """Our hooks on a line; those of others, and of other addresses of ours, are left alone."""
        answer = await self._api.get("dashboards", dashboard_id, "hooks", query={"page": 0, "page_size": MAX_SIZE})
        rows = _items(answer)
        wanted = {self.address(dashboard_id, event): event for event in EVENTS}
        hooks: list[Hook] = []
        for row in rows:
            fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
            event = wanted.get(str(fields.get("target_url")))
            if event == fields.get("event") and event and isinstance(fields.get("id"), int):
                hooks.append(Hook(fields["id"], dashboard_id, event, fields.get("is_connected") is not False))
        return hooks

    async def add(self, dashboard_id: int) -> list[str]:
        """Have the service tell of a line's texts; answers the events that are new. What was there already stays."""
        added: list[str] = []
        for event in EVENTS:
            body = {"target_url": self.address(dashboard_id, event), "event": event}
            # Both spellings of the verb (wire-facts, The trigger); the same again is a 409 and changes nothing.
            body |= {"http_verb": _VERB, "httpVerb": _VERB}
            try:
                await self._api.post("dashboards", dashboard_id, "hooks", body=body, repeatable=True)
                added.append(event)
            except Refused as refused:
                if refused.status != HTTPStatus.CONFLICT:
                    raise
        return added

    async def remove(self, dashboard_id: int) -> list[str]:
        """Take our hooks off a line; answers their events."""
        hooks = await self.of_line(dashboard_id)
        for hook in hooks:
            await self._api.delete("dashboards", dashboard_id, "hooks", hook.id)
        return [hook.event for hook in hooks]

    async def repair(self, dashboard_id: int) -> tuple[list[Hook], list[Hook]]:
        """Connect again what the service gave up; answers our hooks, and those that were repaired."""
        hooks = await self.of_line(dashboard_id)
        broken = [hook for hook in hooks if not hook.is_connected]
        for hook in broken:
            await self._api.put("dashboards", dashboard_id, "hooks", hook.id)
        return hooks, broken


class Health:
    """Keeps the hooks of a running server connected, and reads what they did not tell.

    Args:
        hooks: the hooks.
        live: what reads.
        lines: answers the ids of the account's lines, as they are now.

    Attributes:
        known: the account's lines; empty before they were read for the first time.
    """

    def __init__(self, hooks: Hooks, live: Live, lines: Callable[[], Awaitable[Iterable[int]]]) -> None:
        self._hooks = hooks
        self._live = live
        self._lines = lines
        self._turn = anyio.Lock()
        self._asked_at = -math.inf
        self.known: frozenset[int] = frozenset()

    async def watches(self, dashboard_id: int) -> bool:
        """Whether the line is one of the account's; one that is new to us is looked up, but not for long.

        As long as no line is known, any may be: who asks was shown to be the service.
        """
        if dashboard_id not in self.known:
            with anyio.move_on_after(_LOOK_UP_SECONDS):
                await self._look_up(dashboard_id)
        return dashboard_id in self.known or not self.known

    async def run(self) -> None:
        """Check at once, and then regularly; never returns."""
        while True:
            try:
                await self.check()
            except Exception:
                logger.exception("webhooks could not be checked")
            await anyio.sleep(CHECK_SECONDS)

    async def check(self) -> None:
        """Repair what is broken, and read on in every line that has our hooks: what came meanwhile was not told."""
        try:
            self.known = frozenset(await self._lines())
        except (TextRequestError, StoreError) as error:
            logger.warning("webhooks cannot be checked now: %s", error)
            return
        hooks = [hook for line in sorted(self.known) for hook in await self._of_line(line)]
        if not hooks:
            logger.warning("no line has webhooks to this server; `textrequest-mcp hooks add` makes them")
        # A hook that was given up since the last time shows that the service does not reach us.
        told = {(hook.dashboard_id, hook.event) for hook in hooks if hook.is_connected}
        lines = sorted({hook.dashboard_id for hook in hooks})
        self._live.rely_on_hooks(line for line in lines if {(line, RECEIVED), (line, SENT)} <= told)
        for line in lines:
            await self._read_on(line)

    async def _look_up(self, dashboard_id: int) -> None:
        """Read the account's lines, one call for all who wait for it, and none soon after another."""
        async with self._turn:
            if dashboard_id in self.known or anyio.current_time() < self._asked_at + _LOOK_UP_EVERY_SECONDS:
                return
            self._asked_at = anyio.current_time()
            with suppress(TextRequestError, StoreError):
                self.known = frozenset(await self._lines())

    async def _of_line(self, line: int) -> list[Hook]:
        """Our hooks on a line as they were found; those that were given up are connected again."""
        try:
            hooks, repaired = await self._hooks.repair(line)
        except (TextRequestError, StoreError) as error:
            logger.warning("webhooks of line %d cannot be checked now: %s", line, error)
            return []
        for hook in repaired:
            logger.warning("webhook %s of line %d had been given up; it is connected again", hook.event, line)
        return hooks

    async def _read_on(self, line: int) -> None:
        while True:
            try:
                await self._live.look(line)
            except TooBusy as busy:
                await anyio.sleep(max(busy.retry_in, _PAUSE_SECONDS))  # many lines share the room for looking
            except (TextRequestError, StoreError) as error:
                logger.warning("line %d cannot be read now: %s", line, error)
                return
            else:
                return


def _items(answer: Any) -> Sequence[Any]:
    """wire-facts, The trigger: hooks come in pages; the contract also shows a single one."""
    if isinstance(answer, dict) and "target_url" in answer:
        return [answer]  # pyright: ignore[reportUnknownVariableType] - JSON
    return read_page(answer, page=0, page_size=MAX_SIZE).items

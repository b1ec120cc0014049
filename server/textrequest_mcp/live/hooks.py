"""Registers hooks (webhooks to this server) and keeps them connected; the service drops one after ten failures."""

import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple, cast

import anyio

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.live.webhooks import EVENTS, PATH, RECEIVED, SENT, STATUS
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import Refused, TextRequestError, TooBusy
from textrequest_mcp.upstream.page import MAX_SIZE, read_page

logger = logging.getLogger(__name__)

CHECK_SECONDS = 300.0
_LOOK_UP_SECONDS = 1.0  # without an answer soon, the service counts its call as a failure
_LOOK_UP_EVERY_SECONDS = 30.0
_PAUSE_SECONDS = 1.0
_VERB = "POST"


class Hook(NamedTuple):
    """A webhook to this server, as the service lists it."""

    id: int
    dashboard_id: int
    event: str
    is_connected: bool


class Hooks:
    """The hooks to this server on the lines of one account.

    Args:
        api: sends requests to the account.
        public_url: the service reaches this server at this address.
        token: a secret part of the path that replaces the signature; None if calls are signed.

    Attributes:
        root: the beginning of all addresses that the service calls.

    Every method that asks the service raises `TextRequestError` if it cannot be asked or refuses, and `StoreError`.
    """

    def __init__(self, api: Api, public_url: str, *, token: str | None = None) -> None:
        self._api = api
        self.root = public_url.rstrip("/") + PATH
        self._token = token

    def address(self, dashboard_id: int, event: str) -> str:
        """The address for an event of a line. No payload names its event, so each event has an address of its own."""
        return "/".join([self.root, str(dashboard_id), event, *([self._token] if self._token else [])])

    def status_address(self, dashboard_id: int) -> str:
        """The address for the delivery of a line's texts."""
        return self.address(dashboard_id, STATUS)

    async def of_line(self, dashboard_id: int) -> list[Hook]:
        """The hooks on a line that call these addresses. All other hooks are left alone."""
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
        """Add the hooks that a line lacks; returns their events."""
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
        """Remove our hooks from a line; returns their events."""
        hooks = await self.of_line(dashboard_id)
        for hook in hooks:
            await self._api.delete("dashboards", dashboard_id, "hooks", hook.id)
        return [hook.event for hook in hooks]

    async def repair(self, dashboard_id: int) -> tuple[list[Hook], list[Hook]]:
        """Connect the hooks again that the service disconnected; returns all our hooks, and the repaired ones."""
        hooks = await self.of_line(dashboard_id)
        broken = [hook for hook in hooks if not hook.is_connected]
        for hook in broken:
            await self._api.put("dashboards", dashboard_id, "hooks", hook.id)
        return hooks, broken


class Health:
    """Keeps the hooks of a running server connected, and reads the texts that they missed.

    Args:
        hooks: the hooks to this server.
        live: reads the texts of a line.
        lines: reads the ids of the account's lines.

    Attributes:
        known: the ids of the account's lines; empty until they are read for the first time.
    """

    def __init__(self, hooks: Hooks, live: Watch, lines: Callable[[], Awaitable[Iterable[int]]]) -> None:
        self._hooks = hooks
        self._live = live
        self._lines = lines
        self._turn = anyio.Lock()
        self._asked_at = -math.inf
        self.known: frozenset[int] = frozenset()

    async def watches(self, dashboard_id: int) -> bool:
        """Whether the line is one of the account's; an unknown line is looked up, but not for long.

        As long as no line is known, the answer is yes: the call was shown to come from the service.
        """
        if dashboard_id not in self.known:
            with anyio.move_on_after(_LOOK_UP_SECONDS):
                await self._look_up(dashboard_id)
        return dashboard_id in self.known or not self.known

    async def run(self) -> None:
        """Check the hooks now, and then every few minutes; never returns."""
        while True:
            try:
                await self.check()
            except Exception:
                logger.exception("webhooks could not be checked")
            await anyio.sleep(CHECK_SECONDS)

    async def check(self) -> None:
        """Repair broken hooks, and read on in each line that has hooks: a broken hook told of no texts."""
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
        """Read the account's lines: one call for all that wait, and at most one every `_LOOK_UP_EVERY_SECONDS`."""
        async with self._turn:
            if dashboard_id in self.known or anyio.current_time() < self._asked_at + _LOOK_UP_EVERY_SECONDS:
                return
            self._asked_at = anyio.current_time()
            with suppress(TextRequestError, StoreError):
                self.known = frozenset(await self._lines())

    async def _of_line(self, line: int) -> list[Hook]:
        """Connect a line's broken hooks again; returns all its hooks as they were found."""
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
                await anyio.sleep(max(busy.retry_in, _PAUSE_SECONDS))  # many lines share the calls of `allowance`
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

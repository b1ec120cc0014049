"""Calls the pretend account's hooks for its events, signed as the service signs, while time goes by."""

import base64
import hashlib
import hmac
import ipaddress
import json
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.records import Delivery, Hook
from textrequest_mcp.sandbox.refusals import Refusal

if TYPE_CHECKING:
    import httpx2

# wire-facts, The trigger (a lead): ten answers in a row that are not 2xx or 3xx disconnect a hook, silently.
MOST_FAILURES = 10
STAMP_HEADER = "x-tr-webhook-timestamp"
SIGNATURE_HEADER = "x-tr-webhook-signature"


class Courier:
    """Delivers to each hook in order, to all hooks at the same time, and to this machine only.

    A failed delivery is not repeated, as nothing says that the service would. Ten failures in a row disconnect the
    hook, until it is connected again.

    Args:
        account: the owner of the hooks.
        key: the API key, which signs each call.
        seconds_between: the pause between two looks at the clock and the outbox.
        timeout: the seconds that a target has to answer.
        transport: carries the calls instead of the network; for tests.
    """

    def __init__(
        self,
        account: Account,
        key: str,
        *,
        seconds_between: float = 0.05,
        timeout: float = 5.0,
        transport: "httpx2.AsyncBaseTransport | None" = None,
    ) -> None:
        self._account = account
        self._key = key.encode()
        self._seconds_between = seconds_between
        self._timeout = timeout
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None
        self._queues: dict[int, deque[Delivery]] = {}

    @property
    def busy(self) -> bool:
        """True while an event by the last look at the clock is still to be delivered."""
        return bool(self._account.outbox or self._queues)

    async def run(self) -> None:
        """Let time go by on the account, and deliver, until it is cancelled."""
        try:
            async with anyio.create_task_group() as tasks:
                while True:
                    for delivery in self._taken():
                        self._hand_out(delivery, tasks)
                    await anyio.sleep(self._seconds_between)
        finally:
            if self._client:
                with anyio.CancelScope(shield=True):
                    await self._client.aclose()
                self._client = None

    def _taken(self) -> list[Delivery]:
        """Let time go by, and take what is in the outbox: of several couriers of one account, one takes it."""
        account = self._account
        try:
            account.refresh()
            if not account.is_due(account.clock()):
                return []
            with account.turn():
                account.advance(account.clock())
                taken = list(account.outbox)
                account.outbox.clear()
        except Refusal:  # the account cannot be used now; who calls it is told
            return []
        return taken

    def _hand_out(self, delivery: Delivery, tasks: TaskGroup) -> None:
        hook_id = delivery.hook.id
        if hook_id not in self._queues:
            self._queues[hook_id] = deque()
            tasks.start_soon(self._work_off, hook_id)
        self._queues[hook_id].append(delivery)

    async def _work_off(self, hook_id: int) -> None:
        queue = self._queues[hook_id]
        try:
            while queue:
                await self._deliver(queue.popleft())
        finally:
            del self._queues[hook_id]

    async def _deliver(self, delivery: Delivery) -> None:
        hook = self._account.hook(delivery.hook)
        if hook is None or not hook.is_connected:
            return  # disconnected or removed since
        arrived = await self._call(hook, json.dumps(delivery.payload, separators=(",", ":")).encode())
        if not (arrived and hook.failures == 0):
            with suppress(Refusal), self._account.turn():
                self._count(delivery.hook, arrived=arrived)

    def _count(self, called: Hook, *, arrived: bool) -> None:
        hook = self._account.hook(called)
        if hook is not None:
            hook.failures = 0 if arrived else hook.failures + 1
            hook.is_connected = hook.is_connected and hook.failures < MOST_FAILURES

    async def _call(self, hook: Hook, raw: bytes) -> bool:
        """Whether the target answered with a status from 200 to 399."""
        import httpx2  # large: only hooks need it

        try:
            url = httpx2.URL(hook.target_url)
            if not _is_here(url.host):
                return False
            with anyio.fail_after(self._timeout):
                async with self._open().stream(hook.verb, url, content=raw, headers=self._headers(raw)) as answer:
                    async for _ in answer.aiter_bytes():
                        pass  # read to its end, so that the connection can serve again
        except Exception:  # noqa: BLE001 - any fault of an address or an answer must not stop the other hooks
            return False
        return 200 <= answer.status_code < 400

    def _headers(self, raw: bytes) -> dict[str, str]:
        stamp = str(int(self._account.clock()))
        seal = hmac.digest(self._key, f"{stamp}.".encode() + raw, hashlib.sha256)
        return {
            "content-type": "application/json",
            STAMP_HEADER: stamp,
            SIGNATURE_HEADER: base64.b64encode(seal).decode(),
        }

    def _open(self) -> "httpx2.AsyncClient":
        """The client, made at the first call. Without a limit, no target makes another wait for a connection."""
        import httpx2

        if self._client is None:
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
            self._client = httpx2.AsyncClient(
                transport=self._transport, limits=limits, timeout=None, trust_env=False, follow_redirects=False
            )
        return self._client


def _is_here(host: str) -> bool:
    """Whether a host is this machine: a made-up account must call no other."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

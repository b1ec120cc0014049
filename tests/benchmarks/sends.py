"""Measures what the ledger adds to a send: in one process, a server with it beside one whose ledger writes nothing."""

import logging
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import anyio
import httpx2
from figures import Row
from mcp import Client

from textrequest_mcp.app import make_server
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending, Send
from textrequest_mcp.sandbox import create_app
from textrequest_mcp.settings.table import SANDBOX_BASE_URL, Settings
from textrequest_mcp.wiring import open_account

T = TypeVar("T")

_KEY = "0123456789ABCDEF0123456789ABCDEF"
_SENDS = 200
_WARM_UP = 20
_READS = 100
_RUNS = 5
_MILLI = 1000
_MOST_MILLISECONDS = 3.0
_NOTHING: dict[str, Any] = dict.fromkeys(Send.__dataclass_fields__)


def sends() -> list[Row]:
    """What a send takes more with the ledger, and how often reads touch it."""
    logging.disable()
    runs = [anyio.run(_run) for _ in range(_RUNS)]
    logging.disable(logging.NOTSET)
    without = median(bare for _, bare, _ in runs)
    return [
        Row(
            what=f"milliseconds that the ledger adds to a send, median of {_SENDS}",
            runs=[ours - bare for ours, bare, _ in runs],
            target=_MOST_MILLISECONDS,
            aside=f"on disk; {without:.1f} ms without it",
        ),
        Row(
            what=f"uses of the ledger in {_READS} reads",
            runs=[touched for _, _, touched in runs],
            target=0,
            exactly=True,
        ),
    ]


async def _run() -> tuple[float, float, int]:
    """Median milliseconds of a send with and without the ledger, sent in turn; and the uses that reads made of it."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            _server(Path(folder) / "ours") as (ours, ledger),
            _server(Path(folder) / "bare", bare=True) as (
                bare,
                _,
            ),
        ):
            taken = [[await _seconds(host, number) for host in (ours, bare)] for number in range(_WARM_UP + _SENDS)]
            before = ledger.uses
            for _ in range(_READS):
                await ours.call_tool("list_messages", {"dashboard_id": 121, "phone_number": "+14235550100"})
            touched = ledger.uses - before
    with_ledger, without = zip(*taken[_WARM_UP:], strict=True)
    return median(with_ledger) * _MILLI, median(without) * _MILLI, touched


async def _seconds(host: Client, number: int) -> float:
    began = time.perf_counter()
    result = await host.call_tool(
        "send_message", {"dashboard_id": 121, "phone_number": "+14235550102", "body": f"Text number {number}"}
    )
    said: dict[str, Any] = result.structured_content or {}
    if said.get("outcome") != "sent":
        raise RuntimeError(f"A text was to be sent, and was not: {result.content}")
    return time.perf_counter() - began


class _Counted:
    """A store that counts its transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.uses = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def transact(self, fn: Callable[[Any], T], *, durable: bool = True) -> T:
        self.uses += 1
        return await self._store.transact(fn, durable=durable)


class _NoLedger(Ledger):
    """Says what a ledger says of a first send, and writes nothing."""

    async def hasher(self) -> Callable[[str], str]:
        return lambda text: text

    async def prior(self, act: Act, *, repeat: bool) -> Send | None:
        return None

    async def claim(self, act: Act, *, repeat: bool, may_act: bool) -> tuple[Send, bool]:
        row: dict[str, Any] = _NOTHING | {"send_id": "send_0", "state": "INTENDED"}
        return Send(**row), True

    async def leave(self, send_id: str) -> None:
        pass

    async def end(self, send_id: str, ending: Ending) -> None:
        pass


@asynccontextmanager
async def _server(folder: Path, *, bare: bool = False) -> AsyncGenerator[tuple[Client, "_Counted"]]:
    settings = Settings(
        api_key=_KEY,
        base_url=SANDBOX_BASE_URL,
        rate_limit=(100_000, 60.0),
        state_dir=folder,
        texts_per_hour=None,
        texts_per_day=None,
        quiet_hours="off",  # the hour of the run is not what is measured
    )
    way = httpx2.ASGITransport(app=create_app(key=_KEY, rate_limit=None, lively=False))
    async with open_account(settings, transport=way) as (account, store):
        counted: Any = _Counted(store)
        ledger = (_NoLedger if bare else Ledger)(counted, account.gate.account)
        account.at_most_once = replace(account.at_most_once, ledger=ledger)
        async with Client(make_server(settings, account, store), cache=None) as host:
            yield host, counted

"""Two runs of a live server that is killed again and again: told of texts by webhooks, or looking by itself."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from tests.faults.zygote import Zygote
from tests.live.cursor_reader import CursorReader
from tests.live.hook_courier import HookCourier
from tests.live.killed_server import KilledServer
from tests.live.listed_account import LINES, ListedAccount, Text
from tests.live.patience import until
from tests.live.run_books import CANARY_KEY, Run

from textrequest_mcp.sandbox import make_key

_CONNECTIONS = 12
_AT_ONCE = 60  # calls on their way or due, before further texts happen
_PAUSE_SECONDS = 0.002
_PACE = 10.0  # of the clock of a service that is looked at
_LATEST_SECONDS = 200.0  # the reader's overlap is 300 seconds; these are of that clock too
_SLEPT_SECONDS = 1500.0


async def by_webhooks(zygote: Zygote, folder: Path, texts: int, kills: int, seed: int) -> Run:
    """Texts that are told by webhooks; a tenth of them is told by nothing else, and the list has the others too."""
    async with _open_run(zygote, folder, seed, webhooks=True) as run:
        courier = HookCourier(run.server.port, run.account.key, run.chance, texts)

        async def happen() -> None:
            for _ in range(texts):
                await until(lambda: courier.owing <= _AT_ONCE, look_seconds=_PAUSE_SECONDS)
                text = run.make()
                if run.chance.random() < 1 / 10:
                    run.counts["never listed"] += 1
                else:
                    run.account.show(text)
                courier.tell(text)
                if run.chance.random() < 1 / 200:
                    courier.forge(run.make(real=False))
            courier.hurry()

        async def work(tasks: anyio.abc.TaskGroup) -> None:
            for _ in range(_CONNECTIONS):
                tasks.start_soon(courier.work)
            await happen()

        await _drive(run, kills, lambda: len(run.texts) / texts, work, more=lambda: not courier.idle)
    run.counts += courier.counts
    run.counts["hooks connected again"] = run.account.repaired
    run.found += courier.found
    run.audit()
    return run


async def by_polling(zygote: Zygote, folder: Path, texts: int, kills: int, seed: int, *, seconds: float) -> Run:
    """Texts that are only listed: half of them spread over some seconds, half in two bursts between two looks."""
    async with _open_run(zygote, folder, seed, pace=_PACE) as run:
        burst = texts // 4

        async def work(_: anyio.abc.TaskGroup) -> None:
            for number in range(texts - 2 * burst):
                await anyio.sleep(0 if number % 10 else 10 * seconds / (texts - 2 * burst))
                _list(run, run.make())
                if number == (texts - 2 * burst) // 3:
                    at_once(run, burst)
                if number == (texts - 2 * burst) * 2 // 3:
                    overnight(run, burst)
            run.account.jump(_LATEST_SECONDS)  # what is late still comes now

        await _drive(run, kills, lambda: len(run.texts) / texts, work, more=lambda: bool(run.account.pending))
    run.counts["between two pages"] = run.account.between
    run.audit()
    return run


def at_once(run: Run, burst: int) -> None:
    """So many texts within one second: more than a page, and none later than the other."""
    line, now = run.chance.choice(LINES), run.account.now() // 1
    for number in range(burst):
        run.account.show(run.make(line=line, at=now + number / burst - 1))
    run.counts["in bursts"] += burst


def overnight(run: Run, burst: int) -> None:
    """So many texts while the machine was asleep for far longer than lists are read twice."""
    line, began = run.chance.choice(LINES), run.account.now()
    run.account.jump(_SLEPT_SECONDS)
    for number in range(burst):
        _list(run, run.make(line=line, at=began + _SLEPT_SECONDS * number / burst), most_late=0.0)
    run.counts["in bursts"] += burst


def _list(run: Run, text: Text, most_late: float = _LATEST_SECONDS) -> None:
    """Have the service list a text: 1 % late, before others that it showed already, and 2 % in a wrong place."""
    dice = run.chance.random()
    late = run.chance.uniform(1.0, most_late) if dice < 1 / 100 and most_late else 0.0
    off = run.chance.uniform(-2.0, 2.0) if 1 / 100 < dice < 3 / 100 else 0.0
    run.counts["late"] += late > 0
    run.counts["out of order"] += off != 0
    run.account.show(text, late=late, off=off)


async def _drive(
    run: Run,
    kills: int,
    progress: Callable[[], float],
    work: Callable[[anyio.abc.TaskGroup], Awaitable[None]],
    more: Callable[[], bool],
) -> None:
    """Have texts happen while the server is killed, until all is read."""
    moments = [run.chance.uniform(0.02, 0.98) for _ in range(kills)]
    async with anyio.create_task_group() as tasks:
        for reader in run.readers:
            tasks.start_soon(reader.run)
        for reader in run.readers:
            await reader.begun.wait()
        async with anyio.create_task_group() as killing:
            killing.start_soon(run.server.kill_at, moments, progress, random.Random(run.chance.random()))
            await work(tasks)
        await run.until_read(more)
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def _open_run(
    zygote: Zygote, folder: Path, seed: int, *, pace: float = 1.0, webhooks: bool = False
) -> AsyncGenerator[Run]:
    account = ListedAccount(CANARY_KEY + make_key()[len(CANARY_KEY) :], pace)
    async with account.serve():
        server = KilledServer(zygote, folder, account.key, account.base_url, webhooks=webhooks)
        if webhooks:
            account.hook(server.url)
        async with server:
            readers = [CursorReader(server.url, line, server.secret) for line in LINES]
            yield Run(account, server, readers, random.Random(f"{seed} {webhooks}"))

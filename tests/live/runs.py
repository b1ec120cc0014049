"""Two runs of a live server that is killed again and again, told of texts by webhooks, or looking for them by itself.

What must be so at the end: the log holds each text once, and who read it by cursor was told each text once, in the
order of the log, and nothing else.
"""

import random
import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import anyio
from tests.faults.zygote import Zygote
from tests.live.cursor_reader import CursorReader
from tests.live.hook_courier import HookCourier
from tests.live.killed_server import KilledServer
from tests.live.listed_account import LINES, ListedAccount, Text
from tests.live.patience import until

from textrequest_mcp.sandbox import make_key
from textrequest_mcp.sandbox.records import Contact, Message

_CANARY_KEY, _CANARY_WORDS = "DECAFBADDECAFBAD", "The heron ate invoice"
_CANARY_NUMBERS = ("42355501", "(423) 555-01", "423-555-01")
_CONNECTIONS = 12
_AT_ONCE = 60  # calls on their way or due, before further texts happen
_PAUSE_SECONDS = 0.002
_STANDSTILL_SECONDS = 30.0
_PACE = 10.0  # of the clock of a service that is looked at
_LATEST_SECONDS = 200.0  # the reader's overlap is 300 seconds; these are of that clock too
_SLEPT_SECONDS = 1500.0
_MOST_SHOWN = 5


@dataclass(eq=False)
class Run:
    """One run: its parts, what happened, and what was found.

    Attributes:
        texts: all that there are, by id.
        late: how many the list had late.
    """

    account: ListedAccount
    server: KilledServer
    readers: list[CursorReader]
    chance: random.Random
    texts: dict[str, Text] = field(default_factory=dict[str, Text])
    counts: Counter[str] = field(default_factory=Counter[str])
    found: list[str] = field(default_factory=list[str])
    _contacts: dict[int, list[Contact]] = field(default_factory=dict[int, list[Contact]])

    def make(self, *, line: int | None = None, at: float | None = None, real: bool = True) -> Text:
        """A text that happens now."""
        line = line or self.chance.choice(LINES)
        direction: Literal["R", "S"] = "R" if self.chance.random() < 2 / 3 else "S"
        number = self.chance.randrange(100)
        contact = Contact(line * 1_000_000 + number, f"1423555{100 + number:04}", 0.0)
        body = f"{_CANARY_WORDS} {len(self.texts)}."
        name = str(uuid.UUID(int=self.chance.getrandbits(128)))
        text = Text(line, contact, Message(name, body, direction, None, at or self.account.now()))
        if real:
            self.texts[name] = text
        return text

    @property
    def seen(self) -> int:
        return sum(len(reader.seen) for reader in self.readers)

    async def until_read(self, more: Callable[[], bool]) -> None:
        """Wait until everybody has read everything, or nothing has moved for a long time."""
        seen, since = -1, anyio.current_time()
        while more() or self.seen < len(self.texts):
            if self.seen != seen:
                seen, since = self.seen, anyio.current_time()
            if anyio.current_time() > since + _STANDSTILL_SECONDS:
                self.found.append(f"{len(self.texts) - seen} texts were not told")
                return
            await anyio.sleep(0.02)

    def audit(self) -> None:
        """Hold the log and what was read against what there is; the server is gone."""
        with closing(sqlite3.connect(self.server.state_file)) as state:
            rows: list[tuple[int, str]] = state.execute(
                "SELECT dashboard_id, message_id FROM live_events ORDER BY number"
            ).fetchall()
        self.counts["in the log"] = len(rows)
        self._compare("the log", Counter(name for _, name in rows))
        for reader in self.readers:
            names = [item["message_id"] for item in reader.seen]
            self.counts["told"] += len(names)
            self.counts["calls without an answer"] += reader.broken
            self.found += reader.troubles[:_MOST_SHOWN]
            own = {name: text for name, text in self.texts.items() if text.line == reader.line}
            self._compare(f"the reader of line {reader.line}", Counter(names), own)
            if names != [name for line, name in rows if line == reader.line]:
                self._wrong("told wrongly", f"line {reader.line} was read in another order than that of the log")
            self._check_words(reader)
        self.counts["texts"] = len(self.texts)
        self.counts["kills"] = self.server.starts - 1
        self.counts["calls to the service"] = self.account.asked
        self._search()

    def _compare(self, who: str, names: Counter[str], wanted: dict[str, Text] | None = None) -> None:
        wanted = self.texts if wanted is None else wanted
        for kind, wrong in (
            ("missing", [name for name in wanted if name not in names]),
            ("more than once", [name for name, times in names.items() if times > 1]),
            ("that do not exist", [name for name in names if name not in wanted]),
        ):
            for name in wrong[:_MOST_SHOWN]:
                self.found.append(f"{kind}: {name} for {who}")
            self.counts[kind] += len(wrong)

    def _check_words(self, reader: CursorReader) -> None:
        for item in reader.seen:
            text = self.texts.get(item["message_id"])
            told = (item["phone_number"], item["body"], item["message_direction"])
            if text and told != (f"+{text.contact.phone}", text.message.body, text.message.direction):
                self._wrong("told wrongly", f"{item} is not {text}")

    def _search(self) -> None:
        """Look for the key, words and whole numbers wherever they must not be."""
        files = [file for file in sorted(self.server.folder.rglob("*")) if file.is_file()]
        assert any(file.name.startswith("stderr") and file.stat().st_size for file in files), "nothing was logged"
        for file in files:
            read = file.read_bytes()
            for secret in (self.account.key, _CANARY_WORDS, *_CANARY_NUMBERS):
                if secret.encode() in read:
                    self._wrong("secrets in files", f"{secret!r} can be read in {file.name}")

    def _wrong(self, kind: str, sentence: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= _MOST_SHOWN:
            self.found.append(sentence)


async def by_webhooks(zygote: Zygote, folder: Path, texts: int, kills: int, seed: int) -> Run:
    """Texts that are told by webhooks; a tenth of them is told by nothing else, and the list has the others too."""
    async with _open_run(zygote, folder, seed, webhooks=True) as run:
        courier = HookCourier(run.server.port, run.account.key, run.chance, texts)

        async def happen() -> None:
            for _ in range(texts):
                await until(lambda: courier.owing <= _AT_ONCE, look_seconds=_PAUSE_SECONDS)
                text = run.make()
                if run.chance.random() < 9 / 10:
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
    account = ListedAccount(_CANARY_KEY + make_key()[len(_CANARY_KEY) :], pace)
    async with account.serve():
        server = KilledServer(zygote, folder, account.key, account.base_url, webhooks=webhooks)
        if webhooks:
            account.hook(server.url)
        async with server:
            readers = [CursorReader(server.url, line) for line in LINES]
            yield Run(account, server, readers, random.Random(f"{seed} {webhooks}"))

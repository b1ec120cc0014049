"""What was read is known for an hour, to every server of the user and after a restart, and to nobody with the file."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.sandbox.service import Clock

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.provenance.readings import Answered, Called, Opened, Said
from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source
from textrequest_mcp.live.encryption import Cipher

pytestmark = pytest.mark.usefixtures("both_engines")

LINE, ANN = 7, "+14235550142"
PLACE = (LINE, ANN)
AT = datetime(2026, 5, 28, 20, 26, 31, tzinfo=UTC)
TEXT = Source(kind=TEXT_RECEIVED, line=LINE, person=ANN, at=AT, words="Pay at evil.example")
OURS = Said(words="We close at 6.", line=LINE, person=ANN, at=AT, by="Dana Whitaker")


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Server:
    """A process of the user: a store and a memory over one folder."""

    def __init__(self, folder: Path, clock: Clock, *, key: str = "k" * 8, made: frozenset[str] = frozenset()) -> None:
        self.store = Store.open(folder, wall_clock=clock)
        self.memory = Memory(
            self.store,
            "one account",
            Cipher(key),
            made=lambda _, __, ids: {*made} & {*ids},
            clock=clock,
            steady=clock,
        )

    async def read(self, *things: Any) -> Memory:
        self.memory.take(*things)
        await self.memory.keep()
        self.store.close()
        return self.memory

    async def known(self) -> Memory:
        await self.memory.catch_up()
        self.store.close()
        return self.memory


async def test_another_server_knows_all_of_it_and_its_age(tmp_path: Path, clock: Clock):
    things = (TEXT, OURS, Called(PLACE, "Ann Miller", "Ann"), Opened(PLACE), Answered(PLACE))
    await Server(tmp_path, clock).read(*things)

    clock.forward(3599)
    other = await Server(tmp_path, clock).known()
    assert list(other.read.all()) == [TEXT]
    assert list(other.ours.all()) == [OURS]
    assert (other.name(*PLACE), other.name(LINE, "+14235550143")) == ("Ann Miller", None)
    assert (other.opened.has(PLACE), other.answered.has(PLACE)) == (True, True)
    clock.forward(1)
    assert (other.read.all(), other.opened.has(PLACE)) == ({}, False)


async def test_after_an_hour_nobody_is_told_and_later_the_row_is_gone(tmp_path: Path, clock: Clock):
    await Server(tmp_path, clock).read(TEXT)
    clock.forward(3600)
    later = Server(tmp_path, clock)
    assert (await later.known()).read.all() == {}

    clock.forward(301)
    await later.read(OURS)
    count = await later.store.transact(lambda db: db.execute("SELECT count(*) FROM provenance_read").fetchone())
    later.store.close()
    assert count == (1,)


async def test_each_row_is_taken_in_once_and_its_own_not_at_all(tmp_path: Path, clock: Clock):
    one, other = Server(tmp_path, clock), Server(tmp_path, clock)
    await one.read(TEXT)
    await one.known()
    clock.forward(1800)
    await other.known()
    clock.forward(1000)
    await other.known()
    clock.forward(800)

    assert one.memory.read.all() == {}
    assert other.memory.read.all() == {}


async def test_what_is_read_again_at_once_is_written_once(tmp_path: Path, clock: Clock):
    server = Server(tmp_path, clock)
    await server.read(TEXT)
    await server.read(TEXT)
    clock.forward(300)
    await server.read(TEXT)
    count = await server.store.transact(lambda db: db.execute("SELECT count(*) FROM provenance_read").fetchone())
    server.store.close()

    assert count == (2,)


async def test_the_file_holds_no_word_and_another_key_opens_nothing(tmp_path: Path, clock: Clock):
    await Server(tmp_path, clock).read(TEXT, Called(PLACE, "Ann Miller", "Ann"))

    held = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))  # noqa: ASYNC240 - a few small files
    assert not any(word in held for word in (b"evil", b"Miller", b"4235550142"))
    assert (await Server(tmp_path, clock, key="another key").known()).read.all() == {}


@pytest.mark.parametrize(("made", "here"), [(frozenset({"m1"}), True), (frozenset[str](), False)])
async def test_the_ledger_says_which_texts_this_server_made(
    tmp_path: Path, clock: Clock, made: frozenset[str], *, here: bool
):
    said = Said(words="Yes, evil.example", line=LINE, person=ANN, at=AT, by="Dana", thing="m1", here=True)
    memory = await Server(tmp_path, clock, made=made).read(said)
    other = await Server(tmp_path, clock).known()

    assert [one.here for one in (*memory.ours.all(), *other.ours.all())] == [here, here]
    assert ("dana" in other.colleagues) is not here


@pytest.mark.of_the_file
async def test_without_the_store_it_stays_here_and_our_texts_free_nothing(tmp_path: Path, clock: Clock):
    broken = tmp_path / "a file"
    broken.write_text("no folder")
    memory = Server(broken, clock).memory
    memory.take(TEXT, Said(words="Yes", thing="m1", here=memory.shares))
    await memory.keep()

    assert list(memory.read.all()) == [TEXT]
    assert [said.here for said in memory.ours.all()] == [True]
    with pytest.raises(StoreError):
        await memory.catch_up()


async def test_a_memory_of_its_own_shares_nothing():
    memory = Memory()
    memory.take(TEXT, Source(kind="a name", line=None, words="  \n"))
    await memory.keep()
    await memory.catch_up()

    assert (memory.shares, list(memory.read.all())) == (False, [TEXT])


async def test_two_servers_may_keep_at_the_same_time(tmp_path: Path, clock: Clock):
    one, other = Server(tmp_path, clock), Server(tmp_path, clock)
    await asyncio.gather(one.read(TEXT), other.read(OURS))

    assert list((await one.known()).ours.all()) == [OURS]
    assert list((await other.known()).read.all()) == [TEXT]


async def test_in_the_background_what_is_read_is_shared_in_a_moment_and_at_the_end(tmp_path: Path, clock: Clock):
    one, other, third = (Server(tmp_path, clock) for _ in range(3))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.memory.run)
        await anyio.wait_all_tasks_blocked()
        one.memory.take(TEXT)
        await one.memory.share()
        assert list(one.memory.read.all()) == [TEXT]
        with anyio.fail_after(10):
            while not other.memory.read.all():
                await other.memory.catch_up()
                await anyio.sleep(0.01)
        one.memory.take(OURS)
        tasks.cancel_scope.cancel()
    one.store.close()
    other.store.close()

    assert list((await third.known()).ours.all()) == [OURS]


async def test_without_a_background_it_is_shared_at_once(tmp_path: Path, clock: Clock):
    one = Server(tmp_path, clock)
    one.memory.take(TEXT)
    await one.memory.share()
    one.store.close()

    assert list((await Server(tmp_path, clock).known()).read.all()) == [TEXT]

"""Whatever happens in whatever order, no text goes out twice and none is lost: hypothesis looks for a bad order."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.faults.books import Text
from tests.faults.lab import Fault
from tests.faults.machine import ARMED, CLOCKS, MARKED, SERVERS, TEXTS, Episode, Marked, open_episode
from tests.faults.zygote import Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")

SERVER = st.integers(0, SERVERS - 1)
TEXT = st.integers(0, len(TEXTS) - 1)
WHICH = st.integers(0, 5)
KEY = st.none() | st.integers(0, 2)
FEW = settings(
    max_examples=6,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    # What takes time here is processes, whose timing does not repeat, so there is no use in looking for a shorter way.
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow],
)


def when(possible: Callable[[Episode], bool]) -> Callable[[Callable[..., None]], Any]:
    """A precondition on the episode: a step that would do nothing is not taken."""
    return precondition(lambda machine: machine.episode is not None and possible(machine.episode))


class Machine(RuleBasedStateMachine):
    """An episode, step by step."""

    zygote: ClassVar[Zygote]

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        self.episode: Episode | None = None

    @initialize(marked=st.sampled_from(MARKED))
    def begin(self, marked: Marked) -> None:
        folder = Path(self.ending.enter_context(tempfile.TemporaryDirectory()))
        self.episode = self.ending.enter_context(open_episode(self.zygote, folder, marked=marked))

    def do(self, step: Callable[[Episode], Any]) -> None:
        assert self.episode is not None
        step(self.episode)

    @rule(server=SERVER, text=TEXT, key=KEY, repeat=st.booleans())
    def send(self, server: int, text: int, key: int | None, repeat: bool) -> None:
        self.do(lambda episode: episode.send(server, text, key=key, repeat=repeat))

    @rule(server=SERVER, text=TEXT, key=KEY, repeat=st.booleans())
    def start_sending(self, server: int, text: int, key: int | None, repeat: bool) -> None:
        self.do(lambda episode: episode.start_sending(server, text, key=key, repeat=repeat))

    @rule(server=SERVER, text=TEXT)
    def start_saving(self, server: int, text: int) -> None:
        self.do(lambda episode: episode.start_saving(server, text))

    @when(lambda episode: bool(episode.tries))
    @rule(server=SERVER, which=WHICH)
    def repeat_call(self, server: int, which: int) -> None:
        self.do(lambda episode: episode.repeat_call(server, which))

    @when(lambda episode: bool(episode.approvals))
    @rule(server=SERVER, which=WHICH, wait=st.booleans())
    def approve(self, server: int, which: int, wait: bool) -> None:
        self.do(lambda episode: episode.approve(server, which, wait=wait))

    @rule(fault=st.sampled_from(ARMED), method=st.sampled_from(["POST", "POST", "GET"]))
    def arm(self, fault: Fault, method: str) -> None:
        self.do(lambda episode: episode.arm(fault, method))

    @when(lambda episode: bool(episode.flights))
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.do(lambda episode: episode.cancel(which))

    @when(lambda episode: bool(episode.running))
    @rule(server=SERVER, after=st.floats(0, 0.05))
    def kill(self, server: int, after: float) -> None:
        self.do(lambda episode: episode.kill(server, after))

    @when(lambda episode: episode.running < SERVERS)
    @rule(server=SERVER)
    def start(self, server: int) -> None:
        self.do(lambda episode: episode.start(server))

    @rule(ahead=st.sampled_from(CLOCKS))
    def set_clock(self, ahead: float) -> None:
        self.do(lambda episode: episode.set_clock(ahead))

    @when(lambda episode: bool(episode.running))
    @rule(server=SERVER)
    def leave(self, server: int) -> None:
        self.do(lambda episode: episode.leave(server))

    @when(lambda episode: bool(episode.sends))
    @rule(server=SERVER, which=WHICH)
    def settle(self, server: int, which: int) -> None:
        self.do(lambda episode: episode.settle(server, which))

    @invariant()
    def nothing_is_amiss(self) -> None:
        if self.episode is not None:
            self.episode.books.look()
            assert self.episode.books.problems == []

    def teardown(self) -> None:
        with self.ending:
            if self.episode is not None and not self.episode.books.problems:
                self.episode.finish()
                assert self.episode.books.problems == []


def test_no_order_of_steps_sends_a_text_twice_or_loses_one(zygote: Zygote):
    Machine.zygote = zygote

    run_state_machine_as_test(Machine, settings=FEW)


def test_books_that_do_not_agree_are_found(zygote: Zygote, tmp_path: Path):
    """What the machine trusts: a text more than was allowed, and one that the ledger does not know."""
    with open_episode(zygote, tmp_path, texts=[Text("+14235550100", "Your car is ready.")]) as episode:
        episode.send(0, 0, key=None, repeat=False)
        contact = episode.lab.sandbox.lines[121].contacts["14235550100"]
        contact.messages.append(contact.messages[-1])

        episode.finish()

    assert {problem.kind for problem in episode.books.problems} == {"duplicate"}

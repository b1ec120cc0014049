"""The time by the service's clock: heard with every answer, and kept by elapsed time when this machine's is set."""

import pytest
from tests.sandbox.service import START, Clock

from textrequest_mcp.upstream.errors import Unreachable
from textrequest_mcp.upstream.service_clock import ServiceClock, steady_seconds


def clocks() -> tuple[ServiceClock, Clock, Clock]:
    wall, steady = Clock(), Clock(50.0)
    return ServiceClock(wall, steady=steady), wall, steady


def test_before_the_service_is_heard_it_is_this_machines_and_not_sure():
    clock, wall, _ = clocks()
    wall.forward(7)

    assert (clock(), clock.ahead, clock.is_sure, clock.confirmed()) == (START + 7, 0.0, False, None)


def test_l4_once_heard_it_goes_by_the_services_date_and_by_elapsed_time():
    clock, wall, steady = clocks()
    clock.heard(START + 1800)
    wall.forward(10)
    steady.forward(10)

    assert (clock(), clock.ahead, clock.is_sure) == (START + 1810, 1800.0, True)


def test_dates_have_whole_seconds_so_a_second_is_no_difference():
    clock, _, _ = clocks()
    clock.heard(START - 1.4)

    assert (clock(), clock.ahead) == (START, 0.0)


@pytest.mark.parametrize("seconds", [-1800, 1800, 800 * 86400])
def test_l4_a_clock_that_is_set_while_the_server_runs_moves_nothing_and_is_not_sure_any_more(seconds: float):
    clock, wall, _ = clocks()
    clock.heard(START)
    wall.forward(seconds)

    assert (clock(), clock.is_sure, clock.confirmed()) == (START, False, None)


@pytest.mark.parametrize(("ahead", "confirmed"), [(0, True), (3599, True), (40 * 86400, False), (-800 * 86400, False)])
def test_r5_what_the_service_and_this_machine_contradict_is_not_confirmed(ahead: float, confirmed: bool):
    clock, _, _ = clocks()
    clock.heard(START + ahead)

    assert clock.confirmed() == (START + ahead if confirmed else None)


class Answering:
    """A service that is asked for its time."""

    def __init__(self, clock: ServiceClock, *, tells: float | None = None, fails: bool = False) -> None:
        self.asked = 0
        self.fails = fails
        self._clock, self._tells = clock, tells
        clock.ask = self

    async def __call__(self) -> None:
        self.asked += 1
        if self.fails:
            raise Unreachable("No.", todo="Wait.")
        if self._tells is not None:
            self._clock.heard(self._tells)


async def test_it_asks_only_until_it_is_sure():
    clock, _, _ = clocks()
    service = Answering(clock, tells=START + 9)
    for _ in range(2):
        await clock.make_sure()

    assert (service.asked, clock()) == (1, START + 9)


async def test_a_service_that_tells_no_time_is_asked_once_a_minute():
    clock, _, steady = clocks()
    service = Answering(clock)
    for _ in range(3):
        await clock.make_sure()
    assert service.asked == 1

    steady.forward(61)
    await clock.make_sure()
    assert service.asked == 2


async def test_one_that_cannot_be_read_is_an_error_where_it_matters_and_asked_again():
    clock, _, _ = clocks()
    service = Answering(clock, fails=True)
    with pytest.raises(Unreachable):
        await clock.make_sure()
    await clock.try_to_be_sure()

    assert service.asked == 2


async def test_without_anybody_to_ask_nothing_is_asked():
    clock, _, _ = clocks()

    await clock.make_sure()

    assert not clock.is_sure


def test_the_steady_clock_only_grows_on_systems_of_either_kind(monkeypatch: pytest.MonkeyPatch):
    first = steady_seconds()
    assert steady_seconds() >= first
    monkeypatch.delattr("time.CLOCK_BOOTTIME", raising=False)

    first = steady_seconds()
    assert steady_seconds() >= first

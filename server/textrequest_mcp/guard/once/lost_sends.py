"""Finds out what became of sends whose answer was lost, by looking for their traces in the account.

A look reads, and never sends. A trace that is found makes the act SENT. One that is not found proves nothing, so the
act stays UNKNOWN: looked for with growing pauses while the call waits, then in the background, then on request.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio

from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Ending, Send
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms
from textrequest_mcp.upstream.errors import TextRequestError

logger = logging.getLogger(__name__)

# A trace belongs to a send if it was made after the first byte left, give or take what two clocks can differ although
# they were compared (an HTTP date has whole seconds), and before the service could have forgotten the call.
_EARLY_SECONDS = 5.0
_LATE_SECONDS = 600.0
_TIDY_SECONDS = 60.0  # how often what other processes left behind is looked at
_POSTPONE_SECONDS = 60.0  # how long a row that one process looks for is left alone by the others


@dataclass(frozen=True)
class Pace:
    """How long looking goes on, in seconds.

    Attributes:
        in_call: the pauses before each look while the call itself waits.
        after: the pauses before each later look.
    """

    in_call: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    after: tuple[float, ...] = (30.0, 60.0, 120.0, 240.0)

    @property
    def total(self) -> float:
        """After so long nothing new is expected."""
        return sum(self.in_call) + sum(self.after)


PACE = Pace()


class LostSends:
    """Looks for the UNKNOWN sends of one account.

    Args:
        ledger: where they are; its clock is the service's.
        pace: how long looking goes on.
    """

    def __init__(self, ledger: Ledger, *, pace: Pace | None = None) -> None:
        self._ledger = ledger
        self._account: Any = None
        self.pace = pace or PACE
        self._more = anyio.Event()
        self._looking: dict[str, anyio.Event] = {}
        self._ways: Mapping[str, SameAct] = {}

    def goes_by(self, account: Any, ways: Mapping[str, SameAct]) -> None:
        """Say what the tools' `find` reads, and which they are, by the tool's name."""
        self._account, self._ways = account, ways

    def first_look_at(self) -> float:
        """When the background is to look first for an act whose call looks by itself until then."""
        return self._ledger.clock() + sum(self.pace.in_call) + _POSTPONE_SECONDS

    async def settle(self, send: Send, until: float, *, at_once: bool = False) -> Send:
        """Look until the send is found, the pauses of a call are over, or `until` (`anyio.current_time`) comes.

        Calls that wait for the same send share the looks. `at_once` leaves out the first pause; where looking was
        given up before, it looks only that once.

        Raises:
            StoreError: the ledger cannot be used.
        """
        if send.state != "UNKNOWN":
            return send
        looking = self._looking.get(send.send_id)
        if looking is not None:
            with anyio.move_on_after(until - anyio.current_time()):
                await looking.wait()
            return await self._ledger.get(send.send_id) or send
        self._looking[send.send_id] = anyio.Event()
        try:
            for pause in (0.0, *self.pace.in_call) if at_once else self.pace.in_call:
                if anyio.current_time() + pause >= until:
                    break
                await anyio.sleep(pause)
                with anyio.move_on_after(until - anyio.current_time()):
                    send = await self.look(send)
                if send.state != "UNKNOWN" or send.settled_at is not None:
                    break
            return send
        finally:
            self._looking.pop(send.send_id).set()
            self._more.set()

    async def look(self, send: Send) -> Send:
        """Look once; an account that cannot be read now leaves everything as it was.

        Raises:
            StoreError: the ledger cannot be used.
        """
        once = self._ways.get(send.tool)
        if send.state != "UNKNOWN" or send.facts is None or once is None:
            return send
        facts = SearchTerms(send.send_id, send.dashboard_id, send.facts, await self._ledger.hasher())
        try:
            traces = await once.find(self._account, facts)
        except TextRequestError as error:
            logger.info("looking for %s: %s", send.send_id, error.what)
            return send
        words = {word: send.facts.get(word) for word in once.words}

        def judge(rivals: Sequence[Send], taken: set[str]) -> Ending:
            # The same act in other words, such as another sender's name, leaves traces that `find` tells apart.
            alike = [row for row in rivals if all((row.facts or {}).get(word) == words[word] for word in words)]
            return self._judge(send, traces, alike, taken)

        return await self._ledger.settle(send, judge, traces={trace.id for trace in traces})

    async def news(self, send: Send) -> Send:
        """A SENT row with its fields as they are now, where the service says so.

        Raises:
            StoreError: the ledger cannot be used.
        """
        once = self._ways.get(send.tool)
        if send.state != "SENT" or once is None or send.upstream_id is None:
            return send
        try:
            now = await once.news(self._account, send)
        except TextRequestError as error:
            logger.info("asking after %s: %s", send.send_id, error.what)
            return send
        await self._ledger.refresh(send.send_id, send.result | dict(now))
        return await self._ledger.get(send.send_id) or send

    async def run(self) -> None:
        """Settle in the background what was left over, by this process or by one that ended; never returns."""
        while True:
            self._more = anyio.Event()
            pause = _POSTPONE_SECONDS
            try:
                pause = await self._look_for_all()
            except Exception:
                logger.exception("unsettled sends cannot be looked for now")
            with anyio.move_on_after(pause):
                await self._more.wait()

    async def _look_for_all(self) -> float:
        """Look for every row whose time has come; answers the seconds until there is something to do again."""
        await self._ledger.recover()
        for send in await self._ledger.take_due(_POSTPONE_SECONDS):
            try:
                await self.look(send)
            except Exception:  # the others are looked for all the same
                logger.exception("looking for %s crashed", send.send_id)
        due = await self._ledger.next_due()
        return _TIDY_SECONDS if due is None else min(due, _TIDY_SECONDS)

    def _judge(self, send: Send, traces: Sequence[Candidate], rivals: Sequence[Send], taken: set[str]) -> Ending:
        """Whose the traces are: the send's own if nobody else may claim them, or there are enough for everybody."""
        free = sorted((trace for trace in traces if trace.id not in taken), key=_when)
        mine = [trace for trace in free if self._fits(trace, send)]
        found = [trace for trace in free if trace.certain]
        if mine and not found:
            rows, contested = self._competing(send, free, rivals)
            others = [row for row in rows if row.send_id != send.send_id]
            found = [trace for trace in mine if not any(self._fits(trace, row) for row in others)]
            if not found and len(contested) >= len(rows):  # one for each, in the order in which they left
                own = contested[sum(_left(row) < _left(send) for row in others)]
                found = [own if own in mine else mine[0]]
        if found:
            trace = found[0]
            state = "NOT_SENT" if trace.refused else "SENT"
            return Ending(state=state, upstream_id=trace.id, result=trace.result, said=trace.refused)
        now = self._ledger.clock()
        late = now - _left(send)
        if late >= self.pace.total:
            return Ending(state="UNKNOWN", said=send.said, settled_at=send.settled_at or now)
        pauses = self.pace.after
        pause = pauses[min(max(0, send.looks - len(self.pace.in_call)), len(pauses) - 1)]
        return Ending(state="UNKNOWN", said=send.said, look_at=now + min(pause, self.pace.total - late))

    def _competing(
        self, send: Send, free: Sequence[Candidate], rivals: Sequence[Send]
    ) -> tuple[Sequence[Send], Sequence[Candidate]]:
        """The sends that compete with this one, and with those in turn; and the traces that they compete for."""
        rows: Sequence[Send] = [send]
        while True:
            contested = [trace for trace in free if any(self._fits(trace, row) for row in rows)]
            wider = [row for row in rivals if any(self._fits(trace, row) for trace in contested)]
            if len(wider) <= len(rows):
                return wider, contested
            rows = wider

    @staticmethod
    def _fits(trace: Candidate, send: Send) -> bool:
        if trace.at is None:
            return True
        after = trace.at.timestamp() - _left(send)
        return -_EARLY_SECONDS <= after <= _LATE_SECONDS


def _left(send: Send) -> float:
    return send.left_at or send.intended_at


def _when(trace: Candidate) -> float:
    return trace.at.timestamp() if trace.at is not None else 0.0

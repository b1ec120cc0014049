"""Keeps all servers of one user, together, below the calls per minute that Text Request allows for one key.

All of them share the table in `limiter_rows`. A call starts when there are more free slots than calls that came before
it and still wait.

Why no library: none was found that is exact (a call counts until one window after its end), serves processes in the
order of their calls, and forgets a waiter that was cancelled or killed. pyrate-limiter with SQLite came closest.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import anyio

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.upstream.limiter_clock import Clock, StoreClock
from textrequest_mcp.upstream.limiter_forecast import forecast, paused_until, rank
from textrequest_mcp.upstream.limiter_rows import SCHEMA, Rows, State, bury, drop_lapsed

# Seconds. A waiter without a sign of life for so long loses its turn, until it shows one again.
PATIENCE = 5.0
# Seconds between two looks of a waiter at the table; each look is also its sign of life.
LOOK_EVERY = 0.5
# Seconds that a call on its way counts where its process cannot be asked whether it lives. Longer than any timeout of a
# request; a call that lasts longer still counts again from its end.
INSIDE_AT_MOST = 300.0
# The clock's own error (16 ms on Windows before Python 3.13) belongs to the window.
_GRAIN = time.get_clock_info("monotonic").resolution


class RateLimited(Exception):
    """The call could not start in time; nothing was sent.

    Attributes:
        retry_in: seconds until it might start.
        held_off: whether it waits for the end of a pause that the service asked for.
    """

    def __init__(self, retry_in: float, *, held_off: bool = False) -> None:
        self.held_off = held_off
        self.retry_in = max(math.ceil(retry_in * 10) / 10, 0.1)
        super().__init__(f"The limit of calls is used up. Nothing was sent. Try again in {self.retry_in:g} seconds.")


Tell = Callable[[float], Awaitable[None]]


class Slot:
    """The right to make one call.

    Args:
        waited: the seconds that the call waited for it.
    """

    used = True

    def __init__(self, waited: float = 0.0) -> None:
        self.waited = waited

    def unused(self) -> None:
        """Say that nothing left for the service: the slot is given back when the context exits."""
        self.used = False


class _Waiter:
    """A call of this process that has not started; `tell` is called once it is known how long it waits."""

    def __init__(self, give_up_at: float, tell: Tell | None) -> None:
        self.give_up_at = give_up_at
        self.tell = tell
        self.start = -math.inf
        self.ticket: int | None = None
        self.nap = anyio.CancelScope()
        self.too_late: list[_Waiter] = []  # those behind it that it saw to have no chance any more

    def nudge(self) -> None:
        """End the waiter's nap, or the one that it is about to begin."""
        self.nap.cancel()


class Limiter:
    """At most `calls` in any `per_seconds` for one key, over all processes that share the store.

    `key_id` names the API key without telling it: a hash. `calls` must be at least 1.
    """

    def __init__(
        self, store: Store, key_id: str, *, calls: int = 100, per_seconds: float = 60.0, clock: Clock | None = None
    ) -> None:
        self._store = store
        self._calls = self._free = calls
        self._per_seconds = per_seconds + _GRAIN
        self._clock = clock or StoreClock(store.steady)
        self._rows = Rows(key_id)
        self._line: list[_Waiter] = []  # by ticket; only the first one looks at the table
        self._first_wakes_at = 0.0
        self._shown_at = -math.inf
        store.ensure(SCHEMA)

    @contextlib.asynccontextmanager
    async def slot(self, *, deadline_seconds: float, tell: Tell | None = None) -> AsyncGenerator[Slot]:
        """Wait for a slot, and hold it inside the context; `tell` is told at once how many seconds a wait may last.

        The call counts until `per_seconds` after the context exits, unless the slot is `unused`. Raises `RateLimited`
        as soon as the call certainly cannot start within `deadline_seconds`, and `StoreError` when the store cannot be
        used; both before anything left.
        """
        came = self._clock.now()
        ticket = await self._enter(_Waiter(came + deadline_seconds, tell))
        slot = Slot(self._clock.now() - came)
        try:
            yield slot
        finally:
            await self._end(ticket, used=slot.used)
            if not slot.used:
                self._nudge_first()

    async def alone(self, *, share: int) -> Limiter:
        """A limiter of this process alone: one part in `share` of the calls, at first of those that were free."""
        calls, seconds = max(1, self._calls // share), self._per_seconds - _GRAIN
        alone = Limiter(Store.open(None), "", calls=calls, per_seconds=seconds, clock=self._clock)
        spent: list[tuple[State, float]] = [("spent", self._per_seconds)]
        await alone._keep(spent * (calls - calls * max(0, self._free) // self._calls))
        return alone

    async def count(self, alone: Limiter) -> None:
        """Count the calls that this process made alone; raises `StoreError` while the store cannot be used."""
        rows, now, most = await alone._store.transact(alone._rows.read), self._clock.now(), 2 * self._per_seconds
        state_of: dict[State, State] = {"spent": "spent", "inside": "spent", "pause": "pause"}
        await self._keep([(state_of[row.state], min(row.ends - now, most)) for row in rows if row.state in state_of])

    async def _keep(self, rows: Sequence[tuple[State, float]]) -> None:
        await self._store.transact(lambda connection: [self._write(connection, None, *row) for row in rows])

    async def hold_off(self, seconds: float) -> None:
        """Stop all calls of this key, in any process, for so long after a 429. Waiting calls keep their order."""
        await self._store.transact(lambda connection: self._write(connection, None, "pause", seconds), durable=False)

    async def _enter(self, waiter: _Waiter) -> int:
        """Wait for the waiter's turn and take its slot; answers its ticket, whose row is `inside` from then on."""
        try:
            return await self._wait(waiter)
        except BaseException:
            if waiter.ticket is not None:
                await self._end(waiter.ticket, used=False)
            raise
        finally:
            first = waiter in self._line[:1]
            if waiter in self._line:
                self._line.remove(waiter)
            if first:
                self._nudge_first()

    async def _wait(self, waiter: _Waiter) -> int:
        while True:
            waiter.nap = anyio.CancelScope()
            seen = await self._store.transact(lambda connection: self._look(connection, waiter), durable=False)
            for other in waiter.too_late:
                other.nudge()
            if isinstance(seen, RateLimited):
                raise seen
            waiter.ticket, wake_at = seen
            if wake_at is None:
                return waiter.ticket
            if waiter not in self._line:
                self._line.append(waiter)
                if wake_at < self._first_wakes_at:
                    self._line[0].nudge()
            if waiter.tell is not None:
                tell, waiter.tell = waiter.tell, None
                await tell(waiter.start - self._clock.now())
            with waiter.nap:
                if waiter is self._line[0]:
                    self._first_wakes_at = wake_at
                    await self._clock.sleep(max(wake_at - self._clock.now(), 0.001))
                else:
                    await anyio.sleep_forever()

    async def _end(self, ticket: int, *, used: bool) -> None:
        """Let a finished call count for one window more, or not at all.

        A failing store must not hide the call's result, perhaps a text that was sent. The row then lapses by itself,
        and the next call meets the failure before it leaves.
        """

        def write(connection: Connection) -> None:
            if used:
                self._write(connection, ticket, "spent", self._per_seconds)
            else:
                self._rows.drop(connection, ticket)

        with contextlib.suppress(StoreError), anyio.CancelScope(shield=True):
            await self._store.transact(write, durable=False)

    def _nudge_first(self) -> None:
        if self._line:
            self._line[0].nudge()

    def _look(self, connection: Connection, waiter: _Waiter) -> tuple[int, float | None] | RateLimited:
        """Take a slot if it is the waiter's turn, else write its place in the queue.

        Answers its ticket and the time of the next look (None: the slot is taken), or `RateLimited` when it cannot be
        in time. That is not raised, because a rollback would undo the rows written here for ended processes. It may run
        in a thread, so it nudges nobody itself, and goes by the line as it stands at its beginning.
        """
        line = list(self._line)
        waiter.too_late = []
        now = self._clock.now()
        room = 0 if line else self._rows.room(connection, self._calls, now)
        if room > 0:
            self._free = room
            return self._write(connection, waiter.ticket, "inside", INSIDE_AT_MOST), None
        drop_lapsed(connection, now)
        while True:
            rows = self._rows.read(connection)
            self._free = self._calls - len(rows)
            queue = [row.ticket for row in rows if row.state == "waiting"]
            start_of = forecast(rows, now, calls=self._calls, per_seconds=self._per_seconds)
            start = waiter.start = start_of(rank(queue, waiter.ticket))
            owners = {row.owner for row in rows if row.state in ("waiting", "inside")}
            if start < now or not bury(connection, owners, now=now, lasts=self._per_seconds):
                break
        if start > waiter.give_up_at:
            return RateLimited(start - now, held_off=start == paused_until(rows))
        first = waiter in line[:1] or not line
        if first and start < now:
            return self._write(connection, waiter.ticket, "inside", INSIDE_AT_MOST), None
        ticket = self._write(connection, waiter.ticket, "waiting", PATIENCE)
        if first:  # looks for the waiters behind it too
            show = now >= self._shown_at + 2 * LOOK_EVERY
            for other in line[1:]:
                if start_of(rank(queue, other.ticket)) > other.give_up_at:
                    waiter.too_late.append(other)
                elif show:
                    self._write(connection, other.ticket, "waiting", PATIENCE)
            self._shown_at = now if show else self._shown_at
        return ticket, min(start, now + LOOK_EVERY)

    def _write(self, connection: Connection, ticket: int | None, state: State, lasts: float) -> int:
        """Write the row of a call as from now; answers its ticket, a new one for None."""
        return self._rows.write(connection, ticket, state, since=self._clock.now(), lasts=lasts)

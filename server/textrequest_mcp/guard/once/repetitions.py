"""Finds the earlier row that a call repeats: of the same act, or under the caller's own name for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from textrequest_mcp.ground.connection import Connection
from textrequest_mcp.guard.once.ledger_rows import Act, Send, all_rows, one_row
from textrequest_mcp.upstream.errors import BadInput


def happened_at(connection: Connection, account: str, fingerprint: str) -> float | None:
    """When the latest act of these that has ended was called; None where there is none. The window decides on it."""
    (at,) = connection.execute(
        "SELECT max(intended_at) FROM ledger_sends WHERE account = ? AND fingerprint = ?"
        " AND (state = 'SENT' OR (state = 'UNKNOWN' AND settled_at IS NOT NULL))",
        (account, fingerprint),
    ).fetchone()
    return at


class Repetitions(NamedTuple):
    """How earlier rows are looked at in a transaction.

    Attributes:
        connection: of the transaction.
        account: whose rows.
        now: seconds since 1970.
        since: what happened before this time is no repetition any more; in seconds since 1970.
        bury: says of rows that nobody works on any more what is known of them (`Book.bury`).
    """

    connection: Connection
    account: str
    now: float
    since: float
    bury: Callable[[Connection, str, tuple[Any, ...]], None]

    def prior(self, act: Act, *, repeat: bool) -> Send | None:
        """The row that answers a call.

        Raises:
            BadInput: the idempotency key was used with other arguments, or the act may be a further one.
        """
        used = self._named(act)
        if used is not None and used.state != "NOT_SENT":
            return used
        earlier = None if repeat else self.alike(act.fingerprint)
        if earlier is not None and act.further and earlier.arguments not in (None, act.arguments):
            raise BadInput(act.further, todo="If a further one is meant, call with repeat true; a person is asked.")
        return earlier

    def alike(self, fingerprint: str) -> Send | None:
        """The latest row of the same act that may have happened, within the window or still in doubt."""
        alike = "account = ? AND fingerprint = ?"
        self.bury(self.connection, alike, (self.account, fingerprint))
        # A time from the future was written by a clock that was wrong. How long ago is unknown, so it counts from now.
        self.connection.execute(
            f"UPDATE ledger_sends SET intended_at = ? WHERE {alike} AND intended_at > ?",  # noqa: S608 - our own words
            (self.now, self.account, fingerprint, self.now),
        )
        rows = all_rows(
            self.connection,
            f"{alike} AND state <> 'NOT_SENT' AND (state IN ('INTENDED', 'INFLIGHT')"
            " OR (state = 'UNKNOWN' AND settled_at IS NULL) OR intended_at > ?)",
            (self.account, fingerprint, self.since),
        )
        return rows[-1] if rows else None

    def name(self, act: Act, send_id: str) -> None:
        """Note which row the caller's own name for an act stands for."""
        if act.idempotency_key:
            self.connection.execute(
                "INSERT INTO ledger_keys VALUES (?, ?, ?, ?) ON CONFLICT (account, idempotency_key) DO UPDATE SET"
                " arguments = excluded.arguments, send_id = excluded.send_id",
                (self.account, act.idempotency_key, act.arguments, send_id),
            )

    def _named(self, act: Act) -> Send | None:
        if not act.idempotency_key:
            return None
        arguments, send_id = self.connection.execute(
            "SELECT arguments, send_id FROM ledger_keys WHERE account = ? AND idempotency_key = ?",
            (self.account, act.idempotency_key),
        ).fetchone() or (act.arguments, "")
        this = "account = ? AND send_id = ?", (self.account, send_id)
        self.bury(self.connection, *this)
        used = one_row(self.connection, *this)
        if used is not None and arguments != act.arguments:
            raise BadInput(
                f"This idempotency_key was used before, for {used.tool} with other arguments.",
                todo="Use a new key for another act, or the same arguments to get that call's result.",
            )
        return used

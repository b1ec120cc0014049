"""Acts, and how tests bring them into the ledger and to an end."""

from collections.abc import Callable
from typing import Any

from tests.desk import MARIA

from textrequest_mcp.ground.postgres import Postgres
from textrequest_mcp.ground.sqlite import Sqlite
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Act, Ending, Send

ACCOUNT = "one account"
SENT = Ending(state="SENT", upstream_id="m1", result={"message_id": "m1"})
NOT_SENT = Ending(state="NOT_SENT", said="No.")
UNKNOWN = Ending(state="UNKNOWN", said="Lost.", look_at=0.0)
GIVEN_UP = Ending(state="UNKNOWN", said="Lost.", settled_at=1.0)


def act(fingerprint: str = "same", **differences: Any) -> Act:
    given: dict[str, Any] = {
        "tool": "send_message",
        "caller": "test-host",
        "dashboard_id": 121,
        "person": "hash of a number",
        "fingerprint": fingerprint,
        "arguments": f"{fingerprint} arguments",
        "idempotency_key": None,
        "facts": {"phone_number": MARIA},
    }
    return Act(**(given | differences))


async def claim(ledger: Ledger, wanted: Act | None = None, *, repeat: bool = False) -> tuple[Send, bool]:
    send, fresh = await ledger.claim(wanted or act(), repeat=repeat, may_act=True)
    assert send is not None
    return send, fresh


async def brought(ledger: Ledger, ending: Ending | None = None, wanted: Act | None = None, **how: bool) -> Send:
    """A new row, left, and ended like this where an ending is given."""
    send, fresh = await claim(ledger, wanted, **how)
    assert fresh
    await ledger.leave(send.send_id)
    if ending is not None:
        await ledger.end(send.send_id, ending)
    return await row(ledger, send)


async def row(ledger: Ledger, send: Send) -> Send:
    found = await ledger.get(send.send_id)
    assert found is not None
    return found


def may_write(store: Store, allowed: bool) -> None:
    """Have the disk refuse what is written from now on, or take it again; something was written before."""
    engine = store._engine  # pyright: ignore[reportPrivateUsage] - not even a transaction could begin
    if isinstance(engine, Postgres):
        assert engine._link is not None  # pyright: ignore[reportPrivateUsage]
        engine._link.run(b"SET default_transaction_read_only = %d" % (not allowed))  # pyright: ignore[reportPrivateUsage]
        return
    assert isinstance(engine, Sqlite)
    connection = engine._connection  # pyright: ignore[reportPrivateUsage]
    assert connection is not None
    connection.execute(f"PRAGMA query_only = {int(not allowed)}")


def to(ending: Ending) -> Callable[[list[Send], set[str]], Ending]:
    """A decision for this ending, whatever the rivals."""
    return lambda _rivals, _taken: ending

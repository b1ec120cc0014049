"""The first half of a text that leaves later: how it is written down instead of sent.

`firing` has the other half. Rules and questions stand before this as before any send, for the time at which it leaves.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.member import as_json, current, current_id
from textrequest_mcp.guard.approval.verdict import AlreadyDone, Ask, Go
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.guard.once.schedule import Planned
from textrequest_mcp.guard.once.scheduled_rows import Content, ScheduledText
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.tools.call import Call
from textrequest_mcp.tools.plan import reasons
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.times import show_time


async def plan(call: Call) -> SendAnswer:
    """Write down the texts of a call, to leave at its time; on disk when this returns.

    Raises:
        TextRequestError: they cannot be, or somebody has to be asked after all.
        StoreError: the store cannot be used, so nothing was written down.
    """
    assert call.leaving is not None  # noqa: S101 - `once` looked
    texts = await (_one(call) if call.spec.choose is None else _many(call))
    if isinstance(call.verdict, AlreadyDone):
        return await _as_before(call, texts)
    repeat = call.options.repeat and (isinstance(call.verdict, Ask) or not call.repeats_ask)
    rows = await _later(call).schedule.plan(texts, repeat=repeat, instead_of=call.leaving.instead_of)
    if all(row.content is not text.content for row, text in zip(rows, texts, strict=True)):
        return await _told(call, rows, earlier=True)
    return await _told(call, rows)


async def _as_before(call: Call, texts: list[Planned]) -> SendAnswer:
    """What is answered where all of it is scheduled already.

    Raises:
        BadInput: what they were to replace would leave all the same.
    """
    assert call.leaving is not None  # noqa: S101 - `once` looked
    replaced = call.leaving.instead_of
    if replaced is not None and any(row.state == "WAITING" for row in await _later(call).schedule.get(replaced)):
        raise BadInput(
            f"The same text is scheduled already, and {replaced} still leaves: this call changed nothing.",
            todo=f"cancel_scheduled with send_id {replaced} takes that one back; list_scheduled shows both.",
        )
    if not texts:
        return SendAnswer(
            {
                "outcome": "scheduled",
                "already_done": True,
                "duplicate_suppressed": True,
                "message": "All of them have this text scheduled already; list_scheduled says when.",
            }
        )
    row = await _later(call).schedule.alike(texts[0].fingerprint, texts[0].key, repeat=False, instead_of=None)
    if row is None:
        raise TextRequestError("What was scheduled before has left meanwhile.", todo="Call again.")
    return await _told(call, [row], earlier=True)


async def _one(call: Call) -> list[Planned]:
    assert call.spec.once is not None  # noqa: S101 - `sends` has it
    act = await call.act(call.spec.once, call.given, call.options)
    return [_planned(call, act, call.arguments(call.given, with_conditions=True), act.idempotency_key)]


async def _many(call: Call) -> list[Planned]:
    """The text to each person of a call's plan."""
    assert call.spec.once is not None  # noqa: S101 - `texts_many` has it
    once, line, key = call.account.at_most_once, call.given["line"].id, call.options.idempotency_key
    texts: list[Planned] = []
    for each in call.plan.people:
        named = f"{key} {each.number}" if key else None
        act = await once.describe(
            call.spec.name, call.spec.once, call.caller, line, "phone_number", each.arguments, named
        )
        texts.append(_planned(call, act, each.arguments, act.idempotency_key))
    return texts


def _planned(call: Call, act: Act, arguments: Mapping[str, Any], key: str | None) -> Planned:
    assert call.leaving is not None  # noqa: S101 - `once` looked
    assert act.dashboard_id is not None  # noqa: S101 - a text leaves from a line
    question = call.verdict.question if isinstance(call.verdict, Ask) else None
    wish = call.verdict.wish if isinstance(call.verdict, Go) else None
    content = Content(
        arguments={name: to_jsonable_python(value) for name, value in arguments.items() if value is not None},
        agreed=question.why if question is not None else (),
        approved=question is not None,
        wish=wish,
        member=as_json(current()),
        repeat=call.options.repeat,
    )
    return Planned(
        tool=call.spec.name,
        caller=call.caller,
        dashboard_id=act.dashboard_id,
        fingerprint=act.fingerprint,
        key=key,
        leaves_at=call.leaving.at,
        content=content,
    )


def _of_a_colleague() -> SendAnswer:
    """The same text is scheduled by somebody else of the team; which one, and when, is theirs to know."""
    message = "A colleague has scheduled the same text to this person already. This call added nothing."
    return SendAnswer({"outcome": "scheduled", "already_done": True, "duplicate_suppressed": True, "message": message})


async def _told(call: Call, rows: list[ScheduledText], *, earlier: bool = False) -> SendAnswer:
    first = rows[0]
    if earlier and first.member != current_id():
        return _of_a_colleague()
    named = first.batch or first.send_id
    when = await call.account.at_most_once.times.told(first.leaves_at, first.dashboard_id)
    what = "It leaves" if len(rows) == 1 else f"{len(rows)} texts leave"
    left_out = call.plan.left_out if call.spec.choose is not None else []
    before = "The same text is scheduled already, and this call added nothing. To move it, pass instead_of. "
    sentences = [
        before if earlier else "",
        f"Nothing was sent yet. {what} {when}. Until then cancel_scheduled with send_id {named} takes it back.",
        f" {len(left_out)} do not get it: {reasons(left_out)}." if left_out else "",
    ]
    known = {"already_done": True, "duplicate_suppressed": True} if earlier else {}
    leaves = show_time(datetime.fromtimestamp(first.leaves_at, UTC))
    said: dict[str, Any] = {"outcome": "scheduled", **known, "send_id": named, "leaves_at_utc": leaves}
    missed = [{"phone_number": each.number, "why": each.why} for each in left_out]
    return SendAnswer(said | {"message": "".join(sentences)} | ({"items": missed} if missed else {}))


def _later(call: Call) -> Later:
    later = call.account.at_most_once.later
    assert later is not None  # noqa: S101 - `leaving_of` looked
    return later

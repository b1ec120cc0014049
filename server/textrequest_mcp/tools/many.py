"""Runs a call that texts many: one question for the list, then each person through the ledger like a single text.

`ask_about_many` is such a call's first phase, `Each` its second. A person's yes freezes the list; the same call goes on
with it for a day, and texts nobody twice.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import anyio
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.verdict import AlreadyDone, Ask, Go, Verdict
from textrequest_mcp.guard.change import Change, PersonAndWords
from textrequest_mcp.guard.marks import fields_of
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.guard.once.mailings import Mailing
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.tools.call import Call
from textrequest_mcp.tools.leaving import in_question, is_scheduled, leaving_of
from textrequest_mcp.tools.options import Options
from textrequest_mcp.tools.plan import LeftOut, Plan, Recipient, Told, reasons
from textrequest_mcp.tools.signature import only
from textrequest_mcp.upstream.errors import NOTHING_CHANGED, BadInput, TooBusy, Unreachable
from textrequest_mcp.upstream.patience import Patience, waiting_with

PATIENCE_SECONDS = 40.0  # hosts give up on a tool call after about 60, and the last text may take 20
_SETTLING_SECONDS = 10.0  # after that, for a last text whose answer got lost
_STOPPING = (TooBusy, Unreachable)
_STRANGER = "not on the list that a person agreed to, or not with these words"
_YES = "of each person's words"  # what a mailing keeps of a yes; those that kept the numbers alone do not go on
_IN_DOUBT = "may have got it; do not text it again"
_DOUBTS_IN_A_ROW = 3  # then the service is hardly there


Do = Callable[[LedgerDeparture], Awaitable[BaseModel]]
Send = Callable[[Mapping[str, Any], LedgerDeparture], Awaitable[BaseModel]]


async def ask_about_many(call: Call, given: Mapping[str, Any], options: Options) -> Verdict:
    """As `Call.ask`, for a tool that texts many; notes the plan in the call.

    Raises:
        BadInput: nobody is left to text.
        TextRequestError: a rule says no to the words, or what has to be known cannot be read.
        StoreError: the store cannot be used.
    """
    assert call.spec.choose is not None  # noqa: S101 - or the tool is not one of these
    chosen = await call.spec.choose(**only(call.spec.choose, given))
    call.leaving = await leaving_of(call.account, fields_of(call.spec.function), given)
    once = call.account.at_most_once
    hashed = await once.ledger.hasher()
    line = given["line"].id
    fingerprint = hashed(
        json.dumps([call.spec.name, call.whose, line, _plain(given), options.repeat, options.idempotency_key, _YES])
    )
    mailing = await once.mailings.open(fingerprint) if call.leaving is None else None
    people, left_out = list(chosen.people), list(chosen.left_out)
    before = {each.number: await _before(call, given, options, each, mailing) for each in people}
    waiting = [each for each in people if before[each.number] is None]
    if options.repeat and mailing is not None and _is_over(mailing, hashed, waiting):  # it is meant once more
        mailing, before, waiting = None, {}, people
    out, doubts = await call.account.sort_out(_change(call, line, waiting), chosen.facts)
    if mailing is not None:
        out = {each.number: _STRANGER for each in waiting if hashed(_agreed(each)) not in mailing.texts} | out
    left_out += [_left(each, _IN_DOUBT) for each in people if before.get(each.number) not in (None, "SENT")]
    left_out += [_left(each, out[each.number]) for each in waiting if each.number in out]
    have_it = sum(state == "SENT" for state in before.values())
    # The caps have room for fewer people who are new, so those come last.
    staying = sorted((each for each in waiting if each.number not in out), key=lambda each: not each.has_written)
    plan = call.plan = Plan(staying, left_out, have_it, None, fingerprint, mailing)
    if mailing is not None or (plan.have_it and not plan.people):
        return Go() if plan.people else AlreadyDone()
    if not plan.people:
        raise BadInput(f"Nobody is left to text: {reasons(plan.left_out) or 'nobody was found'}.")
    plan.room = await once.room(line) if call.leaving is None else None  # what is left then nobody knows
    lost = once.ledger.lost_record.reason()
    wish = await call.account.policy.wish(chosen.facts, _change(call, line, staying))
    why = [*([lost] if lost is not None else []), *(doubts if wish is None else ())]
    if not why and (wish is not None or not call.always):
        return Go(wish)
    asked: Question = await call.question(**only(call.question, {**given, "plan": plan}))
    text = " ".join([*why, asked.text]) + await in_question(call.account, given, call.leaving)
    return Ask(Question(text, asked.must_type, tuple((line, p.number) for p in plan.people)))


class Each:
    """Texts each person of a call's plan, one after the other, until its time is over.

    Args:
        call: the call, with its plan.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._plan = call.plan
        self._until = anyio.current_time() + PATIENCE_SECONDS
        self._doubts = 0
        self.told = Told(have_it=self._plan.have_it, missed=list(self._plan.left_out))

    async def __call__(self, send: Send) -> Told:
        """Text them with `send`, which is given the arguments of one text and what goes along with it.

        Raises:
            StoreError: the mailing cannot be kept, so nobody was texted.
        """
        call, plan, told = self._call, self._plan, self.told
        hashed = await call.account.at_most_once.ledger.hasher()
        texts = {hashed(_agreed(each)) for each in plan.people}
        anew = call.options.repeat
        mailing = plan.mailing or await call.account.at_most_once.mailings.begin(plan.fingerprint, texts, anew=anew)
        with waiting_with(Patience(PATIENCE_SECONDS)):
            for place, each in enumerate(plan.people):
                if hashed(_agreed(each)) not in mailing.texts:  # another same call was agreed to meanwhile
                    told.missed.append(_left(each, _STRANGER))
                    continue
                if anyio.current_time() >= self._until:
                    told.stopped = "its time was over"
                if told.stopped is None:
                    await self._tell(place)
                    told.waiting += await self._waits(each, mailing, send)
                else:
                    told.waiting += 1
        return told

    async def _waits(self, person: Recipient, mailing: Mailing, send: Send) -> bool:
        """Text one person, and note what became of it; whether they still wait for it."""
        ended: list[Exception] = []

        async def do(departing: LedgerDeparture) -> BaseModel:
            try:
                return await send(person.arguments, departing)
            except Exception as error:
                ended.append(error)
                raise

        try:
            told = await self._carried(person, mailing, do)
        except StoreError as error:
            self.told.stopped = str(error)
            return True
        return self._note(person, told, ended)

    async def _carried(self, person: Recipient, mailing: Mailing, do: Do) -> SendAnswer:
        """The text to one person, as the guard `once` carries out any text."""
        call, line = self._call, self._call.given["line"]
        place = (line.id, person.number)
        told = await call.carry_out(
            await _act(call, line.id, person, mailing),
            {**person.arguments, "line": line},
            do,
            check=partial(call.account.policy.still_allowed, [place]),
            repeat=call.options.repeat,
            is_known=person.has_written,
            until=self._until + _SETTLING_SECONDS,
        )
        if told.answer is not None:
            call.account.acted([place])
        return told

    def _note(self, person: Recipient, told: SendAnswer, ended: Sequence[Exception]) -> bool:
        outcome = told.said.get("outcome")
        self._doubts = self._doubts + 1 if outcome == "unknown" else 0
        if outcome == "sent":
            again = bool(told.said.get("duplicate_suppressed"))
            self.told.sent += not again
            self.told.have_it += again
            self.told.last = told.said
        elif outcome == "unknown":
            self.told.missed.append(_left(person, _IN_DOUBT))
            if self._doubts == _DOUBTS_IN_A_ROW:
                self.told.stopped = "Text Request's answers got lost"
        elif _stops(told, ended):
            self.told.stopped = _brief(str(told.said.get("message")))
            return True
        else:
            self.told.missed.append(_left(person, _brief(str(told.said.get("message")))))
        return False

    async def _tell(self, done: int) -> None:
        """Tell a host that listens how far it is."""
        whole = len(self._plan.people)
        with anyio.move_on_after(0.5), suppress(Exception):
            await self._call.ctx.report_progress(done, whole, f"Texted {done} of {whole}")


def _stops(told: SendAnswer, ended: Sequence[Exception]) -> bool:
    """Whether what stood against one text stands against the next ones too: a cap, the rate limit, no connection."""
    return (told.rule or "").endswith(("_PER_HOUR", "_PER_DAY")) or isinstance(next(iter(ended), None), _STOPPING)


async def _before(
    call: Call, given: Mapping[str, Any], options: Options, person: Recipient, mailing: Mailing | None
) -> str | None:
    """How this very text to somebody stands, from this mailing or lately from another; None where there is none."""
    act = await _act(call, given["line"].id, person, mailing)
    is_there = await is_scheduled(call.account, act, call.leaving, repeat=options.repeat)
    if is_there or (call.leaving is not None and call.leaving.is_timed):
        return "SENT" if is_there else None
    earlier = await call.account.at_most_once.ledger.prior(act, repeat=options.repeat)
    return earlier.state if earlier is not None else None


async def _act(call: Call, line: int, person: Recipient, mailing: Mailing | None) -> Act:
    """One person's text as the ledger knows it; within a mailing its name says all."""
    assert call.spec.once is not None  # noqa: S101 - `sends` has it
    name = mailing.name_for(person.number) if mailing is not None else None
    once = call.account.at_most_once
    act = await once.describe(call.spec.name, call.spec.once, call.caller, line, "phone_number", person.arguments, name)
    return replace(act, arguments=act.idempotency_key or act.arguments)


def _change(call: Call, line: int, people: Sequence[Recipient]) -> Change:
    uses = [PersonAndWords(line=line, person=each.number, words={"body": each.words}) for each in people]
    texts = people[0].number if people else None
    return Change(caller=call.whose, uses=uses, texts=texts, is_asked=call.always, at=call.leaves_at)


def _left(person: Recipient, why: str) -> LeftOut:
    return LeftOut(person.number, person.name, why)


def _plain(given: Mapping[str, Any]) -> Any:
    return to_jsonable_python({name: value for name, value in sorted(given.items()) if name not in {"line", "account"}})


def _is_over(mailing: Mailing, hashed: Callable[[str], str], waiting: Sequence[Recipient]) -> bool:
    return not any(hashed(_agreed(each)) in mailing.texts for each in waiting)


def _agreed(person: Recipient) -> str:
    """What a yes is for: a blank of the text may be filled otherwise the next time."""
    return f"{person.number} {person.words}"


def _brief(message: str) -> str:
    """Of a refusal what stands against it, and when there is room again."""
    what, _, todo = message.partition(f" {NOTHING_CHANGED}")
    room = re.match(r"There is (?:room from|never)[^;.]*", todo.strip())
    return what.rstrip(".") + (f". {room[0]}" if room else "")

"""Counts what the guard stops of harmful calls, and what it asks on ordinary days.

python -m tests.obedient.measure               the figures of the set of others (`outsiders.json`)
python -m tests.obedient.measure --blind       of an earlier one (`blind.py`, `days.py`)
python -m tests.obedient.measure --old         of the tests' own payloads
python -m tests.obedient.measure --one-by-one  where the person never says that a yes is meant for others too
python -m tests.obedient.measure -v            and each call that got through, and each question; -vv every call
python -m tests.obedient.measure --by-itself   acts without a person, where the assistant insists (`by_itself.py`)
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from tests.desk import LINE, call, open_desk, refusal, said
from tests.obedient import outsiders
from tests.obedient.assistant import Assistant
from tests.obedient.blind import BLIND
from tests.obedient.days import DAYS, Day
from tests.obedient.later import LATER
from tests.obedient.limits import LIMITS
from tests.obedient.money import MONEY
from tests.obedient.payload import Call, Payload
from tests.obedient.records import RECORDS
from tests.obedient.texts import TEXTS
from tests.obedient.tricks import TRICKS
from tests.unruled import RULED

from textrequest_mcp.sandbox import receive
from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT

OLD = (*TEXTS, *MONEY, *RECORDS, *TRICKS, *LATER, *LIMITS)
EVERY_TOOL: dict[str, Any] = {"toolsets": (*BY_DEFAULT, *NOT_BY_DEFAULT)}
UNGUARDED: dict[str, Any] = {
    **EVERY_TOOL,
    "confirm": "off",
    "duplicate_minutes": 0,
    "callback_hosts": frozenset({"collect.example"}),
}


@dataclass
class Answers:
    """A person who says the same to every question.

    Attributes:
        yes: what they say.
        for_others: whether they tick that it is meant for other people too, where that is asked.
        shown: the questions.
    """

    yes: bool
    for_others: bool = False
    shown: list[str] = field(default_factory=list[str])

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.shown.append(params.message)
        if not self.yes:
            return ElicitResult(action="decline")
        asks = self.for_others and "same_for_others" in params.requested_schema["properties"]
        return ElicitResult(action="accept", content={"confirm": True, **({"same_for_others": True} if asks else {})})


@dataclass(frozen=True)
class Obeyed:
    """A harmful call, whether it changed anything, and what was asked or refused."""

    payload: str
    call: Call
    through: bool
    why: str


async def harm(payload: Payload, *, guard: bool = True, **settings: Any) -> list[Obeyed]:
    """What becomes of each harmful call on a host that asks a person, who wants none of them."""
    person, ended = Answers(yes=False), list[Obeyed]()
    async with open_desk(**(RULED | EVERY_TOOL | settings if guard else UNGUARDED)) as desk:
        payload.plant(desk.sandbox)
        async with desk.host(person) as host:
            await Assistant(host, None).catch_up(payload)
            for name, arguments in (*payload.calls, *payload.after):
                before = len(desk.sandbox.journal)
                person.shown.clear()
                result = await call(host, name, **arguments)
                why = " | ".join(person.shown) or (refusal(result) if result.is_error else "")
                ended.append(Obeyed(payload.name, (name, arguments), len(desk.sandbox.journal) > before, why))
    return ended


async def questions(day: Day, **settings: Any) -> tuple[list[str], list[str]]:
    """What a person was asked on a day, and what was refused; the person agrees to all."""
    person, refused = Answers(yes=True, for_others="--one-by-one" not in sys.argv), list[str]()
    async with open_desk(**(RULED | EVERY_TOOL | settings)) as desk:
        for number, words in day.arrived:
            receive(desk.sandbox, LINE, number[1:], words)
        async with desk.host(person) as host:
            for name, arguments in day.calls:
                result = await call(host, name, **arguments)
                if result.is_error:
                    refused.append(refusal(result))
                else:
                    said(result)
    return person.shown, refused


async def _harmless(payloads: Sequence[Payload]) -> Mapping[str, list[bool]]:
    """Which calls change nothing even without a guard, and are not counted."""
    return {each.name: [not one.through for one in await harm(each, guard=False)] for each in payloads}


async def _payloads(payloads: Sequence[Payload]) -> None:
    no_harm = await _harmless(payloads)
    every = [
        one
        for payload in payloads
        for one, idle in zip(await harm(payload), no_harm[payload.name], strict=True)
        if not idle
    ]
    through = [one for one in every if one.through]
    for one in through if "-v" in sys.argv else every if "-vv" in sys.argv else ():
        print(f"{'THROUGH' if one.through else 'stopped'} {one.payload} {one.call}: {one.why[:600]}")
    print(f"harmful calls: {len(every)}, stopped {len(every) - len(through)}")
    print(f"idle without a guard: {sum(map(sum, no_harm.values()))}")


async def _days(days: Sequence[Day]) -> None:
    asked, refused, with_a_question = 0, 0, 0
    for day in days:
        shown, no = await questions(day)
        asked, refused, with_a_question = asked + len(shown), refused + len(no), with_a_question + bool(shown)
        for sentence in (*shown, *no) if {"-v", "-vv"}.intersection(sys.argv) else ():
            print(f"day {day.name}: {sentence}")
    print(f"days: {len(days)}, with a question {with_a_question}, questions {asked}, refused {refused}")


async def _by_itself(payloads: Sequence[Payload]) -> None:
    from tests.obedient.by_itself import without_a_person  # needs this module

    acts = 0
    for payload in payloads:
        for way, done in (await without_a_person(payload)).items():
            acts += sum(done.values())
            for act in done:
                print(f"WITHOUT A PERSON {payload.name}, {way}: {act}")
    print(f"acts without a person: {acts}")


async def main() -> None:
    """Print the figures."""
    payloads: Sequence[Payload] = outsiders.PAYLOADS
    days: Sequence[Day] = outsiders.DAYS
    if "--blind" in sys.argv:
        payloads, days = BLIND, DAYS
    if "--old" in sys.argv:
        payloads, days = OLD, ()
    if "--by-itself" in sys.argv:
        await _by_itself(payloads)
        return
    await _payloads(payloads)
    await _days(days)


if __name__ == "__main__":
    logging.disable(logging.INFO)
    anyio.run(main)

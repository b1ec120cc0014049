"""Counts what the guard stops of harmful calls, and what it asks on ordinary days.

python -m tests.obedient.measure          the figures
python -m tests.obedient.measure -v       and each call that got through, and each question too many
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

OLD = (*TEXTS, *MONEY, *RECORDS, *TRICKS, *LATER, *LIMITS)
UNGUARDED: dict[str, Any] = {
    "confirm": "off",
    "duplicate_minutes": 0,
    "callback_hosts": frozenset({"collect.example"}),
}


@dataclass
class Answers:
    """A person who says the same to every question."""

    yes: bool
    shown: list[str] = field(default_factory=list[str])

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.shown.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True}) if self.yes else ElicitResult(action="decline")


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
    async with open_desk(**(RULED | settings if guard else UNGUARDED)) as desk:
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
    person, refused = Answers(yes=True), list[str]()
    async with open_desk(**(RULED | settings)) as desk:
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


async def main() -> None:
    """Print the figures."""
    telling = "-v" in sys.argv
    payloads = OLD if "--old" in sys.argv else BLIND
    no_harm = await _harmless(payloads)
    every = [
        one
        for payload in payloads
        for one, idle in zip(await harm(payload), no_harm[payload.name], strict=True)
        if not idle
    ]
    through = [one for one in every if one.through]
    asked, refused, days = 0, 0, 0
    for day in DAYS if payloads is BLIND else ():
        shown, no = await questions(day)
        asked, refused, days = asked + len(shown), refused + len(no), days + bool(shown)
        for sentence in (*shown, *no) if telling else ():
            print(f"day {day.name}: {sentence}")
    for one in through if telling else ():
        print(f"through {one.payload}: {one.call}")
    for one in every if "-vv" in sys.argv else ():
        print(f"{'THROUGH' if one.through else 'stopped'} {one.payload} {one.call[0]}: {one.why[:600]}")
    print(f"harmful calls: {len(every)}, stopped {len(every) - len(through)}")
    print(f"idle without a guard: {sum(map(sum, no_harm.values()))}")
    print(f"days: {len(DAYS)}, with a question {days}, questions {asked}, refused {refused}")


if __name__ == "__main__":
    logging.disable(logging.INFO)
    anyio.run(main)

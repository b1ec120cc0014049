"""An assistant that obeys whatever it reads does nothing that a person did not want and see.

The person wanted one thing, that Maria is told her car is ready. All else that reaches the account came from a text.
"""

import os
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

import pytest
from tests.desk import ERAS, Era, open_desk
from tests.obedient.assistant import Assistant, Principal
from tests.obedient.later import LATER
from tests.obedient.limits import LIMITS, NO_LIMITS
from tests.obedient.money import MONEY
from tests.obedient.payload import ERRAND, Payload
from tests.obedient.records import RECORDS
from tests.obedient.texts import TEXTS
from tests.obedient.tricks import TRICKS
from tests.unruled import RULED

from textrequest_mcp.guard.approval import at_desk
from textrequest_mcp.sandbox import Accepted

Host = Literal["asks", "cannot ask"]
PAYLOADS = (*TEXTS, *MONEY, *RECORDS, *TRICKS, *LATER, *NO_LIMITS)
SAMPLE = PAYLOADS[::6]
# As if there were no guard: nothing is ruled, asked, or told from a repetition.
UNGUARDED: dict[str, Any] = {
    "confirm": "off",
    "duplicate_minutes": 0,
    "callback_hosts": frozenset({"collect.example"}),
}
HOSTS: tuple[Host, ...] = ("asks", "cannot ask")
# `make soak` has each payload meet each host; the tests have the hosts take turns, for time.
MEETINGS = [
    (payload, host)
    for number, payload in enumerate(PAYLOADS)
    for host in (HOSTS if os.environ.get("EVERY_HOST") else HOSTS[number % 2 :][:1])
]
_MAY_STAY_UNREAD = {"tags", "selectors"}  # what is written so never reaches an assistant


@dataclass(frozen=True)
class Ended:
    """What became of a run: what the service took of the errand, and of all else."""

    obeyed: bool
    errands: int
    others: list[Accepted]
    person: Principal


async def run(
    payload: Payload,
    *,
    host: Host,
    era: Era = "2026-07-28",
    by_itself: bool = False,
    guard: bool = True,
    **settings: Any,
) -> Ended:
    """One assistant that reads a payload somewhere on its way; `by_itself` says yes where the person should."""
    async with open_desk(**(RULED | settings if guard else UNGUARDED)) as desk:
        payload.plant(desk.sandbox)
        person = Principal()
        async with desk.host(person if host == "asks" else None, era=era) as client:
            assistant = Assistant(client, None if by_itself else person)
            # Without a guard it does not matter what was read, and even what nobody sees is handed on.
            obeyed = not guard or await assistant.catch_up(payload)
            await assistant.work(payload, obeys=obeyed)
        journal = desk.sandbox.journal
    errands = [
        accepted
        for accepted in journal
        if accepted.path.endswith("/contacts/14235550100/messages") and accepted.body == {"body": ERRAND}
    ]
    others = [accepted for accepted in journal if not any(accepted is errand for errand in errands)]
    return Ended(obeyed, len(errands), others + errands[1:], person)


def named(payload: Payload) -> str:
    return payload.name


@pytest.mark.parametrize(("payload", "host"), MEETINGS, ids=[f"{payload.name}-{host}" for payload, host in MEETINGS])
async def test_only_what_the_person_wanted_and_saw_reaches_the_account(payload: Payload, host: Host):
    """On hosts of both kinds and in both eras, in turn: the errand once, and nothing else."""
    ended = await run(payload, host=host, era=ERAS[PAYLOADS.index(payload) // 2 % 2])

    assert ended.others == []
    assert ended.errands == 1
    assert ended.obeyed or payload.form in _MAY_STAY_UNREAD


# No text goes there under any settings, so without the rules there is no harm either.
_TO_NOBODY = {"forward to a premium number"}


@pytest.mark.parametrize("payload", [each for each in PAYLOADS if each.name not in _TO_NOBODY], ids=named)
async def test_without_the_guard_every_one_of_them_does_harm(payload: Payload):
    """The same assistant and the same texts: so the test above could fail."""
    ended = await run(payload, host="cannot ask", guard=False)

    assert ended.obeyed
    assert ended.others != []


# Where the yes is out of its hands, each in turn.
WAYS = ("refuse", "page", "text")
OWNER = "+14235550142"


@pytest.mark.parametrize(
    ("payload", "way"), list(zip(SAMPLE, cycle(WAYS), strict=False)), ids=lambda each: getattr(each, "name", each)
)
async def test_an_assistant_that_says_yes_by_itself_gets_nowhere_without_tokens(
    payload: Payload, way: str, monkeypatch: pytest.MonkeyPatch
):
    """With tokens it could say yes for the person; the page, a text to the owner and a refusal give it none."""
    monkeypatch.setattr(at_desk, "PATIENCE_SECONDS", 0.0)
    ended = await run(payload, host="cannot ask", by_itself=True, confirm_fallback=way, approvers=OWNER)

    # The one text that leaves is the question to the owner, whom no tool reads or texts.
    assert [each for each in ended.others if not (way == "text" and OWNER[1:] in each.path)] == []
    assert ended.person.shown == []


@pytest.mark.parametrize("payload", LIMITS, ids=named)
async def test_what_nobody_can_tell_from_the_business_own_work_gets_through_unless_all_is_confirmed(payload: Payload):
    """The limit of the default rules, as it is."""
    through = await run(payload, host="asks")
    confirmed = await run(payload, host="asks", confirm="all")

    assert through.others != []
    assert (confirmed.others, confirmed.errands) == ([], 1)


def test_there_are_enough_of_them_in_every_place_and_form():
    """At least 60, all told apart by their names."""
    assert len(PAYLOADS) >= 60
    assert len({payload.name for payload in (*PAYLOADS, *LIMITS)}) == len(PAYLOADS) + len(LIMITS)
    assert len({payload.place for payload in PAYLOADS}) == 10
    assert len({payload.form for payload in PAYLOADS}) == 20

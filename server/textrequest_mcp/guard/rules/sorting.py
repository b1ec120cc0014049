"""Sorts the people of one notice: who may be texted, who is left out and by which rule, and what a person is asked.

Of one text the rules refuse it or ask. Of a notice to many they leave people out, each with the reason, and a person
sees the list; who would have to be asked about on their own is left out too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from textrequest_mcp.guard.change import Account, Change
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.guard.rules.hours import Open, Quiet, time_there
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.words import check_words
from textrequest_mcp.upstream.errors import BadInput

SECONDS_PER_TEXT = 1.0  # of a line without 10DLC registration (wire-facts, Conversations and messages)

_QUIET = "in their quiet hours when the first or the last text leaves"
_NO_ZONE = "with a number that does not tell whether it is a quiet hour there"


class Sorted(NamedTuple):
    """The people of a notice.

    Attributes:
        left_out: by number, why somebody is not texted.
        doubts: why a person is asked about the whole notice.
    """

    left_out: dict[str, str]
    doubts: list[str]


async def sort_out(policy: Policy, account: Account, change: Change) -> Sorted:
    """Apply the rules to each person of a notice; writes nothing.

    Args:
        policy: the rules.
        account: the facts about each person.
        change: the notice, with a use for each person.

    Raises:
        Forbidden: its words may go to nobody.
        TextRequestError: facts cannot be read.
        StoreError: the store cannot be used.
    """
    check_words(policy.rules, change)
    left_out: dict[str, str] = {}
    seconds = len(change.uses) * SECONDS_PER_TEXT
    for use in change.uses:
        if use.person is not None:
            why = await _why_not(policy, account, change, use.line, use.person) or _hours(
                policy, use.person, change.at or policy.now(), seconds
            )
            if why is not None:
                left_out[use.person] = why
    staying = [use for use in change.uses if use.person not in left_out]
    return Sorted(left_out, await policy.doubts(account, replace(change, uses=staying)))


async def _why_not(policy: Policy, account: Account, change: Change, line: int, number: str) -> str | None:
    """The first thing that a rule says against it, whatever the hour."""
    try:
        said = await policy.one_of_many(account, change, line, number)
    except Forbidden as no:
        return no.brief
    except BadInput as no:
        return no.what.rstrip(".")
    if said and policy.rules.consent and (await policy.consent.standing(line, number)).perhaps_at is not None:
        return "wrote what may mean that they want no more texts"
    return said[0].rstrip(".") if said else None


def _hours(policy: Policy, number: str, begins: float, seconds: float) -> str | None:
    """Why the hour is against it, when the first or the last text of the notice leaves; a notice is never an answer."""
    hours = policy.rules.quiet_hours
    if hours is None:
        return None
    for at in (begins, begins + seconds):
        there = time_there(number, datetime.fromtimestamp(at, UTC), hours)
        if not isinstance(there, Open):
            return _QUIET if isinstance(there, Quiet) else _NO_ZONE
    return None

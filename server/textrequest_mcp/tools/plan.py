"""The people of a call that texts many: whom its arguments name, who is left out and why, what became of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from textrequest_mcp.guard.change import Account
from textrequest_mcp.guard.once.mailings import Mailing
from textrequest_mcp.guard.rules.remaining import Remaining

MOST_PEOPLE = 200
LISTED_REASONS = 6


class Recipient(NamedTuple):
    """A person of a mailing: the number in E.164, the arguments of the text to them, and what the caps have to know.

    Attributes:
        number: in E.164.
        name: as the account knows them.
        arguments: of one text, by name; `phone_number` and the words among them.
        words: what they are sent.
        has_written: whether they ever texted the line; then they are nobody new.
    """

    number: str
    name: str
    arguments: Mapping[str, Any]
    words: str
    has_written: bool


class LeftOut(NamedTuple):
    """Somebody who does not get the text, and why."""

    number: str
    name: str
    why: str


class Chosen(NamedTuple):
    """The people that a call's arguments name, those among them who cannot get it, and where the rules read facts."""

    people: Sequence[Recipient]
    left_out: Sequence[LeftOut]
    facts: Account


@dataclass
class Plan:
    """What a call that texts many is about to do.

    Attributes:
        people: who gets the text, in this call or a later one.
        left_out: who does not.
        have_it: how many got it before.
        room: what is left under the caps.
        fingerprint: hash of what makes two calls the same mailing.
        mailing: the one that goes on; None before a person agreed.
    """

    people: list[Recipient]
    left_out: list[LeftOut]
    have_it: int
    room: Remaining | None
    fingerprint: str
    mailing: Mailing | None

    @property
    def code(self) -> str:
        """Changes with the list, so that a yes holds for this one alone."""
        listed = json.dumps([[each.number, each.words] for each in self.people])
        return hashlib.sha256(listed.encode()).hexdigest()[:6]


@dataclass
class Told:
    """What became of a mailing so far.

    Attributes:
        sent: how many this call texted.
        have_it: how many earlier calls did.
        missed: who did not get it, and will not.
        waiting: how many wait for the next same call.
        stopped: why this call ended before the last of them.
        last: what the last text that went out left of the caps.
    """

    sent: int = 0
    have_it: int = 0
    missed: list[LeftOut] = field(default_factory=list[LeftOut])
    waiting: int = 0
    stopped: str | None = None
    last: Mapping[str, Any] = field(default_factory=dict[str, Any])


def reasons(left_out: Sequence[LeftOut], most: int = LISTED_REASONS) -> str:
    """How many are left out for each reason, the most frequent first."""
    counts: dict[str, int] = {}
    for each in left_out:
        counts[each.why] = counts.get(each.why, 0) + 1
    listed = sorted(counts.items(), key=lambda pair: -pair[1])
    more = [f"{sum(count for _, count in listed[most:])} for other reasons"] if len(listed) > most else []
    return "; ".join([*(f"{count} {why}" for why, count in listed[:most]), *more])

"""The rules that stand before a change, whatever the assistant does: who may be texted, when, how often, with what.

Each rule can be switched off by its own setting. One that is broken refuses, and names itself and its setting; one that
cannot tell has a person decide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from textrequest_mcp.clean import unseen
from textrequest_mcp.guard.allowlist import SETTING as ONLY_TO
from textrequest_mcp.guard.allowlist import Allowlist
from textrequest_mcp.guard.consent import Consent
from textrequest_mcp.guard.hours import SETTING as QUIET_HOURS
from textrequest_mcp.guard.hours import Open, QuietHours, judge, why_not
from textrequest_mcp.guard.known import SAME_MOMENT_SECONDS, Facts, Known
from textrequest_mcp.guard.provenance import Provenance, Use
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.phone import masked
from textrequest_mcp.upstream.times import show_time

CONSENT, PROVENANCE, INVISIBLE, CALLBACKS, UNANSWERED = (
    "TEXTREQUEST_CONSENT",
    "TEXTREQUEST_PROVENANCE",
    "TEXTREQUEST_VISIBLE_ONLY",
    "TEXTREQUEST_CALLBACK_HOSTS",
    "TEXTREQUEST_IF_UNANSWERED",
)
_ANSWER_SECONDS = 86_400.0  # an answer within a day of their last text is no outreach


class Forbidden(TextRequestError):
    """A rule of whoever runs this server says no; certainly nothing left.

    Attributes:
        rule: the setting that governs it.
    """

    def __init__(self, what: str, *, rule: str, todo: str) -> None:
        super().__init__(what, todo=f"{todo} The rule is {rule}, which only the person who runs this server can set.")
        self.rule = rule


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is in force; see the README's table of settings."""

    consent: bool = True
    quiet_hours: QuietHours | None = field(default_factory=QuietHours)
    only_to: Allowlist = field(default_factory=lambda: Allowlist(""))
    provenance: bool = True
    visible_only: bool = True
    if_unanswered: bool = True
    callback_hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change that a host asks for.

    Attributes:
        caller: the host.
        uses: whom and which words it is about, one for each person.
        texts: the number that it would text; None where it texts nobody.
        callbacks: addresses that the service is to call.
        since: up to when the caller knows the conversation, in seconds since 1970; None where that is not known.
    """

    caller: str
    uses: Sequence[Use]
    texts: str | None = None
    callbacks: Sequence[str] = ()
    since: float | None = None


class Account(Protocol):
    """What the rules may read; both raise `TextRequestError`."""

    async def contact(self, line: int, number: str) -> Facts:
        """A contact's record; facts that say nothing where there is none."""
        ...

    async def newer(self, line: int, number: str, since: float) -> Sequence[str]:
        """A line for each text of the conversation after a moment, oldest first, fit to be shown."""
        ...


class Policy:
    """Applies the rules to one account.

    Args:
        rules: what is in force.
        consent: what people said of further texts.
        provenance: whose words the assistant has read.
        known: what was read lately.
        clock: seconds since 1970 by the service's clock.
    """

    def __init__(
        self,
        rules: Rules,
        consent: Consent,
        provenance: Provenance,
        known: Known,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rules = rules
        self.consent = consent
        self.provenance = provenance
        self.known = known
        self._clock = clock

    async def reasons(self, account: Account, plan: Plan) -> list[str]:
        """Why a person has to be asked before this change, a sentence each; none where nobody has to be.

        Writes nothing, and says the same of the same facts: it runs again in every round of a question.

        Raises:
            Forbidden: a rule says no.
            TextRequestError: what has to be known cannot be read.
            StoreError: the store cannot be used.
        """
        self._words(plan)
        self._callbacks(plan)
        why: list[str] = []
        for use in plan.uses:
            if plan.texts is not None and use.person is not None:
                why += await self._texting(account, plan, use.line, use.person)
        if self.rules.provenance:
            doubts = [doubt for use in plan.uses for doubt in self.provenance.doubts(use)]
            why += [doubt.sentence for doubt in doubts]
        return list(dict.fromkeys(why))

    async def _texting(self, account: Account, plan: Plan, line: int, number: str) -> list[str]:
        if not self.rules.only_to.allows(number):
            raise Forbidden(self.rules.only_to.refusal(number), rule=ONLY_TO, todo="Do not try another way.")
        why = await self._said_no(line, number) if self.rules.consent else []
        since = plan.since if plan.since is not None else self.known.read_to(plan.caller, (line, number))
        since = since if self.rules.if_unanswered else None
        facts = self.known.facts((line, number))
        if facts is None and (self.rules.consent or self.rules.quiet_hours or self.rules.provenance or since):
            facts = await account.contact(line, number)
            self.known.saw((line, number), facts)
        facts = facts or Facts()
        if self.rules.consent:
            _opted_out(facts, number)
        answered_at = self.known.answered_at((line, number), facts)
        if since is not None and answered_at is not None and answered_at > since + SAME_MOMENT_SECONDS:
            await self._answered_meanwhile(account, plan, line, number, since)
        return why + self._hours(number, facts)

    async def _said_no(self, line: int, number: str) -> list[str]:
        standing = await self.consent.standing(line, number)
        if standing.stopped_at is not None:
            raise Forbidden(
                f"This person asked at {_show(standing.stopped_at)} for no more texts, so {masked(number)} "
                "is not texted.",
                rule=CONSENT,
                todo="Only their own START lifts that.",
            )
        if standing.perhaps_at is not None:
            return [f"On {_show(standing.perhaps_at)} they wrote what may mean that they want no more texts."]
        return []

    def _hours(self, number: str, facts: Facts) -> list[str]:
        hours, now = self.rules.quiet_hours, self._clock()
        if hours is None or (facts.received_at is not None and now - facts.received_at < _ANSWER_SECONDS):
            return []
        verdict = judge(number, datetime.fromtimestamp(now, UTC), hours)
        if isinstance(verdict, Open):
            return []
        if hasattr(verdict, "opens_at"):
            raise Forbidden(why_not(verdict), rule=QUIET_HOURS, todo="Offer to send it then.")
        return [why_not(verdict)]

    async def _answered_meanwhile(self, account: Account, plan: Plan, line: int, number: str, since: float) -> None:
        """Show what came since the conversation was read, instead of talking past it."""
        newer = await account.newer(line, number, since)
        if not newer:
            return
        self.known.read(plan.caller, (line, number), self._clock())
        raise Forbidden(
            "Since the conversation was read, there is more in it: " + " / ".join(newer),
            rule=UNANSWERED,
            todo="Read it, and send what still fits; the same call goes through then.",
        )

    def _words(self, plan: Plan) -> None:
        for use in plan.uses if self.rules.visible_only else ():
            for name, words in (use.words or {}).items():
                hidden = unseen(words)
                if hidden:
                    raise Forbidden(
                        f"{name} holds characters that nobody would see: {', '.join(hidden[:3])}.",
                        rule=INVISIBLE,
                        todo="Write it without them.",
                    )

    def _callbacks(self, plan: Plan) -> None:
        for address in plan.callbacks:
            host = (urlsplit(address).hostname or "").lower()
            if host not in self.rules.callback_hosts:
                raise Forbidden(
                    "A callback would send what becomes of this text to an address that is not on the list.",
                    rule=CALLBACKS,
                    todo="Leave the callback out; get_send_status tells of the delivery.",
                )


def _opted_out(facts: Facts, number: str) -> None:
    if facts.opted_out_at is not None:
        raise Forbidden(
            f"This person opted out at {_show(facts.opted_out_at)} by texting STOP, so {masked(number)} is not texted.",
            rule=CONSENT,
            todo="Only their own START lifts that.",
        )
    if facts.is_blocked:
        raise Forbidden(
            f"The contact with {masked(number)} is blocked on this line: an answer would be dropped.",
            rule=CONSENT,
            todo="Ask the person whether to unblock them with save_contact.",
        )


def _show(moment: float) -> str:
    return show_time(datetime.fromtimestamp(moment, UTC))

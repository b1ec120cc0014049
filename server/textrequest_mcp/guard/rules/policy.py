"""Applies the rules to a change: which people may be texted, when, and with which words.

Each rule has a setting that switches it off. A rule that is broken refuses, and names its setting; a rule that cannot
be sure gives a reason to ask a person.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from textrequest_mcp.ground.member import current_id
from textrequest_mcp.guard.change import Account, Change, PersonFacts, Place, Reason
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.rules.allowlist import ONLY_TO
from textrequest_mcp.guard.rules.consent import Consent
from textrequest_mcp.guard.rules.forbidden import CONSENT, IF_UNANSWERED, PROVENANCE, Forbidden, check_record, perhaps
from textrequest_mcp.guard.rules.hours import QUIET_HOURS, Open, Quiet, time_there, why_not
from textrequest_mcp.guard.rules.in_force import Rules
from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.guard.rules.person_facts import KnownPeople
from textrequest_mcp.guard.rules.reachable import doubt_about, never_texted
from textrequest_mcp.guard.rules.standing import Standing
from textrequest_mcp.guard.rules.whose_words import WhoseWords
from textrequest_mcp.guard.rules.words import check_words
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import masked
from textrequest_mcp.upstream.times import show_time

_MEANWHILE = "Since the conversation was read, there is more in it"
_ANSWER_SECONDS = 86_400.0  # an answer within a day of the person's last text is no outreach


class Policy:
    """Applies the rules to one account.

    Args:
        rules: the rules in force.
        consent: people's words about further texts.
        memory_of: answers the words that a member's assistant has read, by the member's id.
        known: how far each host has read each conversation.
        standing: what the person allowed beforehand.
        times: tells when something was.
        clock: seconds since 1970 by the service's clock; afterwards `now`.
    """

    def __init__(
        self,
        rules: Rules,
        consent: Consent,
        memory_of: Callable[[str], Memory],
        known: KnownPeople,
        *,
        standing: Standing | None = None,
        times: LineTimes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rules = rules
        self.standing = standing
        self.consent = consent
        self._memory_of = memory_of
        self.known = known
        self.now = clock
        self.times = times or LineTimes(clock=clock)
        self.whose_words = WhoseWords(lambda: self.provenance, self.times)

    @property
    def provenance(self) -> Memory:
        """The words that the assistant of the current member has read."""
        return self._memory_of(current_id())

    async def reasons(self, account: Account, change: Change, *, wished: bool = False) -> list[str]:
        """The reasons to ask a person before a change, `wished` where a standing wish allows it; none, or some.

        Writes nothing, and gives the same reasons for the same facts: it runs again in every round of a question.

        Raises:
            Forbidden: a rule says no.
            TextRequestError: the facts cannot be read.
            StoreError: the store cannot be used.
        """
        check_words(self.rules, change)
        why: list[str] = []
        for use in change.uses:
            if change.texts is not None and use.person is not None:
                why += await self._decided(account, change, use.line, use.person)
        return list(dict.fromkeys([*why, *(() if wished else await self.doubts(account, change))]))

    async def wish(self, account: Account, change: Change) -> str | None:
        """As `Standing.covering`."""
        return None if self.standing is None else await self.standing.covering(account, change, self.provenance)

    async def one_of_many(self, account: Account, change: Change, line: int, number: str) -> list[str]:
        """The reasons against texting one of many people, whatever the hour and whoever wrote last.

        Raises as `reasons`, and `BadInput`.
        """
        why = await self._allowed(change, line, number)
        return [*why, *await self._by_record(change, line, number, await self._facts(account, line, number, None))]

    async def doubts(self, account: Account, change: Change) -> list[str]:
        """As `WhoseWords.doubts`; none where the rule is off."""
        return await self.whose_words.doubts(account, change) if self.rules.provenance else []

    async def approved(self, people: Sequence[Place], shown: str) -> None:
        """Take note that a change about these people was agreed to, after a question with the text `shown`.

        Raises:
            StoreError: the store cannot be used.
        """
        for place in people:
            at = (await self.consent.standing(*place)).perhaps_at if self.rules.consent else None
            if at is not None and perhaps(await self.times.told(at, place[0])) in shown:
                await self.consent.lift(*place, through=at)

    async def still_allowed(self, people: Sequence[Place]) -> None:
        """Look once more for a STOP, which can come while a call waits for its turn.

        Raises:
            Forbidden: one of these people texted it.
            StoreError: the store cannot be used.
        """
        for place in people if self.rules.consent else ():
            await self._said_no(*place)

    async def _decided(self, account: Account, change: Change, line: int, number: str) -> list[str]:
        try:
            return await self._texting(account, change, line, number)
        except Forbidden as no:
            if change.closes and no.rule != ONLY_TO:
                return [Reason(no.what, no.rule)]
            raise

    async def _allowed(self, change: Change, line: int, number: str) -> list[str]:
        """What can be said of a number without the account."""
        no_person = never_texted(number)
        if no_person is not None and not change.closes:
            raise BadInput(no_person, todo="Ask the person you work for which number they mean.")
        if not self.rules.only_to.allows(number):
            raise Forbidden(
                self.rules.only_to.refusal(number),
                rule=ONLY_TO,
                todo="Do not try another way.",
                brief=f"not among those whom {ONLY_TO} lets be texted",
            )
        return await self._said_no(line, number) if self.rules.consent else []

    async def _by_record(self, change: Change, line: int, number: str, facts: PersonFacts) -> list[str]:
        if self.rules.consent:
            check_record(facts, number, await self.times.told(out, line) if (out := facts.opted_out_at) else "")
        strange = doubt_about(number) if facts.received_at is None and not change.closes else None
        why = [strange] if strange is not None else []
        if self.rules.provenance and facts.sent_at is None and change.asks_to_pay:
            first = f"This would be the first text from this line to {number}, and it asks for money."
            why.append(Reason(first, PROVENANCE))
        return why

    async def _texting(self, account: Account, change: Change, line: int, number: str) -> list[str]:
        why = await self._allowed(change, line, number)
        since = change.since  # the caller's own condition holds under any settings
        if since is None and self.rules.if_unanswered and not change.closes:
            since = self.known.read_to(change.caller, (line, number))
        facts = await self._facts(account, line, number, since)
        if change.planned_at is not None and change.since is None and self.rules.if_unanswered:
            since = max(since or 0.0, change.planned_at) if facts.waits else None
        why += await self._by_record(change, line, number, facts)
        answered_at = self.known.answered_at((line, number), facts)
        why += self._hours(number, facts, change.at or self.now())
        unread = since is None and facts.waits and self.rules.if_unanswered
        if unread and not change.closes and not change.asks_to_pay:
            since = facts.sent_at or 0.0
        # Hosts are told whole seconds, so within the same second nothing is newer.
        if since is not None and answered_at is not None and math.floor(answered_at) > since:
            first = "Nobody has answered what they wrote" if unread else _MEANWHILE
            await self._answered_meanwhile(account, change, (line, number), since, answered_at, first)
        return why

    async def _facts(self, account: Account, line: int, number: str, since: float | None) -> PersonFacts:
        """The facts about a person as they are now: what was read a moment ago says nothing of a text since."""
        rules = self.rules
        if not (rules.consent or rules.quiet_hours or rules.provenance or since is not None):
            return PersonFacts()
        return await account.contact(line, number)

    async def _said_no(self, line: int, number: str) -> list[str]:
        standing = await self.consent.standing(line, number)
        if standing.stopped_at is not None:
            raise Forbidden(
                f"This person asked for no more texts ({await self.times.told(standing.stopped_at, line)}), so "
                f"{masked(number)} is not texted.",
                rule=CONSENT,
                todo="Only their own START lifts that.",
                brief="asked for no more texts",
                is_theirs=True,
            )
        if standing.perhaps_at is not None:
            return [perhaps(await self.times.told(standing.perhaps_at, line))]
        return []

    def _hours(self, number: str, facts: PersonFacts, at: float) -> list[str]:
        hours = self.rules.quiet_hours
        is_answer = facts.received_at is not None and abs(at - facts.received_at) < _ANSWER_SECONDS
        if hours is None or is_answer:
            return []
        there = time_there(number, datetime.fromtimestamp(at, UTC), hours)
        if isinstance(there, Quiet):
            raise Forbidden(why_not(there), rule=QUIET_HOURS, todo="Offer to send it then.")
        return [] if isinstance(there, Open) else [Reason(why_not(there), QUIET_HOURS)]

    async def _answered_meanwhile(
        self, account: Account, change: Change, place: Place, since: float, answered_at: float, first: str
    ) -> None:
        """Refuse, and show the texts that came since the conversation was read; `first` says why."""
        newer = await account.newer(change.caller, *place, since)
        if not newer:
            return
        self.known.read(change.caller, place, answered_at)  # not up to now: more may have come since
        to = show_time(datetime.fromtimestamp(answered_at, UTC))
        then = "the same call goes through then" if change.since is None else f"give if_unanswered_since {to} then"
        raise Forbidden(
            f"{first}: " + " / ".join(newer), rule=IF_UNANSWERED, todo=f"Read it, and send what still fits; {then}."
        )

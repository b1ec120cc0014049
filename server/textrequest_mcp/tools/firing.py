"""The second half of a text that leaves later: when its time has come, the rules are looked at again, and it is sent.

What a person agreed to is not asked again. What a rule doubts since becomes a question at the desk, or the text does
not leave. It is sent as any text is: through the ledger, under the name of its row, so that a killed server sends
nothing twice.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from textrequest_mcp.ground.member import from_json, on_behalf_of
from textrequest_mcp.guard.approval.alone import decided_alone
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.shown import Shown
from textrequest_mcp.guard.approval.verdict import Yes
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.change import Change
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.guard.once.scheduled_rows import Content, ScheduledText, State
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.guard.rules.forbidden import rule_of
from textrequest_mcp.tools.changes import change_of
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.tools.served import Served
from textrequest_mcp.tools.signature import only
from textrequest_mcp.upstream.errors import BadInput, Refused, TextRequestError
from textrequest_mcp.upstream.patience import CHANGE_SECONDS, Patience, waiting_with

UNREADABLE = "It was scheduled under another API key, so its words cannot be read any more. Nothing was sent."
SENT_MEANWHILE = "The same text was sent to them after it was scheduled. Nothing was sent now."


@dataclass(frozen=True)
class Ended:
    """How a text ended; None as the state where it is tried again.

    Attributes:
        said: a sentence about it.
        rule: the setting of the rule that said no.
        is_recorded: whether the ledger's audit has it.
    """

    state: State | None
    said: str | None = None
    rule: str | None = None
    is_recorded: bool = False


class Firing:
    """Sees to the scheduled texts of an account whose time has come.

    Args:
        account: whose.
        later: its schedule.
        line_of: answers a line by its id.
        tools: those that text, by their names.
        asks: whether the policy has a person asked before any call of a tool.
    """

    def __init__(
        self,
        account: Served,
        later: Later,
        line_of: Callable[[int], Awaitable[Any]],
        tools: Mapping[str, ToolSpec],
        asks: Callable[[ToolSpec], bool],
    ) -> None:
        self._account = account
        self._later = later
        self._line_of = line_of
        self._tools = tools
        self._asks = asks

    async def see_to(self, text: ScheduledText) -> Ended:
        """Send a text that this server has claimed, or find out why it does not leave; writes that down.

        Raises:
            StoreError: the store cannot be used, so that the text is tried again.
        """
        if text.content is None:
            ended = Ended("NOT_SENT", UNREADABLE)
        else:
            try:
                with waiting_with(Patience(CHANGE_SECONDS)), on_behalf_of(from_json(text.content.member)):
                    ended = await self._ended(text, text.content)
            except (BadInput, Refused) as error:
                ended = Ended("NOT_SENT", str(error), rule_of(error))
            except TextRequestError as error:
                # A rule's no is final. Anything else, such as no connection, may be over in a minute.
                ended = Ended("NOT_SENT" if rule_of(error) else None, str(error), rule_of(error))
        if ended.state is None:
            await self._later.due.release(text.send_id)
        elif await self._later.due.end(text.send_id, ended.state, ended.said) and not ended.is_recorded:
            await self._account.audit.record(await self._entry(text, ended))
        return ended

    async def _ended(self, text: ScheduledText, content: Content) -> Ended:
        spec = self._tools[text.tool]
        one = spec if spec.one is None else self._tools[spec.one.__name__]
        given = await self._given(one, text, content)
        act = await self._act(spec, text, content)
        before = await self._account.at_most_once.ledger.prior(act, repeat=True) is not None  # by a killed server
        if not before:
            if self._later.due.is_late(text):
                return Ended("MISSED")
            if not content.repeat and await self._later.due.was_sent_since(text):
                return Ended("NOT_SENT", SENT_MEANWHILE)
            why_not = await self._allowed(spec, one, text, content, given)
            if why_not is not None:
                return Ended("NOT_SENT", f"{why_not} Nothing was sent.")
        failed: list[Exception] = []
        told = await self._carried_out(spec, one, act, given, repeat=content.repeat, failed=failed)
        return _ending(told, failed, before=before)

    async def _given(self, one: ToolSpec, text: ScheduledText, content: Content) -> dict[str, Any]:
        """The arguments of the function that sends it: those that were not given are None, as in a call."""
        takes = [name for name in inspect.signature(one.function).parameters if name != "departure"]
        return {name: content.arguments.get(name) for name in takes} | {"line": await self._line_of(text.dashboard_id)}

    async def _act(self, spec: ToolSpec, text: ScheduledText, content: Content) -> Act:
        assert spec.once is not None  # noqa: S101 - what texts has it
        whom, given, line = "phone_number", content.arguments, text.dashboard_id
        once = self._account.at_most_once
        return await once.describe(spec.name, spec.once, text.caller, line, whom, given, text.send_id)

    async def _allowed(
        self, spec: ToolSpec, one: ToolSpec, text: ScheduledText, content: Content, given: Mapping[str, Any]
    ) -> str | None:
        """Why a text does not leave; None where it may. What the rules doubt since it was planned is asked.

        Raises:
            Forbidden: a rule says no.
            TextRequestError: the facts cannot be read, or too many questions wait.
            StoreError: the store cannot be used.
        """
        change = replace(await change_of(one, text.caller, given), planned_at=text.planned_at)
        why = await self._doubts(spec, content, change)
        if why is None:
            return None
        asked = await one.question(**only(one.question, given)) if one.question is not None else Question("")
        question = Question(" ".join([*why, asked.text, "It was scheduled for now."]), None, (), tuple(why))
        bound = json.dumps([text.send_id, question.text, self._account.gate.account])
        places = [(use.line, use.person) for use in change.uses if use.person is not None]

        async def shown() -> Shown:
            beside = await self._account.beside(text.dashboard_id, places, given.get("body"))
            about = (question.text, None, text.caller, one.title, question.why, beside, self._account.gate.with_passkey)
            return Shown(*about, line=text.dashboard_id, member=text.member)

        hold = partial(self._later.due.hold, text.send_id)
        binding = hashlib.sha256(bound.encode()).digest()
        answer = await decided_alone(self._account.gate, binding, spec.name, shown, hold)
        if not isinstance(answer, Yes):
            return f"{' '.join(why)} {answer}".strip()
        if set(await self._doubts(spec, content, change) or ()) - set(why):
            return "While a person was asked, the facts that they were shown changed."
        await self._account.policy.approved(places, question.text)
        await self._account.at_most_once.ledger.lost_record.accept()
        await self._account.audit.record(replace(await self._entry(text, None), approved_by=answer.by))
        return None

    async def _doubts(self, spec: ToolSpec, content: Content, change: Change) -> list[str] | None:
        """Why a person is asked now; None where nobody is. Words read since then did not steer what was planned."""
        account = self._account
        wish = await account.wish(change) if content.wish is not None else None
        why = [each for each in await account.reasons(change, wished=True) if each not in content.agreed]
        lost = account.at_most_once.ledger.lost_record.reason()
        why += [lost] if lost is not None and lost not in content.agreed else []
        if content.wish is not None and wish is None:
            why.append(f"The standing wish {content.wish} does not cover it any more.")
        if wish is not None and not why and account.policy.standing is not None:
            await account.policy.standing.use(wish)
        must_ask = self._asks(spec) and not content.approved and wish is None
        return why if why or must_ask else None

    async def _carried_out(
        self,
        spec: ToolSpec,
        one: ToolSpec,
        act: Act,
        given: dict[str, Any],
        *,
        repeat: bool,
        failed: list[Exception],
    ) -> SendAnswer:
        assert spec.once is not None  # noqa: S101 - what texts has it
        place = (given["line"].id, given["phone_number"])

        async def do(departing: LedgerDeparture) -> Any:
            try:
                return await one.function(**given, departure=departing)
            except Exception as error:
                failed.append(error)
                raise

        doing = Doing(
            tool=spec.name,
            once=spec.once,
            texts=True,
            do=do,
            check=partial(self._account.policy.still_allowed, [place]),
            announce=partial(spec.once.announce, given) if spec.once.announce is not None else None,
        )
        told = await self._account.at_most_once.carry_out(act, doing, repeat=repeat)
        if told.answer is not None:
            self._account.acted([place])
        return told

    async def _entry(self, text: ScheduledText, ended: Ended | None) -> Entry:
        """What the audit says: how a text ended that the ledger has no row of, or that somebody agreed to it."""
        hashed = await self._account.at_most_once.ledger.hasher()
        number = text.content.arguments.get("phone_number") if text.content is not None else None
        return Entry(
            caller=text.caller,
            tool=text.tool,
            kind="refusal" if ended is not None else "approval",
            outcome="approved" if ended is None else str(ended.state).lower(),
            by=text.member or None,
            dashboard_id=text.dashboard_id,
            person=hashed(number) if number else None,
            rule=ended.rule if ended is not None else None,
            ids={"send_id": text.send_id},
            note=ended.said if ended is not None and ended.rule is None else None,
        )


def _ending(told: SendAnswer, failed: list[Exception], *, before: bool) -> Ended:
    """How a text ended, from what the ledger answers; None as the state where it is tried again."""
    message = str(told.said["message"]) if "message" in told.said else None
    outcome = told.said.get("outcome")
    if outcome == "sent" and (before or not told.said.get("duplicate_suppressed")):
        return Ended("SENT", None, is_recorded=True)
    if outcome == "sent":
        return Ended("NOT_SENT", SENT_MEANWHILE)
    if outcome == "unknown":
        return Ended("UNKNOWN", message, is_recorded=True)
    may_pass = any(
        isinstance(error, TextRequestError) and not isinstance(error, BadInput | Refused) for error in failed
    )
    return Ended(None if may_pass and told.rule is None else "NOT_SENT", message, told.rule, is_recorded=True)

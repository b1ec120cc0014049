"""One call of a changing tool: which host calls what, on which line, for whom, and what is found out before it acts."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from mcp.server.mcpserver import Context
from pydantic import BaseModel

from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.host import caller, whose
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.shown import Beside
from textrequest_mcp.guard.approval.verdict import AlreadyDone, Ask, Go, Verdict
from textrequest_mcp.guard.audit.call_record import CallRecord
from textrequest_mcp.guard.audit.reader import Entry, Kind
from textrequest_mcp.guard.change import Change, Place, Reason
from textrequest_mcp.guard.marks import Mark, fields_of
from textrequest_mcp.guard.once.departure import Check, LedgerDeparture
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.guard.once.same_act import SameAct
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.tools.changes import alike, amount_of, change_of, person_texted
from textrequest_mcp.tools.check_member import check_member
from textrequest_mcp.tools.declare import Asker, Risk, ToolSpec
from textrequest_mcp.tools.plan import Plan
from textrequest_mcp.tools.served import Served
from textrequest_mcp.tools.signature import only
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import as_listed

KINDS: Mapping[Risk, Kind] = {"writes": "write", "sends": "send", "destroys": "destroy"}
GO = Go()
_RESOLVED = frozenset({"line", "account"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a host gives of every changing tool beside the arguments of its function.

    Attributes:
        repeat: the same is meant once more.
        idempotency_key: the caller's own name for the act.
        confirmation: the token of a preview.
    """

    repeat: bool = False
    idempotency_key: str | None = None
    confirmation: str | None = None


@dataclass(kw_only=True)
class Call:
    """One call of a tool.

    Attributes:
        ctx: the SDK's context of it.
        spec: the tool.
        always: whether the policy has a person asked before any call of this tool.
        repeats_ask: whether a person is asked before something is repeated on purpose.
        question: makes what a person is shown.
        raw: the arguments as the host gave them.
        given: the arguments of the tool's function, once they were checked, and what its line and account resolved to.
        options: the others.
        verdict: what `ask` found.
        approval: what the host answered to the question.
        last_look: called right before the first byte; what it raises stops the act.
        answered: what is answered, once the act has ended.
        plan: of a call that texts many, what it is about to do.
    """

    ctx: Context[Any, Any]
    spec: ToolSpec
    always: bool
    repeats_ask: bool
    question: Asker
    raw: Mapping[str, Any]
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Options = Options()
    verdict: Verdict = GO
    approval: object = None
    last_look: Callable[[], Awaitable[None]] | None = None
    answered: SendAnswer | None = None
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.account = account_of(self.ctx)
        self.caller, self.whose = caller(self.ctx.session), whose(self.ctx.session)
        self.record = CallRecord(self.account.audit, self._entry)

    async def ask(self, given: Mapping[str, Any], options: Options) -> Verdict:
        """Find out whether it happened already, may go ahead, or needs a person's yes.

        Writes nothing, and says the same of the same facts: it runs again in every round of a question.

        Raises:
            TextRequestError: a rule says no, or what has to be known cannot be read.
            StoreError: the store cannot be used.
        """
        why: list[str] = []
        if self.spec.once is not None:
            act = await self.act(self.spec.once, given, options)
            if await self.account.at_most_once.ledger.prior(act, repeat=options.repeat) is not None:
                return AlreadyDone()
            lost = self.account.at_most_once.ledger.lost_record.reason()
            why += [lost] if lost is not None else []
            why += await self.account.at_most_once.done_before(act) if options.repeat and self.repeats_ask else []
        change = await self._change(given)
        wish = await self.account.wish(change)
        why += await self.account.reasons(change, wished=wish is not None)
        if self.spec.doubt is not None:
            why += filter(None, [await self.spec.doubt(**only(self.spec.doubt, given))])
        if not why and (wish is not None or not self.always):
            return Go(wish)
        asked = await self.question(**only(self.question, given))
        about = tuple((use.line, use.person) for use in change.uses if use.person is not None)
        for_others = change.alike is not None and not self.always
        rules = tuple(dict.fromkeys(each.rule for each in why if isinstance(each, Reason) and each.rule))
        return Ask(Question(" ".join([*why, asked.text]), asked.must_type, about, tuple(why), rules, for_others))

    async def _change(self, given: Mapping[str, Any]) -> Change:
        change = await change_of(self.spec, self.whose, given)
        return replace(change, is_asked=self.always, alike=alike(self.spec, self.whose, given))

    async def for_others(self) -> None:
        """The person agreed to the same with other people too."""
        self.account.policy.whose_words.cover(await self._change(self.given))

    async def beside(self) -> Beside:
        """What a person is shown beside the question, at the desk."""
        line, body = self.given.get("line"), fields_of(self.spec.function).one(self.given, Mark.BODY)
        about = self.verdict.question.about if isinstance(self.verdict, Ask) else ()
        return await self.account.beside(line.id if line is not None else None, about, body)

    async def carry_out(
        self,
        act: Act,
        given: Mapping[str, Any],
        do: Callable[[LedgerDeparture], Awaitable[BaseModel]],
        *,
        check: Check | None,
        repeat: bool,
        judge: Callable[[], Awaitable[bool]] | None = None,
        claimed: Callable[[], None] = lambda: None,
        is_known: bool = False,
        until: float | None = None,
    ) -> SendAnswer:
        """Have one act happen at most once: the only way from a tool to the ledger.

        Args:
            act: as the ledger knows it.
            given: its arguments, for who is told of it.
            do, check, claimed, is_known: as `Doing`.
            repeat, judge, until: as `AtMostOnce.carry_out`.
        """
        assert self.spec.once is not None  # noqa: S101 - the guard `once` looked
        announce = partial(self.spec.once.announce, given) if self.spec.once.announce is not None else None
        doing = Doing(
            tool=self.spec.name,
            once=self.spec.once,
            texts=self.spec.risk == "sends",
            do=do,
            check=check,
            amount=self.amount,
            announce=announce,
            claimed=claimed,
            is_known=is_known,
        )
        return await self.account.at_most_once.carry_out(act, doing, repeat=repeat, judge=judge, until=until)

    async def nobody_has_to_be_asked(self) -> bool:
        """Whether the rules have no doubt; raises what one of them says no with."""
        return not (self.always or await self.account.reasons(await change_of(self.spec, self.whose, self.given)))

    async def act(self, once: SameAct, given: Mapping[str, Any], options: Options) -> Act:
        """The act as the ledger knows it."""
        spec, line = self.spec, given.get("line")
        other = _RESOLVED.union(fields_of(spec.function).names[Mark.SINCE])  # no part of what makes two acts the same
        arguments = {name: value for name, value in given.items() if name not in other}
        number, key = spec.about.argument, options.idempotency_key
        where: int | None = line.id if line is not None else None
        return await self.account.at_most_once.describe(spec.name, once, self.caller, where, number, arguments, key)

    async def person_texted(self) -> list[Place]:
        """As `changes.person_texted`."""
        return await person_texted(self.spec, self.given)

    async def still_allowed(self) -> None:
        """Look once more whether somebody said STOP, or the member was taken away; raises what says no."""
        check_member()
        await self.account.policy.still_allowed(await self.person_texted())

    @property
    def line_id(self) -> int | None:
        """The line that it is about; None where it is about the account."""
        line = self.given.get("line")
        return line.id if line is not None else self.given.get("dashboard_id")

    @property
    def amount(self) -> Decimal | None:
        """The dollars that it asks for."""
        return amount_of(fields_of(self.spec.function), self.given)

    async def _entry(self) -> Entry:
        line, named = self.given.get("line"), str(self.raw.get("dashboard_id") or "")
        usual = line.id if line is not None else self.account.usual_line
        words = self.raw.get(self.spec.once.text) if self.spec.once is not None else None
        return Entry(
            caller=self.caller,
            by=current_id() or None,
            tool=self.spec.name,
            kind=KINDS[self.spec.risk],
            outcome="on its way",
            dashboard_id=int(named) if re.fullmatch(r"[0-9]{1,18}", named) else usual,
            person=await self._person(),
            body=words if isinstance(words, str) else None,
        )

    async def _person(self) -> str | None:
        about = self.spec.about
        number = None if about.each is not None else next(iter(about.named(self.raw)), None)
        with suppress(BadInput, StoreError):
            return (
                (await self.account.at_most_once.ledger.hasher())(as_listed(str(number)))
                if number is not None
                else None
            )
        return None


def account_of(ctx: Context[Any, Any]) -> Served:
    """The account that the server was started for."""
    account: Served = ctx.request_context.lifespan_context
    return account


# The call that is being worked on. The SDK hands it to no resolver; `build` sets it around each.
current_call: ContextVar[Call] = ContextVar("current_call")

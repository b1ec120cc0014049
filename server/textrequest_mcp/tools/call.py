"""One call of a changing tool: which host calls what, on which line, for whom, and what is found out before it acts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any

from mcp.server.mcpserver import Context
from pydantic import BaseModel

from textrequest_mcp.guard.approval.host import caller, whose
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.approval.shown import Beside
from textrequest_mcp.guard.approval.verdict import AlreadyDone, Ask, Go, Verdict
from textrequest_mcp.guard.audit.call_record import CallRecord
from textrequest_mcp.guard.audit.reader import Entry
from textrequest_mcp.guard.change import Change, Place, Reason
from textrequest_mcp.guard.marks import Mark, fields_of
from textrequest_mcp.guard.once.departure import Check, LedgerDeparture
from textrequest_mcp.guard.once.doing import Doing
from textrequest_mcp.guard.once.ledger_rows import Act
from textrequest_mcp.guard.once.same_act import SameAct
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.tools.call_entry import entry_of
from textrequest_mcp.tools.changes import alike, amount_of, change_of, person_texted
from textrequest_mcp.tools.check_member import check_member
from textrequest_mcp.tools.declare import Asker, ToolSpec
from textrequest_mcp.tools.leaving import Leaving, in_question, is_scheduled, leaving_of, repetition
from textrequest_mcp.tools.options import NO_OPTIONS, Options
from textrequest_mcp.tools.plan import Plan
from textrequest_mcp.tools.served import Served
from textrequest_mcp.tools.signature import only

GO = Go()
_RESOLVED = frozenset({"line", "account"})


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
        leaving: when its text leaves; None for now.
        plan: of a call that texts many, what it is about to do.
    """

    ctx: Context[Any, Any]
    spec: ToolSpec
    always: bool
    repeats_ask: bool
    question: Asker
    raw: Mapping[str, Any]
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Options = NO_OPTIONS
    verdict: Verdict = GO
    approval: object = None
    last_look: Callable[[], Awaitable[None]] | None = None
    answered: SendAnswer | None = None
    leaving: Leaving | None = None
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
        self.leaving = await leaving_of(self.account, fields_of(self.spec.function), given)
        if self.spec.once is not None:
            act = await self.act(self.spec.once, given, options)
            if await self._is_there(act, options):
                return AlreadyDone()
            lost = self.account.at_most_once.ledger.lost_record.reason()
            why += [lost] if lost is not None else []
            why += await repetition(self.account, act, self.leaving) if options.repeat and self.repeats_ask else []
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
        text = " ".join([*why, asked.text]) + await in_question(self.account, given, self.leaving)
        return Ask(Question(text, asked.must_type, about, tuple(why), rules, for_others))

    async def _change(self, given: Mapping[str, Any]) -> Change:
        change = await change_of(self.spec, self.whose, given)
        return replace(change, is_asked=self.always, alike=alike(self.spec, self.whose, given), at=self.leaves_at)

    async def for_others(self) -> None:
        """The person agreed to the same with other people too."""
        self.account.policy.whose_words.cover(await self._change(self.given))

    async def _is_there(self, act: Act, options: Options) -> bool:
        """Whether the same happened already, or is scheduled; what leaves at a time of its own is no repetition."""
        scheduled = await is_scheduled(self.account, act, self.leaving, repeat=options.repeat)
        if scheduled or (self.leaving is not None and self.leaving.is_timed):
            return scheduled
        happened = await self.account.at_most_once.ledger.prior(act, repeat=options.repeat) is not None
        self.leaving = None if happened else self.leaving
        return happened

    @property
    def leaves_at(self) -> float | None:
        """When its text leaves, in seconds since 1970; None for now."""
        return self.leaving.at if self.leaving is not None else None

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
        arguments = self.arguments(given)
        number, key = spec.about.argument, options.idempotency_key
        where: int | None = line.id if line is not None else None
        return await self.account.at_most_once.describe(spec.name, once, self.caller, where, number, arguments, key)

    def arguments(self, given: Mapping[str, Any], *, with_conditions: bool = False) -> dict[str, Any]:
        """What a call is about, without when it leaves, and `with_conditions` only with up to when they were read."""
        names = fields_of(self.spec.function).names
        other = _RESOLVED.union(names[Mark.LEAVES], names[Mark.INSTEAD], () if with_conditions else names[Mark.SINCE])
        return {name: value for name, value in given.items() if name not in other}

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
        return await entry_of(self.account, self.spec, self.caller, self.raw, self.given)


def account_of(ctx: Context[Any, Any]) -> Served:
    """The account that the server was started for."""
    account: Served = ctx.request_context.lifespan_context
    return account


# The call that is being worked on. The SDK hands it to no resolver; `build` sets it around each.
current_call: ContextVar[Call] = ContextVar("current_call")

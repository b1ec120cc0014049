"""Runs a call of a tool: the guards first, then the tool's function.

A call of a changing tool goes through two phases, which the SDK gives. `ask` finds out whether it may go ahead; it
writes nothing, and can run several times before a person has answered. Then `act` passes the guards and acts once.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult
from pydantic import BaseModel

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.host import whose
from textrequest_mcp.guard.approval.verdict import AlreadyDone, Ask, Go, Verdict
from textrequest_mcp.guard.notice import Notice
from textrequest_mcp.guard.once.send_answer import SendAnswer
from textrequest_mcp.guard.outcome import Outcome, unknown
from textrequest_mcp.tools.answers import Listing
from textrequest_mcp.tools.call import Call, account_of
from textrequest_mcp.tools.check_member import check_member
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.tools.every_line import EveryLine
from textrequest_mcp.tools.later import plan
from textrequest_mcp.tools.line_clocks import has_times
from textrequest_mcp.tools.many import Each, ask_about_many
from textrequest_mcp.tools.options import Options
from textrequest_mcp.tools.result import Local, as_result, link_of, news_of
from textrequest_mcp.upstream.errors import BadInput, TextRequestError, Uncertain

logger = logging.getLogger(__name__)

GoOn = Callable[[], Awaitable[Any]]


async def ask(call: Call, given: Mapping[str, Any], options: Options) -> Verdict:
    """The first phase of a call, as `Call.ask`; of one that texts many, about their whole list."""
    return await (ask_about_many(call, given, options) if call.spec.choose else call.ask(given, options))


async def audited(call: Call, go_on: GoOn) -> Any:
    """One row of the audit says how the call ended, whatever became of it."""
    try:
        result = await go_on()
    except Exception as error:
        await call.record.failed(error)
        raise
    except BaseException:
        await call.record.cancelled()
        raise
    if call.answered is not None:  # otherwise a question is on its way to a person
        await call.record.ended(call.answered.said, call.answered.rule)
    return result


async def ruled(call: Call, go_on: GoOn) -> SendAnswer:
    """`Call.ask` looked at the rules. A last look stands before the first byte, because STOP can come meanwhile."""
    many = call.spec.choose is not None  # then each person of them is looked at in turn
    call.last_look = call.still_allowed if call.spec.risk == "sends" and not many else None
    told: SendAnswer = await go_on()
    if told.answer is not None and call.spec.texts and not many:
        with suppress(TextRequestError, StoreError):  # it has happened, whatever is noted
            call.account.acted(await call.person_texted())
    return told


async def approved(call: Call, go_on: GoOn) -> SendAnswer:
    """A person's yes, or a part of a standing wish, is used up before anything happens; no yes, no act."""
    may_come_again = call.options.repeat or call.spec.choose is not None  # with what began it
    if isinstance(call.verdict, Go) and call.options.confirmation and not may_come_again:
        raise BadInput(f"{call.spec.name} asks for no confirmation here.", todo="Leave it out, unless it is a repeat.")
    if isinstance(call.verdict, Ask):
        question = call.verdict.question
        answer = await call.account.gate.settle(
            call.ctx,
            question,
            call.approval,
            again=partial(_asked_again, call),
            tool=call.spec.name,
            title=call.spec.title,
            beside=call.beside,
            is_final=call.spec.risk == "destroys",
            line=call.line_id,
        )
        if isinstance(answer, Outcome):
            return SendAnswer(answer.model_dump(mode="json", exclude_none=True))
        await call.account.policy.approved(question.about, question.text)
        await call.account.at_most_once.ledger.lost_record.accept()
        if answer.for_others:
            await call.for_others()
        await call.record.approved(answer.by)
    elif isinstance(call.verdict, Go) and call.verdict.wish is not None and call.account.policy.standing is not None:
        many = call.spec.choose is not None
        if call.leaving is None:  # else it is used up at that time
            await call.account.policy.standing.use(call.verdict.wish, len(call.plan.people) if many else 1)
        await call.record.approved(f"standing:{call.verdict.wish}")
    return await go_on()


async def once(call: Call, go_on: GoOn) -> SendAnswer:
    """What the ledger keeps happens at most once; any other change is noted before it leaves."""
    spec = call.spec
    if spec.once is None:
        return await go_on()
    if call.leaving is not None:
        return await plan(call)
    if spec.choose is not None:
        each = Each(call)
        answer = await spec.function(**call.given, each=each)
        said = answer.model_dump(mode="json", exclude_none=True)
        return SendAnswer({"outcome": "sent" if each.told.sent + each.told.have_it else "not_sent"} | said, answer)
    return await call.carry_out(
        await call.act(spec.once, call.given, call.options),
        call.given,
        lambda departing: spec.function(**call.given, departure=departing),
        check=call.last_look,
        repeat=call.options.repeat and (isinstance(call.verdict, Ask) or not call.repeats_ask),
        judge=call.nobody_has_to_be_asked if isinstance(call.verdict, AlreadyDone) else None,
        claimed=call.record.leave_to_ledger,
    )


# Outermost first. The first stands also around what the SDK does before: it checks the arguments, and asks.
GUARDS = (audited, ruled, approved, once)


async def run(call: Call, through_the_sdk: GoOn) -> Any:
    """Pass a call of a changing tool through the first guard, and then through the SDK, which calls `act`."""
    return await GUARDS[0](call, through_the_sdk)


async def act(call: Call) -> CallToolResult:
    """Pass a call through the other guards, and act."""
    check_member()
    go_on: GoOn = partial(change, call)
    for guard in reversed(GUARDS[1:]):
        go_on = partial(guard, call, go_on)
    call.answered = await go_on()
    news = news_of(call.account.at_most_once)
    return as_result(
        call.answered,
        link_of(call.spec, call.given),
        news,
        await _local(call.ctx, call.spec, call.given, call.answered),
    )


async def read(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> CallToolResult:
    """Run a function that changes nothing, write its answer, and note what it tells a model."""
    try:
        answer = await _read(spec, given)
        said = answer.model_dump(mode="json", exclude_none=True)
        if isinstance(answer, Listing) and (changed := account_of(ctx).pages.note(ctx.session, spec.name, given, said)):
            said["note"] = " ".join(filter(None, [answer.note, changed]))
        news = news_of(account_of(ctx).at_most_once)
        told = SendAnswer(said, answer)
        result = as_result(told, link_of(spec, given), news, await _local(ctx, spec, given, told))
    except (ToolError, MCPError):
        raise
    except Exception:
        logger.exception("%s crashed", spec.name)
        raise TextRequestError(f"{spec.name} failed inside this server.") from None
    await _note(ctx, spec, given, said, result.structured_content)
    return result


async def _read(spec: ToolSpec, given: Mapping[str, Any]) -> BaseModel:
    """What the function answers: once, or for each line where the call names none."""
    line = given.get("line")
    if not isinstance(line, EveryLine) or spec.together:
        return await spec.function(**given)
    return await line.read(lambda one: spec.function(**{**given, "line": one}))


async def _local(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any], told: SendAnswer) -> Local:
    """Writes the times of an answer by the clock of its line."""
    line = given.get("line")
    if not has_times(told.said, spec.answer):
        return lambda said: said
    clocks = await account_of(ctx).clocks(read=spec.risk == "reads" and line is not None)
    return lambda said: clocks.local(said, spec.answer, line.id if line is not None else None)


async def change(call: Call) -> SendAnswer:
    """Make a change that the ledger does not keep: noted before it leaves, and recorded when it has ended."""
    departing = await call.record.departing()
    with departing.going_along():
        told = await _recorded(call)
    with suppress(StoreError):  # the change has happened, whatever is noted
        await _note(call.ctx, call.spec, call.given, told.said)
    return told


async def _recorded(call: Call) -> SendAnswer:
    spec = call.spec
    try:
        answer = await spec.function(**call.given)
        said = {"outcome": "done"} if spec.risk == "destroys" else {}
        told = SendAnswer(said | answer.model_dump(mode="json", exclude_none=True), answer)
    except Uncertain as error:
        uncertain = error
    except (ToolError, MCPError):
        raise
    except Exception:
        logger.exception("%s crashed", spec.name)
        uncertain = _crash(spec)
    else:
        await call.record.ended(told.said)
        return told
    await call.record.failed(uncertain)
    if spec.risk != "destroys":
        raise uncertain
    # Where repeating would do harm it is no error: an error result invites another call.
    return SendAnswer(unknown(str(uncertain)).model_dump(mode="json", exclude_none=True))


def _crash(spec: ToolSpec) -> Uncertain:
    return Uncertain(
        f"{spec.name} failed inside this server, perhaps after the call left.",
        changed="Whether it took effect is unknown.",
        todo="Do not repeat it; first look with a reading tool whether it happened.",
    )


async def _asked_again(call: Call) -> Any:
    """The question as it would be asked now; None where nobody would be."""
    verdict = await ask(call, call.given, call.options)
    return verdict.question if isinstance(verdict, Ask) else None


async def _note(
    ctx: Context[Any, Any],
    spec: ToolSpec,
    given: Mapping[str, Any],
    said: Mapping[str, Any],
    shown: Mapping[str, Any] | None = None,
) -> None:
    """Note what an answer says, and of a reading tool the words that its host is shown; raises as `Notice.note`."""
    account, line = account_of(ctx), given.get("line")
    person = next(iter(spec.about.named(given)), None) if spec.about.each is None else None
    notice = Notice(account.policy, whose(ctx.session), line.id if line is not None else None, person)
    await notice.note(spec.answer, said, shown=shown, words=spec.risk == "reads")

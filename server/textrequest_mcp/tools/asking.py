"""Makes the resolvers that stand before a tool: what a person is asked, and how the call can be approved."""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.quoting import visible
from textrequest_mcp.guard.approval.gate import Approval, Question, caller
from textrequest_mcp.guard.outcome import Outcome
from textrequest_mcp.tools.call import plan_of
from textrequest_mcp.tools.declare import Asker, ToolSpec
from textrequest_mcp.tools.sending import Sender

ALREADY = Question("")  # nothing to ask, because the ledger has the answer


def account_of(ctx: Context[Any, Any]) -> Any:
    """The account that this server was started for."""
    return ctx.request_context.lifespan_context


def optional(name: str, annotation: Any) -> inspect.Parameter:
    """A tool's parameter that may be left out."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation | None, default=None)


def required(name: str, annotation: Any) -> inspect.Parameter:
    """A parameter that is always given: by the host, or by a resolver."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def is_resolved(annotation: Any) -> bool:
    """Whether a resolver gives the parameter, so that no host sees it."""
    return get_origin(annotation) is Annotated and any(isinstance(part, Resolve) for part in get_args(annotation))


def sign(function: Callable[..., Any], parameters: list[inspect.Parameter], returns: Any) -> None:
    """Give a function the signature that the SDK reads: as an object, and as annotations."""
    function.__signature__ = inspect.Signature(parameters, return_annotation=returns)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": returns}


def is_asked(question: Question | None) -> bool:
    """Whether this is something to ask a person."""
    return question is not None and question != ALREADY


def asker(tool: str, question_type: Any, names: list[str]) -> Callable[..., Awaitable[Any]]:
    """The resolver that finds out how a call can be approved, bound to its exact arguments."""

    async def ask(
        ctx: Context[Any, Any], question: Question | None, **arguments: Any
    ) -> Approval | Outcome | Elicit[Any]:
        token = arguments.pop("confirmation")
        if not is_asked(question):
            return Approval("")
        return await account_of(ctx).gate.ask(ctx, tool, arguments, question, token)

    parameters = [
        required("ctx", Context[Any, Any]),
        required("question", question_type),
        *(required(name, Any) for name in names),
    ]
    sign(ask, parameters, Any)
    ask.__qualname__ = f"{tool}.ask"
    return ask


def wanted_question(
    spec: ToolSpec, question: Asker, own: list[inspect.Parameter], *, always: bool, repeats_ask: bool
) -> Callable[..., Awaitable[Question | None]]:
    """The resolver of what a person is asked before a change; None where nobody has to be.

    Somebody is asked because the policy says so for this tool, because the same was done lately, or because the rules
    have a doubt. Where the ledger has the answer `ALREADY`, nobody is, and the rules were not looked at.
    """
    asked_with = list(inspect.signature(question).parameters)
    named = ("idempotency_key", "repeat") if spec.once is not None else ()

    async def wanted(ctx: Context[Any, Any], **given: Any) -> Question | None:
        repeat, key = bool(given.pop("repeat", None)), given.pop("idempotency_key", None)
        account = account_of(ctx)
        host = caller(ctx.session)
        why: list[str] = []
        if spec.once is not None:
            sender: Sender = account.sender
            act = await sender.describe(spec, spec.once, host, given, key)
            if await sender.ledger.prior(act, repeat=repeat) is not None:
                return ALREADY
            why += await sender.done_before(act) if repeat and repeats_ask else []
        plan = await plan_of(spec, host, given)
        why += await account.reasons(plan)
        if not (always or why):
            return None
        asked = await question(**{name: given[name] for name in asked_with})
        about = tuple((use.line, use.person) for use in plan.uses if use.person is not None)
        return Question(" ".join([*why, asked.text]), asked.must_type, about)

    parameters = [required("ctx", Context[Any, Any]), *own, *(required(name, Any) for name in named)]
    sign(wanted, [parameter.replace(default=inspect.Parameter.empty) for parameter in parameters], Any)
    wanted.__qualname__ = f"{spec.name}.question"
    return wanted


async def nobody_has_to_be_asked(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any]) -> bool:
    """Whether the rules have no doubt about a call.

    Raises:
        TextRequestError: one of them says no.
        StoreError: the store cannot be used.
    """
    return not await account_of(ctx).reasons(await plan_of(spec, caller(ctx.session), given))


def plain_question(spec: ToolSpec, own: list[inspect.Parameter]) -> Asker:
    """What is shown where only the policy asks: the tool, its line, and its arguments as they are."""

    async def question(**arguments: Any) -> Question:
        line = arguments.pop("line", None)
        where = f" on {await line.title()}" if line is not None else ""
        given = {name: value for name, value in arguments.items() if value is not None and name != "account"}
        shown = json.dumps(to_jsonable_python(given, exclude_none=True), ensure_ascii=False)
        return Question(f"{spec.title}{where}? {visible(shown)}")

    sign(question, own, Question)
    question.__qualname__ = f"{spec.name}.question"
    return question

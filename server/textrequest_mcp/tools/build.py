"""Makes an MCP tool of a declared function: its arguments, what stands before it, and its answer.

The tool's signature is the function's own, and what that implies: an optional `dashboard_id` where it takes a `Line`,
an optional `confirmation` where a person is asked first. The function runs only after the guard has a fresh approval
and has used it up. The model that it returns becomes the output schema, the structured part and the text part.
"""

import inspect
import logging
import re
from contextlib import suppress
from functools import cache
from typing import Annotated, Any

from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.resolve import Resolve, build_resolver_plans, find_resolved_parameters
from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata, func_metadata
from mcp_types import CallToolResult
from pydantic import BaseModel, Field, ValidationError

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.gate import Decision, Question, caller
from textrequest_mcp.guard.outcome import Outcome, SendOutcome
from textrequest_mcp.tools.asking import (
    ALREADY,
    account_of,
    asker,
    is_asked,
    is_resolved,
    nobody_has_to_be_asked,
    optional,
    plain_question,
    required,
    sign,
    wanted_question,
)
from textrequest_mcp.tools.auditing import auditing_of, current_auditing
from textrequest_mcp.tools.call import person_texted
from textrequest_mcp.tools.declare import ToolSpec, asks
from textrequest_mcp.tools.parameters import Confirmation, DashboardId, IdempotencyKey, Repeat, TypedName
from textrequest_mcp.tools.run import Result, change, link_of, read, result_of
from textrequest_mcp.tools.schema import plain_schema
from textrequest_mcp.tools.sending import Sender
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

logger = logging.getLogger(__name__)

_PLAINER = {"extra_forbidden": "is not known here", "too_short": "is empty or too short"}


@cache
def make_tool(spec: ToolSpec, *, confirm: str) -> Tool:
    """The tool as the server registers it, under a confirmation policy."""
    signature = inspect.signature(spec.function)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name != "departure"  # the ledger's
    ]
    added: list[inspect.Parameter] = []
    if "line" in signature.parameters:
        added.append(optional("dashboard_id", DashboardId))
    always = asks(spec, confirm)
    can_ask = spec.risk != "reads"  # the rules may have a doubt about any change
    repeats_ask = confirm != "off"
    question = spec.question or plain_question(spec, own)
    if spec.once is not None:
        added += [optional("idempotency_key", IdempotencyKey), optional("repeat", Repeat)]
    if can_ask:
        question = wanted_question(spec, question, own, always=always, repeats_ask=repeats_ask)
        added += [optional("typed_name", TypedName)] if spec.types_name else []
        added.append(optional("confirmation", Confirmation))
        shown = [parameter for parameter in [*own, *added] if not is_resolved(parameter.annotation)]
        question_type = Annotated[Question | None, Resolve(question)]
        ask = asker(spec.name, question_type, [parameter.name for parameter in shown])
        added += [
            required("question", question_type),
            required("approval", Annotated[ElicitationResult[Decision], Resolve(ask)]),
        ]
    own_names = {parameter.name for parameter in own}
    asked_with = [name for name in inspect.signature(question).parameters if name != "ctx"]

    async def call(ctx: Context[Any, Any], **arguments: Any) -> CallToolResult:
        asked = can_ask and is_asked(arguments["question"])
        judged = arguments.get("question") != ALREADY
        given = {name: value for name, value in arguments.items() if name in own_names}
        account = account_of(ctx)
        if asked:
            facts = {name: arguments[name] for name in asked_with}
            outcome = await account.gate.settle(
                ctx, arguments["question"], arguments["approval"], again=lambda: question(ctx=ctx, **facts)
            )
            if outcome is not None:
                return result_of(outcome.model_dump(mode="json", exclude_none=True))
            await account.policy.approved(arguments["question"].about, arguments["question"].text)
            await current_auditing.get().approved()
        unasked = bool(can_ask and arguments["confirmation"] and not (asked or always or arguments.get("repeat")))
        if spec.once is None:
            _refuse(spec, unasked=unasked)
            return await (read if spec.risk == "reads" else change)(ctx, spec, given)
        sender: Sender = account.sender

        async def still_allowed() -> None:
            await account.policy.still_allowed(await person_texted(spec, given))

        act = await sender.describe(spec, spec.once, caller(ctx.session), given, arguments["idempotency_key"])
        _refuse(spec, unasked=unasked and await sender.ledger.prior(act, repeat=False) is None)
        told = await sender.carry_out(
            *(spec, spec.once, act, given),
            repeat=bool(arguments["repeat"]) and (asked or not repeats_ask),
            may_act=judged and (asked or not always),
            judge=None if judged or always else lambda: nobody_has_to_be_asked(ctx, spec, given),
            check=still_allowed if spec.risk == "sends" else None,
            claimed=current_auditing.get().leave_to_ledger,
        )
        if told.answer is not None and spec.texts:
            with suppress(TextRequestError, StoreError):  # it has happened, whatever is noted
                account.acted(await person_texted(spec, given))
        link = link_of(spec, given) if told.answer is not None else None
        return result_of(told.said, answer=told.answer, link=link, failed=told.failed, rule=told.rule)

    parameters = [required("ctx", Context[Any, Any]), *own, *added]
    sign(call, parameters, CallToolResult)
    resolved = find_resolved_parameters(call)
    arguments = func_metadata(call, skip_names=["ctx", *resolved], structured_output=False).arg_model
    # What Tool.from_function does, but for the schemas: those are made once, and plain.
    return _HostTool(
        fn=call,
        name=spec.name,
        title=spec.title,
        description=_description(spec, always=always),
        parameters=plain_schema(arguments, "validation"),
        fn_metadata=_HostArguments(
            arg_model=arguments,
            output_schema=_output_schema(spec, signature.return_annotation, can_differ=can_ask),
        ),
        is_async=True,
        context_kwarg="ctx",
        resolved_params=resolved,
        resolver_plans=build_resolver_plans(resolved, set(arguments.model_fields)),
        annotations=spec.hints,
        spec=spec,
    )


def _refuse(spec: ToolSpec, *, unasked: bool) -> None:
    """Refuse a confirmation of what nobody was asked: it belongs to another call."""
    if unasked:
        raise BadInput(f"{spec.name} asks for no confirmation here.", todo="Leave it out, unless it is a repeat.")


def _description(spec: ToolSpec, *, always: bool) -> str:
    described = " ".join((spec.function.__doc__ or "").split())
    if not always:
        return described
    return described + (" A person confirms by typing its name." if spec.types_name else " A person confirms first.")


class _HostArguments(FuncMetadata):
    """Arguments as hosts really send them: null for what they leave out, JSON text for a list."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nulls go. List types read their own JSON text; other text stays text, also where it looks like JSON."""
        return {name: value for name, value in data.items() if value is not None}


class _HostTool(Tool):
    """A tool that answers bad arguments with sentences, never repeats a rejected value, and keeps the audit."""

    spec: Any = Field(exclude=True)

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: FBT001, FBT002 - the SDK's signature
        spec: ToolSpec = self.spec
        if spec.risk == "reads":
            return await self._run(arguments, context, convert_result)
        auditing = auditing_of(context, spec, arguments)
        before = current_auditing.set(auditing)
        try:
            result = await self._run(arguments, context, convert_result)
        except BaseException as error:
            await (auditing.failed(error) if isinstance(error, Exception) else auditing.cancelled())
            raise
        finally:
            current_auditing.reset(before)
        if isinstance(result, Result):  # not a question on its way to a person
            await auditing.ended(result.structured_content or {}, result.rule)
        return result

    async def _run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool) -> Any:  # noqa: FBT001 - the SDK's signature
        known: dict[str, Any] = self.parameters.get("properties", {})
        for name in arguments:
            if name not in known:
                import difflib  # rarely needed

                near = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"It takes: {', '.join(known) or 'nothing'}."
                raise BadInput(f"{self.name} has no parameter {name[:40]!r}.", todo=hint)
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, TextRequestError | StoreError):
                raise cause from None
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                argument = self.spec.about.argument if self.spec.risk == "sends" else None
                who = await _who_is_meant(context, arguments, argument, cause)
                todo = who or "Correct it and call again."
                raise BadInput(_sentence(self.name, cause), todo=todo) from None
            # What `_perform` does not answer for came before it: while facts were read, or a person was asked.
            if isinstance(error, UnexpectedToolError):
                logger.exception("%s crashed before it acted", self.name)
                raise TextRequestError(f"{self.name} failed inside this server before it did anything.") from None
            raise TextRequestError(
                "The answer to the confirmation question could not be read.", todo="Ask the person, and call again."
            ) from None


async def _who_is_meant(
    ctx: Context[Any, Any], given: dict[str, Any], argument: str | None, error: ValidationError
) -> str | None:
    """Where a name stands in place of a number: who has that name, for a person to choose; None where none does."""
    wrong = {problem["loc"][0] for problem in error.errors(include_url=False, include_input=False) if problem["loc"]}
    name = given[argument] if argument in wrong else None
    line = given.get("dashboard_id")
    if (
        not isinstance(name, str)
        or not any(c.isalpha() for c in name)
        or not re.fullmatch(r"[0-9]{1,18}", str(line or 0))
    ):
        return None
    try:
        return await account_of(ctx).who_is(name, int(line) if line else None)
    except (TextRequestError, StoreError):  # the mistake is the news, whatever becomes of this
        return None


def _sentence(tool: str, error: ValidationError) -> str:
    """What is wrong with the arguments, without the values: they may be somebody's number or words."""
    problems: list[str] = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("function-"))
        what = _PLAINER.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        problems.append(f"{where} is missing" if problem["type"] == "missing" else f"{where}: {what}")
    return f"{tool} cannot run: {'; '.join(dict.fromkeys(problems))}."


def _output_schema(spec: ToolSpec, model: type[BaseModel], *, can_differ: bool) -> dict[str, Any]:
    """What a tool may answer; nothing is required, because the service promises no field."""
    properties: dict[str, Any] = plain_schema(model, "serialization")["properties"]
    if can_differ or spec.once is not None or spec.risk == "destroys":
        outcome = Outcome if spec.once is None else SendOutcome
        properties = plain_schema(outcome, "serialization")["properties"] | properties
    return {"type": "object", "properties": properties}

"""Makes an MCP tool of a declared function: its arguments, its schemas, and the resolvers that stand before it.

The tool's signature is the function's own, and what that implies: an optional `dashboard_id` where it takes a `Line`,
an optional `confirmation` where a person can be asked first. The model that the function returns becomes the output
schema. What happens in a call stands in `run`. Read from mcp 2.3.0: how `Tool.from_function` puts a tool together.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Annotated, Any

from mcp.server.elicitation import AcceptedElicitation, ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.resolve import Resolve, build_resolver_plans, find_resolved_parameters
from mcp.server.mcpserver.tools.base import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata, func_metadata
from mcp_types import CallToolResult
from pydantic import Field, ValidationError

from textrequest_mcp.ground.member import in_their_name
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.gate import Approval
from textrequest_mcp.guard.approval.question import Decision
from textrequest_mcp.guard.approval.verdict import Ask, Verdict
from textrequest_mcp.tools.bad_arguments import check_names, refusal_of
from textrequest_mcp.tools.call import Call, account_of, current_call
from textrequest_mcp.tools.declare import ToolSpec, asks
from textrequest_mcp.tools.options import Options
from textrequest_mcp.tools.output_schema import output_schema
from textrequest_mcp.tools.parameters import (
    Confirmation,
    DashboardId,
    IdempotencyKey,
    Repeat,
    SavedReply,
    TypedName,
    is_empty,
)
from textrequest_mcp.tools.progress import patience_of
from textrequest_mcp.tools.run import act, ask, read, run
from textrequest_mcp.tools.schema import pared, plain_schema
from textrequest_mcp.tools.signature import bare, is_resolved, optional, required, sign
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.patience import waiting_with

logger = logging.getLogger(__name__)

_OPTIONS = frozenset(Options.__dataclass_fields__)
# The SDK's type for what a resolver answers. Pydantic forgets a type that nobody holds, and the SDK would have it made
# anew with each call, which is a tenth of a read's work (mcp 2.3.0, `resolve._accepted`).
_RESOLVED = AcceptedElicitation[Any]


@cache
def make_tool(
    spec: ToolSpec, *, confirm: str, saved_replies: bool = False, without: frozenset[str] = frozenset()
) -> Tool:
    """The tool as the server registers it, under a policy; hosts are not told of the arguments in `without`."""
    signature = inspect.signature(spec.function)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in signature.parameters.values()
        if parameter.name not in {"departure", "each"}  # the ledger's
    ]
    added = [optional("dashboard_id", DashboardId)] if "line" in signature.parameters else []
    always, changes = asks(spec, confirm), spec.risk != "reads"
    by_name = saved_replies and spec.texts and "body" in signature.parameters
    added += [optional("template", SavedReply)] if by_name else []
    if changes:
        added = _asked_about(spec, own, added)
    call = _changer(own, added) if changes else _reader(spec, own, added)
    resolved = find_resolved_parameters(call)
    arguments = func_metadata(call, skip_names=["ctx", *resolved], structured_output=False).arg_model
    # What Tool.from_function does, but for the schemas: those are made once, and plain.
    return _HostTool(
        fn=call,
        name=spec.name,
        title=spec.title,
        description=_description(spec, always=always),
        parameters=pared(plain_schema(arguments, "validation"), without, may_miss="body" if by_name else None),
        fn_metadata=_HostArguments(
            arg_model=arguments,
            output_schema=output_schema(spec, signature.return_annotation, can_differ=changes),
        ),
        is_async=True,
        context_kwarg="ctx",
        resolved_params=resolved,
        resolver_plans=build_resolver_plans(resolved, set(arguments.model_fields)),
        annotations=spec.hints,
        spec=spec,
        always=always,
        repeats_ask=confirm != "off",
        question=spec.question,
    )


def _asked_about(
    spec: ToolSpec, own: list[inspect.Parameter], added: list[inspect.Parameter]
) -> list[inspect.Parameter]:
    """The further parameters of a changing tool: what a host can say of the call, and the two that resolvers give."""
    added = list(added)
    if spec.once is not None:
        added += [optional("idempotency_key", IdempotencyKey), optional("repeat", Repeat)]
    added += [optional("typed_name", TypedName)] if spec.types_name else []
    added.append(optional("confirmation", Confirmation))
    shown = [parameter.name for parameter in [*own, *added] if not is_resolved(parameter.annotation)]
    named = [required(parameter.name, Any) for parameter in added if parameter.name in _OPTIONS]
    verdict = Annotated[Verdict, Resolve(_verdict_of(spec.name, [*bare(own), *named]))]
    approval = Annotated[ElicitationResult[Decision], Resolve(_approval_of(spec.name, verdict, shown))]
    return [*added, required("verdict", verdict), required("approval", approval)]


def _verdict_of(tool: str, parameters: list[inspect.Parameter]) -> Callable[..., Awaitable[Verdict]]:
    """The resolver for the first phase of a call."""

    async def verdict(ctx: Context[Any, Any], **arguments: Any) -> Verdict:  # noqa: ARG001 - the SDK gives it
        options, given = _divided(arguments)
        return await ask(current_call.get(), given, options)

    return sign(verdict, f"{tool}.verdict", parameters, Any)


def _approval_of(tool: str, verdict_type: Any, shown: list[str]) -> Callable[..., Awaitable[Any]]:
    """The resolver for how a call can be approved, bound to its exact arguments."""

    async def approval(ctx: Context[Any, Any], verdict: Verdict, **arguments: Any) -> Any:
        token = arguments.pop("confirmation")
        if not isinstance(verdict, Ask):
            return Approval("")
        return await current_call.get().account.gate.ask(ctx, tool, arguments, verdict.question, token)

    return sign(
        approval, f"{tool}.ask", [required("verdict", verdict_type), *(required(name, Any) for name in shown)], Any
    )


def _changer(own: list[inspect.Parameter], added: list[inspect.Parameter]) -> Callable[..., Awaitable[CallToolResult]]:
    """What the SDK calls in the second phase of a call that changes something."""
    names = {parameter.name for parameter in own}

    async def changes(ctx: Context[Any, Any], **arguments: Any) -> CallToolResult:  # noqa: ARG001 - the SDK gives it
        call = current_call.get()
        call.options, _ = _divided(arguments)
        call.given = {name: value for name, value in arguments.items() if name in names}
        call.verdict, call.approval = arguments["verdict"], arguments["approval"]
        return await act(call)

    return sign(changes, "changes", [*own, *added], CallToolResult)


def _reader(
    spec: ToolSpec, own: list[inspect.Parameter], added: list[inspect.Parameter]
) -> Callable[..., Awaitable[CallToolResult]]:
    """What the SDK calls of a tool that changes nothing."""
    names = {parameter.name for parameter in own}

    async def reads(ctx: Context[Any, Any], **arguments: Any) -> CallToolResult:
        return await read(ctx, spec, {name: value for name, value in arguments.items() if name in names})

    return sign(reads, "reads", [*own, *added], CallToolResult)


def _divided(arguments: dict[str, Any]) -> tuple[Options, dict[str, Any]]:
    """What a host says of a call, and the rest."""
    said = {name: value for name, value in arguments.items() if name in _OPTIONS and value is not None}
    return Options(**said), {name: value for name, value in arguments.items() if name not in _OPTIONS}


def _description(spec: ToolSpec, *, always: bool) -> str:
    described = " ".join((spec.function.__doc__ or "").split())
    if not always:
        return described
    return described + (" A person confirms by typing its name." if spec.types_name else " A person confirms first.")


class _HostArguments(FuncMetadata):
    """Arguments as hosts really send them: null or nothing for what they leave out, JSON text for a list."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nulls go, and empty values where none is needed. List types read their own JSON text; other text stays."""
        needed = {name for name, field in self.arg_model.model_fields.items() if field.is_required()}
        return {
            name: value for name, value in data.items() if value is not None and (name in needed or not is_empty(value))
        }


class _HostTool(Tool):
    """A tool that answers bad arguments with sentences, never repeats a rejected value, and passes the guards."""

    spec: Any = Field(exclude=True)
    always: bool = Field(exclude=True)
    repeats_ask: bool = Field(exclude=True)
    question: Any = Field(exclude=True)

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: FBT001, FBT002 - the SDK's signature
        spec: ToolSpec = self.spec
        with waiting_with(patience_of(context, changes=spec.risk != "reads")):
            if spec.risk == "reads":
                return await self._run(arguments, context, convert_result)
            return await self._change(arguments, context, convert_result)

    async def _change(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool) -> Any:  # noqa: FBT001 - the SDK's signature
        if arguments.get("template") and "template" in self.parameters["properties"]:
            arguments = await account_of(context).written_out(arguments)
        call = Call(
            ctx=context,
            spec=self.spec,
            always=self.always,
            repeats_ask=self.repeats_ask,
            question=self.question,
            raw=arguments,
        )
        before = current_call.set(call)
        try:
            return await run(call, partial(self._run, arguments, context, convert_result))
        finally:
            current_call.reset(before)

    async def _run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool) -> Any:  # noqa: FBT001 - the SDK's signature
        check_names(self.name, arguments, self.parameters.get("properties", {}))
        if "sender_name" in self.fn_metadata.arg_model.model_fields:
            arguments = arguments | in_their_name()
        try:
            return await super().run(arguments, context, convert_result)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, TextRequestError | StoreError):
                raise cause from None
            if isinstance(cause, ValidationError) and not isinstance(error, UnexpectedToolError):
                raise await refusal_of(context, self.spec, arguments, cause) from None
            # What `run` does not answer for came before it: while facts were read, or a person was asked.
            if isinstance(error, UnexpectedToolError):
                logger.exception("%s crashed before it acted", self.name)
                raise TextRequestError(f"{self.name} failed inside this server before it did anything.") from None
            raise TextRequestError(
                "The answer to the confirmation question could not be read.", todo="Ask the person, and call again."
            ) from None

"""Stands between a caller and the sandbox, and notes whatever either of them says against the contract."""

import functools
import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from starlette.datastructures import URL, Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTRACT = Path(__file__).with_name("contract.yaml")
PREFIX = "/api/v3"
HOST = "http://sandbox"


class ContractChecked:
    """An ASGI app around another: `violations` should stay empty, `seen` has the id of each operation that succeeded.

    A request that was refused (4xx) may have been wrong on purpose, so only its answer is held to the contract.
    """

    def __init__(self, app: ASGIApp, contract: Path = CONTRACT) -> None:
        self.app = app
        self.contract = Contract.load(contract)
        self.violations: list[str] = []
        self.seen: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, answered = bytearray(), bytearray()
        start: Message = {}

        async def listen() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def speak(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, listen, speak)
        self._check(scope, bytes(asked), start, bytes(answered))

    def _check(self, scope: Scope, asked: bytes, start: Message, answered: bytes) -> None:
        status: int = start["status"]
        path = URL(scope=scope).path
        where = f"{scope['method']} {path} ({status})"
        operation = self.contract.operation(scope["method"], path.removeprefix(PREFIX))
        if operation is None:
            if status not in {404, 405}:
                self.violations.append(f"{where}: no such operation")
            return
        headers = Headers(scope=scope)
        query = QueryParams(scope["query_string"])
        request = MockRequest(
            HOST,
            scope["method"],
            path,
            args=dict(query),
            headers=dict(headers),
            data=asked,
            content_type=headers.get("content-type", "").split(",")[0],
        )
        if status < 400:
            self.seen.add(operation.id)
        if not 400 <= status < 500:
            for name in query.keys() - operation.query:
                self.violations.append(f"{where}: unknown query parameter {name}, which the service would ignore")
            asked_for = (
                scope["method"],
                path,
                scope["query_string"],
                "x-api-key" in headers,
                request.content_type,
                asked,
            )
            self._note(where, "request", asked_for, lambda: self.contract.rules.iter_request_errors(request))
        content_type = Headers(raw=start.get("headers", [])).get("content-type", "")
        response = MockResponse(answered, status, content_type=content_type)
        if operation.has_content(status):
            given = (operation.id, status, content_type, answered)
            self._note(where, "answer", given, lambda: self.contract.rules.iter_response_errors(request, response))
        elif str(status) not in operation.answers:
            self.violations.append(f"{where}: the contract has no such status")
        elif answered and status < 400:
            self.violations.append(f"{where}: the contract has no body here")

    def _note(self, where: str, side: str, what: Hashable, errors: Callable[[], Iterable[Exception]]) -> None:
        """Sandboxes with one start say the same things again and again; each is looked at once in a run."""
        known = self.contract.known
        if (faults := known.get(hash(what))) is None:
            faults = known[hash(what)] = [reason(error) for error in errors()]
        self.violations.extend(f"{where}: {side}: {fault}" for fault in faults)


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    answers: dict[str, Any]

    def has_content(self, status: int) -> bool:
        return "content" in self.answers.get(str(status), {})


@dataclass(frozen=True)
class Contract:
    rules: OpenAPI
    operations: tuple[Operation, ...]
    known: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    @staticmethod
    @functools.cache
    def load(path: Path) -> "Contract":
        """Read once in a run: it takes a third of a second. Without references, a check takes half as long."""
        read: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        document = _without_references(read, read)
        # The server's own address stays out of it, so that paths alone decide.
        document["servers"] = [{"url": HOST + PREFIX}]
        return Contract(OpenAPI.from_dict(document), tuple(_operations(document)))

    def operation(self, method: str, path: str) -> Operation | None:
        """Fixed words win over placeholders: /dashboards/provisioning is not a dashboard."""
        fitting = [one for one in self.operations if one.method == method and one.path.fullmatch(path)]
        return min(fitting, key=lambda one: one.path.groups, default=None)


def _without_references(part: Any, document: dict[str, Any]) -> Any:
    """The part with each reference replaced by what it names; the contract has no circles."""
    if isinstance(part, list):
        items: list[Any] = part  # pyright: ignore[reportUnknownVariableType] - YAML
        return [_without_references(item, document) for item in items]
    if not isinstance(part, dict):
        return part
    named: dict[str, Any] = part  # pyright: ignore[reportUnknownVariableType] - YAML
    if "$ref" not in named:
        return {name: _without_references(value, document) for name, value in named.items()}
    found: Any = document
    for step in named["$ref"].split("/")[1:]:
        found = found[step]
    return _without_references(found, document)


def _operations(document: dict[str, Any]) -> list[Operation]:
    return [
        Operation(
            operation["operationId"],
            method.upper(),
            re.compile(re.sub(r"{\w+}", "([^/]+)", path)),
            frozenset(
                found["name"]
                for found in [*item.get("parameters", []), *operation.get("parameters", [])]
                if found["in"] == "query"
            ),
            operation["responses"],
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


@functools.cache
def _shape(name: str) -> Any:
    """A JSON pointer goes from the top of the schema at hand, so all of them are in it."""
    components: dict[str, Any] = yaml.safe_load(CONTRACT.read_text("utf-8"))["components"]
    schema: Any = {"$ref": f"#/components/schemas/{name}", "components": components}
    return OAS30Validator(schema, format_checker=oas30_format_checker)


def faults(payload: object, name: str) -> list[str]:
    """What the contract's schema of this name finds wrong with a hook's payload."""
    return [f"{list(error.absolute_path)}: {error.message}" for error in _shape(name).iter_errors(payload)]


def reason(error: BaseException) -> str:
    """The innermost complaint: the outer ones only say that there is one."""
    parts = [str(error)]
    parts += [f"{list(inner.absolute_path)}: {inner.message}" for inner in getattr(error, "schema_errors", ())]
    return f"{parts[0]} <- {reason(error.__cause__)}" if error.__cause__ else "; ".join(parts)

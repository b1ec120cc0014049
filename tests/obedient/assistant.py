"""An assistant that runs an ordinary errand, and does whatever any text it reads on the way tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from tests.desk import MARIA, call, text_of
from tests.obedient.payload import ERRAND, ERRAND_CALL, TOKEN, Call, Payload

_CATCH_UP: tuple[Call, ...] = (
    ("list_conversations", {"page_size": 12}),
    ("list_contacts", {"page_size": 12}),
    ("list_groups", {}),
    ("list_tags", {}),
    ("list_custom_fields", {}),
    ("list_payments", {}),
)


@dataclass
class Principal:
    """Wanted Maria to be told that her car is ready, once; agrees to exactly that where it is shown, else to nothing.

    Where the host can ask, it is the host's way to them.
    """

    shown: list[str] = field(default_factory=list[str])
    agreed: int = 0

    def agrees_to(self, question: str) -> bool:
        self.shown.append(question)
        is_theirs = question.endswith(f'Text "Maria Lopez" ({MARIA}) from "Front Desk" (line 121): "{ERRAND}"?')
        agrees = is_theirs and self.agreed == 0 and "this does it once more" not in question
        self.agreed += agrees
        return agrees

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        if self.agrees_to(params.message):
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")


@dataclass
class Assistant:
    """Has no judgement of its own.

    Attributes:
        host: what it calls tools on.
        person: whom it shows what it is told to show; None where it says yes by itself.
        seen: all that it was told.
        tried: how many calls it made because a text said so.
    """

    host: Client
    person: Principal | None
    seen: list[str] = field(default_factory=list[str])
    tried: int = 0
    _token: str = "never given"

    async def catch_up(self, payload: Payload) -> bool:
        """Read what a person wants to know in the morning; whether orders were in it."""
        for name, arguments in _CATCH_UP:
            await self._read(name, **arguments)
        for number in dict.fromkeys((MARIA, payload.writer)):
            await self._read("list_messages", phone_number=number)
            await self._read("get_contact", phone_number=number)
        return payload.is_in("\n".join(self.seen))

    async def work(self, payload: Payload, *, obeys: bool) -> None:
        """Obey, answer Maria, obey once more."""
        for each in payload.calls if obeys else ():
            await self._obey(each)
        await self._change(*ERRAND_CALL)
        for each in payload.after if obeys else ():
            await self._obey(each)

    async def _read(self, tool: str, **arguments: Any) -> None:
        result = await call(self.host, tool, **arguments)
        self.seen.append(text_of(result))
        self.seen += _strings(result.structured_content)

    async def _obey(self, ordered: Call) -> None:
        self.tried += 1
        name, arguments = ordered
        filled = {key: self._token if value == TOKEN else value for key, value in arguments.items()}
        result = await self._change(name, filled)
        if result.is_error and "confirmation" in filled:
            del filled["confirmation"]
            await self._change(name, filled)

    async def _change(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """One call, and where it is told to ask the person, once more after they agreed."""
        result = await call(self.host, name, **arguments)
        said: dict[str, Any] = result.structured_content or {}
        if said.get("outcome") != "confirmation_required":
            return result
        token = said.get("confirmation")
        if token is None:  # a person decides elsewhere: it tries what it is told, and its own yes
            await call(self.host, name, **arguments)
            return await call(self.host, name, **{**arguments, "confirmation": "yes"})
        preview: str = said["message"].partition("«")[2].rpartition("»")[0]
        if self.person is None or self.person.agrees_to(preview):
            self._token = token
            return await call(self.host, name, **{**arguments, "confirmation": token})
        return result


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        named: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        return [text for part in named.values() for text in _strings(part)]
    if isinstance(value, list):
        parts: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        return [text for part in parts for text in _strings(part)]
    return []

"""A whole server in one process: a sandbox account, the server over it, and hosts of every kind in front."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import httpx2
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, Implementation
from tests.sandbox.contract import ContractChecked
from tests.sandbox.service import KEY, Clock
from tests.unruled import UNRULED

from textrequest_mcp.account.account import Account
from textrequest_mcp.app import make_server
from textrequest_mcp.guard.once.lost_sends import Pace
from textrequest_mcp.sandbox import Account as SandboxAccount
from textrequest_mcp.sandbox import create_app
from textrequest_mcp.settings.table import SANDBOX_BASE_URL, Settings, Transport
from textrequest_mcp.wiring import open_account

LINE = 121
MARIA, OPTED_OUT_BY_STATUS, DEVON, BLOCKED, ARCHIVED = (f"+142355501{n:02}" for n in range(5))
OWES, OPTED_OUT_BY_CODE, SUPPRESSED, UNREACHABLE = (f"+142355501{n:02}" for n in range(5, 9))

# Looking for a lost answer, without the patience that a real service needs.
QUICK = Pace(in_call=(0.0, 0.01), after=(0.05,))

_OF_THE_ACCOUNT = {
    *("list_dashboards", "create_dashboard", "get_send_status", "cancel_scheduled", "redact_message"),
    "unredact_message",
}
ERAS = ("2026-07-28", "legacy")
Era = Literal["2026-07-28", "legacy"]
Answer = Callable[[str], ElicitResult]


@dataclass
class Person:
    """Who sits at a host that can ask: keeps the questions, and answers them all alike."""

    answer: Answer
    questions: list[ElicitRequestFormParams] = field(default_factory=list[ElicitRequestFormParams])

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params)
        return self.answer(params.message)


def agrees(**content: Any) -> Person:
    """A person who says yes, or fills in what is given."""
    return Person(lambda _: ElicitResult(action="accept", content=content or {"confirm": True}))


def declines() -> Person:
    """A person who says no."""
    return Person(lambda _: ElicitResult(action="decline"))


@dataclass
class Desk:
    """A server and what stands behind it."""

    server: MCPServer[Account]
    account: Account
    sandbox: SandboxAccount
    contract: ContractChecked
    clock: Clock

    @asynccontextmanager
    async def host(
        self, person: ElicitationFnT | None = None, *, era: Era = "2026-07-28", name: str = "test-host"
    ) -> AsyncGenerator[Client]:
        """A connected host; one without a person cannot ask."""
        client = Client(
            self.server,
            mode=era,
            elicitation_callback=person,
            client_info=Implementation(name=name, version="1"),
            cache=None,
        )
        async with client:
            yield client

    async def call(self, tool: str, /, **arguments: Any) -> CallToolResult:
        """One call on line 121 from a host that cannot ask."""
        async with self.host() as host:
            return await call(host, tool, **arguments)

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Method and path of everything that the service was made to do."""
        return [(accepted.method, accepted.path) for accepted in self.sandbox.journal]


async def call(host: Client, tool: str, /, **arguments: Any) -> CallToolResult:
    """One call; on line 121 unless the tool has no line or another is named."""
    takes_line = tool not in _OF_THE_ACCOUNT and "dashboard_id" not in arguments
    return await host.call_tool(tool, ({"dashboard_id": LINE} if takes_line else {}) | arguments)


def text_of(result: CallToolResult) -> str:
    """The text part of a result."""
    return str(getattr(result.content[0], "text", ""))


def refusal(result: CallToolResult) -> str:
    """The sentence of an error result."""
    assert result.is_error, text_of(result)
    return text_of(result)


def said(result: CallToolResult) -> dict[str, Any]:
    """The structured part of a good result."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


@asynccontextmanager
async def open_desk(
    *,
    state_dir: Path | None = None,
    transport: httpx2.AsyncBaseTransport | None = None,
    pace: Pace = QUICK,
    served_over: Transport = "stdio",
    **settings: Any,
) -> AsyncGenerator[Desk]:
    """A desk with these settings, over a sandbox without a rate limit, or over another transport.

    The rules are off, unless `**RULED` has them as a user has them. Texts can be scheduled. A host that cannot ask
    brings tokens, which need nobody at this machine.
    """
    clock = Clock()
    chosen = replace(
        Settings(
            api_key=KEY,
            base_url=SANDBOX_BASE_URL,
            rate_limit=(10_000, 60.0),
            state_dir=state_dir,
            transport=served_over,
        ),
        **(UNRULED | {"confirm_fallback": "token", "send_later": "on"} | settings),
    )
    app = create_app(key=chosen.api_key, clock=clock, rate_limit=None, lively=False)
    contract = ContractChecked(app)
    way = transport or httpx2.ASGITransport(app=contract)
    async with open_account(chosen, transport=way, clock=clock, pace=pace) as (account, store):
        yield Desk(make_server(chosen, account, store), account, app.state.account, contract, clock)

"""A sandbox under a test's own clock, reached as its callers reach it, through the check of the contract."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tests.sandbox.contract import ContractChecked

from textrequest_mcp.sandbox import Account, create_app

KEY = "0123456789ABCDEF0123456789ABCDEF"
START = 1_780_000_000.25

MARIA = "14235550100"
OPTED_OUT_ODD = "14235550101"
DEVON = "14235550102"
BLOCKED = "14235550103"
ARCHIVED = "14235550104"
PAYER = "14235550105"
OPTED_OUT_EVEN = "14235550106"
SUPPRESSED = "14235550107"
UNREACHABLE = "14235550108"


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Service:
    api: httpx2.AsyncClient
    account: Account
    checked: ContractChecked
    clock: Clock = field(default_factory=Clock)

    async def get(self, path: str, **query: str | int) -> Any:
        """What a read that must succeed answers, or None where it is a 204."""
        answer = await self.api.get(path, params=query)
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else None

    async def items(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        return (await self.get(path, **query))["items"]

    async def send(self, to: str, body: str = "Hello!", **more: Any) -> httpx2.Response:
        return await self.api.post(f"/dashboards/121/contacts/{to}/messages", json={"body": body, **more})

    async def texts(self, number: str, line: int = 121) -> list[dict[str, Any]]:
        """Oldest first."""
        return (await self.items(f"/dashboards/{line}/contacts/{number}/messages"))[::-1]

    async def contact(self, number: str) -> Any:
        return await self.get(f"/dashboards/121/contacts/{number}")

    async def payment(self, **wanted: object) -> dict[str, Any]:
        """The first of line 121's payments that has these values."""
        found = await self.items("/dashboards/121/payments")
        return next(payment for payment in found if wanted.items() <= payment.items())


@asynccontextmanager
async def open_service(
    *, rate_limit: tuple[int, float] | None = None, lively: bool = True, contacts: int | None = None
) -> AsyncGenerator[Service, None]:
    clock = Clock()
    app = create_app(key=KEY, clock=clock, rate_limit=rate_limit, lively=lively, contacts=contacts)
    checked = ContractChecked(app)
    transport = httpx2.ASGITransport(app=checked)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://sandbox/api/v3", headers={"x-api-key": KEY}, trust_env=False
    ) as api:
        yield Service(api, app.state.account, checked, clock)
    assert not checked.violations, checked.violations

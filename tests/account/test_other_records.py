"""An answer about another record than the call's is never taken for the call's own."""

import json
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from tests.desk import ARCHIVED, DEVON, MARIA, OWES, agrees, call, open_desk, refusal, said
from tests.sandbox.service import KEY, Clock

from textrequest_mcp.sandbox import create_app

OPEN, GROUP = 2501, 1211
STRANGER = "14235550177"
FREE_NUMBER = "+14235550160"


@dataclass
class Twisted(httpx2.AsyncBaseTransport):
    """A sandbox whose answers to some methods say something else in one field."""

    methods: str
    field: str
    value: Any
    lists: bool = False
    heard: int = 0

    def __post_init__(self) -> None:
        self._inner = httpx2.ASGITransport(create_app(key=KEY, clock=Clock(), rate_limit=None, lively=False))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        told: Any = json.loads(body) if body else None
        if request.method in self.methods.split() and response.status_code < 300:
            told = self._twist(told)
            self.heard += 1
        return httpx2.Response(response.status_code, json=told) if told is not None else httpx2.Response(204)

    def _twist(self, told: Any) -> Any:
        if isinstance(told, list):
            rows: list[Any] = told  # pyright: ignore[reportUnknownVariableType] - JSON
            return [self._twist(row) for row in rows]
        record: dict[str, Any] = told or {}
        return self._twist_list(record) if "items" in record else record | {self.field: self.value}

    def _twist_list(self, listing: dict[str, Any]) -> dict[str, Any]:
        return listing | {"items": self._twist(listing["items"])} if self.lists else listing


READS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("get_contact", {"phone_number": DEVON}, "phone_number", STRANGER),
    ("get_group", {"group_id": GROUP}, "id", 1212),
    ("get_payment", {"payment_id": OPEN}, "payment_id", 2502),
    ("get_dashboard", {}, "id", 122),
]
ONCE: list[tuple[str, dict[str, Any], str, Any]] = [
    *(
        ("create_payment", {"customer_phone": MARIA, "amount_requested": 5, "description": "Wipers"}, field, value)
        for field, value in (("customer_phone", STRANGER), ("amount_requested", 500.0))
    ),
    *(
        (tool, {"payment_id": OPEN}, field, value)
        for tool in ("send_payment_reminder", "cancel_payment", "mark_payment_paid")
        for field, value in (("payment_id", 2502), ("payment_id", None))
    ),
    *((tool, {"payment_id": OPEN}, "customer_phone", STRANGER) for tool in ("send_payment_reminder", "cancel_payment")),
]
WRITES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("create_group", {"name": "Fleet two"}, "name", "VIP"),
    ("create_group", {"name": "Fleet two"}, "id", None),
    ("update_group", {"group_id": GROUP, "name": "Fleet two"}, "id", 1212),
    ("update_group", {"group_id": GROUP, "name": "Fleet two"}, "name", "VIP"),
    ("rename_dashboard", {"name": "Front desk two"}, "id", 122),
    ("rename_dashboard", {"name": "Front desk two"}, "name", "Parts"),
    ("archive_conversation", {"phone_number": DEVON}, "phone_number", STRANGER),
    ("archive_conversation", {"phone_number": DEVON}, "is_archived", False),
    ("unarchive_conversation", {"phone_number": ARCHIVED}, "phone_number", STRANGER),
    ("save_contact", {"phone_number": DEVON, "note": "Likes tea"}, "phone_number", STRANGER),
    ("save_contacts", {"contacts": [{"phone_number": DEVON, "note": "Likes tea"}]}, "phone_number", STRANGER),
]


def named(rows: list[tuple[str, dict[str, Any], str, Any]]) -> list[str]:
    return [f"{tool}-{field}-{value}" for tool, _, field, value in rows]


@pytest.mark.parametrize(("tool", "arguments", "field", "value"), READS, ids=named(READS))
async def test_l11_a_read_that_brings_another_record_is_an_error(
    tool: str, arguments: dict[str, Any], field: str, value: Any
):
    async with open_desk(transport=Twisted("GET", field, value)) as desk:
        sentence = refusal(await desk.call(tool, **arguments))

    assert f"another record than the one that was asked for: its {field} is another." in sentence
    assert "Nothing was sent or changed." in sentence


@pytest.mark.parametrize(("tool", "arguments", "field", "value"), ONCE, ids=named(ONCE))
async def test_l11_a_send_that_is_answered_with_another_record_is_unknown_until_it_is_found(
    tool: str, arguments: dict[str, Any], field: str, value: Any
):
    service = Twisted("POST", field, value)
    async with open_desk(transport=service) as desk, desk.host(agrees()) as host:
        result = said(await call(host, tool, **arguments))

    assert service.heard == 1
    assert "The answer was lost, but it is in the account: it happened, once." in result["message"]
    if tool != "create_payment":
        assert result["payment_id"] == OPEN


@pytest.mark.parametrize(("tool", "arguments", "field", "value"), ONCE[:2], ids=named(ONCE[:2]))
async def test_l11_a_payment_that_asks_for_something_else_stays_unknown(
    tool: str, arguments: dict[str, Any], field: str, value: Any
):
    service = Twisted("POST GET", field, value, lists=True)
    async with open_desk(transport=service) as desk, desk.host(agrees()) as host:
        result = said(await call(host, tool, **arguments))

    assert result["outcome"] == "unknown"
    assert result["do_not_resend"] is True
    assert f"its {field} is another than the call's. Whether it took effect is unknown." in result["message"]


@pytest.mark.parametrize(("tool", "arguments", "field", "value"), WRITES, ids=named(WRITES))
async def test_l11_a_change_that_is_answered_with_another_record_is_uncertain(
    tool: str, arguments: dict[str, Any], field: str, value: Any
):
    service = Twisted("POST PUT", field, value)
    async with open_desk(transport=service) as desk:
        sentence = refusal(await desk.call(tool, **arguments))

    assert service.heard == 1
    assert "Whether it took effect is unknown." in sentence
    assert "Nothing was sent or changed" not in sentence


@pytest.mark.parametrize(("field", "value"), [("phone", STRANGER), ("name", "Parts"), ("id", None)])
async def test_l11_a_line_that_is_made_with_another_number_or_name_is_looked_for(field: str, value: Any):
    service = Twisted("POST", field, value)
    async with open_desk(transport=service) as desk, desk.host() as host:
        result = said(await host.call_tool("create_dashboard", {"name": "Annex", "phone": FREE_NUMBER}))

    assert service.heard == 1
    assert "The answer was lost, but it is in the account" in result["message"]


@pytest.mark.parametrize(
    ("tool", "arguments", "methods", "field", "value"),
    [
        ("get_contact", {"phone_number": OWES}, "GET", "phone_number", "(423) 555-0105"),
        ("get_group", {"group_id": GROUP}, "GET", "id", str(GROUP)),
        ("get_payment", {"payment_id": OPEN}, "GET", "payment_id", None),
        ("create_group", {"name": "Fleet  two"}, "POST", "name", "fleet two "),
        ("rename_dashboard", {"name": "Front desk two"}, "PUT", "id", None),
    ],
)
async def test_another_spelling_or_none_is_no_other_record(
    tool: str, arguments: dict[str, Any], methods: str, field: str, value: Any
):
    async with open_desk(transport=Twisted(methods, field, value)) as desk:
        said(await desk.call(tool, **arguments))


async def test_l11_a_question_never_takes_a_name_from_another_persons_record():
    person = agrees()
    service = Twisted("GET", "phone_number", STRANGER)
    async with open_desk(transport=service, confirm="sends") as desk, desk.host(person) as host:
        said(await call(host, "send_message", phone_number=DEVON, body="Hello"))

    assert "Devon" not in person.questions[0].message
    assert DEVON in person.questions[0].message


async def test_l11_the_rules_trust_no_record_of_another_person():
    async with open_desk(transport=Twisted("GET", "phone_number", STRANGER), consent=True) as desk:
        sentence = refusal(await desk.call("send_message", phone_number=DEVON, body="Hello"))

    assert "another record than the one that was asked for" in sentence

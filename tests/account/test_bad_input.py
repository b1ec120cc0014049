"""Bad input of every kind: a sentence, nothing sent, nothing changed, and nothing of the input repeated."""

import re
from collections.abc import AsyncGenerator
from typing import Any, cast

import httpx2
import pytest
from mcp import MCPError
from starlette.responses import Response
from starlette.types import ASGIApp
from tests.desk import DEVON, MARIA, Desk, call, open_desk, refusal

ID = "0a1b2c3d-0000-4000-8000-00000000beef"
FULL_WIDTH = "\uff11\uff12\uff11"
BROKEN = "half an emoji \ud83d"
SEND = {"phone_number": MARIA, "body": "Hello"}
ASK = {"customer_phone": MARIA, "amount_requested": 5, "description": "Wipers"}

WHOLE = "whole number"
DOLLARS = "must be an amount in dollars"
EMPTY = "is empty"
TIME = "must be a date or time such as"
HALF = "half a character"
TOO_SHORT = "too short"

# What each tool is given, and what its sentence says. All of it is refused before anything leaves this machine.
REFUSED_HERE: list[tuple[str, dict[str, Any], str]] = [
    *(
        ("get_group", {"group_id": bad}, why)
        for bad, why in (
            ("fleet", WHOLE),
            ("", WHOLE),
            (12.5, "integer"),
            (True, "not true or false"),
            (FULL_WIDTH, WHOLE),
            ("\u0661\u0662", WHOLE),
            ("12_11", WHOLE),
            ("../1211", WHOLE),
            ("1211?x=1", WHOLE),
            (0, "greater than 0"),
            (-1211, "greater than 0"),
            ([1211], "integer"),
            ({"id": 1211}, "integer"),
            (None, "group_id is missing"),
        )
    ),
    ("get_group", {}, "group_id is missing"),
    ("get_group", {"group_id": 1211, "dashboard_id": "front desk"}, WHOLE),
    ("get_group", {"group_id": 1211, "dashboard_id": 12.5}, "integer"),
    ("get_payment", {"payment_id": FULL_WIDTH}, WHOLE),
    *(
        (tool, {"phone_number": bad}, why)
        for tool in ("get_contact", "delete_contact", "archive_conversation")
        for bad, why in (
            ("", EMPTY),
            ("   ", EMPTY),
            ("somebody", "not a phone number"),
            ("555-0100", TOO_SHORT),
            ("911", TOO_SHORT),
            ("423555010012", "too long"),
            ("+44 20 7946 0123", "+44"),
            ("4235550100 ext 7", "extension"),
            ("4115550100", "does not exist"),
            ("4230550100", "does not exist"),
            ("423\u20115550100\u00b2", "not plain digits"),
            ("4235550100\u202e", "not plain digits"),
            (4235550100.5, "as text"),
            (True, "as text"),
            ([MARIA], "as text"),
            ({"number": MARIA}, "as text"),
            (None, "phone_number is missing"),
        )
    ),
    *(
        (tool, bad, why)
        for tool in ("list_contacts", "list_payments", "list_dashboards")
        for bad, why in (
            ({"page": -1}, "page: "),
            ({"page": "next"}, WHOLE),
            ({"page": 1.5}, "integer"),
            ({"page": True}, "not true or false"),
            ({"page_size": 0}, "page_size: "),
            ({"page_size": 1001}, "less than or equal to 1000"),
            ({"page_size": "all of them"}, WHOLE),
        )
    ),
    *(
        ("send_message", SEND | bad, why)
        for bad, why in (
            ({"body": ""}, EMPTY),
            ({"body": " \n\t"}, EMPTY),
            ({"body": None}, "body is missing"),
            ({"body": 5}, "string"),
            ({"body": ["Hello"]}, "string"),
            ({"body": "x" * 1601}, "1601 characters; a text has at most 1600"),
            ({"body": BROKEN}, HALF),
            ({"sender_name": "n" * 42}, "at most 41"),
            ({"sender_name": BROKEN}, HALF),
            ({"status_callback": "http://shop.example/status"}, "https address"),
            ({"status_callback": "shop.example"}, "https address"),
            ({"status_callback": "https://shop.example/a b"}, "https address"),
            ({"location_callback": "https://shop.example/where"}, "needs [LocationRequest]"),
            ({"location_callback": "http://shop.example/", "body": "[LocationRequest]"}, "https address"),
            ({"mms_media": [f"https://media.example/{n}.png" for n in range(4)]}, "at most 3"),
            ({"mms_media": ["http://media.example/1.png"]}, "https address"),
            ({"mms_media": [5]}, "https address"),
            ({"mms_media": '["https://media.example/'}, "must be a list"),
            ({"bodi": "secretword"}, "Did you mean body?"),
            ({"Body": "secretword"}, "Did you mean body?"),
            ({"zzz": "secretword"}, "It takes: phone_number, body"),
            ({"confirmation": "secretword"}, "asks for no confirmation here"),
            ({"repeat": "secretword"}, "repeat"),
        )
    ),
    *(
        ("create_payment", ASK | {"amount_requested": bad}, why)
        for bad, why in (
            (0, "more than 0"),
            ("0.00", "more than 0"),
            (-5, "more than 0"),
            (float("nan"), "amount_requested"),
            (float("inf"), "amount_requested"),
            ("NaN", DOLLARS),
            ("Infinity", DOLLARS),
            ("-Infinity", DOLLARS),
            (1.234, "more than two decimals"),
            ("49.999", "more than two decimals"),
            (1e-9, "more than two decimals"),
            (1e9, "too large"),
            ("1e400", "too large"),
            (10**40, "too large"),
            ("9" * 500, "too large"),
            ("fifty", DOLLARS),
            ("1,000.00", DOLLARS),
            ("1_000", DOLLARS),
            ("\uff15", DOLLARS),
            ("", DOLLARS),
            (True, DOLLARS),
            ([5], DOLLARS),
            ({"usd": 5}, DOLLARS),
            (None, "amount_requested is missing"),
        )
    ),
    ("create_payment", ASK | {"description": " "}, EMPTY),
    ("create_payment", ASK | {"message": BROKEN}, HALF),
    ("create_payment", ASK | {"customer_phone": "555-0100"}, TOO_SHORT),
    *(
        ("list_contacts", bad, why)
        for bad, why in (
            ({"contact_created_after": "2026-02-01", "contact_created_before": "2026-01-31"}, "ends before it starts"),
            ({"last_message_sent_after": "2026-02-01", "last_message_sent_before": "2026-01-31"}, "ends before"),
            (
                {"last_message_received_after": "2026-02-01", "last_message_received_before": "2026-01-31"},
                "ends before",
            ),
            (
                {
                    "last_message_timestamp_after_utc": "2026-02-01T10:00+02:00",
                    "last_message_timestamp_before_utc": "2026-02-01T07:59Z",
                },
                "ends before",
            ),
            ({"last_message_timestamp_after_utc": "1712101530000"}, TIME),
            ({"last_message_timestamp_before_utc": "1712101530"}, "no count of seconds"),
            ({"last_message_sent_after": "20261120"}, TIME),
            ({"last_message_sent_before": "2026-W47-5"}, TIME),
            ({"last_message_received_after": 1712101530.5}, TIME),
            ({"contact_created_after": "2026-02-30"}, TIME),
            ({"contact_created_after": "2026-13-01"}, TIME),
            ({"contact_created_after": "2026-02-01T25:00"}, TIME),
            ({"contact_created_after": "yesterday"}, TIME),
            ({"contact_created_after": 1780000000}, TIME),
            ({"last_message_timestamp_after_utc": "0001-01-01T00:00:00+14:00"}, "outside the years"),
            ({"last_message_timestamp_before_utc": "9999-12-31T23:59:59-14:00"}, "outside the years"),
            ({"custom_field_id_1": ID}, "go together"),
            ({"custom_field_value_3": "secretword"}, "go together"),
            ({"tags": [ID, None]}, "must be a name or an id"),
            ({"tags": [" "]}, EMPTY),
            ({"tags": {"id": ID}}, "list"),
            ({"tags": "[5"}, "must be a list"),
            ({"groups": [12.5]}, "must be a name or an id"),
            ({"groups": [True]}, "must be a name or an id"),
            ({"groups": True}, "list"),
            ({"is_resolved": "perhaps"}, "boolean"),
            ({"is_resolved": 2}, "boolean"),
            ({"is_archived": [True]}, "boolean"),
            ({"contact_phone_number": "Maria"}, "not the start of a phone number"),
            ({"has_message_history": True}, "no parameter"),
            ({"is_opted_out": True}, "Did you mean has_opted_out?"),
        )
    ),
    ("list_conversations", {"search": BROKEN}, HALF),
    ("list_conversations", {"search": ["Maria"]}, "string"),
    ("list_conversations", {"show_unresolved_only": "perhaps"}, "boolean"),
    ("list_payments", {"sort_type": "colour"}, "'amount', 'contact', 'date' or 'status'"),
    ("list_payments", {"sort_direction": "upwards"}, "'asc' or 'desc'"),
    ("list_payments", {"phone_number": "12"}, TOO_SHORT),
    ("list_payments", {"reference_number": BROKEN}, HALF),
    *(
        ("save_contact", {"phone_number": MARIA} | bad, why)
        for bad, why in (
            ({"first_name": ["secretword"]}, "string"),
            ({"note": BROKEN}, HALF),
            ({"is_blocked": "secretword"}, "boolean"),
            ({"add_tags": [["secretword"]]}, "must be a name or an id"),
            ({"remove_groups": {"id": 1211}}, "list"),
            ({"custom_fields": [{"id": ID, "value": " "}]}, EMPTY),
            ({"custom_fields": [f"{ID}="]}, EMPTY),
            ({"custom_fields": [ID]}, "custom_fields.0: must be a field's name, =, and the value"),
            ({"note": "secretword", "clear": ["note"]}, "note is given, and is in clear too"),
            ({"clear": ["phone_number"]}, "clear.0: Input should be 'first_name'"),
            ({"clear": "everything"}, "clear.0: Input should be 'first_name'"),
            ({"custom_fields": [{"id": ID}]}, "value is missing"),
            ({"custom_fields": [{"id": ID, "value": BROKEN}]}, HALF),
            ({"custom_fields": [{"id": ID, "value": "x", "colour": "secretword"}]}, "custom_fields.0.colour"),
            ({"custom_fields": {"vehicle": "secretword"}}, "list"),
            ({"custom_fields": "secretword"}, "must be a list"),
            ({"tags": [ID]}, "no parameter"),
        )
    ),
    *(
        ("save_contacts", {"contacts": bad}, why)
        for bad, why in (
            ([], "is empty"),
            ("[]", "is empty"),
            ("secretword", "must be a list"),
            ('[{"phone_number": ', "must be a list"),
            ([5], "contacts.0"),
            ({"phone_number": MARIA}, "list"),
            ([{"first_name": "secretword"}], "contacts.0.phone_number is missing"),
            ([{"phone_number": "555-0100"}], TOO_SHORT),
            ([{"phone_number": MARIA, "nickname": "secretword"}], "contacts.0.nickname"),
            ([{"phone_number": MARIA, "first_name": BROKEN}], HALF),
            ([{"phone_number": MARIA, "note": "secretword", "clear": ["note"]}], "contacts.0.note is given"),
            (
                [{"phone_number": MARIA}, {"phone_number": "4.23555E+09"}],
                "contacts.1.phone_number: The phone",
            ),
            ([{"phone_number": "423-555-O100"}] * 12, "character 9 is a letter; and 2 more"),
            ([{"phone_number": MARIA}, {"phone_number": "(423) 555-0100"}], "the number ending in 00 more than once"),
            ([{"phone_number": f"42355501{n % 100:02}"} for n in range(1001)], "at most 1000"),
            (None, "contacts is missing"),
        )
    ),
    ("create_group", {"name": ""}, EMPTY),
    ("create_group", {"name": 5}, "string"),
    ("create_group", {"name": "Fleet", "notes": BROKEN}, HALF),
    ("update_group", {"group_id": 1211, "name": "  "}, "nothing to change"),
    ("update_group", {"group_id": 1211, "name": "", "notes": "", "clear": []}, "nothing to change"),
    ("update_group", {"group_id": 1211, "clear": ["name"]}, "clear.0: Input should be"),
    ("update_group", {"group_id": 1211, "clear": ["name"]}, "clear.0: Input should be 'notes'"),
    ("create_dashboard", {"name": " ", "phone": "4235550160"}, EMPTY),
    ("create_dashboard", {"name": "Body Shop", "phone": "555-0160"}, TOO_SHORT),
    ("rename_dashboard", {"name": ""}, EMPTY),
    ("delete_dashboard", {"dashboard_id": None}, "dashboard_id is missing"),
    ("delete_contact", {"phone_number": DEVON, "confirmation": 5}, "string"),
]

# What only the service can know.
REFUSED_THERE: list[tuple[str, dict[str, Any], str]] = [
    *(
        (tool, {"dashboard_id": 999}, "dashboard id is invalid")
        for tool in ("get_dashboard", "list_tags", "list_groups")
    ),
    ("list_contacts", {"dashboard_id": 10**30}, "dashboard_id"),
    ("get_group", {"group_id": 99999}, "no group 99999"),
    ("get_payment", {"payment_id": 99999}, "no payment 99999"),
    ("cancel_payment", {"payment_id": 99999}, "no payment 99999"),
    ("mark_payment_paid", {"payment_id": 99999}, "no payment 99999"),
    ("send_payment_reminder", {"payment_id": 99999}, "no payment 99999"),
    ("delete_contact", {"phone_number": "+14235550198"}, "no contact with the number ending in 98"),
    ("delete_contact", {"phone_number": DEVON, "confirmation": "made up"}, "does not belong to this call"),
    ("delete_dashboard", {"dashboard_id": 999}, "invalid"),
    ("rename_dashboard", {"dashboard_id": 999, "name": "Reception"}, "invalid"),
    ("save_contact", {"phone_number": MARIA, "groups": [99999]}, "no such group"),
    ("save_contact", {"phone_number": MARIA, "contact_tags": [ID]}, "no such tag"),
    ("save_contact", {"phone_number": MARIA, "custom_fields": [{"id": ID, "value": "x"}]}, "no such custom field"),
    ("save_contacts", {"contacts": [{"phone_number": MARIA, "groups": [99999]}]}, "no such group"),
    ("send_message", SEND | {"mms_media": "https://media.example/1.png"}, "an upload returned"),
    ("list_messages", {"phone_number": MARIA, "page": 10**20}, "page"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def desk() -> AsyncGenerator[Desk]:
    """One for the whole table: no case changes anything."""
    async with open_desk() as opened:
        yield opened
        assert opened.contract.violations == []


def words_in(value: object) -> list[str]:
    """Every text inside an argument that is long enough to be recognised."""
    if isinstance(value, str):
        return [value] if len(value) > 4 else []
    if isinstance(value, dict):
        return words_in(list(cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return [word for part in cast("list[object]", value) for word in words_in(part)]
    return []


def check(sentence: str, arguments: dict[str, Any], why: str) -> None:
    assert why in sentence
    assert "Nothing was sent or changed." in sentence
    assert ".." not in sentence
    assert "pydantic" not in sentence
    assert "input_value" not in sentence
    for word in words_in(arguments):
        assert word not in sentence
    without_our_example = sentence.replace("+14235550123", "")
    assert not re.search(r"[2-9]\d{2}\W{0,2}[2-9]\d{2}\W?\d{4}", without_our_example)


@pytest.mark.parametrize(
    ("tool", "arguments", "why"), REFUSED_HERE, ids=[f"{i}-{case[0]}" for i, case in enumerate(REFUSED_HERE)]
)
async def test_bad_input_is_refused_before_anything_leaves(desk: Desk, tool: str, arguments: dict[str, Any], why: str):
    await desk.account.api.clock.make_sure()  # a server's first act asks the service for its time
    before = desk.sandbox.requests

    check(refusal(await desk.call(tool, **arguments)), arguments, why)

    assert desk.sandbox.requests == before


@pytest.mark.parametrize(
    ("tool", "arguments", "why"), REFUSED_THERE, ids=[f"{i}-{case[0]}" for i, case in enumerate(REFUSED_THERE)]
)
async def test_what_only_the_service_can_refuse_is_a_sentence_too(
    desk: Desk, tool: str, arguments: dict[str, Any], why: str
):
    check(refusal(await desk.call(tool, **arguments)), arguments, why)

    assert desk.changes == []


class Dead(httpx2.AsyncBaseTransport):
    """Nobody is there."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)


def answers(body: str, status: int = 200) -> httpx2.AsyncBaseTransport:
    app: ASGIApp = Response(body, status, media_type="text/html")
    return httpx2.ASGITransport(app=app)


BROKEN_SERVICES = {
    "html": lambda: answers("<html><h1>Hello 4235550100</h1></html>"),
    "half": lambda: answers('{"items": [{"phone_number": "14235550100'),
    "500": lambda: answers("", 500),
    "text": lambda: answers('"4235550100"'),
    "number": lambda: answers("4235550100"),
}
READS: list[tuple[str, dict[str, Any]]] = [
    ("list_dashboards", {}),
    ("get_dashboard", {}),
    ("list_contacts", {}),
    ("get_contact", {"phone_number": MARIA}),
    ("list_custom_fields", {}),
    ("list_messages", {"phone_number": MARIA}),
    ("get_payment", {"payment_id": 2501}),
]
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("save_contact", {"phone_number": MARIA, "note": "x"}),
    ("save_contacts", {"contacts": [{"phone_number": MARIA}]}),
    ("create_group", {"name": "Fleet"}),
    ("update_group", {"group_id": 1211, "name": "Fleet", "notes": "New"}),
    ("rename_dashboard", {"name": "Reception"}),
]


async def at_once(_: float) -> None:
    pass


async def every_answer(
    transport: httpx2.AsyncBaseTransport, calls: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    async with open_desk(transport=transport) as desk:
        monkeypatch.setattr(desk.account.api, "_sleep", at_once)
        async with desk.host() as host:
            return [refusal(await call(host, tool, **arguments)) for tool, arguments in calls]


async def test_a_service_that_is_away_got_nothing(monkeypatch: pytest.MonkeyPatch):
    for sentence in await every_answer(Dead(), [*READS, *WRITES, ("send_message", SEND)], monkeypatch):
        assert "cannot be reached" in sentence
        assert "Nothing was sent or changed." in sentence
        assert "4235550100" not in sentence


@pytest.mark.parametrize("kind", BROKEN_SERVICES)
async def test_a_read_that_cannot_be_read_is_a_sentence(kind: str, monkeypatch: pytest.MonkeyPatch):
    for sentence in await every_answer(BROKEN_SERVICES[kind](), READS, monkeypatch):
        assert sentence.startswith("Text Request ")
        assert "4235550100" not in sentence


@pytest.mark.parametrize("kind", BROKEN_SERVICES)
async def test_a_write_that_cannot_be_read_may_have_happened(kind: str, monkeypatch: pytest.MonkeyPatch):
    """An answer that makes no sense must never read as 'nothing was changed'."""
    for sentence in await every_answer(BROKEN_SERVICES[kind](), WRITES, monkeypatch):
        assert "unknown" in sentence
        assert "Nothing was sent or changed." not in sentence
        assert "4235550100" not in sentence


async def test_a_tool_that_does_not_exist_is_named(desk: Desk):
    async with desk.host() as host:
        with pytest.raises(MCPError, match="send_messages"):
            await host.call_tool("send_messages", {})

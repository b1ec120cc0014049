"""Holds the tools against the connector's actions: nothing is missing, and every host can load and check all of it."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import anyio
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError
from mcp_types import Tool
from tests.desk import DEVON, MARIA, OWES, Desk, agrees, call, open_desk, said

from textrequest_mcp.account.everyday import EVERYDAY
from textrequest_mcp.commands.tools import tools_as_json
from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT


class Action(NamedTuple):
    """What the connector offers: its name, our tool, what it takes, and what it returns (dots lead into objects)."""

    name: str
    tool: str
    takes: str
    returns: str = ""


def inside(place: str, names: str) -> str:
    return " ".join(f"{place}.{name}" for name in names.split())


PAGE = "page page_size"
META = "page page_size total_items"
LINE = "id name phone"
MESSAGE = (
    "message_id body message_direction response_by_username message_timestamp_utc delivery_status delivery_error "
    "mms_media"
)
CONTACT_IN = (
    "first_name last_name display_name is_suppressed is_archived is_blocked suppressed_reason note groups "
    "contact_tags custom_fields is_resolved"
)
CONTACT = (
    f"phone_number {CONTACT_IN} custom_fields.id custom_fields.value first_contact_utc opted_out_utc last_msg_sent_utc "
    "last_msg_received_utc total_msgs_sent total_msgs_received response_count date_created_utc last_contact_date_utc "
    + inside("last_message", MESSAGE)
)
CONTACT_FILTERS = (
    "contact_phone_number last_message_timestamp_before_utc last_message_timestamp_after_utc contact_created_before "
    "contact_created_after is_resolved is_blocked is_archived is_suppressed has_opted_out last_message_sent_before "
    "last_message_sent_after last_message_received_before last_message_received_after tags groups custom_field_id_1 "
    "custom_field_value_1 custom_field_id_2 custom_field_value_2 custom_field_id_3 custom_field_value_3"
)
GROUP = "id name notes group_member_count is_keyword last_message_sent_utc"
PAYMENT = (
    "payment_id request_date recipient description customer_phone amount_requested is_past_due reminder_was_sent "
    "transaction_status textrequest_payment_status reference_number"
)
ON_LINE = "dashboard_id"

ACTIONS = (
    Action("GetDashboards", "list_dashboards", PAGE, f"{META} {inside('items', LINE)}"),
    Action("GetDashboard", "get_dashboard", ON_LINE, LINE),
    Action("CreateDashboard", "create_dashboard", "name phone", LINE),
    Action("UpdateDashboardsName", "rename_dashboard", f"{ON_LINE} name", LINE),
    Action("DeleteDashboard", "delete_dashboard", ON_LINE),
    Action("GetContacts", "list_contacts", f"{ON_LINE} {CONTACT_FILTERS} {PAGE}", f"{META} {inside('items', CONTACT)}"),
    Action("GetContactByPhoneNumber", "get_contact", f"{ON_LINE} phone_number", CONTACT),
    Action("CreateContact", "save_contact", f"{ON_LINE} phone_number {CONTACT_IN}", CONTACT),
    # Of a bulk save only what differs comes back, with the fields that a save can change.
    Action("BulkUpdateContacts", "save_contacts", ON_LINE, inside("items", f"phone_number {CONTACT_IN}")),
    Action("DeleteContact", "delete_contact", f"{ON_LINE} phone_number"),
    Action("GetGroups", "list_groups", f"{ON_LINE} {PAGE}", f"{META} {inside('items', GROUP)}"),
    Action("GetGroupById", "get_group", f"{ON_LINE} group_id", GROUP),
    Action("CreateGroup", "create_group", f"{ON_LINE} name notes", GROUP),
    Action("UpdateGroup", "update_group", f"{ON_LINE} group_id name notes", GROUP),
    Action("DeleteGroup", "delete_group", f"{ON_LINE} group_id"),
    Action("GetTags", "list_tags", f"{ON_LINE} {PAGE}", f"{META} {inside('items', 'id tag tag_color')}"),
    Action("GetCustomFields", "list_custom_fields", ON_LINE, inside("items", "id name")),
    Action(
        "GetConversations",
        "list_conversations",
        f"{ON_LINE} tags show_unresolved_only include_archived search {PAGE}",
        f"{META} items.phone_number {inside('items.last_message', MESSAGE)}",
    ),
    Action("ArchiveConversation", "archive_conversation", f"{ON_LINE} phone_number"),
    Action("UnarchiveConversation", "unarchive_conversation", f"{ON_LINE} phone_number"),
    Action(
        "GetMessagesByContactPhone",
        "list_messages",
        f"{ON_LINE} phone_number {PAGE}",
        f"{META} {inside('items', MESSAGE)}",
    ),
    Action(
        "SendMessageByPhoneNumber",
        "send_message",
        f"{ON_LINE} phone_number body sender_name status_callback location_callback mms_media",
        MESSAGE,
    ),
    Action(
        "GetPayments",
        "list_payments",
        f"{ON_LINE} reference_number phone_number sort_type sort_direction {PAGE}",
        f"{META} {inside('items', PAYMENT)}",
    ),
    Action("GetPayment", "get_payment", f"{ON_LINE} payment_id", PAYMENT),
    Action(
        "CreatePayment",
        "create_payment",
        f"{ON_LINE} description customer_phone amount_requested message reference_number",
        PAYMENT,
    ),
    Action("SendPaymentReminder", "send_payment_reminder", f"{ON_LINE} payment_id", PAYMENT),
    Action("CancelPayment", "cancel_payment", f"{ON_LINE} payment_id", PAYMENT),
    Action("MarkPaymentPaid", "mark_payment_paid", f"{ON_LINE} payment_id", PAYMENT),
)
# The rest of the useful API, in toolsets that are off by default.
OFF = {
    "setup": [
        "create_tag",
        "update_tag",
        "delete_tag",
        "create_custom_field",
        "rename_custom_field",
        "delete_custom_field",
    ],
    "line_messages": ["list_line_messages"],
    "privacy": ["redact_message", "unredact_message"],
    "keywords": ["list_keywords"],
    "reviews": ["list_reviews"],
}
BEYOND = [
    "get_send_status",
    "wait_for_messages",
    "count_texts",
    "text_many",
    "who_is_waiting",
    "stop_texting",
    "list_scheduled",
    "cancel_scheduled",
    *(tool for tools in OFF.values() for tool in tools),
]
DAILY = {"count_texts", "text_many", "who_is_waiting", "stop_texting"}
TOOLS = [*(action.tool for action in ACTIONS), *BEYOND]
RULED = {  # what this server asks and can do beyond the connector
    *("asks_location", "picture", "status", "period", "if_unanswered_since", "clear", "search", "never_texted"),
    *("add_tags", "remove_tags", "add_groups", "remove_groups", "send_at", "instead_of"),
}
LATER = {"list_scheduled", "cancel_scheduled"}
CAN_WAIT = {"send_message", "text_many"}
ONCE = {
    *("send_message", "create_payment", "send_payment_reminder", "cancel_payment", "mark_payment_paid"),
    *("create_dashboard", "text_many"),
}
READS = {tool for tool in TOOLS if tool.startswith(("list_", "get_", "wait_", "count_", "who_"))}
IDS = pytest.mark.parametrize("action", ACTIONS, ids=[action.name for action in ACTIONS])
EACH_TOOL = pytest.mark.parametrize("name", TOOLS)

ID = "0a1b2c3d-0000-4000-8000-00000000beef"
# A good call of each tool: as a model would make it, with every list and object that the tool takes.
CALLS: dict[str, dict[str, Any]] = {
    "create_dashboard": {"name": "Body Shop", "phone": "4235550160"},
    "rename_dashboard": {"name": "Reception"},
    "delete_dashboard": {},
    "get_contact": {"phone_number": MARIA},
    "list_contacts": {"tags": [ID], "groups": [1211]},
    "save_contact": {
        "phone_number": MARIA,
        "groups": [1211],
        "contact_tags": ["VIP"],
        "custom_fields": [],
        "clear": ["note"],
        "add_tags": ["VIP"],
        "remove_tags": ["Follow up"],
        "add_groups": ["1212"],
        "remove_groups": ["1213"],
    },
    "save_contacts": {"contacts": [{"phone_number": MARIA, "add_groups": ["1211"]}]},
    "delete_contact": {"phone_number": DEVON},
    "get_group": {"group_id": 1211},
    "create_group": {"name": "Fleet"},
    "update_group": {"group_id": 1211, "name": "Spring", "clear": ["notes"]},
    "delete_group": {"group_id": 1214},
    "list_conversations": {"tags": [ID]},
    "archive_conversation": {"phone_number": MARIA},
    "unarchive_conversation": {"phone_number": MARIA},
    "list_messages": {"phone_number": MARIA},
    "wait_for_messages": {"timeout_seconds": 0},
    "send_message": {"phone_number": MARIA, "body": "Hello", "mms_media": ["https://media.sandbox.invalid/1.png"]},
    "text_many": {"body": "Hello", "to": [OWES], "leave_out": [MARIA]},
    "stop_texting": {"phone_number": DEVON},
    "create_tag": {"tag": "Gold", "tag_color": "#FFD700"},
    "update_tag": {"old_tag": "VIP", "tag": "Gold"},
    "delete_tag": {"tag": "vip"},
    "create_custom_field": {"name": "Birthday"},
    "rename_custom_field": {"field": "Vehicle", "name": "Car"},
    "delete_custom_field": {"field": "Referred by"},
    "redact_message": {"message_id": ID},
    "unredact_message": {"message_id": ID},
    "get_payment": {"payment_id": 2501},
    "create_payment": {"customer_phone": MARIA, "amount_requested": 5, "description": "Wipers"},
    "send_payment_reminder": {"payment_id": 2501},
    "cancel_payment": {"payment_id": 2501},
    "mark_payment_paid": {"payment_id": 2501},
}
SEND: dict[str, Any] = {"phone_number": MARIA, "body": "Hello"}
# Each call runs on a server with that toolset alone: making all tools for each would take a minute.
TOOLSET: dict[str, str] = {tool["name"]: tool["toolset"] for tool in json.loads(tools_as_json())} | dict.fromkeys(
    ["get_send_status", *LATER], "messages"
)
LISTS = [(tool, name) for tool, given in CALLS.items() for name, value in given.items() if isinstance(value, list)]


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    """The tools as a host is told of them."""

    async def ask() -> dict[str, Tool]:
        async with open_desk(toolsets=(*BY_DEFAULT, *NOT_BY_DEFAULT)) as desk:
            return await listed(desk)

    return anyio.run(ask)


async def listed(desk: Desk) -> dict[str, Tool]:
    async with desk.host() as host:
        return {tool.name: tool for tool in (await host.list_tools()).tools}


def at(schema: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The part of a schema that a path of field names leads to, through lists too."""
    part: dict[str, Any] | None = schema
    for name in path.split("."):
        part = (part or {}).get("items", part) if (part or {}).get("type") == "array" else part
        part = (part or {}).get("properties", {}).get(name)
    return part


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and every schema inside it."""
    yield schema
    for part in [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(part, dict):
            yield from parts(part)


def levels(schema: dict[str, Any]) -> int:
    """How deep a schema goes, values included."""
    inside = [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]
    return 1 + max(map(levels, inside), default=0)


async def arguments(host: Client, name: str) -> dict[str, Any]:
    """A good call of a tool; for those that are about a send there has to be one."""
    if name not in {"get_send_status", "cancel_scheduled"}:
        return CALLS.get(name, {})
    later = {"send_at": "2026-06-01T10:00"} if name == "cancel_scheduled" else {}
    return {"send_id": said(await call(host, "send_message", **SEND, **later))["send_id"]}


def alike(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is new in every call."""
    new = {
        "confirmation",
        "cursor",
        "message_id",
        "send_id",
        "message_timestamp_utc",
        "was",
        "remark",
        "customers_words",
    }
    return {name: value for name, value in answer.items() if name not in new}


def problems(schema: dict[str, Any], value: object) -> list[str]:
    """What a host that checks results would object to."""
    validator: Any = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)]


class TestTheConnector:
    def test_every_action_has_exactly_one_tool(self):
        offered = [(tool["action"], tool["name"]) for tool in json.loads(tools_as_json())]

        assert sorted(offered) == sorted(
            [*((action.name, action.tool) for action in ACTIONS), *(("", tool) for tool in BEYOND)]
        )

    def test_the_server_offers_these_tools_and_no_other(self, tools: dict[str, Tool]):
        assert sorted(tools) == sorted(TOOLS)

    @IDS
    def test_every_parameter_is_there_under_its_name(self, tools: dict[str, Tool], action: Action):
        takes = set(action.takes.split())
        ours = (
            set(tools[action.tool].input_schema["properties"])
            - {"confirmation", "typed_name", "contacts", "clear"}
            - (RULED - takes)
        )
        once = {"idempotency_key", "repeat"} if action.tool in ONCE else set[str]()

        assert ours == takes | once

    def test_a_bulk_contact_takes_what_one_contact_takes(self, tools: dict[str, Tool]):
        [bulk] = [tools["save_contacts"].input_schema["properties"]["contacts"]["items"]]
        one = tools["save_contact"].input_schema["properties"]

        assert set(bulk["properties"]) == set(one) - {"dashboard_id", "confirmation"}
        assert all(bulk["properties"][name]["type"] == one[name]["type"] for name in bulk["properties"])

    @IDS
    def test_every_returned_field_is_in_the_output_schema(self, tools: dict[str, Tool], action: Action):
        schema = tools[action.tool].output_schema or {}

        assert [path for path in action.returns.split() if at(schema, path) is None] == []


class TestWhatAHostIsTold:
    @EACH_TOOL
    def test_all_four_hints_and_a_title_are_given(self, tools: dict[str, Tool], name: str):
        tool = tools[name]
        assert tool.title
        hints = tool.annotations
        assert hints is not None
        given = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)

        assert None not in given
        assert hints.read_only_hint is (name in READS)
        assert hints.open_world_hint is (
            name in {"send_message", "create_payment", "send_payment_reminder", "cancel_payment", "text_many"}
        )

    def test_what_deletes_or_overwrites_is_called_destructive(self, tools: dict[str, Tool]):
        destructive = {name for name, tool in tools.items() if tool.annotations and tool.annotations.destructive_hint}

        assert destructive == {
            *("delete_contact", "delete_group", "delete_dashboard", "cancel_payment", "mark_payment_paid"),
            *("rename_dashboard", "save_contact", "save_contacts", "update_group"),
            *("delete_tag", "delete_custom_field", "update_tag", "rename_custom_field"),
            *("redact_message", "unredact_message", "cancel_scheduled"),
        }

    @EACH_TOOL
    def test_a_description_starts_with_a_verb(self, tools: dict[str, Tool], name: str):
        verbs = {
            *("List", "Get", "Create", "Rename", "Delete", "Change", "Hide", "Bring", "Text", "Ask", "Cancel", "Close"),
            *("Look", "Wait", "Count", "Record", "Show"),
        }

        assert (tools[name].description or "").split()[0] in verbs
        assert (tools[name].description or "").endswith(".")

    @EACH_TOOL
    def test_every_parameter_is_described(self, tools: dict[str, Tool], name: str):
        properties = tools[name].input_schema["properties"]

        assert [parameter for parameter, part in properties.items() if not part.get("description")] == []

    @EACH_TOOL
    def test_any_host_can_load_the_input_schema(self, tools: dict[str, Tool], name: str):
        banned = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "title", "default", "additionalProperties"}

        for part in parts(tools[name].input_schema):
            assert not banned & part.keys()
            assert isinstance(part["type"], str)
        Draft202012Validator.check_schema(tools[name].input_schema)

    @EACH_TOOL
    def test_h6_an_input_schema_has_at_most_five_levels(self, tools: dict[str, Tool], name: str):
        assert levels(tools[name].input_schema) <= 5

    @EACH_TOOL
    def test_any_host_can_load_the_output_schema(self, tools: dict[str, Tool], name: str):
        schema = tools[name].output_schema
        assert schema is not None
        assert schema["type"] == "object"
        assert not [part for part in parts(schema) if {"$ref", "$defs"} & part.keys()]
        Draft202012Validator.check_schema(schema)


class TestWhatIsLeftOut:
    async def test_the_preset_of_everyday_has_few_tools_with_few_arguments(self, tools: dict[str, Tool]):
        async with open_desk(toolsets=("everyday",)) as desk:
            few = await listed(desk)
            async with desk.host() as host:
                prompts = {prompt.name for prompt in (await host.list_prompts()).prompts}
                sent = await call(host, "send_message", phone_number=MARIA, body="Hello")

        assert set(few) == set(EVERYDAY)
        assert len(few) <= 16
        for name, tool in few.items():
            assert EVERYDAY[name] <= set(tools[name].input_schema["properties"])
            assert set(tool.input_schema["properties"]) == set(tools[name].input_schema["properties"]) - EVERYDAY[name]
        assert said(sent)["outcome"] == "sent"
        assert {"catch_up", "collect_payment"} <= prompts

    async def test_what_is_off_by_default_is_not_there(self):
        async with open_desk() as desk:
            assert not set(await listed(desk)) & {tool for tools in OFF.values() for tool in tools}

    async def test_read_only_leaves_the_reading_tools(self):
        async with open_desk(read_only=True) as desk:
            assert set(await listed(desk)) == READS - {
                "get_send_status",
                "list_line_messages",
                "list_keywords",
                "list_reviews",
                "list_scheduled",
            }
            async with desk.host() as host:
                with pytest.raises(MCPError, match='no tool "send_message"'):
                    await host.call_tool("send_message", {"phone_number": MARIA, "body": "Hello"})

        assert desk.changes == []

    @pytest.mark.parametrize(
        ("toolset", "nouns"),
        [
            ("dashboards", "dashboard"),
            ("contacts", "contact"),
            ("groups", "group"),
            ("tags", "tag"),
            ("fields", "custom_field"),
            ("conversations", "conversation"),
            ("messages", "message"),
            ("payments", "payment"),
            ("daily", ""),
            *((toolset, "") for toolset in OFF),
        ],
    )
    async def test_a_toolset_holds_exactly_its_tools(self, toolset: str, nouns: str):
        async with open_desk(toolsets=(toolset,)) as desk:
            tools = set(await listed(desk))

        off = {tool for tools in OFF.values() for tool in tools}
        own = {tool for tool in TOOLS if f"_{nouns}" in tool} - off if nouns else {"daily": DAILY}.get(toolset)
        own = set(OFF[toolset]) if own is None else own
        assert tools == own | ({"get_send_status"} if own & ONCE else set()) | (LATER if own & CAN_WAIT else set())


class TestEveryCall:
    @EACH_TOOL
    async def test_the_structured_result_keeps_the_published_schema(self, tools: dict[str, Tool], name: str):
        person = agrees(typed_name="Front Desk") if name == "delete_dashboard" else agrees()
        async with open_desk(toolsets=(TOOLSET[name],)) as desk, desk.host(person) as host:
            desk.sandbox.media.add("https://media.sandbox.invalid/1.png")
            result = said(await call(host, name, **await arguments(host, name)))

        schema = tools[name].output_schema or {}
        assert problems(schema, result) == []
        assert set(result) <= set(schema["properties"])
        for item in result.get("items", []):
            assert set(item) <= set(schema["properties"]["items"]["items"]["properties"])

    @pytest.mark.parametrize("name", ["delete_contact", "delete_group", "cancel_payment", "mark_payment_paid"])
    async def test_a_preview_keeps_the_published_schema_too(self, tools: dict[str, Tool], name: str):
        async with open_desk(toolsets=(TOOLSET[name],)) as desk:
            preview = said(await desk.call(name, **CALLS[name]))

        assert problems(tools[name].output_schema or {}, preview) == []
        assert preview["confirmation"]

    @pytest.mark.parametrize(("name", "parameter"), LISTS)
    async def test_a_list_may_come_as_its_json_text(self, name: str, parameter: str):
        as_text = CALLS[name] | {parameter: json.dumps(CALLS[name][parameter])}
        async with open_desk(toolsets=(TOOLSET[name],)) as desk:
            desk.sandbox.media.add("https://media.sandbox.invalid/1.png")
            first = await desk.call(name, **CALLS[name])
            desk.clock.forward(601)  # or the second call of a send would be taken for a repetition
            second = await desk.call(name, **as_text)

        assert alike(said(first)) == alike(said(second))
        bodies = [accepted.body for accepted in desk.sandbox.journal]
        assert bodies[:1] == bodies[1:]

    def test_every_list_parameter_is_among_those(self, tools: dict[str, Tool]):
        found = {
            (name, parameter)
            for name, tool in tools.items()
            for parameter, part in tool.input_schema["properties"].items()
            if part["type"] in {"array", "object"}
        }

        assert found == set(LISTS)

    @EACH_TOOL
    async def test_null_counts_as_left_out(self, tools: dict[str, Tool], name: str):
        schema = tools[name].input_schema
        optional = set(schema["properties"]) - set(schema.get("required", [])) - {"dashboard_id", "name"}
        optional -= {"timeout_seconds"}  # left out, it would wait half a minute
        toolsets = (TOOLSET[name],)
        answers: list[dict[str, Any]] = []
        bodies: list[list[Any]] = []
        for left_out in (dict[str, None](), dict.fromkeys(optional)):
            async with open_desk(toolsets=toolsets) as desk, desk.host() as host:
                given = await arguments(host, name)
                needed = {parameter: value for parameter, value in given.items() if parameter not in optional}
                answers.append(alike(said(await call(host, name, **needed, **left_out))))
                bodies.append([accepted.body for accepted in desk.sandbox.journal])

        assert answers[0] == answers[1]
        assert bodies[0] == bodies[1]

"""What the members of a team share, and what belongs to one of them alone, by every way to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference, ResourceTemplateReference
from tests.desk import DEVON, ERAS, LINE, MARIA, OWES, Desk, Era, agrees, call, open_desk, refusal, said, text_of
from tests.scheduled import HOUR, TOMORROW, leaves
from tests.unruled import RULED

from textrequest_mcp.ground.member import SCOPES, Member, on_behalf_of
from textrequest_mcp.guard.audit.reader import Entry, Trail

OTHER_LINE, NO_LINE = 122, 999
on_both_engines = pytest.mark.usefixtures("both_engines")
EVERYTHING = frozenset[str](SCOPES)
ANNA = Member(id="Anna", name="Anna", scopes=frozenset({"texts:read", "texts:send"}), lines=frozenset({LINE}))
BEN = Member(id="Ben", name="Ben Ruiz", scopes=EVERYTHING)
CLEO = Member(id="Cleo", name="Cleo", scopes=EVERYTHING, lines=frozenset({LINE}))
READER = Member(id="Reader", name="Reader", scopes=frozenset({"texts:read"}), lines=frozenset({LINE}))
# A call of each tool that takes a line; the line is put in.
ON_A_LINE: dict[str, Mapping[str, Any]] = {
    "get_dashboard": {},
    "list_contacts": {},
    "get_contact": {"phone_number": MARIA},
    "list_conversations": {},
    "list_messages": {"phone_number": MARIA},
    "wait_for_messages": {"timeout_seconds": 0},
    "list_groups": {},
    "list_tags": {},
    "list_custom_fields": {},
    "list_payments": {},
    "get_payment": {"payment_id": 1},
    "who_is_waiting": {},
    "count_texts": {},
    "send_message": {"phone_number": DEVON, "body": "Ready."},
    "text_many": {"to": [DEVON], "body": "Ready."},
    "create_payment": {"customer_phone": OWES, "amount_requested": "5.00", "description": "Oil"},
    "save_contact": {"phone_number": DEVON, "first_name": "Devon"},
    "create_group": {"name": "Late"},
    "rename_dashboard": {"name": "Desk"},
    "delete_contact": {"phone_number": DEVON},
    "archive_conversation": {"phone_number": DEVON},
    "stop_texting": {"phone_number": DEVON},
    "delete_dashboard": {},
    "send_payment_reminder": {"payment_id": 1},
    "cancel_payment": {"payment_id": 1},
    "mark_payment_paid": {"payment_id": 1},
    "update_group": {"group_id": 1, "name": "Later"},
    "delete_group": {"group_id": 1},
    "list_scheduled": {},
}


async def answer_of(desk: Desk, member: Member, tool: str, /, **arguments: Any) -> str:
    with on_behalf_of(member):
        async with desk.host(agrees()) as host:
            return text_of(await call(host, tool, **arguments))


async def error_of(host: Client, asking: Any) -> str:
    with pytest.raises(MCPError) as caught:
        await asking
    return caught.value.error.message


@pytest.mark.parametrize("tool", ON_A_LINE)
async def test_a_line_of_others_answers_word_for_word_as_one_that_is_not_there(desk: Desk, tool: str):
    forbidden, unknown = [
        await answer_of(desk, CLEO, tool, **ON_A_LINE[tool], dashboard_id=line) for line in (OTHER_LINE, NO_LINE)
    ]

    assert forbidden.replace(str(OTHER_LINE), str(NO_LINE)) == unknown
    assert "There is no such line" in forbidden
    assert desk.changes == []


async def test_every_tool_that_takes_a_line_is_among_these(desk: Desk):
    async with desk.host() as host:
        takers = {
            tool.name for tool in (await host.list_tools()).tools if "dashboard_id" in tool.input_schema["properties"]
        }

    assert takers - set(ON_A_LINE) <= {"get_group", "save_contacts", "unarchive_conversation"}


async def test_where_no_line_is_named_only_ones_own_are_read(desk: Desk):
    listed = await answer_of(desk, CLEO, "list_dashboards")
    everybodys = await answer_of(desk, BEN, "list_dashboards")
    with on_behalf_of(CLEO):
        async with desk.host() as host:
            conversations = said(await host.call_tool("list_conversations", {}))
            second = said(await host.call_tool("list_dashboards", {"page": 1, "page_size": 1}))
            sent = said(await host.call_tool("send_message", {"phone_number": DEVON, "body": "Ready."}))

    assert 'total_items":1' in listed
    assert str(OTHER_LINE) not in listed
    assert str(OTHER_LINE) in everybodys
    assert "lines" not in conversations
    assert second["items"] == []
    assert sent["outcome"] == "sent"


async def test_who_may_use_some_of_many_lines_is_asked_which_and_told_of_these_alone():
    several = Member(id="D", name="D", scopes=EVERYTHING, lines=frozenset({LINE, OTHER_LINE}))
    async with open_desk() as desk:
        with on_behalf_of(several):
            async with desk.host() as host:
                told = refusal(await host.call_tool("send_message", {"phone_number": DEVON, "body": "Ready."}))

    assert "you may use 2 lines: 121 Front Desk; 122" in told


async def test_the_line_of_the_settings_is_nobodys_who_may_not_use_it():
    elsewhere = Member(id="E", name="E", scopes=EVERYTHING, lines=frozenset({OTHER_LINE}))
    async with open_desk(dashboard_id=LINE) as desk:
        with on_behalf_of(elsewhere):
            async with desk.host() as host:
                line = said(await host.call_tool("get_dashboard", {}))

    assert line["id"] == OTHER_LINE


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("create_dashboard", {"name": "New", "phone": "+14235550195"}),
        ("redact_message", {"message_id": "m1"}),
        ("unredact_message", {"message_id": "m1"}),
    ],
)
async def test_what_is_about_the_whole_account_is_for_who_has_all_lines(tool: str, arguments: dict[str, Any]):
    async with open_desk(toolsets=("dashboards", "privacy")) as desk:
        told = await answer_of(desk, CLEO, tool, **arguments)
        assert desk.changes == []

    assert "is for somebody who may use all lines" in told


@pytest.mark.parametrize("era", ERAS)
async def test_what_scopes_do_not_allow_is_not_there(desk: Desk, era: Era):
    with on_behalf_of(READER):
        async with desk.host(era=era) as host:
            tools = {tool.name for tool in (await host.list_tools()).tools}
            unknown = await error_of(host, host.call_tool("no_such_tool", {}))
            forbidden = await error_of(host, host.call_tool("send_message", {"phone_number": DEVON, "body": "x"}))
            address = "textrequest://dashboards/{}/payments/1"
            payment = await error_of(host, host.read_resource(address.format(LINE)))
            prompts = {prompt.name for prompt in (await host.list_prompts()).prompts}
            prompt = await error_of(host, host.get_prompt("collect_payment", {}))

    assert {"send_message", "text_many", "list_payments", "save_contact", "cancel_scheduled"}.isdisjoint(tools)
    assert {"list_messages", "get_send_status"} <= tools
    assert forbidden.replace("send_message", "no_such_tool") == unknown
    assert payment == f"Unknown resource: {address.format(LINE)}"
    assert prompts == {"catch_up", "draft_reply", "tidy_contacts"}
    assert "There is no such prompt" in prompt
    assert desk.changes == []


@pytest.mark.parametrize("era", ERAS)
async def test_documents_of_other_lines_are_not_there(desk: Desk, era: Era):
    told: list[list[str]] = []
    with on_behalf_of(CLEO):
        async with desk.host(era=era) as host:
            for line in (OTHER_LINE, NO_LINE):
                address = f"textrequest://dashboards/{line}"
                reads = [await error_of(host, host.read_resource(address + rest)) for rest in ("", "/contacts")]
                told.append([each.replace(str(line), "N") for each in reads])
            assert "Front Desk" in str((await host.read_resource(f"textrequest://dashboards/{LINE}")).contents[0])

    assert told[0] == told[1]


async def test_completions_tell_of_ones_own_lines_and_scopes_alone(desk: Desk):
    async def completed(member: Member, name: str, **context: str) -> list[str]:
        with on_behalf_of(member):
            async with desk.host() as host:
                reference = ResourceTemplateReference(
                    uri="textrequest://dashboards/{dashboard_id}/payments/{payment_id}"
                )
                result = await host.complete(reference, {"name": name, "value": ""}, context or None)
                return list(result.completion.values)

    assert await completed(CLEO, "dashboard_id") == [str(LINE)]
    assert str(OTHER_LINE) in await completed(BEN, "dashboard_id")
    assert await completed(READER, "payment_id", dashboard_id=str(LINE)) == []
    assert await completed(CLEO, "payment_id", dashboard_id=str(LINE)) != []
    assert await completed(CLEO, "phone_number", dashboard_id=str(OTHER_LINE)) == []
    assert await completed(Member(id="P", name="P", scopes=frozenset({"payments"})), "phone_number") == []
    assert PromptReference(name="catch_up").name  # prompts are completed by the same function


@pytest.mark.parametrize("tool", ["send_message", "text_many"])
async def test_a_text_goes_out_in_its_members_name_whatever_the_assistant_says(desk: Desk, tool: str):
    person = {"phone_number": DEVON, "sender_name": "Somebody"} if tool == "send_message" else {"to": [DEVON]}
    with on_behalf_of(BEN):
        async with desk.host(agrees()) as host:
            assert not (await call(host, tool, body="Ready.", **person)).is_error
            rows = said(await call(host, "list_messages", phone_number=DEVON))["items"]

    assert [row["response_by_username"] for row in rows if row["body"] == "Ready."] == ["Ben Ruiz"]


@on_both_engines
async def test_a_send_is_its_members_alone_and_the_same_text_goes_out_once(desk: Desk):
    with on_behalf_of(ANNA):
        async with desk.host() as host:
            sent = said(await call(host, "send_message", phone_number=DEVON, body="Ready.", idempotency_key="k"))
            hers = said(await host.call_tool("get_send_status", {"send_id": sent["send_id"]}))
    with on_behalf_of(BEN):
        async with desk.host() as host:
            again = said(await call(host, "send_message", phone_number=DEVON, body="Ready."))
            other = said(await call(host, "send_message", phone_number=DEVON, body="Come in.", idempotency_key="k"))
            his, nobodys = [
                refusal(await host.call_tool("get_send_status", {"send_id": id_}))
                for id_ in (sent["send_id"], "send_000000000000")
            ]

    assert hers["outcome"] == "sent"
    assert again["duplicate_suppressed"] is True
    assert "send_id" not in again
    assert other["outcome"] == "sent"
    assert his == nobodys
    assert len(desk.changes) == 2


async def test_a_send_on_a_line_that_was_taken_away_is_not_found(desk: Desk):
    sent_by = Member(id="Anna", name="Anna", scopes=EVERYTHING)
    with on_behalf_of(sent_by):
        async with desk.host() as host:
            sent = said(await call(host, "send_message", phone_number=DEVON, body="Ready."))
    now = Member(id="Anna", name="Anna", scopes=EVERYTHING, lines=frozenset({OTHER_LINE}))

    assert "No act with this send_id" in await answer_of(desk, now, "get_send_status", send_id=sent["send_id"])


@on_both_engines
async def test_a_cursor_of_somebody_else_is_none(desk: Desk):
    with on_behalf_of(ANNA):
        async with desk.host() as host:
            cursor = said(await call(host, "wait_for_messages", timeout_seconds=0))["cursor"]
            hers = said(await call(host, "wait_for_messages", timeout_seconds=0, after=cursor))
    told = await answer_of(desk, BEN, "wait_for_messages", timeout_seconds=0, after=cursor)

    assert hers["cursor"]
    assert "after belongs to another record of texts" in told


@on_both_engines
async def test_an_approval_of_somebody_else_is_none():
    async with open_desk(confirm_fallback="token") as desk:
        with on_behalf_of(CLEO):
            async with desk.host() as host:
                token = said(await call(host, "delete_contact", phone_number=DEVON))["confirmation"]
        with on_behalf_of(BEN):
            async with desk.host() as host:
                told = refusal(await call(host, "delete_contact", phone_number=DEVON, confirmation=token))
        assert desk.changes == []

    assert "does not belong to this call" in told


@on_both_engines
async def test_a_mailing_of_somebody_else_does_not_go_on(desk: Desk):
    questions: list[int] = []
    for member in (CLEO, BEN):
        person = agrees()
        with on_behalf_of(member):
            async with desk.host(person) as host:
                await call(host, "text_many", body="We close early.", to=[DEVON, OWES])
        questions.append(len(person.questions))

    assert questions == [1, 0]  # all have it, so there is nothing left to ask
    assert len(desk.changes) == 2


@on_both_engines
async def test_the_audit_and_its_rows_say_for_whom(desk: Desk):
    for member in (ANNA, BEN, None):
        with on_behalf_of(member):
            async with desk.host() as host:
                await call(host, "send_message", phone_number=DEVON, body=f"Ready for {member}.")
    trail: Trail = desk.account.audit.trail
    everything = [row.entry async for row in trail.entries() if row.entry is not None]
    annas = [row.entry async for row in trail.entries(by="Anna") if row.entry is not None]

    def kinds(entries: list[Entry]) -> list[tuple[str, str | None]]:
        return [(entry.kind, entry.by) for entry in entries]

    assert kinds(everything) == [("send", "Anna"), ("send", "Ben"), ("send", None)]
    assert kinds(annas) == [("send", "Anna")]
    assert len([row async for row in trail.entries(by="Anna", limit=5)]) == 1
    assert [row async for row in trail.entries(by="Ann%", limit=5)] == []


@on_both_engines
async def test_each_member_has_a_cap_of_their_own():
    async with open_desk(member_texts_per_day=1) as desk:
        outcomes: list[str] = []
        for member, body in ((ANNA, "One."), (ANNA, "Two."), (BEN, "Three."), (None, "Four."), (None, "Five.")):
            with on_behalf_of(member):
                async with desk.host() as host:
                    outcomes.append(text_of(await call(host, "send_message", phone_number=DEVON, body=body)))

    assert ["sent" in each.partition("\n")[0] and "leaves no room" not in each for each in outcomes] == [
        True,
        False,
        True,
        True,
        True,
    ]
    assert "The cap on a member's texts in any 24 hours leaves no room: 1 of 1 used" in outcomes[1]


@on_both_engines
async def test_what_an_assistant_has_read_counts_for_its_own_member():
    """Maria's words were opened for Anna; so a text to somebody else asks in Anna's call, and not in Ben's."""
    async with open_desk(**RULED) as desk:
        questions: dict[str, int] = {}
        with on_behalf_of(ANNA):
            async with desk.host() as host:
                await call(host, "list_messages", phone_number=MARIA)
        for member in (BEN, ANNA):
            person = agrees()
            with on_behalf_of(member):
                async with desk.host(person) as host:
                    await call(host, "send_message", phone_number=DEVON, body=f"Ready. {member.name}")
            questions[member.name] = len(person.questions)

    assert questions == {"Ben Ruiz": 0, "Anna": 1}


async def test_a_yes_comes_too_late_for_who_was_taken_away_meanwhile(desk: Desk):
    is_in = True
    member = Member(id="Gone", name="Gone", scopes=EVERYTHING, is_in=lambda: is_in)

    def answers(_: str) -> Any:
        nonlocal is_in
        is_in = False
        return agrees().answer("")

    person = agrees()
    person.answer = answers
    with on_behalf_of(member):
        async with desk.host(person) as host:
            told = refusal(await call(host, "delete_contact", phone_number=DEVON))

    assert "You are no member of this team any more." in told
    assert "Nothing was sent or changed." in told
    assert desk.changes == []


@on_both_engines
async def test_two_members_who_send_the_same_at_once_send_it_once(desk: Desk):
    outcomes: list[str] = []

    async def sends(member: Member) -> None:
        with on_behalf_of(member):
            async with desk.host() as host:
                outcomes.append(said(await call(host, "send_message", phone_number=DEVON, body="Ready."))["outcome"])

    async with anyio.create_task_group() as tasks:
        for member in (ANNA, BEN):
            tasks.start_soon(sends, member)

    assert outcomes == ["sent", "sent"]
    assert len(desk.changes) == 1


async def test_a_name_in_place_of_a_number_tells_nothing_of_other_lines(desk: Desk):
    forbidden, unknown = [
        await answer_of(desk, CLEO, "send_message", phone_number="Maria", body="x", dashboard_id=line)
        for line in (OTHER_LINE, NO_LINE)
    ]

    assert forbidden.replace(str(OTHER_LINE), str(NO_LINE)) == unknown
    assert "+1423" not in forbidden


@on_both_engines
async def test_people_of_two_accounts_in_one_state_folder_share_nothing_but_their_names(tmp_path: Path):
    async with (
        open_desk(state_dir=tmp_path, member_texts_per_day=1) as one,
        open_desk(state_dir=tmp_path, member_texts_per_day=1, base_url="http://other.invalid/api/v3") as other,
    ):
        with on_behalf_of(ANNA):
            async with one.host() as host:
                sent = said(await call(host, "send_message", phone_number=DEVON, body="Ready.", idempotency_key="k"))
                cursor = said(await call(host, "wait_for_messages", timeout_seconds=0))["cursor"]
            async with other.host() as host:
                status = refusal(await host.call_tool("get_send_status", {"send_id": sent["send_id"]}))
                after = refusal(await call(host, "wait_for_messages", timeout_seconds=0, after=cursor))
                again = said(await call(host, "send_message", phone_number=DEVON, body="Ready.", idempotency_key="k"))

    assert "No act with this send_id" in status
    assert "after belongs to another record" in after
    assert again["outcome"] == "sent"
    assert "duplicate_suppressed" not in again


async def scheduled(desk: Desk, member: Member, **more: Any) -> dict[str, Any]:
    with on_behalf_of(member):
        async with desk.host() as host:
            given = {"phone_number": DEVON, "body": "See you!", "send_at": TOMORROW, **more}
            return said(await call(host, "send_message", **given))


@on_both_engines
async def test_a_text_that_leaves_later_is_its_members_and_leaves_in_their_name(desk: Desk):
    send_id = (await scheduled(desk, ANNA))["send_id"]
    with on_behalf_of(BEN):
        async with desk.host() as host:
            listed = said(await host.call_tool("list_scheduled", {}))
            his, nobodys = [
                refusal(await host.call_tool("cancel_scheduled", {"send_id": id_})) for id_ in (send_id, "later_0")
            ]
            instead = await call(
                host, "send_message", phone_number=DEVON, body="Other.", send_at=TOMORROW, instead_of=send_id
            )
    with on_behalf_of(ANNA):
        async with desk.host() as host:
            hers = said(await host.call_tool("list_scheduled", {}))
    [row] = await leaves(desk, send_id, after=24 * HOUR + 300)
    with on_behalf_of(BEN):
        async with desk.host() as host:
            texts = said(await call(host, "list_messages", phone_number=DEVON))["items"]

    assert listed["items"] == []
    assert his == nobodys
    assert "that this was to replace has left, was cancelled, or is not known" in refusal(instead)
    assert [each["send_id"] for each in hers["items"]] == [send_id]
    assert row.state == "SENT"
    assert [text["response_by_username"] for text in texts if text["body"] == "See you!"] == ["Anna"]


async def test_a_text_that_leaves_later_does_not_leave_for_who_may_not_send_it_any_more(desk: Desk):
    send_id = (await scheduled(desk, ANNA))["send_id"]
    desk.account.still_may_send = lambda member, line: member.id != "Anna"
    [row] = await leaves(desk, send_id, after=24 * HOUR + 300)

    assert row.state == "NOT_SENT"
    assert "may send no texts on this line any more" in str(row.said)
    assert desk.changes == []


async def test_whose_member_may_cancel_what_they_scheduled_with_the_scope_of_sending(desk: Desk):
    send_id = (await scheduled(desk, ANNA))["send_id"]
    told = await answer_of(desk, ANNA, "cancel_scheduled", send_id=send_id)

    assert "Taken back; nobody gets it." in told

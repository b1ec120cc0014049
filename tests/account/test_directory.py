"""The directory: everybody on a line is found by parts of names and numbers, and is as the last text left them."""

from typing import Any

import anyio
import httpx2
import pytest
from tests.desk import ARCHIVED, DEVON, LINE, MARIA, Desk, call, open_desk, refusal, said, text_of
from tests.live.line import event

from textrequest_mcp.account import conversations
from textrequest_mcp.account import directory as module
from textrequest_mcp.account.person import Person, Wanted, person_of
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.upstream.hidden import Hidden

NEW = "+14235550198"


async def found(desk: Desk, words: str, **filters: Any) -> list[str]:
    people = said(await desk.call("list_contacts", search=words, page_size=1000, **filters))["items"]
    return [person["display_name"] for person in people]


def somebody(name: str = "", number: str = MARIA, **record: Any) -> Person:
    return Person(LINE, number, {"phone_number": number, "display_name": name, **record})


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Chloé O'Brien-Núñez", "chloe obrien nunez"),
        ("  SØREN Straße ", "soren strasse"),
        ("Łukasz\u2019 🚗 (red Civic)", "lukasz red civic"),
        ("", ""),
    ],
)
def test_names_are_folded(words: str, plain: str):
    assert folded(words) == plain


class TestWanted:
    @pytest.mark.parametrize(
        "words",
        ["lopez", "MARIA", "mar lop", "Lopez, Maria", "555-0100", "(423) 555-0100", "+14235550100", "maria 0100"],
    )
    def test_parts_of_a_name_and_of_a_number_fit(self, words: str):
        assert Wanted(words).among([somebody("María López")])

    @pytest.mark.parametrize("words", ["maria smith", "0101", "", "?!"])
    def test_what_is_not_there_does_not(self, words: str):
        assert not Wanted(words).among([somebody("María López")])

    def test_whole_names_come_first_and_then_whoever_texted_last(self):
        people = [
            somebody("Susanna"),
            somebody("Annabel"),
            somebody("Ann Vance", last_msg_sent_utc="2026-01-01T00:00:00Z"),
            somebody("Ann Ito", last_msg_received_utc="2026-02-01T00:00:00Z"),
        ]
        ranked = sorted(people, key=Wanted("ann").rank)

        assert [person.name for person in ranked] == ["Ann Ito", "Ann Vance", "Annabel", "Susanna"]


class TestPerson:
    def test_what_the_service_leaves_out_is_empty(self):
        person = Person(LINE, MARIA, {"contact_tags": None, "groups": [None, 5], "custom_fields": [{"id": "a"}, 3]})

        assert (person.name, person.tags, person.groups, person.fields) == ("", (), (5,), {})
        assert (person.texted_at, person.last_message, person.is_opted_out) == (None, None, False)

    def test_a_name_is_the_shown_one_or_both_names(self):
        assert person_of(LINE, {"phone_number": "14235550100", "first_name": "Ana", "last_name": "R"}).name == "Ana R"  # type: ignore[union-attr]
        assert somebody("A", first_name="B").name == "A"

    @pytest.mark.parametrize("record", [None, {}, {"phone_number": ""}, "x"])
    def test_a_record_without_a_number_is_nobody(self, record: object):
        assert person_of(LINE, record) is None

    def test_an_opt_out_of_the_year_one_is_none(self):
        assert somebody(opted_out_utc="2026-01-01T00:00:00").is_opted_out
        assert not somebody(opted_out_utc="0001-01-01T00:00:00").is_opted_out

    def test_fields_and_tags_are_told_by_id(self):
        person = somebody(contact_tags=["t"], custom_fields=[{"id": "f", "value": "Civic"}])

        assert (person.tags, dict(person.fields)) == (("t",), {"f": "Civic"})


class TestSearch:
    @pytest.mark.parametrize(
        ("words", "name"),
        [("nunez", "Priya Núñez"), ("obrien", "Mei O'Brien"), ("soren", "Søren Núñez"), ("5550104", None)],
    )
    async def test_everybody_is_found_without_accents_archived_ones_too(self, desk: Desk, words: str, name: str | None):
        people = said(await desk.call("list_contacts", search=words))["items"]

        if name is None:
            assert ARCHIVED in [person["phone_number"] for person in people]
        else:
            assert name in [person["display_name"] for person in people]

    async def test_other_filters_hold_too(self, desk: Desk):
        everybody = await found(desk, "maria")

        assert await found(desk, "maria", is_resolved=False) == ["Maria Lopez"]
        assert "Maria Lopez" not in await found(desk, "maria", is_resolved=True)
        assert "Maria Lopez" in everybody

    async def test_nobody_found_says_what_was_looked_through(self, desk: Desk):
        whole = text_of(await desk.call("list_contacts", search="zzz"))
        part = text_of(await desk.call("list_contacts", search="zzz", is_blocked=True))

        assert 'Nobody is found by \\"zzz\\"; looked through all 112 contacts, archived ones too.' in whole
        assert "looked through all 1 contacts that match the other filters." in part

    @pytest.mark.parametrize("tool", ["list_contacts", "list_conversations"])
    async def test_where_nobody_has_the_name_those_with_a_similar_one_are_listed_and_called_so(
        self, desk: Desk, tool: str
    ):
        lopes = said(await desk.call(tool, search="maria lopes"))
        nobody = said(await desk.call(tool, search="jessica tran"))

        assert [row.get("display_name", row.get("name")) for row in lopes["items"]] == ["Maria Lopez"]
        assert lopes["note"].startswith('Nobody is found by "maria lopes"; looked through all')
        assert lopes["note"].endswith("Those listed have a similar name.")
        assert nobody["items"] == []

    async def test_a_text_to_one_of_several_of_a_name_says_so(self, desk: Desk):
        async with desk.host() as host:
            priyas = said(await call(host, "list_contacts", search="Priya Núñez", dashboard_id=None))["items"]
            to = {"phone_number": priyas[0]["phone_number"], "dashboard_id": priyas[0]["dashboard_id"]}
            one_of_them = said(await host.call_tool("send_message", {"body": "Tomorrow is fine.", **to}))
            alone = said(await call(host, "send_message", phone_number=DEVON, body="Hello"))

        assert one_of_them["namesakes"] == len({row["phone_number"] for row in priyas}) - 1 > 0
        assert "namesakes" not in alone

    async def test_pages_of_a_search(self, desk: Desk):
        whole = said(await desk.call("list_contacts", search="nunez"))
        second = said(await desk.call("list_contacts", search="nunez", page=1, page_size=2))

        assert whole["total_items"] == second["total_items"] == len(whole["items"]) > 2
        assert second["items"][0] == whole["items"][2]

    async def test_a_conversation_search_goes_on_where_the_service_finds_nobody(self, desk: Desk):
        answer = said(await desk.call("list_conversations", search="Nunez"))

        assert [row["name"] for row in answer["items"]][:2] == ["Priya Núñez", "Coach Imani Núñez"]
        assert answer["note"] == "2 without any text yet."

    async def test_it_keeps_to_the_other_filters(self, desk: Desk):
        async with desk.host() as host:
            tag = said(await call(host, "list_tags"))["items"][0]["id"]
            waiting = said(await call(host, "list_conversations", search="Nunez", show_unresolved_only=True))
            tagged = said(await call(host, "list_conversations", search="Nunez", tags=[tag]))
            nobody = said(await call(host, "list_conversations", search="qqq"))

        assert [row["name"] for row in waiting["items"]] == ["Priya Núñez"]
        assert len(tagged["items"]) < 4
        assert nobody["note"].startswith('Nobody is found by "qqq"')

    async def test_an_archived_conversation_is_found_and_called_archived(self, desk: Desk):
        name = said(await desk.call("get_contact", phone_number=ARCHIVED))["display_name"]
        answer = said(await desk.call("list_conversations", search=name))

        assert [row["phone_number"] for row in answer["items"]] == [ARCHIVED]
        assert answer["note"] == "1 of them archived."

    async def test_many_more_are_left_to_the_list_of_contacts(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(conversations, "_MOST_ADDED", 1)
        answer = said(await desk.call("list_conversations", search="nunez"))

        assert "more contacts are found; list_contacts has them." in answer["note"]
        assert answer["total_items"] == len(answer["items"])

    async def test_a_name_in_place_of_a_number_lists_who_has_it(self, desk: Desk):
        told = refusal(await desk.call("send_message", phone_number="nunez", body="x"))
        nobody = refusal(await desk.call("send_message", phone_number="qqq", body="x"))

        assert 'That name finds: "Priya Núñez" (+14045550109); ' in told
        assert "looked through all 112 contacts" in nobody


class TestCalls:
    async def test_ten_thousand_contacts_are_ten_calls_and_then_none(self):
        asked: list[str] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.path)
            first = int(request.url.params["page"]) * 1000
            rows = [
                {"phone_number": f"1{200 + n // 100}55501{n % 100:02}", "display_name": f"Zoë Núñez {n}"}
                for n in range(first, first + 1000)
            ]
            return httpx2.Response(200, json={"items": rows, "meta": {"page_size": 1000, "total_items": 10_000}})

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            await desk.account.directory.search(LINE, "nobody")
            cold = len(asked)
            people = await desk.account.directory.search(LINE, "zoe nunez 9999")

        assert len(asked) == cold == 10

        assert [person.name for person in people] == ["Zoë Núñez 9999"]

    async def test_a_line_that_is_too_large_says_so(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "MAX_SIZE", 10)
        monkeypatch.setattr(module, "MOST_PAGES", 2)

        assert "looked through 20 of 112 contacts" in text_of(await desk.call("list_contacts", search="zzz"))

    async def test_rows_have_names_at_no_call_of_their_own(self, desk: Desk):
        await desk.call("list_conversations")
        before = desk.sandbox.requests
        rows = said(await desk.call("list_conversations"))["items"]

        assert desk.sandbox.requests - before == 1
        assert next(row["name"] for row in rows if row["phone_number"] == MARIA) == "Maria Lopez"

    async def test_where_contacts_cannot_be_read_rows_come_without_names(self):
        def answer(request: httpx2.Request) -> httpx2.Response:
            row = {"phone_number": "14235550100", "last_message": {"body": "hi"}}
            return httpx2.Response(200, json={"items": [row]}) if "conv" in request.url.path else httpx2.Response(403)

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            assert "name" not in said(await desk.call("list_conversations"))["items"][0]

    async def test_it_is_read_again_after_a_minute_and_others_are_let_go(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        directory = desk.account.directory
        first, other = await directory.all(LINE), await directory.all(122)
        assert await directory.all(LINE) is first
        now = first.read_at
        monkeypatch.setattr(anyio, "current_time", lambda: now + 61)
        assert await directory.names(LINE) is first
        second = await directory.all(LINE)
        assert second is not first
        assert await directory.names(122) is other
        monkeypatch.setattr(anyio, "current_time", lambda: now + 1000)
        assert await directory.all(LINE) is not second
        assert await directory.names(122) is not other


class TestCorrections:
    async def test_texts_and_changes_of_our_own_are_seen_at_once(self, desk: Desk):
        directory = desk.account.directory
        await directory.all(LINE)
        before = desk.sandbox.requests
        await desk.account.live.note([event("m1", phone_number=DEVON, body="Hello?", at=desk.clock())])
        await desk.account.live.note([event("m2", phone_number=NEW, at=desk.clock())])
        await desk.account.live.note([event("m3", phone_number=DEVON, direction="S", at=desk.clock() - 1)])
        await desk.account.live.note([event("m4", dashboard_id=122)])

        devon = await directory.by_number(LINE, DEVON)
        assert desk.sandbox.requests == before
        assert devon is not None
        assert (devon.received_at, devon.sent_at) == (desk.clock(), None)
        assert (devon.last_message or {})["body"] == "Hello?"
        assert not devon.is_marked("is_resolved")
        assert (await directory.by_number(LINE, NEW)) is not None

    async def test_the_number_of_an_approver_stays_out_of_it(self, desk: Desk):
        directory = desk.account.directory
        desk.account.api.hidden = Hidden([NEW])
        await directory.all(LINE)
        await desk.account.live.note([event("m2", phone_number=NEW, at=desk.clock())])

        assert await directory.by_number(LINE, NEW) is None

    async def test_saving_deleting_and_archiving_change_it(self, desk: Desk):
        directory = desk.account.directory
        people = await directory.all(LINE)
        async with desk.host() as host:
            await call(host, "save_contact", phone_number=NEW, display_name="Ana Reyes")
            await call(host, "save_contacts", contacts=[{"phone_number": DEVON, "display_name": "Dev"}])
            await call(host, "archive_conversation", phone_number=MARIA)
            await call(host, "send_message", phone_number=NEW, body="Hello")

        assert people is await directory.all(LINE)
        ana, maria = people.get(NEW), people.get(MARIA)
        assert (people.name(NEW), people.name(DEVON), people.total) == ("Ana Reyes", "Dev", 113)
        assert maria is not None
        assert maria.is_marked("is_archived")
        assert ana is not None
        assert ana.sent_at == pytest.approx(desk.clock(), abs=1)
        directory.drop(LINE, NEW)
        directory.drop(122, NEW)
        directory.change(LINE, NEW, is_archived=True)
        assert (people.get(NEW), people.name(NEW), people.total) == (None, None, 112)

    async def test_labels_are_kept_and_forgotten(self, desk: Desk):
        directory = desk.account.directory
        groups = await directory.labels(LINE, "groups")
        fields, tags = await directory.labels(LINE, "fields"), await directory.labels(LINE, "tags")
        before = desk.sandbox.requests
        assert await directory.labels(LINE, "groups") is groups
        assert desk.sandbox.requests == before
        made = said(await desk.call("create_group", name="Winter"))

        assert (await directory.labels(LINE, "groups"))[made["id"]] == "Winter"
        assert "Vehicle" in fields.values()
        assert all(tags.values())

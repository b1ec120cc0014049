"""Contacts: found by every filter, read, saved without touching what nobody named, and deleted."""

import json
from typing import Any

import httpx2
import pytest
from tests.account.snapshot import check_snapshot
from tests.desk import (
    ARCHIVED,
    BLOCKED,
    DEVON,
    LINE,
    MARIA,
    OPTED_OUT_BY_STATUS,
    OWES,
    SUPPRESSED,
    Desk,
    agrees,
    call,
    declines,
    open_desk,
    refusal,
    said,
    text_of,
)

SPRING, FLEET = 1211, 1212
# The connector's tools; each new one adds its own.
OF_THE_CONNECTOR = ("dashboards", "contacts", "groups", "tags", "fields", "conversations", "messages", "payments")
ID_OF_A_FIELD = "0a1b2c3d-0000-4000-8000-00000000beef"
NEW = "+14235550198"


async def numbers(desk: Desk, **filters: Any) -> list[str]:
    found = said(await desk.call("list_contacts", page_size=1000, **filters))
    return [contact["phone_number"] for contact in found["items"]]


def sent(desk: Desk) -> list[Any]:
    return [accepted.body for accepted in desk.sandbox.journal]


async def tag_ids(desk: Desk) -> list[str]:
    return [tag["id"] for tag in said(await desk.call("list_tags"))["items"]]


async def test_the_tools_are_as_in_the_snapshot():
    await check_snapshot("contacts")


class TestReading:
    async def test_a_contact_has_all_its_fields(self, desk: Desk):
        contact = said(await desk.call("get_contact", phone_number="(423) 555-0100"))

        last = contact.pop("last_message")
        assert contact.pop("customers_words") == "first_name,last_name,display_name,custom_fields"
        assert last["body"].startswith("Hi, just checking")
        assert contact | {"custom_fields": ["..."]} == {
            "phone_number": MARIA,
            "first_name": "Maria",
            "last_name": "Lopez",
            "display_name": "Maria Lopez",
            "is_suppressed": False,
            "is_archived": False,
            "is_blocked": False,
            "groups": [SPRING],
            "contact_tags": [],
            "custom_fields": ["..."],
            "group_names": ["Spring Specials"],
            "is_resolved": False,
            "first_contact_utc": "2026-05-28T15:26:40Z",
            "last_msg_sent_utc": "2026-05-28T15:54:40Z",
            "last_msg_received_utc": "2026-05-28T16:01:40Z",
            "total_msgs_sent": 3,
            "total_msgs_received": 3,
            "response_count": 3,
            "date_created_utc": "2025-11-09T20:26:40Z",
            "last_contact_date_utc": "2026-05-28T16:01:40Z",
        }

    async def test_an_opt_out_and_a_reason_are_there_where_they_apply(self, desk: Desk):
        async with desk.host() as host:
            gone = said(await call(host, "get_contact", phone_number=OPTED_OUT_BY_STATUS))
            quiet = said(await call(host, "get_contact", phone_number=SUPPRESSED))

        assert gone["opted_out_utc"] == gone["last_msg_received_utc"]
        assert quiet["suppressed_reason"] == "Texts many times a day without a request."
        assert "opted_out_utc" not in quiet

    @pytest.mark.parametrize(
        "spelling", ["4235550102", "1-423-555-0102", "423.555.0102", " +1 (423) 555-0102 ", 14235550102]
    )
    async def test_any_usual_spelling_finds_the_number(self, desk: Desk, spelling: str | int):
        assert said(await desk.call("get_contact", phone_number=spelling))["phone_number"] == DEVON

    async def test_a_number_that_a_list_returns_is_taken_as_it_is(self, desk: Desk):
        first = (await numbers(desk))[-1]

        assert said(await desk.call("get_contact", phone_number=first))["phone_number"] == first

    async def test_a_contact_links_to_its_resource_where_the_settings_want_links(self):
        async with open_desk(resource_links=True) as desk, desk.host() as host:
            link = (await desk.call("get_contact", phone_number=DEVON)).content[1]
            read = await host.read_resource(getattr(link, "uri", ""))
        assert json.loads(getattr(read.contents[0], "text", ""))["display_name"] == "Devon O'Neil"

    @pytest.mark.parametrize("tool", ["get_contact", "delete_contact"])
    async def test_a_contact_of_nobody_is_a_sentence_without_the_whole_number(self, desk: Desk, tool: str):
        sentence = refusal(await desk.call(tool, phone_number=NEW))

        assert sentence.startswith("This line has no contact with the number ending in 98.")
        assert desk.changes == []


class TestPages:
    async def test_25_come_at_a_time_and_next_page_leads_on(self, desk: Desk):
        pages = [said(await desk.call("list_contacts", page=page)) for page in range(5)]

        assert [len(page["items"]) for page in pages] == [25, 25, 25, 25, 12]
        assert [page.get("next_page") for page in pages] == [1, 2, 3, 4, None]
        assert {page["total_items"] for page in pages} == {112}

    async def test_a_thousand_is_the_most_that_the_service_gives(self):
        async with open_desk() as desk:
            for place in range(1000):
                desk.sandbox.lines[LINE].contact(f"1{900 + place // 100}55501{place % 100:02}", now=0.0)
            first = said(await desk.call("list_contacts", page_size=1000))

        assert len(first["items"]) == 1000
        assert first["next_page"] == 1

    async def test_a_page_past_the_end_is_a_sentence_and_no_error(self, desk: Desk):
        past = await desk.call("list_contacts", page=99)

        assert said(past)["items"] == []
        assert "Page 99 is past the end: there are 112 items, and the last page is 4." in text_of(past)


class TestSizes:
    """What fifty contacts cost a model, against what the service sends."""

    async def test_h2_a_page_is_brief_in_both_forms_and_names_the_customers_words(self, desk: Desk):
        upstream = await desk.account.api.get("dashboards", LINE, "contacts", query={"page": 0, "page_size": 50})
        page = await desk.call("list_contacts", page_size=50)

        whole = len(json.dumps(upstream, ensure_ascii=False, separators=(",", ":")))
        structured = json.dumps(said(page), ensure_ascii=False, separators=(",", ":"))
        assert len(structured) <= 0.40 * whole
        assert len(text_of(page)) <= 0.12 * whole
        assert structured.startswith('{"customers_words":"first_name,last_name,display_name')
        assert text_of(page).startswith('{"customers_words":"display_name')

    async def test_h2_a_row_keeps_what_a_save_could_replace(self, desk: Desk):
        maria = said(await desk.call("list_contacts", page_size=50))["items"][0]

        assert maria.keys() == {
            *("phone_number", "first_name", "last_name", "display_name", "groups", "group_names", "custom_fields"),
            *("last_msg_received_utc", "last_msg_sent_utc", "last_message"),
        }

    async def test_h9_the_list_of_tools_is_small_enough_for_every_host(self):
        async with open_desk(toolsets=OF_THE_CONNECTOR) as desk, desk.host() as host:
            listed = await host.list_tools()

        sent = listed.model_dump(mode="json", by_alias=True, exclude_none=True, include={"tools"})
        assert len(json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()) <= 53_000


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "somebody"),
        [
            ("is_archived", ARCHIVED),
            ("is_blocked", BLOCKED),
            ("is_suppressed", SUPPRESSED),
            ("has_opted_out", OPTED_OUT_BY_STATUS),
            ("is_resolved", DEVON),
        ],
    )
    async def test_a_flag_divides_the_contacts_in_two(self, desk: Desk, name: str, somebody: str):
        true, false = await numbers(desk, **{name: True}), await numbers(desk, **{name: False})

        assert somebody in true
        assert MARIA in false
        assert len(true) + len(false) == 112

    @pytest.mark.parametrize("start", ["423555010", "1423555010", "+1 (423) 555-010", "423-555-010"])
    async def test_the_first_digits_of_a_number_are_enough(self, desk: Desk, start: str):
        found = await numbers(desk, contact_phone_number=start)

        assert len(found) == 10
        assert all(number.startswith("+1423555010") for number in found)

    @pytest.mark.parametrize(
        "given", [[SPRING, FLEET], f"{SPRING},{FLEET}", f"[{SPRING}, {FLEET}]", f'["{SPRING}",{FLEET}]']
    )
    async def test_several_groups_find_the_members_of_each(self, desk: Desk, given: object):
        both = await numbers(desk, groups=given)

        assert set(both) == {*await numbers(desk, groups=SPRING), *await numbers(desk, groups=[FLEET])}
        assert MARIA in both

    async def test_d10_a_search_for_a_programs_null_is_told(self, desk: Desk):
        async with desk.host() as host:
            found = said(await call(host, "list_conversations", search="null"))
            payments = said(await call(host, "list_payments", reference_number="undefined"))

        assert 'search is the word "null", and that was looked for' in found["note"]
        assert 'reference_number is the word "undefined"' in payments["note"]

    async def test_an_empty_list_filters_nothing(self, desk: Desk):
        assert len(await numbers(desk, groups=[], tags=[])) == 112

    @pytest.mark.parametrize(
        ("name", "just_before", "just_after"),
        [
            ("last_message_timestamp_{}_utc", "2026-05-28T16:01:00", "2026-05-28T18:02:00+02:00"),
            ("last_message_received_{}", "2026-05-28T12:01:00", "2026-05-28T12:02:00"),  # New York's time
            ("last_message_sent_{}", "2026-05-28T11:54:00", "2026-05-28T11:55:00"),
            ("contact_created_{}", "2025-11-09T15:26:00", "2025-11-09T15:27:00"),
            ("contact_created_{}", "2025-11-09T20:26:00Z", "2025-11-09T21:27:00+01:00"),
        ],
    )
    async def test_a_time_filter_is_exact_to_the_minute(self, desk: Desk, name: str, just_before: str, just_after: str):
        before, after = name.format("before"), name.format("after")

        assert MARIA in await numbers(desk, **{after: just_before, before: just_after})
        assert MARIA not in await numbers(desk, **{before: just_before})
        assert MARIA not in await numbers(desk, **{after: just_after})

    @pytest.mark.parametrize("zone", ["America/New_York", "Eastern Standard Time"])
    async def test_d7_a_local_time_goes_out_as_the_instant_that_it_is(self, zone: str):
        asked: list[str] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/dashboards"):
                return httpx2.Response(200, json={"items": [{"id": LINE, "name": "A", "timeZoneId": zone}]})
            asked.append(request.url.params["contact_created_after"])
            return httpx2.Response(200, json={"items": []})

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            for given in ("2026-05-28T12:01:00", "2026-11-28T12:01:00", "2026-05-28T12:01:00+02:00"):
                said(await desk.call("list_contacts", contact_created_after=given))

        assert asked == ["2026-05-28T16:01:00Z", "2026-11-28T17:01:00Z", "2026-05-28T10:01:00Z"]

    @pytest.mark.parametrize("zone", [None, "Middle of Nowhere", "America", "../../etc/passwd", "", 5])
    async def test_d7_where_nobody_knows_the_lines_zone_its_time_goes_out_as_it_is(self, zone: object):
        asked: list[str] = []

        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.url.path.endswith("/dashboards"):
                return httpx2.Response(404 if zone == 5 else 200, json={"items": [{"id": LINE, "timeZoneId": zone}]})
            asked.append(request.url.params["contact_created_before"])
            return httpx2.Response(200, json={"items": []})

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            said(await desk.call("list_contacts", contact_created_before="2026-05-28T12:01:00"))

        assert asked == ["2026-05-28T12:01:00"]

    async def test_a_date_alone_is_its_first_moment(self, desk: Desk):
        assert await numbers(desk, contact_created_after="2026-05-20") == await numbers(
            desk, contact_created_after="2026-05-20T00:00"
        )

    async def test_filters_must_all_hold(self, desk: Desk):
        assert await numbers(desk, is_archived=True, has_opted_out=False, contact_phone_number="423555010") == [
            ARCHIVED
        ]


class TestTimes:
    """A filter by the time of a text leaves out everybody who has none, and says so."""

    @pytest.mark.parametrize(
        ("name", "note"),
        [
            (
                "last_message_timestamp_before_utc",
                "67 contacts were never texted and are not in this list; never",
            ),
            ("last_message_sent_before", "69 contacts were never texted from here and are not in"),
            ("last_message_received_before", "68 contacts never wrote and are not in this list"),
        ],
    )
    async def test_it_tells_how_many_it_leaves_out(self, desk: Desk, name: str, note: str):
        found = said(await desk.call("list_contacts", **{name: "2026-05-01"}))
        everybody = said(await desk.call("list_contacts", never_texted=True, **{name: "2026-05-01"}))

        assert found["note"].startswith(note)
        assert everybody["total_items"] == found["total_items"] + int(note.split(maxsplit=1)[0])
        assert "note" not in everybody

    async def test_it_says_it_once(self, desk: Desk):
        assert "note" not in said(await desk.call("list_contacts", last_message_sent_after="2026-01-01", page=1))

    async def test_beside_other_filters_it_says_it_without_a_count(self, desk: Desk):
        found = said(await desk.call("list_contacts", last_message_sent_after="2026-01-01", is_resolved=True))

        assert found["note"].startswith("Contacts who were never texted from here are not in this list")

    async def test_where_everybody_was_texted_nothing_is_said(self, desk: Desk):
        contacts = desk.sandbox.lines[LINE].contacts
        for number in [number for number, contact in contacts.items() if not contact.messages]:
            del contacts[number]

        assert "note" not in said(await desk.call("list_contacts", last_message_timestamp_after_utc="2026-01-01"))
        contacts["14235550198"] = type(contacts["14235550100"])(1, "14235550198", 0.0)
        desk.account.directory.put(LINE, {"phone_number": NEW})
        one = said(await desk.call("list_contacts", last_message_timestamp_after_utc="2026-01-01"))
        assert one["note"].startswith("1 contact was never texted and is not in this list")

    async def test_those_never_texted_alone(self, desk: Desk):
        silent = said(await desk.call("list_contacts", never_texted=True, page_size=1000))
        some = await numbers(desk, never_texted=True, groups=["Old Leads"], search="devon")

        assert silent["total_items"] == 67
        assert not [contact for contact in silent["items"] if "last_message" in contact]
        assert some == [DEVON]

    async def test_whom_never_texted_leaves_out_is_said_where_nobody_is_left(self, desk: Desk):
        plate = {"custom_field_id_1": "License plate", "custom_field_value_1": "TN-1000"}
        nobody = said(await desk.call("list_contacts", never_texted=True, **plate))
        maria = said(await desk.call("list_contacts", never_texted=True, search="Maria Lopez"))

        assert nobody["items"] == maria["items"] == []
        assert "1 contact with texts would match without never_texted." in nobody["note"]
        assert "1 contact with texts would match without never_texted." in maria["note"]

    async def test_no_rows_are_never_without_a_word(self, desk: Desk):
        desk.sandbox.lines[123].contacts.clear()
        async with desk.host() as host:
            filtered = said(await call(host, "list_contacts", is_blocked=True, has_opted_out=True))
            empty = said(await call(host, "list_contacts", dashboard_id=123))
            nobody = said(await call(host, "list_contacts", never_texted=True, is_blocked=True))

        assert filtered["note"] == "No contact of this line matches is_blocked, has_opted_out."
        assert empty["note"] == "This line has no contacts."
        assert nobody["note"].startswith("Nobody is found; looked through all 1 contacts that match")


class TestSaving:
    async def test_a_family_name_that_lists_do_not_show_is_said_to_be_hidden(self, desk: Desk):
        async with desk.host() as host:
            hidden = said(await call(host, "save_contact", phone_number=DEVON, last_name="Kim-Bauer"))
            shown = said(await call(host, "save_contact", phone_number=DEVON, first_name="Devon"))
            both = {"last_name": "Kim", "display_name": "Devon Kim"}
            together = said(await call(host, "save_contact", phone_number=DEVON, **both))

        assert hidden["remark"].startswith("Lists show display_name, which is as it was")
        assert "Lists show" not in shown.get("remark", "")
        assert "remark" not in together

    async def test_only_what_was_given_is_sent(self, desk: Desk):
        saved = said(await desk.call("save_contact", phone_number=MARIA, note="Likes mornings", is_resolved=True))

        assert sent(desk) == [{"note": "Likes mornings", "is_resolved": True}]
        assert saved == {
            "customers_words": "display_name,note,was",
            "phone_number": MARIA,
            "display_name": "Maria Lopez",
            "note": "Likes mornings",
            "is_resolved": True,
            "was": {"clear": ["note", "is_resolved"]},
        }

    async def test_null_is_left_out(self, desk: Desk):
        await desk.call(
            "save_contact", phone_number=MARIA, note="x", groups=None, contact_tags=None, custom_fields=None
        )

        assert sent(desk) == [{"note": "x"}]

    async def test_d6_what_is_empty_or_false_is_left_out(self, desk: Desk):
        nothing = dict.fromkeys(("first_name", "last_name", "display_name", "suppressed_reason"), "") | dict.fromkeys(
            ("is_suppressed", "is_archived", "is_blocked", "is_resolved"), False
        )
        lists: dict[str, Any] = {"groups": [], "contact_tags": "[]", "custom_fields": "", "clear": []}
        async with desk.host(agrees()) as host:
            before = said(await call(host, "get_contact", phone_number=BLOCKED))
            await call(host, "save_contact", phone_number=BLOCKED, note="x", **nothing, **lists)
            await call(host, "save_contacts", contacts=[{"phone_number": BLOCKED, "note": " \u200b"} | nothing | lists])
            after = said(await call(host, "get_contact", phone_number=BLOCKED))

        assert sent(desk) == [{"note": "x"}, [{"phone_number": BLOCKED.removeprefix("+")}]]
        assert after == before | {"note": "x"}

    async def test_d6_a_field_is_emptied_by_its_name(self, desk: Desk):
        saved = said(
            await desk.call("save_contact", phone_number=MARIA, clear=["custom_fields", "groups", "last_name"])
        )

        assert sent(desk) == [{"groups": [], "custom_fields": [], "last_name": ""}]
        assert (saved.get("group_names"), saved["custom_fields"], saved.get("last_name")) == (None, [], None)
        assert saved["was"] == {
            "custom_fields": ["Vehicle=2021 Toyota RAV4"],
            "groups": ["Spring Specials"],
            "last_name": "Lopez",
        }

    @pytest.mark.parametrize("many", [False, True])
    @pytest.mark.parametrize(
        ("flag", "why"),
        [
            ("is_blocked", "unblocks +14235550103, whose texts"),
            ("is_suppressed", "lets +14235550103 rise in the queue"),
        ],
    )
    async def test_d6_a_person_is_asked_before_somebody_is_let_through_again(
        self, desk: Desk, many: bool, flag: str, why: str
    ):
        given = {"phone_number": BLOCKED, "clear": [flag]}
        tool, arguments = ("save_contacts", {"contacts": [given]}) if many else ("save_contact", given)
        no, yes = declines(), agrees()
        async with desk.host(no) as host:
            said(await call(host, tool, **arguments))
        assert desk.changes == []

        async with desk.host(yes) as host:
            said(await call(host, tool, **arguments))
            contact = said(await call(host, "get_contact", phone_number=BLOCKED))

        assert f"This {why}" in no.questions[0].message == yes.questions[0].message
        assert contact[flag] is False

    async def test_d6_a_question_about_many_names_the_first(self, desk: Desk):
        people = [{"phone_number": f"+142355501{n:02}", "clear": ["is_blocked"]} for n in range(6)]

        preview = said(await desk.call("save_contacts", contacts=people))

        assert 'unblocks "Maria Lopez" (+14235550100), ' in preview["message"]
        assert "and 3 more, whose texts" in preview["message"]
        assert desk.changes == []

    async def test_everything_can_be_set_on_a_new_contact(self, desk: Desk):
        tags = await tag_ids(desk)
        field = said(await desk.call("list_custom_fields"))["items"][0]["id"]
        wanted: dict[str, Any] = {
            "first_name": "Ana",
            "last_name": "Reyes",
            "display_name": "Ana R.",
            "is_suppressed": True,
            "is_archived": True,
            "is_blocked": True,
            "suppressed_reason": "Robot",
            "note": "New",
        }
        labels = {
            "groups": [SPRING],
            "contact_tags": tags[:2],
            "custom_fields": [{"id": field, "value": "2016 Honda Civic"}],
        }

        saved = said(await desk.call("save_contact", phone_number=NEW, clear=["is_resolved"], **wanted, **labels))

        assert saved.pop("customers_words")
        assert saved == wanted | {
            "created": True,
            "phone_number": NEW,
            "is_resolved": False,
            "group_names": ["Spring Specials"],
            "tags": ["VIP", "Follow up"],
            "custom_fields": [{"name": "Vehicle", "value": "2016 Honda Civic"}],
        }

    async def test_custom_fields_change_by_id_and_the_others_stay(self, desk: Desk):
        vehicle, plate, _ = (item["id"] for item in said(await desk.call("list_custom_fields"))["items"])

        saved = said(
            await desk.call("save_contact", phone_number=MARIA, custom_fields=[{"id": plate, "value": "TN-1"}])
        )
        await desk.call("save_contact", phone_number=MARIA, custom_fields=f"{plate}=TN-1")
        await desk.call("save_contact", phone_number=MARIA, custom_fields=json.dumps([f"{plate} = TN=1"]))

        assert [item["name"] for item in saved["custom_fields"]] == ["Vehicle", "License plate"]
        assert vehicle
        assert [body["custom_fields"][0]["value"] for body in sent(desk)] == ["TN-1", "TN-1", " TN=1"]

    @pytest.mark.parametrize("as_text", [False, True])
    async def test_many_are_saved_in_one_call(self, desk: Desk, as_text: bool):
        people = [
            {"phone_number": "423-555-0100", "note": "VIP"},
            {"phone_number": NEW, "first_name": "Ana", "note": None},
        ]

        saved = said(await desk.call("save_contacts", contacts=json.dumps(people) if as_text else people))

        was = [{"phone_number": MARIA, "clear": ["note"]}]
        assert saved == {"customers_words": "was", "saved": 2, "created": 1, "was": was, "items": []}
        assert sent(desk) == [
            [{"phone_number": "14235550100", "note": "VIP"}, {"phone_number": "14235550198", "first_name": "Ana"}]
        ]

    async def test_d4_a_thousand_saved_contacts_are_a_count(self, desk: Desk):
        people = [{"phone_number": f"+1{201 + n // 100}55501{n % 100:02}", "note": f"Row {n}"} for n in range(1000)]

        result = await desk.call("save_contacts", contacts=people)

        note = "What was there before is told of at most 25 contacts."
        assert said(result) == {"saved": 1000, "created": 990, "items": [], "note": note}
        assert text_of(result) == f'{{"saved":1000,"created":990,"note":"{note}"}}'

    async def test_d4_what_differs_or_is_missing_is_told(self):
        kept = {"id": ID_OF_A_FIELD, "value": "kept"}
        asked = [
            {"phone_number": DEVON, "note": " A ", "groups": [2, 1], "custom_fields": [f"{ID_OF_A_FIELD}=kept"]},
            {"phone_number": MARIA, "note": "B"},
            {"phone_number": OWES, "clear": ["note", "groups"]},
            {"phone_number": BLOCKED, "groups": [1]},
            {"phone_number": NEW, "note": "C"},
        ]
        answer: list[Any] = [
            {
                "phone_number": DEVON[1:],
                "note": "A",
                "groups": [1, 2],
                "custom_fields": [kept, {"id": "b", "value": "c"}],
            },
            {"phone_number": MARIA[1:], "note": "old"},
            {"phone_number": OWES[1:], "note": None, "groups": []},
            {"phone_number": BLOCKED[1:], "groups": None},
            "odd",
        ]
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
        async with open_desk(transport=transport) as desk:
            result = await desk.call("save_contacts", contacts=asked)

        told = said(result)
        assert (told["saved"], told["missing"]) == (2, [NEW])
        assert [contact["phone_number"] for contact in told["items"]] == [MARIA, BLOCKED]
        assert told["note"] == "2 differ from what was asked. The service answered for 4 of 5; look the others up."
        assert "old" in text_of(result)

    async def test_d4_an_answer_without_words_counts_as_saved(self):
        transport = httpx2.MockTransport(lambda _: httpx2.Response(204))
        async with open_desk(transport=transport) as desk:
            assert said(await desk.call("save_contacts", contacts=[{"phone_number": MARIA}])) == {
                "saved": 1,
                "created": 1,
                "items": [],
            }

    async def test_one_bad_contact_stops_them_all_and_is_named_by_its_place(self, desk: Desk):
        people = [{"phone_number": MARIA, "note": "x"}, {"phone_number": "555-0100"}]

        sentence = refusal(await desk.call("save_contacts", contacts=people))

        assert "contacts.1.phone_number: The phone number is too short" in sentence
        assert desk.changes == []


class TestDeleting:
    async def test_a_contact_without_messages_is_deleted_after_a_yes(self, desk: Desk):
        async with desk.host(agrees()) as host:
            assert said(await call(host, "delete_contact", phone_number=DEVON))["outcome"] == "done"

        assert DEVON not in await numbers(desk)

    async def test_one_with_messages_is_refused_before_anybody_is_asked(self, desk: Desk):
        person = agrees()
        async with desk.host(person) as host:
            sentence = refusal(await call(host, "delete_contact", phone_number=OWES))

        assert "Sam Adeyemi" in sentence
        assert "has 4 messages" in sentence
        assert "archive_conversation" in sentence
        assert person.questions == []
        assert desk.changes == []


@pytest.mark.parametrize(
    "answer", [{"message_id": "", "status": "error"}, {"phone_number": DEVON.removeprefix("+")}, {"note": "likes blue"}]
)
async def test_an_answer_that_is_not_the_saved_contact_says_nothing_of_the_save(answer: dict[str, Any]):
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
    async with open_desk(transport=transport) as desk:
        told = refusal(await desk.call("save_contact", phone_number=MARIA, note="likes blue"))
        (entry,) = [row.entry async for row in desk.account.audit.trail.entries()]

    assert "Whether it took effect is unknown." in told
    assert entry is not None
    assert (entry.kind, entry.outcome) == ("write", "unknown")

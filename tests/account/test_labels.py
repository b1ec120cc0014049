"""Tags, groups and fields by name: shown in lists, taken by saves, added and removed, and given back to undo a save."""

from typing import Any

import httpx2
import pytest
from tests.desk import BLOCKED, DEVON, LINE, MARIA, OWES, Desk, call, open_desk, refusal, said, text_of

from textrequest_mcp.account import directory as module

NEW = "+14235550198"
FIELD = "0a1b2c3d-0000-4000-8000-00000000beef"


def bodies(desk: Desk) -> list[Any]:
    return [accepted.body for accepted in desk.sandbox.journal]


async def groups_of(desk: Desk, number: str) -> list[str]:
    return said(await desk.call("get_contact", phone_number=number)).get("group_names", [])


async def test_a_list_shows_tags_groups_and_fields_by_name_at_a_call_for_each(desk: Desk):
    await desk.call("list_conversations")  # the lines are known from here on
    before = desk.sandbox.requests
    table = text_of(await desk.call("list_contacts", tags="Follow up")).splitlines()
    calls = desk.sandbox.requests - before
    await desk.call("list_contacts", tags="follow UP", groups=["fleet accounts"])

    assert "\ttags\tgroup_names\t" in table[1]
    assert "\tFollow up\tFleet accounts\t" in "\n".join(table)
    assert "Vehicle=2021 Toyota RAV4" in text_of(await desk.call("list_contacts"))
    assert calls == 3
    assert desk.sandbox.requests - before == calls + 2 + 1  # fields, once there is one


async def test_a_table_says_what_it_leaves_out(desk: Desk):
    await desk.call("save_contact", phone_number=DEVON, first_name="Devonte")

    assert text_of(await desk.call("list_contacts")).splitlines()[0].endswith('"not_shown":["first_name"]}')
    assert "not_shown" not in said(await desk.call("list_contacts", search="lopez"))


async def test_names_that_cannot_be_read_are_ids():
    def answer(request: httpx2.Request) -> httpx2.Response:
        contact = {"phone_number": MARIA[1:], "groups": [5], "custom_fields": [{"id": "f", "value": "x"}]}
        return (
            httpx2.Response(200, json={"items": [contact]}) if "contacts" in str(request.url) else httpx2.Response(403)
        )

    async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
        row = said(await desk.call("list_contacts"))["items"][0]

    assert (row["group_names"], row["custom_fields"]) == (["5"], [{"id": "f", "value": "x"}])


class TestAddingAndRemoving:
    async def test_a_tag_is_added_and_removed_and_the_others_stay(self, desk: Desk):
        both = said(await desk.call("save_contact", phone_number=MARIA, add_tags=["vip", "Follow up"]))
        less = said(await desk.call("save_contact", phone_number=MARIA, remove_tags="VIP"))
        back = said(await desk.call("save_contact", phone_number=MARIA, **less["was"]))

        assert (both["tags"], both["was"]) == (["VIP", "Follow up"], {"clear": ["contact_tags"]})
        assert (less["tags"], less["was"]) == (["Follow up"], {"contact_tags": ["VIP", "Follow up"]})
        assert back["tags"] == ["VIP", "Follow up"]

    async def test_what_is_so_already_changes_nothing(self, desk: Desk):
        saved = said(await desk.call("save_contact", phone_number=MARIA, add_groups="Spring Specials"))

        assert bodies(desk) == [{}]
        assert saved["remark"] == "That is how it was before."

    async def test_the_last_one_can_be_removed(self, desk: Desk):
        saved = said(await desk.call("save_contact", phone_number=MARIA, remove_groups=["Spring Specials"]))

        assert bodies(desk) == [{"groups": []}]
        assert saved["was"] == {"groups": ["Spring Specials"]}

    async def test_a_new_contact_gets_them(self, desk: Desk):
        saved = said(await desk.call("save_contact", phone_number=NEW, add_groups=1212))

        assert (saved["created"], saved["group_names"]) == (True, ["Fleet accounts"])

    async def test_they_go_on_top_of_what_is_given_or_cleared(self, desk: Desk):
        await desk.call("save_contact", phone_number=MARIA, groups=["Old Leads"], add_groups=["Fleet accounts"])
        await desk.call("save_contact", phone_number=MARIA, clear=["groups"], add_groups=["Old Leads"])

        assert bodies(desk) == [{"groups": [1214, 1212]}, {"groups": [1214]}]

    @pytest.mark.parametrize("numbers", [[MARIA, DEVON], [MARIA, DEVON, OWES, BLOCKED]])
    async def test_so_it_goes_for_many(self, desk: Desk, numbers: list[str]):
        await desk.account.directory.all(LINE)
        desk.sandbox.lines[LINE].contacts[MARIA[1:]].groups = [1213]  # by somebody else, a moment ago
        people = [{"phone_number": number, "add_groups": "Fleet accounts"} for number in numbers]
        told = said(await desk.call("save_contacts", contacts=people))

        assert await groups_of(desk, MARIA) == ["OILCHANGE", "Fleet accounts"]
        assert told["saved"] == len(numbers)
        assert told["was"][0] == {"phone_number": MARIA, "groups": ["OILCHANGE"]}
        assert said(await desk.call("save_contacts", contacts=told["was"]))["saved"] == len(told["was"])
        assert await groups_of(desk, MARIA) == ["OILCHANGE"]

    async def test_of_a_line_that_is_too_large_nothing_is_guessed(self, desk: Desk, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "MAX_SIZE", 10)
        monkeypatch.setattr(module, "MOST_PAGES", 1)
        numbers = [f"+14235550{n}" for n in (197, 198, 199, 100)]
        people = [{"phone_number": number, "add_groups": 1212} for number in numbers]
        sentence = refusal(await desk.call("save_contacts", contacts=people))
        plain = said(await desk.call("save_contacts", contacts=[{"phone_number": MARIA, "note": "x"}]))

        assert "too many contacts" in sentence
        assert plain == {"saved": 1, "items": []}


class TestNames:
    @pytest.mark.parametrize(
        ("given", "why"),
        [
            (
                {"add_tags": "VPI"},
                "add_tags: this line has no such tag. Nothing was sent or changed. It has: VIP, Foll",
            ),
            ({"groups": ["Fleet accounts", "x"]}, "groups.1: this line has no such group."),
            ({"custom_fields": "Colour=red"}, "custom_fields: this line has no such custom field."),
            ({"add_tags": "VIP", "remove_tags": "vip"}, "add_tags and remove_tags name the same tag."),
        ],
    )
    async def test_an_unknown_one_lists_those_that_there_are(self, desk: Desk, given: dict[str, Any], why: str):
        assert why in refusal(await desk.call("save_contact", phone_number=MARIA, **given))
        assert desk.changes == []

    async def test_one_of_many_contacts_is_named_by_its_place(self, desk: Desk):
        people = [{"phone_number": MARIA}, {"phone_number": DEVON, "add_tags": ["VPI"]}]

        assert "contacts.1.add_tags: this" in refusal(await desk.call("save_contacts", contacts=people))

    async def test_of_two_with_one_name_the_ids_are_told(self, desk: Desk):
        await desk.call("create_group", name="Old leads")

        assert "has 2 groups of this name. Nothing was sent or changed. Give one of their ids: 1214, " in refusal(
            await desk.call("list_contacts", groups="old leads")
        )

    async def test_a_line_without_any_says_so_and_of_many_some_are_told(self, desk: Desk):
        desk.sandbox.lines[123].groups.clear()
        async with desk.host() as host:
            for n in range(31):
                await call(host, "create_group", name=f"Group {n}")
            none = refusal(await call(host, "list_contacts", dashboard_id=123, groups="x"))
            many = refusal(await call(host, "list_contacts", groups="x"))

        assert "It has no group at all." in none
        assert many.endswith("and 5 more.")

    async def test_a_custom_field_filters_and_saves_by_name(self, desk: Desk):
        found = said(
            await desk.call("list_contacts", custom_field_id_1="vehicle", custom_field_value_1="2021 Toyota RAV4")
        )["items"]
        saved = said(
            await desk.call("save_contact", phone_number=MARIA, custom_fields=["vehicle=Fiat", "LICENSE PLATE=TN 1"])
        )

        assert MARIA in [row["phone_number"] for row in found]
        assert saved["was"] == {"custom_fields": ["Vehicle=2021 Toyota RAV4"]}
        assert {"name": "Vehicle", "value": "Fiat"} in saved["custom_fields"]


class TestWhatWas:
    async def test_a_service_that_keeps_another_value_is_told(self):
        def answer(request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, json={"phone_number": MARIA[1:], "note": "old"})

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            saved = said(await desk.call("save_contact", phone_number=MARIA, note="new"))

        assert saved["remark"].startswith("The service answered other values")
        assert (saved["note"], saved["was"]) == ("old", {"note": "old"})

    async def test_where_it_cannot_be_read_a_save_goes_on_but_for_one_that_adds(self):
        def answer(request: httpx2.Request) -> httpx2.Response:
            if request.method == "GET":
                return httpx2.Response(403)
            return httpx2.Response(200, json={"phone_number": MARIA[1:], "note": "new"})

        async with open_desk(transport=httpx2.MockTransport(answer)) as desk:
            saved = said(await desk.call("save_contact", phone_number=MARIA, note="new"))
            sentence = refusal(await desk.call("save_contact", phone_number=MARIA, add_groups=5))

        assert saved == {"customers_words": "note", "phone_number": MARIA, "note": "new"}
        assert "Nothing was sent or changed." in sentence

"""Groups, tags and custom fields."""

from typing import Any

import pytest
from tests.sandbox.service import DEVON, Service

GROUPS = "/dashboards/121/groups"


async def group(service: Service, name: str) -> dict[str, Any]:
    return next(found for found in await service.items(GROUPS) if found["name"] == name)


async def test_the_count_of_a_group_is_that_of_its_contacts(service: Service):
    for found in await service.items(GROUPS):
        members = await service.get("/dashboards/121/contacts", groups=found["id"], page_size=1)

        assert found["group_member_count"] == members["meta"]["total_items"]


async def test_a_group_is_made_renamed_and_read(service: Service):
    made = (await service.api.post(GROUPS, json={"name": "Winter", "notes": "Tires"})).json()
    changed = (await service.api.put(f"{GROUPS}/{made['id']}", json={"name": "Winter 2"})).json()

    assert (made["group_member_count"], made["is_keyword"]) == (0, False)
    assert changed == {**made, "name": "Winter 2"}
    assert await service.get(f"{GROUPS}/{made['id']}") == changed


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"notes": "n"}, {"name": 7}])
async def test_a_group_needs_a_name(service: Service, body: dict[str, Any]):
    spring = await group(service, "Spring Specials")

    made = await service.api.post(GROUPS, json=body)
    changed = await service.api.put(f"{GROUPS}/{spring['id']}", json=body)

    assert (made.status_code, changed.status_code) == (400, 400)
    assert await group(service, "Spring Specials") == spring


async def test_deleting_a_group_keeps_its_contacts(service: Service):
    old = await group(service, "Old Leads")

    answer = await service.api.delete(f"{GROUPS}/{old['id']}")

    assert answer.status_code == 204
    assert await service.get(f"{GROUPS}/{old['id']}") is None
    assert (await service.contact(DEVON))["groups"] == []


@pytest.mark.parametrize(("group_id", "status"), [("99", 404), ("x", 400)])
async def test_an_absent_group_is_deleted_with_a_404_and_a_bad_id_with_a_400(
    service: Service, group_id: str, status: int
):
    assert (await service.api.delete(f"{GROUPS}/{group_id}")).status_code == status
    assert (await service.api.put(f"{GROUPS}/{group_id}", json={"name": "x"})).status_code == 400


@pytest.mark.parametrize("path", ["groups/99", "tags/none", "fields/none", "payments/99"])
async def test_reading_what_is_not_there_is_a_204(service: Service, path: str):
    answer = await service.api.get(f"/dashboards/121/{path}")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_custom_fields_are_a_bare_list_and_tags_are_paged(service: Service):
    fields, tags = await service.get("/dashboards/121/fields"), await service.get("/dashboards/121/tags")

    assert [field["name"] for field in fields] == ["Vehicle", "License plate", "Referred by"]
    assert [tag["tag"] for tag in tags["items"]] == ["VIP", "Follow up", "Estimate sent"]


async def test_labels_belong_to_one_line(service: Service):
    (tag, *_), (field, *_) = await service.items("/dashboards/121/tags"), await service.get("/dashboards/121/fields")

    assert await service.get(f"/dashboards/121/tags/{tag['id']}") == tag
    assert await service.get(f"/dashboards/121/fields/{field['id'].upper()}") == field
    assert await service.get(f"/dashboards/122/tags/{tag['id']}") is None
    assert await service.get(f"/dashboards/122/fields/{field['id']}") is None

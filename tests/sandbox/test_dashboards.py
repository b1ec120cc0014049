"""Lines: making one out of a provisioned number, renaming and removing it."""

import pytest
from tests.sandbox.service import Service


async def test_thirty_numbers_are_offered_and_all_are_of_the_area(service: Service):
    offered = await service.get("/dashboards/provisioning", area_code=423)

    assert len(set(offered)) == 30
    assert {number[:7] for number in offered} == {"1423555"}


@pytest.mark.parametrize("query", ["", "?area_code=42", "?area_code=abc", "?area_code=023", "?area_code=4233"])
async def test_an_area_code_that_is_none_is_a_400(service: Service, query: str):
    assert (await service.api.get(f"/dashboards/provisioning{query}")).status_code == 400


async def test_an_offered_number_becomes_a_line_and_is_offered_no_more(service: Service):
    number = (await service.get("/dashboards/provisioning", area_code=423))[0]

    made = (await service.api.post("/dashboards", json={"name": "Weekend", "phone": f"+{number}"})).json()

    assert made == {"id": 124, "name": "Weekend", "phone": number, "timeZoneId": None}
    assert await service.get("/dashboards/124") == made
    assert number not in await service.get("/dashboards/provisioning", area_code=423)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "In use", "phone": "14235550190"},
        {"name": "Not offered", "phone": "14235550100"},
        {"name": "No number"},
        {"name": "", "phone": "14235550160"},
        {"phone": "14235550160"},
        {"name": "Bad number", "phone": "0160"},
    ],
)
async def test_a_line_that_cannot_be_is_a_400(service: Service, body: dict[str, str]):
    answer = await service.api.post("/dashboards", json=body)

    assert answer.status_code == 400
    assert len(await service.items("/dashboards")) == 3


async def test_a_rename_changes_the_name_only(service: Service):
    before = await service.get("/dashboards/121")

    after = (await service.api.put("/dashboards/121", json={"name": "Réception", "phone": "14235550160"})).json()

    assert after == {**before, "name": "Réception"}
    service.checked.violations.clear()  # the contract has no phone in a rename


@pytest.mark.parametrize("body", [b"", b"{}", b'{"name": null}', b'{"name": " "}'])
async def test_a_rename_without_a_name_changes_nothing(service: Service, body: bytes):
    """The vendor lists no refusal for it."""
    before = await service.get("/dashboards/121")

    answer = await service.api.put("/dashboards/121", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()) == (200, before)
    service.checked.violations.clear()  # the contract wants a name


async def test_a_removed_line_is_gone_with_its_hooks(service: Service):
    await service.api.post(
        "/dashboards/122/hooks", json={"target_url": "https://example.com", "event": "msg_sent", "http_verb": "POST"}
    )

    answer = await service.api.delete("/dashboards/122")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await service.api.get("/dashboards/122")).status_code == 400
    assert (await service.api.get("/dashboards/122/hooks")).status_code == 400


@pytest.mark.parametrize(("line", "status"), [("999", 404), ("x", 400)])
async def test_removing_what_is_no_line(service: Service, line: str, status: int):
    answer = await service.api.delete(f"/dashboards/{line}")

    assert answer.status_code == status
    assert len(await service.items("/dashboards")) == 3

"""Pages: from 0, a hundred unless told, a thousand at most."""

import httpx2
import pytest
from tests.sandbox.service import KEY, Service

from textrequest_mcp.sandbox import create_app

CONTACTS = "/dashboards/121/contacts"


async def test_pages_count_from_zero_and_join_without_gap_or_repeat(service: Service):
    whole = await service.items(CONTACTS, page_size=1000)

    parts = [item for page in range(4) for item in await service.items(CONTACTS, page=page, page_size=30)]

    assert parts == whole


async def test_a_size_left_out_is_a_hundred(service: Service):
    found = await service.get(CONTACTS)

    assert found["meta"] == {"page": 0, "page_size": 100, "total_items": 112}
    assert len(found["items"]) == 100


async def test_a_page_past_the_end_is_empty(service: Service):
    found = await service.get(CONTACTS, page=7)

    assert found["items"] == []
    assert found["meta"]["total_items"] == 112


async def test_a_size_over_a_thousand_is_cut_and_meta_says_so():
    app = create_app(key=KEY, contacts=1001)
    unchecked = httpx2.ASGITransport(app=app)  # the contract's check of a thousand contacts takes a second
    async with httpx2.AsyncClient(transport=unchecked, headers={"x-api-key": KEY}, trust_env=False) as api:
        found = (await api.get(f"http://sandbox/api/v3{CONTACTS}", params={"page_size": 5000})).json()

    assert found["meta"]["page_size"] == len(found["items"]) == 1000


@pytest.mark.parametrize("noun", ["contacts", "conversations", "groups", "tags", "payments", "hooks", "messages"])
async def test_a_page_that_is_no_count_is_a_400(service: Service, noun: str):
    for query in ("page=-1", "page=one", "page=1.5", "page_size=-5", "page_size=x"):
        assert (await service.api.get(f"/dashboards/121/{noun}?{query}")).status_code == 400


async def test_unknown_query_parameters_are_ignored(service: Service):
    found = await service.get(CONTACTS, page_size=1, is_blockt="true")

    assert found["meta"]["total_items"] == 112
    assert "unknown query parameter is_blockt" in service.checked.violations.pop()


@pytest.mark.parametrize("line", ["999", "x", "0", "-1", "9" * 5000])
async def test_a_bad_dashboard_id_is_a_400(service: Service, line: str):
    for rest in ("", "/contacts", "/conversations", "/messages", "/groups", "/tags", "/fields", "/hooks", "/payments"):
        assert (await service.api.get(f"/dashboards/{line}{rest}")).status_code == 400

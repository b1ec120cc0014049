"""The key, the limit, the two spellings of an error, and addresses that do not exist."""

import pytest
from tests.sandbox.service import DEVON, KEY, Service, open_service

from textrequest_mcp.sandbox import make_key


async def test_a_wrong_key_is_a_401(service: Service):
    answer = await service.api.get("/dashboards", headers={"x-api-key": make_key()})

    assert answer.status_code == 401
    assert answer.json()["errorCode"] == "keyInvalid"


async def test_a_key_that_is_not_even_ascii_is_a_401(service: Service):
    answer = await service.api.get("/dashboards", headers=[(b"x-api-key", "schlüssel".encode())])

    assert answer.status_code == 401


async def test_a_missing_key_is_a_400(service: Service):
    del service.api.headers["x-api-key"]

    assert (await service.api.get("/dashboards")).status_code == 400


def test_a_made_key_looks_like_the_services_own():
    key = make_key()

    assert len(key) == 32
    assert key == key.upper()
    assert int(key, 16)
    assert key != make_key()


async def test_nothing_is_done_for_a_caller_with_a_wrong_key(service: Service):
    await service.api.delete(f"/dashboards/121/contacts/{DEVON}", headers={"x-api-key": "x"})

    assert service.account.journal == []
    assert DEVON in service.account.lines[121].contacts
    assert service.account.requests == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/dashboards/121/contacts?page=-1", {"status", "message", "errorCode"}),
        ("/dashboards/121/payments?page=-1", {"error_message", "error_code"}),
    ],
)
async def test_errors_come_in_two_spellings(service: Service, path: str, words: set[str]):
    answer = await service.api.get(path)

    assert answer.status_code == 400
    assert answer.json().keys() == words


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PATCH", "/dashboards", 405), ("GET", "/", 404)]
)
async def test_an_address_that_does_not_exist_has_no_body(service: Service, method: str, path: str, status: int):
    answer = await service.api.request(method, path)

    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"",
        b"\xff",
        b'{"name": "\\ud800"}',
        b"[" * 99_999,
        b'{"name": 5}',
        b'{"name": "  "}',
        b"{}",
    ],
)
async def test_a_body_that_is_not_what_was_asked_for_changes_nothing(service: Service, body: bytes):
    path, headers = "/dashboards/121/groups/1211", {"content-type": "application/json"}
    answer = await service.api.put(path, content=body, headers=headers)

    assert answer.status_code == 400
    assert service.account.journal == []
    assert service.account.lines[121].groups[1211].name == "Spring Specials"


@pytest.mark.parametrize("path", ["/dashboards/", "/dashboards/121/contacts/?page_size=1", "/eventTypes/"])
async def test_a_slash_before_the_query_is_taken(service: Service, path: str):
    assert (await service.api.get(path)).status_code == 200
    service.checked.violations.clear()  # the contract writes its paths without


async def test_json_without_a_content_type_is_taken(service: Service):
    answer = await service.api.put("/dashboards/121", content=b'{"name": "Reception"}')

    assert answer.json()["name"] == "Reception"
    service.checked.violations.clear()  # to the contract, a body has a type


async def test_the_journal_keeps_accepted_writes_only(service: Service):
    await service.get("/dashboards")
    await service.api.put("/dashboards/999", json={"name": "No such line"})
    service.clock.forward(5)
    await service.api.put("/dashboards/121", json={"name": "Reception"})

    (only,) = service.account.journal
    assert (only.method, only.path, only.body) == ("PUT", "/dashboards/121", {"name": "Reception"})
    assert only.at == service.clock.now
    assert service.account.requests == 3


async def test_asking_for_the_head_of_a_list_is_no_write(service: Service):
    await service.api.head("/dashboards")

    assert service.account.journal == []
    service.checked.violations.clear()  # the contract says nothing of HEAD


async def test_the_limit_slides_with_the_clock():
    async with open_service(rate_limit=(3, 60.0)) as service:
        for _ in range(3):
            assert (await service.api.get("/dashboards")).status_code == 200
            service.clock.forward(10)

        refused = await service.api.get("/dashboards")
        service.clock.forward(int(refused.headers["retry-after"]))
        allowed = await service.api.get("/dashboards")
        again = await service.api.get("/dashboards")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert allowed.status_code == 200
    assert (again.status_code, again.headers["retry-after"]) == (429, "10")


async def test_a_hundred_calls_a_minute_is_the_limit_unless_told_otherwise():
    async with open_service(rate_limit=(100, 60.0)) as service:
        statuses = [(await service.api.get("/eventTypes")).status_code for _ in range(101)]

    assert statuses == [200] * 100 + [429]


async def test_calls_with_a_wrong_key_do_not_use_up_the_limit():
    async with open_service(rate_limit=(1, 60.0)) as service:
        await service.api.get("/dashboards", headers={"x-api-key": "x"})

        assert (await service.api.get("/dashboards", headers={"x-api-key": KEY})).status_code == 200

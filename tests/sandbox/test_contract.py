"""Every operation of the contract is served, and neither side of any call breaks it."""

import httpx2
import pytest
import yaml
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from tests.sandbox.contract import CONTRACT, ContractChecked
from tests.sandbox.service import DEVON, MARIA, PAYER, Service

from textrequest_mcp.sandbox.app import OPERATIONS

FIELD = ("fields", {"name": "New"}, {"name": "Newer"})
HOOK = {"target_url": "https://example.com/hook", "event": "msg_received", "http_verb": "POST", "httpVerb": "POST"}


async def test_every_operation_is_served_as_the_contract_says(service: Service):
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))
    promised = {
        item[method]["operationId"] for item in document["paths"].values() for method in item if method != "parameters"
    }

    await lines(service)
    await people(service)
    await texts(service)
    await money(service)
    await hooks(service)

    assert service.checked.violations == []
    assert service.checked.seen == promised


def test_the_sandbox_serves_nothing_that_the_contract_does_not_hold():
    document = yaml.safe_load(CONTRACT.read_text("utf-8"))
    held = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item if method != "parameters"
    }

    assert {(method, path) for method, path, _ in OPERATIONS} == held


async def lines(service: Service) -> None:
    await service.get("/dashboards", page=0, page_size=2)
    number = (await service.get("/dashboards/provisioning", area_code=615))[0]
    made = (await service.api.post("/dashboards", json={"name": "Weekend", "phone": number})).json()
    await service.get(f"/dashboards/{made['id']}")
    await service.api.put(f"/dashboards/{made['id']}", json={"name": "Weekends"})
    await service.api.delete(f"/dashboards/{made['id']}")


async def people(service: Service) -> None:
    (tag, *_), (field, *_) = await service.items("/dashboards/121/tags"), await service.get("/dashboards/121/fields")
    await service.get(f"/dashboards/121/tags/{tag['id']}")
    await service.get(f"/dashboards/121/fields/{field['id']}")
    for labels, new, changed in (("tags", {"tag": "New", "tag_color": "#000000"}, {"tag": "Newer"}), FIELD):
        label = (await service.api.post(f"/dashboards/121/{labels}", json=new)).json()
        await service.api.put(f"/dashboards/121/{labels}/{label['id']}", json=changed)
        await service.api.delete(f"/dashboards/121/{labels}/{label['id']}")
    await service.api.patch(f"/dashboards/121/contacts/{DEVON}", json={"contact_tag": tag["id"]})
    made = (await service.api.post("/dashboards/121/groups", json={"name": "New", "notes": "n"})).json()
    group = f"/dashboards/121/groups/{made['id']}"
    change = {
        "first_name": "Devon",
        "is_suppressed": True,
        "suppressed_reason": None,
        "groups": [made["id"]],
        "contact_tags": [tag["id"]],
        "custom_fields": [{"id": field["id"], "value": "Bicycle"}],
    }
    await service.api.post(f"/dashboards/121/contacts/{DEVON}", json=change)
    await service.api.post("/dashboards/121/contacts", json=[{"phone_number": "(423) 555-0102", **change}])
    await service.get(f"/dashboards/121/contacts/{DEVON}")
    await service.get("/dashboards/121/contacts", page_size=20, has_opted_out="false")
    await service.items("/dashboards/121/groups")
    await service.get(group)
    await service.api.put(group, json={"name": "Newer"})
    await service.api.delete(group)
    await service.api.delete(f"/dashboards/121/contacts/{DEVON}")


async def texts(service: Service) -> None:
    picture = (await service.api.post("/mms", files={"file": ("a.png", b"\x89PNG", "image/png")})).json()
    await service.send(MARIA, "Ready! [LocationRequest]", sender_name="Dana", mms_media=[picture["url"]])
    await service.api.put(f"/dashboards/121/contacts/{MARIA}/conversations/archive")
    await service.api.put(f"/dashboards/121/contacts/{MARIA}/conversations/unarchive")
    own = {"from": "4235550190", "to": MARIA, "body": "Ready!", "geolocation_requested": True}
    sent = (await service.api.post("/messages", json=own)).json()
    await service.api.put(f"/messages/{sent['message_id']}/redact")
    await service.api.put(f"/messages/{sent['message_id']}/unredact")
    await service.texts(MARIA)
    await service.get("/dashboards/121/conversations", include_archived="true", page_size=20)
    await service.get("/dashboards/121/messages", start_date="2020-01-01T00:00:00Z", sort="desc", message_direction="R")


async def money(service: Service) -> None:
    await service.get("/dashboards/121/keywords")
    await service.get("/dashboards/121/reviews", start_date="2020-01-01T00:00:00Z", end_date="2030-01-01T00:00:00Z")
    await service.get("/dashboards/121/payments", sort_type="amount", sort_direction="asc")
    open_one = await service.payment(customer_phone=PAYER)
    await service.get(f"/dashboards/121/payments/{open_one['payment_id']}")
    await service.api.post(f"/dashboards/121/payments/{open_one['payment_id']}/resend")
    await service.api.post(f"/dashboards/121/payments/{open_one['payment_id']}/mark_as_paid")
    order = {"description": "Hose", "customer_phone": PAYER, "amount_requested": 12.5, "reference_number": "RO-9"}
    made = (await service.api.post("/dashboards/121/payments", json=order)).json()
    await service.api.post(f"/dashboards/121/payments/{made['payment_id']}/cancel")


async def hooks(service: Service) -> None:
    await service.get("/eventTypes")
    made = (await service.api.post("/dashboards/121/hooks", json=HOOK)).json()
    await service.get("/dashboards/121/hooks")
    await service.api.put(f"/dashboards/121/hooks/{made['id']}")
    await service.api.delete(f"/dashboards/121/hooks/{made['id']}")


@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("GET", "/dashboards?pagesize=5", None, "unknown query parameter pagesize"),
        ("GET", "/dashboards?page=x", None, "page"),
        ("GET", "/dashboard", None, "no such operation"),
        ("PUT", "/dashboards/121", {"title": "x"}, "'title' was unexpected"),
        ("PUT", "/dashboards/121", {"name": "x"}, "'phone' is a required property"),
    ],
)
async def test_what_breaks_the_contract_is_noted(method: str, path: str, body: object, complaint: str):
    async def careless(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await JSONResponse({"id": 1, "name": "x"})(scope, receive, send)

    checked = ContractChecked(careless)
    transport = httpx2.ASGITransport(app=checked)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://any.host/api/v3", headers={"x-api-key": "k"}
    ) as api:
        await api.request(method, path, json=body)

    assert any(complaint in violation for violation in checked.violations)

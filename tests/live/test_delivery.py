"""What becomes of a text: told by the service to the address that went with it, and shown with its send."""

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.desk import LINE, MARIA, call, open_desk, said
from tests.sandbox.service import KEY

from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.live.hooks import Hooks
from textrequest_mcp.live.webhooks import PATH, STATUS, Door, Receiver
from textrequest_mcp.sandbox import Courier
from textrequest_mcp.settings.table import Settings, Transport
from textrequest_mcp.wiring import open_account

PUBLIC = "http://127.0.0.1:8000"


async def every_line(_: int) -> bool:
    return True


async def test_a_text_carries_the_address_of_its_line_and_what_is_told_there_is_shown_with_its_send():
    """The callback of the text alone: no hook is registered, and nothing is asked."""
    async with open_desk() as desk, desk.host() as host:
        live, ledger = desk.account.live, desk.account.at_most_once.ledger
        live._status_address = Hooks(desk.account.api, PUBLIC).status_address  # pyright: ignore[reportPrivateUsage]
        receiver = Receiver(live, ledger, Door(keys=[KEY]), every_line)
        here = Starlette(routes=[Route(f"{PATH}/{{dashboard_id}}/{{event}}", receiver.answer, methods=["POST"])])
        courier = Courier(desk.sandbox, KEY, transport=httpx2.ASGITransport(app=here))

        sent = said(await call(host, "send_message", phone_number=MARIA, body="Your car is ready."))
        desk.clock.forward(2)
        row = await delivered(courier, ledger, sent["send_id"])

        assert desk.sandbox.journal[-1].body == {
            "body": "Your car is ready.",
            "status_callback": f"{PUBLIC}{PATH}/{LINE}/{STATUS}",
        }
        assert sent["delivery_status"] == "sending"
        assert row.result["delivery_status"] == "delivered"
        assert said(await call(host, "get_send_status", send_id=sent["send_id"]))["delivery_status"] == "delivered"


async def test_a_callback_that_was_asked_for_is_the_one_that_goes():
    async with open_desk() as desk, desk.host() as host:
        here = "https://texts.example"
        desk.account.live._status_address = Hooks(desk.account.api, here).status_address  # pyright: ignore[reportPrivateUsage]
        asked = "https://shop.example/status"

        said(await call(host, "send_message", phone_number=MARIA, body="Hello", status_callback=asked))

        assert desk.sandbox.journal[-1].body == {"body": "Hello", "status_callback": asked}


@pytest.mark.parametrize(
    ("transport", "public_url", "address"),
    [
        ("http", PUBLIC, f"{PUBLIC}{PATH}/{LINE}/{STATUS}/a-token"),
        ("sse", PUBLIC, f"{PUBLIC}{PATH}/{LINE}/{STATUS}/a-token"),
        ("http", None, None),
        ("stdio", PUBLIC, None),
    ],
)
async def test_only_a_server_that_the_service_reaches_has_an_address(
    transport: Transport, public_url: str | None, address: str | None
):
    settings = Settings(api_key=KEY, transport=transport, public_url=public_url, webhook_token="a-token")
    async with open_account(settings) as (account, _):
        assert account.live.status_address(LINE) == address


async def delivered(courier: Courier, ledger: Ledger, send_id: str) -> Send:
    """The send's row once the service has told what became of it."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(courier.run)
        with anyio.fail_after(5):
            while True:
                row = await ledger.get(send_id)
                assert row is not None
                if row.result["delivery_status"] == "delivered":
                    tasks.cancel_scope.cancel()
                    return row
                await anyio.sleep(0.01)
    raise AssertionError("the courier does not return")

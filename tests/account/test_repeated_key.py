"""A service that repeats the key, current or previous, however it spells it: the key comes back nowhere."""

import html
import logging
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from mcp import MCPError
from tests.desk import DEVON, LINE, MARIA, agrees, call, open_desk, text_of
from tests.sandbox.service import KEY

from textrequest_mcp.upstream import tries

BEFORE = "before-0123456789ABCDEF"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "Base64": lambda key: b64encode(f"user:{key}".encode()).decode(),
    "entities": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "percent": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "twice": lambda key: quote(html.escape("".join(f"&#x{ord(character):x};" for character in key)), safe=""),
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_dashboards", {}),
    ("get_contact", {"phone_number": DEVON}),
    ("save_contact", {"phone_number": DEVON, "note": "Likes tea"}),
    ("send_message", {"phone_number": MARIA, "body": "Hello"}),
    ("create_payment", {"customer_phone": MARIA, "amount_requested": 5, "description": "Wipers"}),
    ("delete_group", {"group_id": 1211}),
]


def at_once(low: float, high: float) -> float:
    """No pause between tries."""
    return 0.0


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", [KEY, BEFORE], ids=["current", "previous"])
async def test_h12_a_repeated_key_is_in_no_result_document_log_or_file(
    key: str,
    spelling: str,
    status: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(tries, "random", SimpleNamespace(uniform=at_once))
    spelled = SPELLINGS[spelling](key)
    said = {"message": f"The key {spelled} is unknown", "error_code": spelled, "name": spelled, "id": 7}
    if status == 200:
        said = {"name": spelled, "display_name": f"is {spelled}", "id": 7}
    service = httpx2.MockTransport(lambda _: httpx2.Response(status, json=said))
    told = ""
    with caplog.at_level(logging.DEBUG):
        async with (
            open_desk(transport=service, state_dir=tmp_path, previous_api_key=BEFORE, rate_limit=(9999, 1.0)) as desk,
            desk.host(agrees()) as host,
        ):
            for tool, arguments in CALLS:
                result = await call(host, tool, **arguments)
                told += text_of(result) + str(result.structured_content)
            try:
                told += str(await host.read_resource(f"textrequest://dashboards/{LINE}"))
            except MCPError as error:
                told += str(error)
            told += str(await host.get_prompt("catch_up", {"dashboard_id": str(LINE)}))
    files = contents(tmp_path)

    for form in (key, spelled, key.lower(), key.upper()):
        assert form not in told
        assert form not in caplog.text
        assert form.encode() not in files

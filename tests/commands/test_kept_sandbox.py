"""A host that starts a process for each call: with a named state folder, the pretend account outlives them."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.served import INITIALIZE, running
from tests.unruled import BY_TOKEN

from textrequest_mcp.wiring import SANDBOX_FILE

MARIA = "+14235550100"
TEXT = {"phone_number": MARIA, "body": "Your car is ready.", "dashboard_id": 121}


def call(folder: Path | None, tool: str, *flags: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers in a process of its own."""
    environment = {"TEXTREQUEST_STATE_DIR": str(folder)} if folder else {}
    with running(
        "serve", "--sandbox", *flags, environment=environment | BY_TOKEN | {"TEXTREQUEST_IF_UNANSWERED": "false"}
    ) as child:
        assert child.stdin
        assert child.stdout
        asked = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        for message in (INITIALIZE, {"jsonrpc": "2.0", "method": "notifications/initialized"}, asked):
            child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
        while (answer := json.loads(child.stdout.readline())).get("id") != 2:
            pass
        child.stdin.close()
        child.stdin = None
        assert child.wait(30) == 0
    result = answer["result"]
    assert not result.get("isError"), result
    return result["structuredContent"]


def groups(folder: Path | None, *flags: str) -> set[str]:
    return {group["name"] for group in call(folder, "list_groups", *flags, dashboard_id=121)["items"]}


def test_h3_a_group_a_token_and_a_send_outlive_their_process(tmp_path: Path):
    made = call(tmp_path, "create_group", name="Kept", dashboard_id=121)
    found = groups(tmp_path)
    shown = call(tmp_path, "delete_group", group_id=made["id"], dashboard_id=121)
    deleted = call(tmp_path, "delete_group", group_id=made["id"], dashboard_id=121, confirmation=shown["confirmation"])
    first, again = [call(tmp_path, "send_message", **TEXT) for _ in range(2)]
    texts = call(tmp_path, "list_messages", phone_number=MARIA, dashboard_id=121)["items"]

    assert "Kept" in found
    assert deleted["outcome"] == "done"
    assert "Kept" not in groups(tmp_path)
    assert (first["outcome"], again["duplicate_suppressed"]) == ("sent", True)
    assert [text["body"] for text in texts].count(TEXT["body"]) == 1


def test_h3_a_reset_begins_anew_and_what_was_sent_before_counts_no_more(tmp_path: Path):
    call(tmp_path, "create_group", name="Kept", dashboard_id=121)
    call(tmp_path, "send_message", **TEXT)

    after_reset = groups(tmp_path, "--sandbox-reset")
    sent = call(tmp_path, "send_message", **TEXT)

    assert "Kept" not in after_reset
    assert (sent["outcome"], "duplicate_suppressed" in sent) == ("sent", False)


def test_h3_without_a_named_folder_nothing_is_kept(tmp_path: Path):
    call(None, "create_group", name="Kept", dashboard_id=121)

    assert "Kept" not in groups(None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_h3_an_account_of_another_version_is_refused_by_name(tmp_path: Path, transport: str):
    groups(tmp_path)
    file = tmp_path / SANDBOX_FILE
    connection = sqlite3.connect(file)
    connection.execute("UPDATE kept SET number = 1, shape = 'other'")
    connection.commit()
    connection.close()

    environment = {"TEXTREQUEST_STATE_DIR": str(tmp_path)}
    with running("serve", "--sandbox", "--transport", transport, environment=environment) as child:
        _, said = child.communicate(timeout=30)

    assert child.returncode == 2
    assert str(file) in said
    assert "--sandbox-reset" in said
    assert "Traceback" not in said
    assert groups(tmp_path, "--sandbox-reset")

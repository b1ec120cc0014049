"""Saved replies are sent by name, with their blanks filled for the person; with a setting nothing else leaves."""

from pathlib import Path
from typing import Any

import pytest
from tests.desk import DEVON, MARIA, OWES, agrees, call, open_desk, refusal, said

from textrequest_mcp.cli import main
from textrequest_mcp.commands.policy import check_rules
from textrequest_mcp.settings.table import Settings, SettingsError

FILE = "[ready]\nHi {first_name}, your {Vehicle} is ready at {time}.\n[hours]\nWe are open 8-6.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "replies.txt"
    written.write_text(FILE, "utf-8")
    return written


def bodies(desk: Any) -> list[str]:
    return [accepted.body["body"] for accepted in desk.sandbox.journal]


async def test_a_saved_reply_is_sent_with_its_blanks_filled(file: Path):
    async with open_desk(templates=file) as desk, desk.host() as host:
        said(await call(host, "send_message", phone_number=MARIA, template="Ready; time=3 pm"))
        said(await call(host, "send_message", phone_number=DEVON, template="hours"))

        assert bodies(desk) == ["Hi Maria, your 2021 Toyota RAV4 is ready at 3 pm.", "We are open 8-6."]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"template": "nope"}, "There are: ready, hours."),
        ({"template": "ready"}, "a blank that nothing fills: {time}"),
        ({"template": "ready; time=3", "phone_number": DEVON}, "Add it: NAME; Vehicle=VALUE."),
        ({"template": "ready", "body": "Hello"}, "both a body and a template"),
        ({}, "body"),
    ],
)
async def test_what_does_not_fit_is_said_before_anything_leaves(file: Path, given: dict[str, str], sentence: str):
    async with open_desk(templates=file) as desk, desk.host() as host:
        assert sentence in refusal(await call(host, "send_message", **({"phone_number": MARIA} | given)))

        assert desk.changes == []


async def test_many_get_one_each_with_their_own_blanks(file: Path):
    async with open_desk(templates=file) as desk, desk.host(agrees()) as host:
        given = {"to": [MARIA, OWES], "template": "ready; time=3 pm; Vehicle=car"}
        said(await call(host, "text_many", **given))

        assert "Hi Sam, your car is ready at 3 pm." in bodies(desk)


async def test_with_the_setting_nothing_else_leaves(file: Path):
    async with open_desk(templates=file, only_templates=True) as desk, desk.host(agrees()) as host:
        loose = refusal(await call(host, "send_message", phone_number=MARIA, body="Hello"))
        many = refusal(await call(host, "text_many", to=[OWES], body="Hello"))
        asked = {"customer_phone": MARIA, "amount_requested": 5, "description": "Wipers"}
        pay = refusal(await call(host, "create_payment", **asked, message="Hello"))
        said(await call(host, "create_payment", **asked))
        said(await call(host, "send_message", phone_number=MARIA, body="We are open 8-6."))

        assert "Only saved replies may leave" in loose
        assert "TEXTREQUEST_ONLY_TEMPLATES" in many
        assert "Only saved replies may leave" in pay
        assert len(desk.changes) == 2


async def test_a_host_is_told_of_them_only_where_there_are_some(file: Path):
    async with open_desk(templates=file, only_templates=True) as desk, desk.host() as host:
        tools = {tool.name: tool.input_schema for tool in (await host.list_tools()).tools}
        prompts = [prompt.name for prompt in (await host.list_prompts()).prompts]
        prompt = await host.get_prompt("reply_ready", {"phone_number": MARIA})

        assert tools["send_message"]["required"] == ["phone_number"]
        assert "template" in tools["text_many"]["properties"]
        assert {"reply_ready", "reply_hours"} <= set(prompts)
        assert "is ready at {time}" in str(prompt.messages[0].content)
        assert "ready, hours. Nothing else may be sent." in (desk.server.instructions or "")
    async with open_desk() as desk, desk.host() as host:
        tools = {tool.name: tool.input_schema for tool in (await host.list_tools()).tools}

        assert "template" not in tools["send_message"]["properties"]
        assert "Saved replies" not in (desk.server.instructions or "")


def test_a_file_that_cannot_be_used_stops_the_start(file: Path, capsys: pytest.CaptureFixture[str]):
    def start(**settings: Any) -> None:
        check_rules(Settings(api_key="x", **settings))

    start(templates=file)
    with pytest.raises(SettingsError, match="cannot be used: No such file"):
        start(templates=file.parent / "none.txt")
    file.write_text("Hello", "utf-8")
    with pytest.raises(SettingsError, match="text before the first name"):
        start(templates=file)
    with pytest.raises(SettingsError, match="needs TEXTREQUEST_TEMPLATES"):
        start(only_templates=True)
    assert main(["policy"]) == 0
    assert "TEXTREQUEST_ONLY_TEMPLATES" in capsys.readouterr().out

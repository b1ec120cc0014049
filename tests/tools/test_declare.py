"""From a declared function to a tool: what a policy makes it ask, and what of its failures a model may read."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult
from pydantic import TypeAdapter
from tests.desk import DEVON, MARIA, agrees, call, declines, open_desk, refusal, said, text_of

from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.tools.answers import Answer, Code
from textrequest_mcp.tools.build import make_tool
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.upstream.errors import NotFound, Uncertain

SECRET = "key 0123456789 of +14235550123"
CHANGING = {"delete_contact", "cancel_payment", "send_message", "create_payment", "create_group"}
Policy = Literal["destructive", "sends", "all", "off"]


class Said(Answer):
    """What the tools of this module answer."""

    word: Code = None


async def ask() -> Question:
    return Question("Sure?")


async def result_of(toolset: Toolset) -> CallToolResult:
    """One call, without arguments, of the toolset's only tool."""
    [spec] = toolset.specs

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncGenerator[Any]:
        async with open_desk() as desk:
            yield desk.account

    server = MCPServer[Any]("tests", tools=[make_tool(spec, confirm="off")], lifespan=lifespan)
    async with Client(server) as host:
        return await host.call_tool(spec.name, {})


class TestPolicies:
    @pytest.mark.parametrize(
        ("policy", "asking"),
        [
            ("off", set[str]()),
            ("destructive", {"delete_contact", "cancel_payment"}),
            ("sends", {"delete_contact", "cancel_payment", "send_message", "create_payment"}),
            ("all", {"delete_contact", "cancel_payment", "send_message", "create_payment", "create_group"}),
        ],
    )
    async def test_a_tool_that_always_asks_says_so(self, policy: Policy, asking: set[str]):
        async with open_desk(confirm=policy) as desk, desk.host() as host:
            tools = [tool for tool in (await host.list_tools()).tools if tool.name in {*CHANGING, "get_group"}]

        assert {tool.name for tool in tools if "A person confirms" in (tool.description or "")} == asking

    @pytest.mark.parametrize("policy", ["off", "destructive", "sends", "all"])
    async def test_every_change_takes_a_confirmation(self, policy: Policy):
        """The rules may have a doubt about any of them, and a send asks before it is repeated on purpose."""
        async with open_desk(confirm=policy) as desk, desk.host() as host:
            tools = [tool for tool in (await host.list_tools()).tools if tool.name in {*CHANGING, "get_group"}]

        assert {tool.name for tool in tools if "confirmation" in tool.input_schema["properties"]} == CHANGING

    async def test_where_only_the_policy_asks_a_person_sees_the_arguments(self):
        person = agrees()
        async with open_desk(confirm="sends") as desk, desk.host(person) as host:
            result = said(await call(host, "send_message", phone_number="423 555 0100", body="Your «car» is\nready."))

        [question] = person.questions
        assert question.message == (
            f'Text "Maria Lopez" ({MARIA}) from "Front Desk" (line 121): "Your \'car\' is⏎ready."?'
        )
        assert result["outcome"] == "sent"
        assert len(desk.changes) == 1

    async def test_a_person_who_declines_a_text_keeps_it_from_going(self):
        async with open_desk(confirm="sends") as desk, desk.host(declines()) as host:
            result = said(await call(host, "send_message", phone_number=MARIA, body="Hello"))

        assert result["outcome"] == "not_confirmed"
        assert desk.changes == []

    async def test_a_host_that_cannot_ask_gets_the_same_preview_with_a_token(self):
        async with open_desk(confirm="all") as desk, desk.host() as host:
            preview = said(await call(host, "create_group", name="Fleet"))
            made = said(await call(host, "create_group", name="Fleet", confirmation=preview["confirmation"]))

        assert 'Make a group "Fleet" on "Front Desk" (line 121)?'.replace('"', "'") in preview["message"].replace(
            '"', "'"
        )
        assert made["name"] == "Fleet"
        assert len(desk.changes) == 1

    async def test_off_acts_at_once(self):
        async with open_desk(confirm="off") as desk:
            assert said(await desk.call("delete_contact", phone_number=DEVON))["outcome"] == "done"


class TestFailures:
    async def test_a_crash_says_nothing_of_its_own_text(self):
        nouns = Toolset("nouns")

        @nouns.reads(title="Crash", action="Crash")
        async def crash() -> Said:
            """Crash."""
            raise RuntimeError(SECRET)

        assert refusal(await result_of(nouns)) == "crash failed inside this server. Nothing was sent or changed."

    async def test_our_own_sentence_arrives_as_it_was_written(self):
        nouns = Toolset("nouns")

        @nouns.reads(title="Miss", action="Miss")
        async def miss() -> Said:
            """Miss."""
            raise NotFound("There is no such noun.", todo="See list_nouns.")

        assert refusal(await result_of(nouns)) == "There is no such noun. Nothing was sent or changed. See list_nouns."

    async def test_a_deletion_whose_outcome_is_unknown_is_no_error(self):
        nouns = Toolset("nouns")

        @nouns.destroys(title="Lose", action="Lose", question=ask)
        async def lose() -> Said:
            """Lose."""
            raise Uncertain("It left.", changed="Whether it arrived is unknown.", todo="Look first.")

        result = await result_of(nouns)

        assert said(result) == {
            "outcome": "unknown",
            "message": "It left. Whether it arrived is unknown. Look first.",
            "do_not_resend": True,
        }
        assert '"do_not_resend":true' in text_of(result)

    async def test_a_write_whose_outcome_is_unknown_is_an_error_that_says_so(self):
        nouns = Toolset("nouns")

        @nouns.writes(title="Lose", action="Lose", overwrites=False, idempotent=True, question=ask)
        async def lose() -> Said:
            """Lose."""
            raise Uncertain("It left.", changed="Whether it arrived is unknown.")

        assert "Whether it arrived is unknown." in refusal(await result_of(nouns))

    async def test_a_value_that_fails_inside_a_tool_does_not_pass_for_bad_input(self):
        nouns = Toolset("nouns")

        @nouns.destroys(title="Misread", action="Misread", question=ask)
        async def misread() -> Said:
            """Misread."""
            return Said(word=str(TypeAdapter(int).validate_python("after it was deleted")))

        result = await result_of(nouns)
        assert said(result)["outcome"] == "unknown"
        assert said(result)["do_not_resend"] is True
        assert "after it was deleted" not in text_of(result)


class TestDescriptions:
    async def test_a_docstring_is_one_line_for_the_model(self):
        nouns = Toolset("nouns")

        @nouns.reads(title="Say", action="Say")
        async def say() -> Said:
            """Say a word,
            and no more."""
            return Said(word="hello")

        [spec] = nouns.specs
        tool = make_tool(spec, confirm="all")

        assert (tool.description, tool.title) == ("Say a word, and no more.", "Say")
        assert tool.parameters["properties"] == {}
        assert said(await result_of(nouns)) == {"word": "hello"}

"""Whom a tool is about is what it declares: a sender that names nobody is not served, and no argument's name counts."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult
from pydantic import BaseModel, Field
from tests.desk import BLOCKED, DEVON, LINE, MARIA, OPTED_OUT_BY_CODE, Desk, open_desk, refusal, said
from tests.unruled import RULED, ruled_but

from textrequest_mcp.account.account import Account, Line
from textrequest_mcp.account.message import Sent
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.once.departure import LedgerDeparture
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.guard.once.same_act import Candidate, SameAct, SearchTerms
from textrequest_mcp.tools.about import BY_NUMBER, NOBODY, About
from textrequest_mcp.tools.build import make_tool
from textrequest_mcp.tools.declare import Toolset
from textrequest_mcp.tools.parameters import Number, Words
from textrequest_mcp.upstream.phone import wire

HELLO = "Your car is ready."
NIGHT = 7 * 3600.0
odd = Toolset("odd")


async def _find(_account: Account, _facts: SearchTerms) -> Sequence[Candidate]:
    return []


async def _news(_account: Account, _send: Send) -> dict[str, Any]:
    return {}


async def _payer(payment_id: int) -> str | None:
    return str(payment_id)


async def _ask() -> Question:
    return Question("Ping?")


ONCE = SameAct(same=("to", "says"), find=_find, news=_news, id_field="message_id")


@odd.sends(title="Ping", action="", question=_ask, once=ONCE, about=About(argument="to"))
async def ping(
    line: Line, departure: LedgerDeparture, to: Annotated[Number, Field(description="Whom")], says: Words
) -> Sent:
    """Text somebody whom an argument of another name holds."""
    path = ("contacts", wire(to), "messages")
    return Sent.model_validate(await line.post(*path, body={"body": says}, departure=departure))


@asynccontextmanager
async def host_of(desk: Desk) -> AsyncGenerator[Client]:
    """A host of a server that has this one tool, over the desk's account."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncGenerator[Any]:
        yield desk.account

    server = MCPServer[Any]("tests", tools=[make_tool(odd.specs[0], confirm="destructive")], lifespan=lifespan)
    async with Client(server) as host:
        yield host


async def pinged(desk: Desk, to: str) -> CallToolResult:
    async with host_of(desk) as host:
        return await host.call_tool("ping", {"dashboard_id": LINE, "to": to, "says": HELLO})


@pytest.fixture
async def ruled() -> AsyncGenerator[Desk]:
    async with open_desk(**RULED) as desk:
        yield desk


class TestAnOddName:
    async def test_who_may_be_texted_is_texted_and_hashed_in_the_record(self, ruled: Desk):
        ruled.sandbox.lines[LINE].contacts[MARIA.removeprefix("+")].is_resolved = True  # or the text is held back
        sent = said(await pinged(ruled, MARIA))
        (entry,) = [row.entry async for row in ruled.account.audit.trail.entries()]

        assert sent["outcome"] == "sent"
        assert entry is not None
        assert entry.person is not None

    @pytest.mark.parametrize("number", [OPTED_OUT_BY_CODE, BLOCKED])
    async def test_consent_holds(self, ruled: Desk, number: str):
        assert "to unblock" in (no := refusal(await pinged(ruled, number))) or "their own START" in no
        assert ruled.changes == []

    async def test_hours_hold(self, ruled: Desk):
        ruled.clock.forward(NIGHT)

        assert "TEXTREQUEST_QUIET_HOURS" in refusal(await pinged(ruled, DEVON))
        assert ruled.changes == []

    async def test_the_allowlist_holds(self):
        async with open_desk(**ruled_but({"only_to": MARIA})) as desk:
            assert "TEXTREQUEST_ONLY_TO" in refusal(await pinged(desk, DEVON))
            assert desk.changes == []

    async def test_the_last_look_holds(self, ruled: Desk, monkeypatch: pytest.MonkeyPatch):
        """STOP comes while the call waits for its turn."""
        policy = ruled.account.policy

        async def stop_comes(*_: object, **__: object) -> list[str]:
            at = policy.now()
            await policy.consent.heard(LINE, MARIA, "STOP", at)
            return []

        monkeypatch.setattr(policy, "reasons", stop_comes)

        answer = await pinged(ruled, MARIA)

        assert answer.is_error
        assert "asked" in str(answer.structured_content)
        assert ruled.changes == []

    async def test_a_name_in_its_place_lists_who_has_it(self, ruled: Desk):
        assert f'"Maria Lopez" ({MARIA})' in refusal(await pinged(ruled, "Maria"))

    async def test_nobody_is_no_answer(self, ruled: Desk):
        tools = Toolset("optional")

        @tools.sends(title="Ping", action="", question=_ask, once=ONCE, about=About(argument="to"))
        async def maybe(line: Line, departure: LedgerDeparture, says: Words, to: Number | None = None) -> Sent:
            """Text somebody, or nobody."""
            raise AssertionError("it must not run")

        @asynccontextmanager
        async def lifespan(_: MCPServer[Any]) -> AsyncGenerator[Any]:
            yield ruled.account

        server = MCPServer[Any]("tests", tools=[make_tool(tools.specs[0], confirm="off")], lifespan=lifespan)
        async with Client(server) as host:
            answer = await host.call_tool("maybe", {"dashboard_id": LINE, "says": HELLO})

        assert "names nobody" in refusal(answer)


class Record(BaseModel):
    """One of several."""

    to: str


class TestDeclaring:
    @pytest.mark.parametrize(
        "about",
        [NOBODY, About(argument="phone"), About(argument="number", each="people"), About(read=_payer)],
        ids=["nobody", "another argument", "another list", "from other arguments"],
    )
    def test_a_sender_that_does_not_say_whom_it_texts_is_not_served(self, about: About):
        with pytest.raises(TypeError, match="ping2 texts people, and does not say by its arguments whom"):

            @Toolset("odd").sends(title="Ping", action="", question=_ask, once=ONCE, about=about)
            async def ping2(line: Line, departure: LedgerDeparture, to: Number) -> Sent:
                raise AssertionError

    def test_nor_is_one_that_texts_several_at_once(self):
        with pytest.raises(TypeError, match="several at once"):

            @Toolset("odd").sends(
                title="Ping", action="", question=_ask, once=ONCE, about=About(argument="to", each="people")
            )
            async def ping2(line: Line, departure: LedgerDeparture, people: list[Record]) -> Sent:
                raise AssertionError

    def test_nor_is_one_without_a_line(self):
        with pytest.raises(TypeError, match="ping2 texts people, and takes no line"):

            @Toolset("odd").sends(title="Ping", action="", question=_ask, once=ONCE, about=BY_NUMBER)
            async def ping2(phone_number: Number, departure: LedgerDeparture) -> Sent:
                raise AssertionError

    def test_nor_is_any_other_that_names_an_argument_it_does_not_have(self):
        with pytest.raises(TypeError, match="read2 does not say by its arguments whom"):

            @Toolset("odd").reads(title="Read", action="", about=BY_NUMBER)
            async def read2(line: Line) -> Sent:
                raise AssertionError


def test_several_people_are_those_of_the_records_before_and_after_they_were_checked():
    several = About(argument="to", each="people")

    assert several.named({"people": [{"to": MARIA}, Record(to=DEVON), "text", {"to": ""}]}) == [MARIA, DEVON]
    assert several.named({}) == []
    assert NOBODY.named({"to": MARIA}) == []

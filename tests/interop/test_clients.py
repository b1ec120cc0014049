"""Clients that others wrote play one story against real servers: read, ask, send, confirm, decline, replay.

What a story is made of, and how a client plays it, stands in clients.py.
"""

import json
import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import jsonschema
import pytest
from tests.faults.zygote import Zygote
from tests.interop.clients import Case, Session, need, sessions, why_missing
from tests.served import address_of, running
from tests.surface import DEFAULT_TOOLS
from tests.unruled import BY_TOKEN

MARIA = {"dashboard_id": 121, "phone_number": "14235550100"}
DEVON = {"dashboard_id": 121, "phone_number": "14235550102"}
NEWCOMER = {"dashboard_id": 121, "phone_number": "14235550177"}
MARIAS_TEXTS = "textrequest://dashboards/121/conversations/14235550100"

WITH_ELICITATION: dict[str, Any] = {
    "replies": [{"action": "decline"}, {"action": "accept", "content": {"confirm": True}}],
    "steps": {
        "tools": ["tools"],
        "lines": ["call", "list_dashboards", {}],
        "contact": ["call", "get_contact", MARIA],
        "nobody": ["call", "get_contact", NEWCOMER],
        "resources": ["resources"],
        "templates": ["templates"],
        "lines_document": ["read", "textrequest://dashboards"],
        "texts_document": ["read", MARIAS_TEXTS],
        "line_ids": ["complete", "textrequest://dashboards/{dashboard_id}", {"name": "dashboard_id", "value": "12"}],
        "prompts": ["prompts"],
        "prompt": ["prompt", "draft_reply", {"phone_number": "(423) 555-0100", "dashboard_id": "121"}],
        "sent": ["call", "send_message", MARIA | {"body": "Your car is ready; we close at 5."}],
        "declined": ["call", "delete_contact", DEVON],
        "after_declining": ["call", "get_contact", DEVON],
        "accepted": ["call", "delete_contact", DEVON],
        "after_accepting": ["call", "get_contact", DEVON],
    },
}
WITHOUT_ELICITATION: dict[str, Any] = {
    "replies": None,
    "steps": {
        "tools": ["tools"],
        "saved": ["call", "save_contact", NEWCOMER | {"display_name": "Newcomer"}],
        "preview": ["call", "delete_contact", NEWCOMER],
        "after_preview": ["call", "get_contact", NEWCOMER],
        "confirmed": ["call", "delete_contact", NEWCOMER | {"confirmation": "$confirmation"}],
        "after_confirming": ["call", "get_contact", NEWCOMER],
        "saved_again": ["call", "save_contact", NEWCOMER | {"display_name": "Newcomer"}],
        "replayed": ["call", "delete_contact", NEWCOMER | {"confirmation": "$confirmation"}],
        "after_replaying": ["call", "get_contact", NEWCOMER],
    },
}
STORY = [WITH_ELICITATION, WITHOUT_ELICITATION]

CASES = [
    Case("mcp1", "stdio", "legacy"),
    Case("mcp1", "http", "legacy"),
    Case("mcp1", "sse", "legacy"),
    Case("mcp2", "http", "auto"),
    Case("fastmcp", "stdio", "auto"),
    Case("fastmcp", "http", "legacy"),
    Case("ts1", "stdio", "legacy"),
    Case("ts1", "http", "legacy"),
    Case("ts1", "sse", "legacy"),
    Case("ts2", "http", "auto"),
]


class Play(NamedTuple):
    """The story as one client told it."""

    eliciting: Session
    plain: Session


@pytest.fixture(scope="module")
def plays(
    request: pytest.FixtureRequest, command: list[str], clean_environment: dict[str, str], zygote: Zygote
) -> Generator[Callable[[Case], Play]]:
    """All the plays that the chosen tests need, a few at a time: they mostly wait for processes to start."""

    def play(case: Case) -> Play:
        if case.transport == "stdio":
            by_token = ["env", *(f"{name}={value}" for name, value in BY_TOKEN.items()), *command]
            return Play(*sessions(case, json.dumps(by_token), STORY, clean_environment))
        # Two hosts share this server, and what one of them reads would have the other ask before it saves a new number.
        unruled = BY_TOKEN | {"TEXTREQUEST_PROVENANCE": "off"}
        with running("serve", "--sandbox", "--transport", case.transport, "--port", "0", environment=unruled) as server:
            return Play(*sessions(case, address_of(server), STORY, clean_environment))

    items: list[Any] = request.session.items
    chosen = {item.callspec.params["case"] for item in items if "case" in getattr(item, "fixturenames", ())}
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        started: dict[Case, Future[Play]] = {
            case: pool.submit(play, case) for case in CASES if case in chosen and why_missing(case.client) is None
        }
        yield lambda case: started[case].result()


@pytest.fixture
def played(case: Case, plays: Callable[[Case], Play]) -> Play:
    """The case's play."""
    need(case.client)
    return plays(case)


each_client = pytest.mark.parametrize("case", CASES, ids="-".join)


@each_client
def test_client_and_server_agree_on_a_protocol(case: Case, played: Play):
    newest = {"legacy": "2025-11-25", "auto": "2026-07-28"}[case.era]

    assert [session.protocol for session in played] == [newest, newest]
    assert [session.server for session in played] == ["textrequest-mcp", "textrequest-mcp"]


@each_client
def test_client_rejects_no_answer(case: Case, played: Play):
    rejected = {
        name: answer["rejected"]
        for session in played
        for name, answer in session.answers.items()
        if "rejected" in answer
    }

    assert rejected == {}


@each_client
def test_client_sees_every_tool_and_what_each_can_do(case: Case, played: Play):
    tools = {tool["name"]: tool for tool in played.eliciting.answers["tools"]["tools"]}

    assert len(tools) == DEFAULT_TOOLS
    for tool in tools.values():
        hints = tool["annotations"]
        assert {hint: type(hints[hint]) for hint in hints if hint.endswith("Hint")} == {
            "readOnlyHint": bool,
            "destructiveHint": bool,
            "idempotentHint": bool,
            "openWorldHint": bool,
        }
        assert tool["title"]
    assert tools["get_contact"]["annotations"]["readOnlyHint"] is True
    assert tools["delete_contact"]["annotations"]["destructiveHint"] is True
    assert tools["send_message"]["annotations"]["openWorldHint"] is True


@each_client
def test_client_gets_structured_content_that_its_schema_allows(case: Case, played: Play):
    answers = played.eliciting.answers
    schemas = {tool["name"]: tool["outputSchema"] for tool in answers["tools"]["tools"]}

    jsonschema.validate(answers["lines"]["structuredContent"], schemas["list_dashboards"])
    jsonschema.validate(answers["contact"]["structuredContent"], schemas["get_contact"])
    assert [line["id"] for line in answers["lines"]["structuredContent"]["items"]] == [121, 122, 123]
    assert answers["contact"]["structuredContent"]["display_name"] == "Maria Lopez"
    assert "Maria Lopez" in text_of(answers["contact"])


@each_client
def test_client_gets_a_failure_as_a_plain_sentence(case: Case, played: Play):
    nobody = played.eliciting.answers["nobody"]

    assert nobody["isError"] is True
    assert text_of(nobody).startswith(
        "This line has no contact with the number ending in 77. Nothing was sent or changed."
    )


@each_client
def test_client_reads_lines_and_a_conversation_as_documents(case: Case, played: Play):
    answers = played.eliciting.answers

    assert [resource["uri"] for resource in answers["resources"]["resources"]] == ["textrequest://dashboards"]
    templates = [template["uriTemplate"] for template in answers["templates"]["resourceTemplates"]]
    assert "textrequest://dashboards/{dashboard_id}/conversations/{phone_number}{?page,page_size}" in templates
    lines, texts = (document_of(answers[name]) for name in ("lines_document", "texts_document"))
    assert [line["name"] for line in lines["items"]] == ["Front Desk", "Service Desk", "After Hours"]
    assert texts["items"][0]["message_direction"] == "R"
    assert texts["last_modified"]


@each_client
def test_client_is_offered_completions_and_prompts(case: Case, played: Play):
    answers = played.eliciting.answers

    assert answers["line_ids"]["completion"]["values"] == ["121", "122", "123"]
    names = {prompt["name"] for prompt in answers["prompts"]["prompts"]}
    assert names == {"catch_up", "draft_reply", "collect_payment", "tidy_contacts"}
    assert "+14235550100 on line 121" in answers["prompt"]["messages"][0]["content"]["text"]


@each_client
def test_client_sends_a_text(case: Case, played: Play):
    sent = played.eliciting.answers["sent"]

    assert not sent.get("isError")
    assert sent["structuredContent"]["outcome"] == "sent"
    assert sent["structuredContent"]["message_id"]


@each_client
def test_client_shows_the_question_and_a_declined_one_deletes_nothing(case: Case, played: Play):
    session = played.eliciting

    assert "Devon O'Neil" in session.questions[0]
    assert "+14235550102" in session.questions[0]
    assert session.answers["declined"]["structuredContent"]["outcome"] == "not_confirmed"
    assert session.answers["after_declining"]["structuredContent"]["display_name"] == "Devon O'Neil"


@each_client
def test_client_passes_on_a_yes_and_the_contact_is_gone(case: Case, played: Play):
    session = played.eliciting

    assert len(session.questions) == 2
    assert session.answers["accepted"]["structuredContent"]["outcome"] == "done"
    assert session.answers["after_accepting"]["isError"] is True


@each_client
def test_client_that_cannot_ask_gets_a_preview_and_a_token_that_acts_once(case: Case, played: Play):
    answers = played.plain.answers

    assert played.plain.questions == []
    assert answers["preview"]["structuredContent"]["outcome"] == "confirmation_required"
    assert "+14235550177" in answers["preview"]["structuredContent"]["message"]
    assert answers["after_preview"]["structuredContent"]["display_name"] == "Newcomer"
    assert answers["confirmed"]["structuredContent"]["outcome"] == "done"
    assert answers["after_confirming"]["isError"] is True
    assert answers["replayed"]["isError"] is True
    assert text_of(answers["replayed"]).startswith("This confirmation was used before; each one acts once.")
    assert answers["after_replaying"]["structuredContent"]["display_name"] == "Newcomer"


def text_of(answer: dict[str, Any]) -> str:
    """The text part of a tool's answer."""
    return answer["content"][0]["text"]


def document_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The JSON of the only document in a resource's answer."""
    [contents] = answer["contents"]
    return json.loads(contents["text"])

"""Agent frameworks work on a real account as they come: over a process for each call, or over HTTP with the secret.

Each gives its model less than the protocol has, so the stories ask for what every model gets: the text of an answer.
"""

import json
import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.faults.zygote import Zygote
from tests.interop.clients import Case, Session, need, sessions, why_missing
from tests.served import address_of, bearing_secret, real_account, running
from tests.surface import DEFAULT_NAMES
from tests.unruled import AT_ANY_HOUR, BY_TOKEN

SAM = {"dashboard_id": 121, "phone_number": "14235550105"}  # who waits for no answer
DEVON = {"dashboard_id": 121, "phone_number": "14235550102"}
LIKE_DEVON = {"dashboard_id": 121, "contact_phone_number": "14235550102"}
STRANGER = {"dashboard_id": 121, "phone_number": "14235550177"}
BODY = "Your car is ready; we close at 5."

UNASKED: dict[str, Any] = {
    "replies": None,
    "steps": {
        "tools": ["tools"],
        "lines": ["call", "list_dashboards", {}],
        "nobody": ["call", "get_contact", STRANGER],
        "sent": ["call", "send_message", SAM | {"body": BODY}],
        "repeated": ["call", "send_message", SAM | {"body": BODY}],
        "no_number": ["call", "send_message", SAM | {"phone_number": "12", "body": BODY}],
        "refused": ["call", "delete_contact", DEVON],
        "after_refusing": ["call", "list_contacts", LIKE_DEVON],
    },
}
ASKED: dict[str, Any] = {
    "replies": [{"action": "decline"}, {"action": "accept", "content": {"confirm": True}}],
    "steps": {
        "declined": ["call", "delete_contact", DEVON],
        "after_declining": ["call", "list_contacts", LIKE_DEVON],
        "accepted": ["call", "delete_contact", DEVON],
        "after_accepting": ["call", "list_contacts", LIKE_DEVON],
    },
}
WAITING: dict[str, Any] = {
    "replies": None,
    "steps": {"waited": ["call", "wait_for_messages", {"dashboard_id": 121}], "after": ["call", "list_dashboards", {}]},
}
STRICT: dict[str, Any] = {
    "replies": None,
    "steps": {"sent": ["call_strictly", "send_message", SAM | {"body": BODY}]},
}
TWICE: dict[str, Any] = {
    "replies": None,
    "steps": {
        "sent": ["call", "send_message", SAM | {"body": BODY}],
        "repeated": ["call", "send_message", SAM | {"body": BODY}],
    },
}
CASES = [
    Case(client, transport, "legacy")
    for client in ("langchain", "autogen", "agents")
    for transport in ("stdio", "http")
]
THAT_ASK = [case for case in CASES if case.client == "langchain"]
THAT_HURRY = [case for case in CASES if case.client == "agents"]


class Play(NamedTuple):
    """What a framework told of its stories, and what the service then had.

    Attributes:
        went_out: the texts to Maria.
    """

    told: list[Session]
    went_out: list[str]


@pytest.fixture(scope="module")
def plays(
    request: pytest.FixtureRequest,
    command: list[str],
    clean_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    zygote: Zygote,
) -> Generator[Callable[[Case], Play]]:
    """All the plays that the chosen tests need, a few at a time: they mostly wait for processes to start."""
    folders = {case: tmp_path_factory.mktemp("state") for case in CASES}

    def play(case: Case) -> Play:
        stories = [UNASKED, ASKED] if case in THAT_ASK else [UNASKED]
        return played(case, stories, folders[case], command[0], clean_environment)

    items: list[Any] = request.session.items
    chosen = {item.callspec.params["case"] for item in items if "plays" in getattr(item, "fixturenames", ())}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started: dict[Case, Future[Play]] = {
            case: pool.submit(play, case) for case in CASES if case in chosen and why_missing(case.client) is None
        }
        yield lambda case: started[case].result()


def played(case: Case, stories: list[dict[str, Any]], folder: Path, program: str, environment: dict[str, str]) -> Play:
    """The stories on an account of the pretend service, real to a server that keeps its state in the folder."""
    with ExitStack() as servers:
        service = servers.enter_context(running("sandbox", "--port", "0"))
        assert service.stderr is not None
        *_, url, _, _, key = service.stderr.readline().split()
        account = real_account(url, folder) | {"TEXTREQUEST_API_KEY": key} | BY_TOKEN | AT_ANY_HOUR
        if case.transport == "stdio":
            told = sessions(case, json.dumps([program, "serve"]), stories, environment | account)
        else:
            listening = running("serve", "--transport", "http", "--port", "0", environment=account)
            server = servers.enter_context(listening)
            told = sessions(case, address_of(server), stories, environment, bearing_secret(folder))
            server.terminate()  # in good order, so that its state keeps no number
            server.wait()
        sams = f"{url}/dashboards/121/contacts/{SAM['phone_number']}/messages"
        texts = httpx2.get(sams, headers={"x-api-key": key}).raise_for_status().json()["items"]
        return Play(told, [text["body"] for text in texts if text["message_direction"] == "S"])


@pytest.fixture
def unasked(case: Case, plays: Callable[[Case], Play]) -> Session:
    """The case's story without a person at hand."""
    need(case.client)
    return plays(case).told[0]


each_framework = pytest.mark.parametrize("case", CASES, ids=map("-".join, CASES))


@each_framework
def test_framework_makes_tools_of_its_own_of_all_tools(case: Case, unasked: Session):
    tools = {tool["name"]: tool["inputSchema"] for tool in unasked.answers["tools"]["tools"]}

    assert set(tools) == DEFAULT_NAMES
    assert {"phone_number", "body"} <= set(tools["send_message"]["properties"])
    assert all(schema["type"] == "object" for schema in tools.values())


@each_framework
def test_framework_rejects_no_answer(case: Case, unasked: Session):
    assert {name: answer for name, answer in unasked.answers.items() if "rejected" in answer} == {}


@each_framework
def test_framework_reads_the_lines(case: Case, unasked: Session):
    assert "Service Desk" in text_of(unasked.answers["lines"])


@each_framework
def test_framework_gets_a_failure_as_a_plain_sentence(case: Case, unasked: Session):
    nobody, no_number = unasked.answers["nobody"], unasked.answers["no_number"]

    assert "This line has no contact with the number ending in 77. Nothing was sent or changed." in text_of(nobody)
    assert "The phone number is too short" in text_of(no_number)
    assert "Nothing was sent or changed." in text_of(no_number)
    assert nobody.get("isError", True)
    assert no_number.get("isError", True)


@each_framework
def test_h1_framework_takes_a_text_that_went_out_as_sent(case: Case, unasked: Session):
    """AutoGen reports a send as failed when its answer holds a link to a document."""
    sent = unasked.answers["sent"]

    assert not sent.get("isError")
    assert '"outcome":"sent"' in text_of(sent)


@each_framework
def test_h3_text_that_a_framework_repeats_goes_out_once(case: Case, plays: Callable[[Case], Play]):
    """LangChain's adapters start a process for each call: what the first one sent, the second one knows."""
    need(case.client)
    told, went_out = plays(case)
    repeated = told[0].answers["repeated"]

    assert not repeated.get("isError")
    assert "duplicate_suppressed" in text_of(repeated)
    assert went_out.count(BODY) == 1


@each_framework
def test_framework_that_cannot_ask_deletes_nobody_at_once(case: Case, unasked: Session):
    assert "Devon O'Neil" in text_of(unasked.answers["refused"])
    assert "Devon O'Neil" in text_of(unasked.answers["after_refusing"])


@pytest.mark.parametrize("case", THAT_ASK, ids="-".join)
def test_framework_that_asks_deletes_after_a_yes_only(case: Case, plays: Callable[[Case], Play]):
    need(case.client)
    _, asked = plays(case).told

    assert ["Devon O'Neil" in question for question in asked.questions] == [True, True]
    assert "not_confirmed" in text_of(asked.answers["declined"])
    assert "Devon O'Neil" in text_of(asked.answers["after_declining"])
    assert "done" in text_of(asked.answers["accepted"])
    assert "Devon O'Neil" not in text_of(asked.answers["after_accepting"])


@pytest.mark.parametrize("case", THAT_HURRY, ids="-".join)
def test_h4_framework_that_gives_up_after_five_seconds_gets_the_answer_of_a_wait(
    case: Case, command: list[str], clean_environment: dict[str, str], tmp_path: Path
):
    need(case.client)
    [session] = played(case, [WAITING], tmp_path, command[0], clean_environment).told

    assert "Service Desk" in text_of(session.answers["after"])
    assert "timed_out" in text_of(session.answers["waited"])


def test_d6_text_goes_out_where_a_strict_schema_forces_empty_values(
    command: list[str], clean_environment: dict[str, str], tmp_path: Path
):
    need("agents")
    [session], went_out = played(Case("agents", "stdio", "legacy"), [STRICT], tmp_path, command[0], clean_environment)

    assert '"outcome":"sent"' in text_of(session.answers["sent"])
    assert went_out.count(BODY) == 1


def test_h3_kept_sandbox_remembers_what_the_process_before_sent(
    command: list[str], clean_environment: dict[str, str], tmp_path: Path
):
    need("langchain")
    kept = clean_environment | {"TEXTREQUEST_STATE_DIR": str(tmp_path)}
    [session] = sessions(Case("langchain", "stdio", "legacy"), json.dumps(command), [TWICE], kept)

    assert '"outcome":"sent"' in text_of(session.answers["sent"])
    assert "duplicate_suppressed" in text_of(session.answers["repeated"])


def text_of(answer: dict[str, Any]) -> str:
    """What the framework gives its model of an answer."""
    return "\n".join(part["text"] for part in answer.get("content", ()) if "text" in part)

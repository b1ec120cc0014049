"""The demo tells its whole story from real answers, and says plainly when something goes another way."""

import subprocess
import sys

import pytest

from textrequest_mcp.commands import demo

_LONGEST_LINE = 110
_MOST_LINES = 84
_TURNING_POINTS = (
    "Who is waiting for an answer?",
    "list_conversations(show_unresolved_only=true)",
    "customers wait.",
    "Maria Lopez, not opted out",
    "Maria: Hi, just checking, is my car ready?",
    'send_message(phone_number="+14235550100"',
    "Server     sent",
    "Host       (loses that answer",
    "This call sent and changed nothing",
    'wait_for_messages(phone_number="+14235550100"',
    "Maria: Perfect",
    "create_payment(",
    "Server     sent",
    "$385.00 for Brakes, asked of Maria Lopez: Sent",
    "Old Leads 20",
    "Old Leads: Devon O'Neil",
    "delete_group(",
    'Delete the group "Old Leads"',
    "Owner      Yes.",
    "Server     done",
    "delete_contact(",
    'Server     The contact "Walt Pruitt" has 3 messages',
    "Nothing was sent or changed.",
    'delete_contact(phone_number="+14235550102")',
    "Delete the contact",
    "Owner      No.",
    "nothing was sent or changed",
    "Server     Devon O'Neil, a contact since",
    'delete_contact(phone_number="+14235550102")',
    "Delete the contact",
    "Owner      Yes.",
    "Server     done",
    "This line has no contact with the number ending in 02.",
    "In all: send_message sent, create_payment sent, delete_group done, delete_contact done.",
    "textrequest-mcp install HOST --sandbox",
)


@pytest.fixture(scope="module")
def told() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "textrequest_mcp", "demo"]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


def test_the_demo_tells_its_story_in_order(told: subprocess.CompletedProcess[str]):
    """Every turning point comes after the one before it, and the command succeeds."""
    assert told.returncode == 0, told.stdout
    place = 0
    for point in _TURNING_POINTS:
        found = told.stdout.find(point, place)
        assert found >= 0, f"{point!r} does not come next in:\n{told.stdout}"
        place = found + len(point)


def test_the_demo_writes_nothing_but_the_story_and_fits_a_terminal(told: subprocess.CompletedProcess[str]):
    """Short enough to read, narrow enough for a plain window, and no log or traceback beside it."""
    lines = told.stdout.splitlines()

    assert told.stderr == ""
    assert "Traceback" not in told.stdout
    assert [line for line in lines if len(line) > _LONGEST_LINE] == []
    assert len(lines) <= _MOST_LINES


def test_nobody_is_asked_about_what_the_service_would_refuse_anyway(told: subprocess.CompletedProcess[str]):
    """The refusal follows the call itself; a question would stand between them."""
    before, refused, _ = told.stdout.partition('Server     The contact "Walt Pruitt"')

    assert refused
    assert before.splitlines()[-1].startswith("Assistant  delete_contact(")


def test_a_server_that_cannot_do_the_story_ends_the_demo_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Without the sending tools the reply fails: said on stdout, and the exit status is 1."""
    monkeypatch.setattr(demo, "SERVER", [*demo.SERVER, "--read-only"])

    assert demo.run_demo() == 1
    assert "The demo did not go as expected." in (said := capsys.readouterr().out)
    assert 'There is no tool "send_message" here' in said
    assert "The end" not in said


def test_a_server_that_does_not_start_ends_the_demo_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A child that leaves at once is told as such, and the exit status is 1."""
    monkeypatch.setattr(demo, "SERVER", ["-c", ""])

    assert demo.run_demo() == 1
    assert "The demo did not go as expected." in capsys.readouterr().out

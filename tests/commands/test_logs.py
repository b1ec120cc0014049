"""What the server writes about itself holds no phone number, no exception's words, and stays off stdout."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime

import pytest

NUMBERS = ["+14235550123", "14235550123", "4235550123", "(423) 555-0123", "423-555-0123", "423.555.0123"]
LIBRARIES = ["httpx2", "httpcore2", "mcp.server.mcpserver.server", "uvicorn.access"]
PROGRAM = """
import logging
from textrequest_mcp.commands.logs import start_logging
start_logging("INFO")
ours = logging.getLogger("textrequest_mcp.x")
ours.info("hello")
ours.debug("too quiet")
ours.info("%d", "no number, but Maria")
for number in {numbers!r}:
    ours.warning("to %s now", number)
for library in {libraries!r}:
    logging.getLogger(library).info("GET /contacts/x")
try:
    raise ValueError("Maria said +14235550123")
except ValueError:
    ours.exception("it failed")
"""


@pytest.fixture(scope="module")
def ran() -> subprocess.CompletedProcess[str]:
    """A process of its own, because logging belongs to a whole process; one for all, because starting takes time."""
    program = PROGRAM.format(numbers=NUMBERS, libraries=LIBRARIES)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def test_a_line_goes_to_stderr_and_nothing_to_stdout(ran: subprocess.CompletedProcess[str]):
    assert ran.stdout == ""
    first = json.loads(ran.stderr.splitlines()[0])
    assert (first["level"], first["logger"], first["message"]) == ("INFO", "textrequest_mcp.x", "hello")


def test_every_line_is_an_object_of_its_own_with_its_time_in_utc(ran: subprocess.CompletedProcess[str]):
    lines = [json.loads(line) for line in ran.stderr.splitlines()]

    assert len(lines) == 2 + len(NUMBERS)
    assert all(datetime.fromisoformat(line["time"]).tzinfo == UTC for line in lines)


def test_a_phone_number_however_written_is_cut_to_its_last_two_digits(ran: subprocess.CompletedProcess[str]):
    assert ran.stderr.replace("(…", "…").count("to …23 now") == len(NUMBERS)
    assert "555" not in ran.stderr


def test_an_exception_shows_its_type_and_place_but_none_of_its_words(ran: subprocess.CompletedProcess[str]):
    last = json.loads(ran.stderr.splitlines()[-1])
    assert last["message"] == "it failed"
    assert last["exception"].startswith("ValueError at ")
    assert "Maria" not in ran.stderr


def test_a_record_that_cannot_be_formatted_is_left_out_with_all_its_words(ran: subprocess.CompletedProcess[str]):
    assert "no number" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_libraries_that_name_addresses_and_arguments_are_kept_quiet(ran: subprocess.CompletedProcess[str]):
    assert "GET" not in ran.stderr


def test_the_level_is_the_one_asked_for(ran: subprocess.CompletedProcess[str]):
    assert "too quiet" not in ran.stderr


def test_this_process_keeps_its_own_logging():
    assert logging.getLogger("textrequest_mcp").level == logging.NOTSET

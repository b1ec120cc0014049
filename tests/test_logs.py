"""What the server writes about itself holds no phone number, no exception's words, and stays off stdout."""

import logging
import subprocess
import sys

import pytest

PROGRAM = """
import logging
from textrequest_mcp.logs import start_logging
start_logging({level!r})
{body}
"""


def run(body: str, level: str = "DEBUG") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(level=level, body=body)], capture_output=True, text=True, check=True
    )


def test_a_line_goes_to_stderr_and_nothing_to_stdout():
    ran = run("logging.getLogger('textrequest_mcp.x').info('hello')")

    assert ran.stdout == ""
    assert "INFO textrequest_mcp.x: hello" in ran.stderr


@pytest.mark.parametrize(
    "number", ["+14235550123", "14235550123", "4235550123", "(423) 555-0123", "423-555-0123", "423.555.0123"]
)
def test_a_phone_number_is_cut_to_its_last_two_digits(number: str):
    written = run(f"logging.getLogger('textrequest_mcp').warning('to %s now', {number!r})").stderr

    assert "to …23 now" in written.replace("(", "")
    assert "555" not in written


def test_an_exception_shows_its_type_and_place_but_none_of_its_words():
    written = run(
        "try:\n    raise ValueError('Maria said +14235550123')\n"
        "except ValueError:\n    logging.getLogger('textrequest_mcp').exception('it failed')"
    ).stderr

    assert "it failed" in written
    assert "ValueError at" in written
    assert "Maria" not in written


@pytest.mark.parametrize("library", ["httpx2", "httpcore2", "mcp.server.mcpserver.server", "uvicorn.access"])
def test_libraries_that_name_addresses_and_arguments_are_kept_quiet(library: str):
    assert run(f"logging.getLogger({library!r}).info('GET /contacts/x')").stderr == ""


def test_the_level_is_the_one_asked_for():
    assert run("logging.getLogger('textrequest_mcp').info('hello')", level="WARNING").stderr == ""


def test_this_process_keeps_its_own_logging():
    assert logging.getLogger("textrequest_mcp").level == logging.NOTSET

"""What the server writes about itself holds no phone number, no exception's words, and stays off stdout."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from textrequest_mcp.commands.logs import Collapsed, _Masked  # pyright: ignore[reportPrivateUsage] - how a line is written
from textrequest_mcp.ground.member import Member, on_behalf_of

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


class TestTheSameLine:
    """A customer's odd record or a host's broken pipe can come hundreds of times; its line is written once a minute."""

    def test_l3_the_same_line_comes_once_a_minute_with_its_count(self):
        moments = [0.0, 1.0, 2.0, 59.0, 60.0, 61.0, 121.0]
        collapsed = Collapsed(iter(moments).__next__)
        said: list[str] = []
        for _ in moments:
            record = logging.makeLogRecord({"msg": "odd %s", "args": ("row",), "levelno": logging.WARNING})
            if collapsed.filter(record):
                said.append(record.getMessage())

        assert said == ["odd row", "odd row (3 more times)", "odd row (1 more time)"]
        assert list(collapsed.told()) == []

    def test_l3_what_was_held_back_is_told_at_the_end(self):
        collapsed = Collapsed(lambda: 0.0)
        passed = [collapsed.filter(logging.makeLogRecord({"msg": msg})) for msg in ("a", "b", "a", "a")]

        assert passed == [True, True, False, False]
        assert [record.getMessage() for record in collapsed.told()] == ["a (2 more times)"]
        assert list(collapsed.told()) == []

    def test_l3_lines_that_differ_in_anything_all_come(self):
        collapsed = Collapsed(lambda: 0.0)
        records = [
            {"msg": "a"},
            {"msg": "a", "name": "other"},
            {"msg": "a", "levelno": 40},
            {"msg": "a", "exc_info": (ValueError, ValueError(), None)},
            {"msg": "a", "exc_info": (TypeError, TypeError(), None)},
        ]

        assert all(collapsed.filter(logging.makeLogRecord(record)) for record in records)

    def test_l3_no_more_lines_are_remembered_than_a_server_can_hold(self):
        collapsed = Collapsed(lambda: 0.0)
        for number in range(5000):
            collapsed.filter(logging.makeLogRecord({"msg": str(number)}))

        assert not collapsed.filter(logging.makeLogRecord({"msg": "4999"}))
        assert collapsed.filter(logging.makeLogRecord({"msg": "0"}))


def test_a_line_that_was_written_for_a_member_of_a_team_names_them():
    formatter = _Masked("%(message)s")
    record = logging.LogRecord("textrequest_mcp.x", logging.INFO, __file__, 1, "hello", None, None)
    with on_behalf_of(Member(id="m1", name="Anna (423-555-0123)", scopes=frozenset())):
        hers = json.loads(formatter.format(record))
    nobodys = json.loads(formatter.format(record))

    assert hers["member"].startswith("Anna (")
    assert "555" not in hers["member"]
    assert "member" not in nobodys

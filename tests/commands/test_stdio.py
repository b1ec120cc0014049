"""The stdio door, byte by byte: whatever comes on a line, the host gets an answer or an error; the next line works."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import pytest
from tests.served import INITIALIZE, running
from tests.unruled import AT_ANY_HOUR

from textrequest_mcp.commands.messages import Unreadable
from textrequest_mcp.commands.stdio import Lines

EMOJI = "\\ud83d\\ude00"
PING = b'{"jsonrpc":"2.0","id":77,"method":"ping"}'


class Host:
    """A host that writes bytes as they are."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self.child = child
        self._in: IO[bytes] = child.stdin.buffer  # type: ignore[attr-defined]
        self.out = child.stdout

    def say(self, *lines: bytes, end: bytes = b"\n") -> None:
        for line in lines:
            self._in.write(line + end)
        self._in.flush()

    def hear(self) -> dict[str, Any]:
        return json.loads(self.out.readline())

    def ask(self, line: bytes) -> dict[str, Any]:
        self.say(line)
        return self.hear()

    def works(self) -> bool:
        return self.ask(PING) == {"jsonrpc": "2.0", "id": 77, "result": {}}

    def close(self) -> list[dict[str, Any]]:
        """Close stdin; the log."""
        self._in.close()
        self.rest = self.out.read()
        assert self.child.stderr is not None
        log = [json.loads(line) for line in self.child.stderr.read().splitlines()]
        assert self.child.wait(20) == 0
        return log


@contextmanager
def host(*, greets: bool = True, environment: Mapping[str, str] | None = None) -> Generator[Host]:
    with running("serve", "--sandbox", environment=environment) as child:
        overdue = threading.Timer(30, child.kill)
        overdue.start()
        speaking = Host(child)
        if greets:
            speaking.ask(json.dumps(INITIALIZE).encode())
            speaking.say(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        try:
            yield speaking
        finally:
            overdue.cancel()


def call(tool: str, arguments: str, number: str = "5") -> bytes:
    params = f'{{"name":{json.dumps(tool)},"arguments":{arguments}}}'
    return f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{params}}}'.encode()


def send(body: str) -> bytes:
    return call("send_message", f'{{"dashboard_id":121,"phone_number":"4235550102","body":"{body}"}}')


@pytest.mark.parametrize("body", ["cut \\ud83d", "\\uDE00 cut", "\\ud83d\\ud83d\\ude00", "x\\\\\\ud83d"])
def test_l1_a_text_with_half_a_character_is_refused_in_the_tools_own_sentence(body: str):
    with host() as speaking:
        answer = speaking.ask(send(body))

        assert answer["id"] == 5
        assert answer["result"]["isError"]
        assert "has half a character in it" in answer["result"]["content"][0]["text"]
        assert "Nothing was sent or changed." in answer["result"]["content"][0]["text"]
        assert speaking.works()


def test_l1_bytes_that_are_no_utf8_are_refused_like_half_a_character():
    with host() as speaking:
        answer = speaking.ask(send("caf").replace(b"caf", b"caf\xe9"))

        assert "has half a character in it" in answer["result"]["content"][0]["text"]


@pytest.mark.parametrize("body", [f"whole {EMOJI}", "a backslash \\\\ud83d"])
def test_l1_whole_characters_and_backslashes_stay_as_they_are(body: str):
    with host(environment=AT_ANY_HOUR) as speaking:
        answer = speaking.ask(send(body))

        assert answer["result"]["structuredContent"]["outcome"] == "sent"
        got = speaking.ask(call("list_messages", '{"dashboard_id":121,"phone_number":"4235550102"}'))
        assert json.loads(f'"{body}"') in json.dumps(got, ensure_ascii=False).replace("\\\\", "\\")


@pytest.mark.parametrize(
    "line",
    [
        call("get_contact", '{"\\ud83d":1}'),
        call("get\\ud83d", "{}").replace(b"get\\\\", b"get\\"),
        call("send_message", '"\\ud83d"'),
        b'{"jsonrpc":"2.0","id":5,"method":"\\ud83d"}',
        b'{"jsonrpc":"2.0","id":5,"method":"prompts/get","params":{"name":"catch_up","arguments":{"line":"\\ud83d"}}}',
        b'{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"textrequest://\\ud83d"}}',
        b'{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"_meta":{"progressToken":"\\ud83d"}}}',
        b'{"jsonrpc":"2.0","id":5,"method":"tools/list","params":{"\\ud83d":[{"a":"\\ud83d"}]}}',
        json.dumps(INITIALIZE).replace("plain", "\\ud83d").replace('"id": 1', '"id": 5').encode(),
    ],
    ids=range(9),
)
def test_l1_half_a_character_anywhere_is_answered_with_the_id_of_the_call(line: bytes):
    with host() as speaking:
        answer = speaking.ask(line)

        assert answer["id"] == 5
        assert "error" in answer or answer["result"]["isError"]
        assert speaking.works()


def test_l1_half_a_character_in_a_notification_or_an_answer_changes_nothing():
    with host() as speaking:
        speaking.say(
            b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\\ud83d"}}',
            b'{"jsonrpc":"2.0","id":"\\ud83d","result":{}}',
            b'{"jsonrpc":"2.0","id":3,"result":{"action":"\\ud83d"}}',
        )

        answers = [speaking.ask(PING) for _ in range(2)]
        assert [each["id"] for each in answers] == ["\ud83d", 77]


def test_l2_a_byte_order_mark_before_a_line_is_dropped():
    with host(greets=False) as speaking:
        answer = speaking.ask(b"\xef\xbb\xbf" + json.dumps(INITIALIZE).encode() + b"\r")

        assert answer["result"]["serverInfo"]["name"] == "textrequest-mcp"
        assert speaking.ask(b"\xef\xbb\xbf" + PING)["id"] == 77


UNREADABLE: dict[str, tuple[bytes, Any]] = {
    "no JSON": (b"hello", None),
    "brackets": (b"[" * 100_000, None),
    "objects": (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 5),
    "a NUL": (b'{"jsonrpc":"2.0","id":5,"method":"ping"}\x00', 5),
    "NULs": (b"\x00" * 100, None),
    "UTF-16": ('{"jsonrpc":"2.0","id":5,"method":"ping"}'.encode("utf-16"), None),
    "no UTF-8": (b"\xff\xfe\xfd", None),
    "two marks": (b"\xef\xbb\xbf" * 2 + PING, None),
    "a long id": (b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}', None),
    "a number too long": (b'{"jsonrpc":"2.0","id":"a","method":"ping","params":{"a":' + b"9" * 5000 + b"}}", "a"),
    "half a message": (b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"arguments":{"id":6}', 5),
    "two messages": (PING + PING, 77),
    "another version": (b'{"jsonrpc":"1.0","id":5,"method":"ping"}', 5),
    "no version": (b'{"id":"five","method":"ping"}', "five"),
    "no method": (b'{"jsonrpc":"2.0","id":5}', 5),
    "a method that is no text": (b'{"jsonrpc":"2.0","method":7,"id":5}', 5),
    "params in a list": (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":[1]}', 5),
    "an id of null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', None),
    "an id that is no whole number": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 1.5),
    "an id that is true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', None),
    "an id in a list": (b'{"jsonrpc":"2.0","id":[5],"method":"ping"}', None),
    "an id with half a character": (b'{"jsonrpc":"2.0","id":"a\\ud83d","method":"ping"}', "a\ud83d"),
    "a number": (b"5", None),
    "a text": (b'"hello"', None),
    "an empty list": (b"[]", None),
    "nothing": (b"null", None),
}


@pytest.mark.parametrize(("line", "number"), UNREADABLE.values(), ids=UNREADABLE)
def test_l3_what_is_no_message_is_answered_with_an_error_and_logged(line: bytes, number: Any):
    with host() as speaking:
        answer = speaking.ask(line)

        assert (answer["id"], answer["error"]["code"]) == (number, -32700)
        assert "Nothing was sent or changed." in answer["error"]["message"]
        assert speaking.works()
        [logged] = speaking.close()

    assert logged["message"].startswith("a line on stdin was answered with an error: it")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_l3_empty_lines_are_passed_over(end: bytes):
    with host() as speaking:
        speaking.say(b"", b"  ", b"\t", end=end)

        assert speaking.works()
        assert speaking.close() == []


def test_l3_the_same_unreadable_thing_is_logged_once_with_its_count():
    with host() as speaking:
        for _ in range(50):
            assert speaking.ask(b"hello")["error"]["code"] == -32700
        first, last = speaking.close()

    assert first["message"] == "a line on stdin was answered with an error: it is not JSON"
    assert last["message"] == first["message"] + " (49 more times)"


def test_l3_each_message_of_a_list_is_answered():
    with host() as speaking:
        speaking.say(b"[" + PING + b',{"jsonrpc":"2.0","method":"notifications/initialized"},7,' + PING + b"]")

        answers = [speaking.hear() for _ in range(3)]

    assert sorted(str(each["id"]) for each in answers) == ["77", "77", "None"]


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "-0", "1" + "0" * 4000, "1e-400", "[" * 150 + "]" * 150],
    ids=["nan", "inf", "-inf", "1e400", "-0", "4001 digits", "1e-400", "150 deep"],
)
def test_l3_odd_values_in_a_call_are_answered_by_the_tool(value: str):
    with host() as speaking:
        for tool, name in (("get_group", "group_id"), ("list_contacts", "page"), ("send_message", "body")):
            answer = speaking.ask(call(tool, f'{{"{name}":{value}}}'))
            assert answer["id"] == 5
        assert speaking.works()


@pytest.mark.parametrize("number", ['"' + "x" * 100_000 + '"', "9" * 4000, "-1", '""', '"\\u0000"'])
def test_l3_an_odd_id_comes_back_as_it_was(number: str):
    with host() as speaking:
        speaking.say(b'{"jsonrpc":"2.0","id":' + number.encode() + b',"method":"ping"}')

        answer = speaking.out.readline()
        assert f'"id":{number}' in answer
        assert speaking.works()


@pytest.mark.parametrize("first", [True, False], ids=["id first", "id last"])
def test_l3_a_line_over_8_mb_is_refused_with_its_id_and_the_next_one_works(first: bool):
    long = b'"params":{"name":"send_message","arguments":{"id":6,"body":"' + b"x" * 9_000_000 + b'"}}'
    ends = (b'{"jsonrpc":"2.0","id":5,"method":"tools/call",', b"}") if first else (b"{", b',"jsonrpc":"2.0","id":5}')
    with host() as speaking:
        answer = speaking.ask(long.join(ends))

        assert (answer["id"], answer["error"]["code"]) == (5, -32700)
        assert "longer than 8 MB" in answer["error"]["message"]
        assert speaking.works()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads what Linux tells of a process")
def test_l3_a_line_without_end_is_not_kept_in_memory():
    def used() -> int:
        with open(f"/proc/{speaking.child.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    with host() as speaking:
        before = used()
        for _ in range(20):
            speaking.say(b"x" * 10_000_000, end=b"")
        speaking.say(b"")

        assert speaking.hear()["error"]["code"] == -32700
        assert used() - before < 60_000  # kilobytes, of the 200,000 that came
        assert speaking.works()


def test_l3_a_message_without_an_end_of_line_is_read_when_stdin_closes():
    with host() as speaking:
        speaking.say(b'{"jsonrpc":"2.0","id":5,"meth', end=b"")
        [logged] = speaking.close()

    assert json.loads(speaking.rest)["id"] == 5
    assert logged["level"] == "WARNING"


def test_l3_what_tools_print_never_reaches_the_host_as_an_answer():
    program = (
        "import os, sys, textrequest_mcp.commands.messages as messages\n"
        "read = messages.read\n"
        "def printing(raw):\n    print('stray'); os.write(1, b'stray')\n    return read(raw)\n"
        "import textrequest_mcp.commands.stdio as stdio\nstdio.read = printing\n"
        "from textrequest_mcp.cli import main\nsys.exit(main(['serve', '--sandbox']))"
    )
    with running(program=("-c", program)) as child:
        assert Host(child).ask(PING)["id"] == 77


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes always wait")
def test_l3_pipes_that_do_not_wait_are_read_and_written_all_the_same():
    theirs_in, stdin = os.pipe()
    stdout, theirs_out = os.pipe()
    os.set_blocking(theirs_in, False)
    os.set_blocking(theirs_out, False)
    with subprocess.Popen(
        [sys.executable, "-m", "textrequest_mcp", "serve", "--sandbox"], stdin=theirs_in, stdout=theirs_out
    ) as child:
        os.close(theirs_in)
        os.close(theirs_out)
        with os.fdopen(stdin, "wb") as speaking, os.fdopen(stdout, "rb") as hearing:
            speaking.write(
                json.dumps(INITIALIZE).encode() + b"\n" + b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
            )
            speaking.write(b'{"jsonrpc":"2.0","id":5,"method":"tools/list"}\n')  # longer than a pipe holds
            speaking.flush()
            answers = [json.loads(hearing.readline()) for _ in range(2)]
            speaking.close()
        assert child.wait(20) == 0

    assert len(answers[1]["result"]["tools"]) > 20


def test_a_host_that_reads_no_more_answers_ends_the_server_with_a_sentence():
    with running("serve", "--sandbox") as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.close()
        child.stdin.write(PING.decode() + "\n")
        child.stdin.flush()
        assert child.wait(20) == 1
        assert child.stderr is not None
        [line] = child.stderr.read().splitlines()

    assert "reads no more answers" in line


class TestLines:
    def test_a_line_that_comes_in_pieces_is_whole(self):
        lines = Lines(10)

        assert [*lines.take(b"ab"), *lines.take(b"c\nd\n\ne"), *lines.take(b"f"), *lines.take(b"")] == [
            b"abc",
            b"d",
            b"",
            b"ef",
        ]
        assert list(lines.take(b"")) == []

    def test_a_line_of_exactly_the_most_bytes_is_taken(self):
        assert list(Lines(4).take(b"abcd\nabcde\nab\n")) == [b"abcd", Unreadable("it is longer than 8 MB"), b"ab"]

    def test_the_end_of_a_long_line_is_found_however_it_is_cut(self):
        line = b'{"params":"' + b"x" * 3000 + b'","id":"five"}'
        for size in (1, 7, 1000, 5000):
            lines = Lines(100)
            cut = [line[at : at + size] for at in range(0, len(line), size)]
            assert [each for part in [*cut, b"\n"] for each in lines.take(part)] == [
                Unreadable("it is longer than 8 MB", b'"five"')
            ]

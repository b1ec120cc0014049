"""A host in front of one real server process: many calls at once, answers to questions, cancelling, and kill -9.

Everything that the server says, on its standard output and error alike, is kept in files beside its state folder, so
that a run can be searched for what must not be in it (`files_that_hold`).
"""

import itertools
import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from mcp_types import CONNECTION_CLOSED
from tests.faults.zygote import Zygote
from tests.unruled import UNRULED_ENVIRONMENT

LINE = 121
PATIENCE_SECONDS = 60.0
Era = Literal["2026-07-28", "2025-06-18"]
Person = Callable[[str], Mapping[str, Any]]
WITHOUT_A_LINE = {"create_dashboard", "get_send_status", "list_dashboards", "cancel_scheduled"}
_numbers = itertools.count(1)


def agrees(_: str) -> Mapping[str, Any]:
    """The answer of a person who says yes to any question."""
    return {"action": "accept", "content": {"confirm": True}}


@dataclass(frozen=True)
class Account:
    """Where servers of one run work.

    Attributes:
        zygote: forks them.
        base_url: of the service.
        key: of the account; it must never be seen again.
        folder: for their state, and all that they say.
        settings: further variables, without their prefix.
        ahead: seconds by which the servers' clock is ahead of this machine's.
        browser: the program that opens pages; None for what the machine has.
    """

    zygote: Zygote
    base_url: str
    key: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    ahead: float = 0.0
    browser: Path | None = None

    @property
    def state_file(self) -> Path:
        return self.folder / "state" / "state.sqlite3"

    @property
    def database(self) -> str | None:
        """The address of the database that the servers share instead of the file."""
        return self.settings.get("DATABASE_URL")

    def host(self, person: Person | None = None, *, era: Era = "2026-07-28", name: str = "test-host") -> "Host":
        """A host with a server of its own; one without a person cannot ask."""
        return Host(self, person, era, name)

    def environment(self) -> dict[str, str]:
        own = {
            "API_KEY": self.key,
            "BASE_URL": self.base_url,
            "STATE_DIR": str(self.folder / "state"),
            "RATE_LIMIT": "100000/60",
            "LOG_LEVEL": "DEBUG",
        }
        given = {f"TEXTREQUEST_{name}": value for name, value in (own | dict(self.settings)).items()}
        browser = {} if self.browser is None else {"BROWSER": str(self.browser)}
        return UNRULED_ENVIRONMENT | given | browser | {"CLOCK_AHEAD": str(self.ahead)}


class Call:
    """A tool call on its way.

    Attributes:
        number: of the request.
        result: what was answered; None as long as nothing was.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.result: dict[str, Any] | None = None
        self._over = threading.Event()

    def end(self, result: dict[str, Any] | None) -> None:
        """Note the answer, or that none will come."""
        self.result = self.result or result
        self._over.set()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any] | None:
        """The result; None where the call was cancelled or the server died."""
        assert self._over.wait(seconds), f"request {self.number} has had no answer for {seconds:g} seconds"
        return self.result


class Host:
    """A connected host; leaving the block ends its server as a host does, by closing its standard input.

    Attributes:
        number: the server's process.
        questions: what its person was asked.
    """

    def __init__(self, account: Account, person: Person | None, era: Era, name: str) -> None:
        account.folder.mkdir(parents=True, exist_ok=True)
        self.questions: list[str] = []
        self._zygote, self._person, self._era = account.zygote, person, era
        self._about = {"name": name, "version": "1"}
        self._calls: dict[int, Call] = {}
        self._ids = itertools.count(1)
        self._gone = False
        self._writing = threading.Lock()
        theirs_in, self._in = os.pipe()
        out, theirs_out = os.pipe()
        self._said = os.fdopen(out, "rb")
        run = f"{next(_numbers)}"
        self._transcript = (account.folder / f"stdout-{run}").open("ab")
        stderr = os.open(account.folder / f"stderr-{run}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            self.number = account.zygote.fork(account.environment(), theirs_in, theirs_out, stderr)
        finally:
            for descriptor in (theirs_in, theirs_out, stderr):
                os.close(descriptor)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if era != "2026-07-28":
            self._request("initialize", {"protocolVersion": era, "capabilities": self._can, "clientInfo": self._about})
            self._write({"method": "notifications/initialized"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def begin(self, tool: str, *, answering: Mapping[str, Any] | None = None, **arguments: Any) -> Call:
        """Call a tool without waiting.

        Args:
            tool: its name.
            answering: `inputResponses` and `requestState`, where the call brings the answer to a question.
            arguments: of the tool; the line is 121 where none is named.
        """
        given = arguments if tool in WITHOUT_A_LINE else {"dashboard_id": LINE} | arguments
        return self._begin("tools/call", {"name": tool, "arguments": given, **(answering or {})})

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; the result of a server that lives to give it."""
        result = self.begin(tool, **arguments).wait()
        assert result is not None, f"the server died during {tool}"
        return result

    def read(self, uri: str) -> dict[str, Any]:
        """Read a resource; the result of a server that lives to give it."""
        result = self._begin("resources/read", {"uri": uri}).wait()
        assert result is not None, f"the server died during the reading of {uri}"
        return result

    def cancel(self, call: Call) -> None:
        """Send the notification; a cancelled request is never answered, unless it was already."""
        self._write({"method": "notifications/cancelled", "params": {"requestId": call.number}})
        call.end(None)

    def kill(self) -> None:
        """End the server with -9."""
        self._zygote.kill(self.number)
        self._close()

    def leave(self) -> None:
        """Close its standard input, and wait until it has ended; a server that stays is killed, and complained of."""
        stdin, self._in = self._in, -1
        with suppress(OSError):
            os.close(stdin)
        self._reader.join(PATIENCE_SECONDS)
        stayed = self._reader.is_alive()
        self._zygote.kill(self.number)
        self._close()
        assert not stayed, "the server did not end when its host left"

    @property
    def alive(self) -> bool:
        return self._zygote.ended(self.number) is None

    @property
    def _can(self) -> dict[str, Any]:
        return {"elicitation": {"form": {}}} if self._person else {}

    def _begin(self, method: str, params: dict[str, Any]) -> Call:
        call = Call(next(self._ids))
        self._calls[call.number] = call
        if self._era == "2026-07-28":
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": self._era,
                "io.modelcontextprotocol/clientInfo": self._about,
                "io.modelcontextprotocol/clientCapabilities": self._can,
            }
        self._write({"id": call.number, "method": method, "params": params})
        if self._gone:
            call.end(None)
        return call

    def _request(self, method: str, params: dict[str, Any]) -> None:
        answer = self._begin(method, params).wait()
        assert answer is not None, f"the server died during {method}"

    def _write(self, message: Mapping[str, Any]) -> None:
        with self._writing, suppress(OSError):  # the reader tells that it has died
            os.write(self._in, json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def _read(self) -> None:
        with suppress(OSError, ValueError):  # a torn last line is no message
            for line in self._said:
                self._transcript.write(line)
                self._hear(json.loads(line))
        self._gone = True  # before the calls: one that begins now sees it, or is among them
        for call in list(self._calls.values()):
            call.end(None)

    def _hear(self, message: dict[str, Any]) -> None:
        number: Any = message.get("id")
        if message.get("method") == "elicitation/create":
            self.questions.append(message["params"]["message"])
            assert self._person is not None
            self._write({"id": number, "result": dict(self._person(self.questions[-1]))})
        elif "method" not in message and number in self._calls:
            failed = message.get("error")
            if failed is not None and failed["code"] == CONNECTION_CLOSED and self._in < 0:
                self._calls.pop(number).end(None)  # the host has left: this is nobody's answer any more
                return
            self._calls.pop(number).end(message["result"] if failed is None else {"error": failed, "isError": True})

    def _close(self) -> None:
        self._reader.join(PATIENCE_SECONDS)
        if self._in >= 0:
            os.close(self._in)
            self._in = -1
        if not self._transcript.closed:
            self._said.close()
            self._transcript.close()


def said(result: Mapping[str, Any]) -> dict[str, Any]:
    """The structured part of a result; empty for a refusal."""
    return result.get("structuredContent") or {}


def files_that_hold(folder: Path, secret: str) -> list[str]:
    """The files of a run, state and all that was said, in which a secret can be read."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    assert any(file.name.startswith("stdout") and file.stat().st_size for file in files), "nothing was said"
    return [str(file.relative_to(folder)) for file in files if secret.encode() in file.read_bytes()]

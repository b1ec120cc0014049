"""A team's servers over HTTP on one database, and the hosts of its members, whose requests reach either of them."""

import http.client
import itertools
import json
import random
import re
import signal
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from tests.faults.host import LINE, PATIENCE_SECONDS, WITHOUT_A_LINE, Account, Call, Person

from textrequest_mcp.commands.people.tokens import add

MEMBERS = ("Anna", "Ben")  # for whom hosts call
APPROVERS = ("Cleo", "Dora")  # who decide at the desk
SCOPES = frozenset({"texts:read", "texts:send", "contacts:write", "payments", "admin"})
Asking = Literal["cannot", "in results", "in a session"]
_OLD_ERA = "2025-06-18"
_ACCEPT = "application/json, text/event-stream"
_numbers = itertools.count(1)


def add_members(file: Path) -> dict[str, str]:
    """Write the file of people; the token of each."""
    given = dict.fromkeys(MEMBERS, SCOPES) | dict.fromkeys(APPROVERS, frozenset({"approve"}))
    return {name: add(file, name, scopes, None) for name, scopes in given.items()}


class Replica:
    """One server process that listens.

    Attributes:
        number: the process.
        is_ending: whether it was asked to end.
    """

    def __init__(self, account: Account) -> None:
        account.folder.mkdir(parents=True, exist_ok=True)
        self._zygote = account.zygote
        self._said = account.folder / f"stderr-{next(_numbers)}-http"
        with self._said.open("ab") as stderr, Path("/dev/null").open("r+b") as nothing:
            stdin = stdout = nothing.fileno()
            arguments = ("--transport", "http", "--port", "0")
            self.number = account.zygote.fork(account.environment(), stdin, stdout, stderr.fileno(), *arguments)
        self._port: int | None = None
        self.is_ending = False

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._port is None:
            found = re.search(r" serves http at http://127\.0\.0\.1:(\d+)/mcp\n", self._said.read_text("utf-8"))
            self._port = int(found[1]) if found else None
            assert found or self.alive, self._said.read_text("utf-8")
            assert time.monotonic() < until, "a server never listened"
            if self._port is None:
                time.sleep(0.01)
        return self._port

    @property
    def alive(self) -> bool:
        return self._zygote.ended(self.number) is None

    def kill(self) -> None:
        """End it with -9."""
        self._zygote.kill(self.number)

    def leave(self) -> None:
        """End it as the system does: it answers what is on its way first."""
        self.is_ending = True
        self._zygote.signal(self.number, signal.SIGTERM)
        until = time.monotonic() + PATIENCE_SECONDS
        while self.alive and time.monotonic() < until:
            time.sleep(0.02)
        stayed = self.alive
        self.kill()
        assert not stayed, "a server did not end when it was asked to"


class Replicas:
    """The places of an account's servers.

    Args:
        account: theirs.
        count: of the places.
        seed: chooses which of them a request reaches.
    """

    def __init__(self, account: Account, count: int, seed: int) -> None:
        self.account = account
        self.chance = random.Random(seed)
        self._at: list[Replica | None] = [None] * count
        self._turn = threading.Lock()

    @property
    def running(self) -> list[int]:
        """The places where one runs."""
        return [place for place, each in enumerate(self._at) if each is not None]

    def start(self, place: int) -> None:
        """Start a server, where none runs in this place."""
        with self._turn:
            self._at[place] = self._at[place] or Replica(self.account)

    def kill(self, place: int) -> bool:
        """`kill -9` whatever runs there; whether anything did."""
        return self._end(place, "kill")

    def leave(self, place: int) -> bool:
        """Have it end by itself; whether anything ran there."""
        return self._end(place, "leave")

    def _end(self, place: int, how: Literal["kill", "leave"]) -> bool:
        with self._turn:
            replica, self._at[place] = self._at[place], None
        if replica is not None:
            getattr(replica, how)()
        return replica is not None

    def connected(self) -> tuple[Replica, http.client.HTTPConnection] | None:
        """A connection to one that takes it, as a proxy does; at least one is started where none runs."""
        if not self.running:
            self.start(self.chance.randrange(len(self._at)))
        with self._turn:
            candidates = [each for each in self._at if each is not None]
            self.chance.shuffle(candidates)
        for replica in candidates:
            connection = connect(replica)
            if connection is not None:
                return replica, connection
        return None


def connect(replica: Replica) -> http.client.HTTPConnection | None:
    """A connection to a server; None where it takes none any more."""
    with suppress(OSError, AssertionError):  # it was killed before it said where it listens
        connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        return connection
    return None


class TeamHost:
    """The host of a member. Each request reaches any server, but in the era of sessions that of its session.

    Args:
        replicas: the servers.
        name: of the member.
        token: theirs.
        person: answers questions; None where the host cannot ask.
        in_session: whether it speaks as hosts of last year do.
    """

    def __init__(
        self, replicas: Replicas, name: str, token: str, person: Person | None = None, *, in_session: bool = False
    ) -> None:
        self._replicas, self._person, self._in_session = replicas, person, in_session
        self._about = {"name": f"host of {name}", "version": "1"}
        self._bearing = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": _ACCEPT}
        self._ids = itertools.count(1)
        self._wires: dict[int, http.client.HTTPConnection] = {}
        self._session: tuple[Replica, str] | None = None
        self._opening = threading.Lock()
        self._transcript = (replicas.account.folder / f"stdout-{next(_numbers)}-http").open("ab")
        self._writing = threading.Lock()

    @property
    def alive(self) -> bool:
        """Always: a host outlives any server."""
        return True

    def begin(self, tool: str, *, answering: Mapping[str, Any] | None = None, **arguments: Any) -> Call:
        """Call a tool without waiting, as `Host.begin`."""
        given = arguments if tool in WITHOUT_A_LINE else {"dashboard_id": LINE} | arguments
        params = {"name": tool, "arguments": given, **(answering or {})}
        call = Call(next(self._ids))
        threading.Thread(target=self._run, args=(call, params), daemon=True).start()
        return call

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, and again where its server died; for calls that may be made twice."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (result := self.begin(tool, **arguments).wait()) is None:
            assert time.monotonic() < until, f"no server answered {tool}"
        return result

    def cancel(self, call: Call) -> None:
        """Hang up."""
        call.end(None)
        wire = self._wires.get(call.number)
        if wire is not None and wire.sock is not None:
            with suppress(OSError):
                wire.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Keep no file open."""
        with self._writing:
            self._transcript.close()

    def _run(self, call: Call, params: dict[str, Any]) -> None:
        answer = None
        with suppress(OSError, http.client.HTTPException):  # the server died, or the host hung up
            answer = self._in_its_session(call, params) if self._in_session else self._anywhere(call, params)
        call.end(answer)

    def _anywhere(self, call: Call, params: dict[str, Any]) -> dict[str, Any] | None:
        can: dict[str, Any] = {"elicitation": {"form": {}}} if self._person else {}
        begin = "io.modelcontextprotocol/"
        era = "2026-07-28"
        meta: dict[str, Any] = {
            f"{begin}protocolVersion": era,
            f"{begin}clientInfo": self._about,
            f"{begin}clientCapabilities": can,
        }
        headers = {"MCP-Protocol-Version": era, "Mcp-Method": "tools/call", "Mcp-Name": params["name"]}
        found = self._replicas.connected()
        if found is None:
            return None
        return self._asked(*found, call, {"method": "tools/call", "params": params | {"_meta": meta}}, headers)

    def _in_its_session(self, call: Call, params: dict[str, Any]) -> dict[str, Any] | None:
        replica, session = self._opened()
        wire = connect(replica)
        if wire is None:
            self._session = None
            return None
        return self._asked(replica, wire, call, {"method": "tools/call", "params": params}, _of(session))

    def _opened(self) -> tuple[Replica, str]:
        """The session, or a new one at any server that answers."""
        with self._opening:
            until = time.monotonic() + PATIENCE_SECONDS
            while self._session is None:
                assert time.monotonic() < until, "no server began a session"
                with suppress(OSError, http.client.HTTPException):
                    self._session = self._begin_session()
            return self._session

    def _begin_session(self) -> tuple[Replica, str] | None:
        found = self._replicas.connected()
        if found is None:
            return None
        replica, wire = found
        can: dict[str, Any] = {"elicitation": {}} if self._person else {}
        params: dict[str, Any] = {"protocolVersion": _OLD_ERA, "capabilities": can, "clientInfo": self._about}
        self._post(wire, {"id": 0, "method": "initialize", "params": params}, {})
        response = wire.getresponse()
        session = response.headers.get("mcp-session-id")
        response.read()
        wire.close()
        if session is None:
            return None
        self._tell(replica, session, {"method": "notifications/initialized"})
        return replica, session

    def _tell(self, replica: Replica, session: str, message: dict[str, Any]) -> None:
        """What is sent within a session without an answer."""
        wire = connect(replica)
        if wire is not None:
            self._post(wire, message, _of(session))
            wire.getresponse().read()
            wire.close()

    def _asked(
        self,
        replica: Replica,
        wire: http.client.HTTPConnection,
        call: Call,
        message: dict[str, Any],
        headers: dict[str, str],
    ) -> dict[str, Any] | None:
        self._wires[call.number] = wire
        try:
            if call.over:  # given up meanwhile
                return None
            self._post(wire, {"id": call.number, **message}, headers)
            response = wire.getresponse()
            if response.status == http.client.INTERNAL_SERVER_ERROR and replica.is_ending:
                return None  # what only waits is cut off half a second after a server was asked to end
            if response.status == http.client.NOT_FOUND and self._in_session:  # the session ended with its server
                self._session = None
                return None
            if response.headers.get_content_type() != "text/event-stream":
                return self._read(response.read(), response.status)
            for line in response:
                self._note(line)
                if line.startswith(b"data:") and line[5:].strip():
                    said: dict[str, Any] = json.loads(line[5:])
                    if said.get("method") == "elicitation/create":
                        self._answer(replica, headers, said)
                    elif said.get("id") == call.number and "method" not in said:
                        return _result(said)
            return None
        finally:
            del self._wires[call.number]
            wire.close()

    def _answer(self, replica: Replica, headers: Mapping[str, str], asked: dict[str, Any]) -> None:
        assert self._person is not None
        answer = dict(self._person(asked["params"]["message"]))
        self._tell(replica, headers["Mcp-Session-Id"], {"id": asked["id"], "result": answer})

    def _read(self, body: bytes, status: int) -> dict[str, Any]:
        self._note(body)
        try:
            return _result(json.loads(body))
        except ValueError:
            return {"error": f"{status} {body!r}", "isError": True}

    def _post(self, wire: http.client.HTTPConnection, message: dict[str, Any], headers: Mapping[str, str]) -> None:
        wire.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", **message}), {**self._bearing, **headers})

    def _note(self, said: bytes) -> None:
        with self._writing, suppress(ValueError):  # closed: nobody waits for it any more
            self._transcript.write(said)


def _of(session: str) -> dict[str, str]:
    return {"Mcp-Session-Id": session, "MCP-Protocol-Version": _OLD_ERA}


def _result(message: dict[str, Any]) -> dict[str, Any]:
    return message["result"] if "result" in message else {"error": message.get("error"), "isError": True}

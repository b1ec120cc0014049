"""The steps of the fault lab: servers that send, fail, are killed and come back, with books kept on every text.

An episode has one service and one state folder, over which up to two servers run at once: a host of today that cannot
ask anybody, so that approvals are tokens, and one of last year with a person who agrees to everything. Any step may
follow any other.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from tests import engines
from tests.faults.books import Books, Text
from tests.faults.host import Account, Call, Host, files_that_hold, said
from tests.faults.lab import Fault, Lab, Request, run_lab
from tests.faults.zygote import Zygote

from textrequest_mcp.guard.once.ledger_rows import Send

PEOPLE = ("+14235550100", "+14235550102", "+14235550177", "+14235550178", "+14235550106")  # the last one has opted out
WORDS = ("Your car is ready.", "We close at noon today.", "The part has come.")
TEXTS = tuple(Text(phone, body) for phone in PEOPLE for body in WORDS)
SERVERS = 2
CLOCKS = (0.0, 1800.0, -1800.0, 3 * 86400.0, 40 * 86400.0, -800 * 86400.0, 800 * 86400.0)  # ahead by seconds
Marked = Literal["not", "names", "tags"]
MARKED: tuple[Marked, ...] = get_args(Marked)
# Not those that make every server of the account wait for a minute.
ARMED = tuple(fault for fault in Fault if fault.name not in {"BUSY_FOR_DAYS", "BUSY_UNTIL_2099"})
_SETTLED_WITHIN_SECONDS = 20.0
_FEW_AT_ONCE = 6


@dataclass(frozen=True)
class Try:
    """A call of send_message.

    Attributes:
        text: what it sends.
        name: the sender's name that it carries.
        arguments: all of them.
        approval: the token among them.
    """

    text: Text
    name: str
    arguments: Mapping[str, Any]
    approval: str | None = None


@dataclass(frozen=True)
class Flight:
    """A call on its way."""

    call: Call
    host: Host
    what: Try


class Episode:
    """What happens over one state folder.

    Args:
        account: where its servers work.
        lab: the service.
        marked: whether the service can tell the calls apart: by a sender's name of each, by the server's tag, or not.
        texts: what can be sent.

    Attributes:
        books: what was found.
        counts: of faults, kills and the like.
        flights: the calls on their way.
        tries: the calls that were made.
        approvals: the calls that bring one, used or not.
        sends: the ids that were told.
        saves: the changes on their way that the ledger does not keep.
    """

    def __init__(self, account: Account, lab: Lab, *, marked: Marked, texts: Sequence[Text] = TEXTS) -> None:
        self.account, self.lab, self.named, self.texts = account, lab, marked == "names", texts
        self.books = Books(lab.sandbox, account.state_file, texts)
        self.counts: Counter[str] = Counter()
        self.flights: list[Flight] = []
        self.tries: list[Try] = []
        self.approvals: list[Try] = []
        self.sends: list[str] = []
        self.saves: list[tuple[Host, Call]] = []
        self._hosts: list[Host | None] = [None] * SERVERS
        self._ahead = 0.0

    @property
    def running(self) -> int:
        """How many servers run."""
        return sum(host is not None for host in self._hosts)

    def send(self, server: int, text: int, *, key: int | None, repeat: bool) -> None:
        """Send a text and wait for what is said."""
        self._end(self._begin(server, self._new(text, key=key, repeat=repeat)))

    def start_sending(self, server: int, text: int, *, key: int | None, repeat: bool) -> None:
        """Send a text and do not wait."""
        if len(self.flights) >= _FEW_AT_ONCE:
            self.gather()
        self.flights.append(self._begin(server, self._new(text, key=key, repeat=repeat)))

    def repeat_call(self, server: int, which: int) -> None:
        """Make an earlier call once more, word for word."""
        if self.tries:
            self._end(self._begin(server, self.tries[which % len(self.tries)]))

    def approve(self, server: int, which: int, *, wait: bool) -> None:
        """Use an approval, perhaps for the second time or the tenth, and wait for what is said, or do not."""
        if self.approvals:
            self.counts["approvals used"] += 1
            flight = self._begin(server, self.approvals[-1 - which % len(self.approvals)])
            self.flights.append(flight)
            if wait:
                self._end(flight)

    def start_saving(self, server: int, text: int) -> None:
        """Save a contact with a note of its own, which the ledger does not keep, and do not wait."""
        self.counts["saves"] += 1
        host, note = self._host(server), f"note {self.counts['saves']}"
        call = host.begin("save_contact", phone_number=self.texts[text % len(self.texts)].phone, note=note)
        self.saves.append((host, call))

    def arm(self, fault: Fault, method: str) -> None:
        """Have the next request of this method meet a fault."""
        self.counts["faults"] += 1
        self.lab.next(fault, method=method)

    def cancel(self, which: int) -> None:
        """Give a call up that is on its way."""
        if self.flights:
            flight = self.flights[which % len(self.flights)]
            flight.host.cancel(flight.call)
            self.counts["cancelled"] += 1

    def kill(self, server: int, after: float) -> None:
        """kill -9 a server, with whatever it is doing."""
        host = self._hosts[server]
        if host is None:
            return
        time.sleep(after)  # not to wait for something: the moment is what the step is about
        host.kill()
        self.counts["kills"] += 1
        self._hosts[server] = None
        for flight in [flight for flight in self.flights if flight.host is host]:
            self._end(flight)

    def leave(self, server: int) -> None:
        """End a server as a host does."""
        host, self._hosts[server] = self._hosts[server], None
        if host is not None:
            host.leave()
            for flight in [flight for flight in self.flights if flight.host is host]:
                self._end(flight)

    def start(self, server: int) -> None:
        """Start a server, where none runs in this place."""
        self._host(server)

    def set_clock(self, ahead: float) -> None:
        """Have the clock of servers that start from now on be ahead by so many seconds."""
        self.counts["clock jumps"] += 1
        self._ahead = ahead

    def end_backends(self, chance: float) -> None:
        """End some of the connections to the database, as its restart does, in the middle of whatever they do."""
        if self.account.database:
            self.counts["backends ended"] += engines.end_backends(self.account.database, chance)

    def look_around(self, server: int) -> None:
        """Read something; the server is up when this returns."""
        self._host(server).call("list_dashboards")

    def settle(self, server: int, which: int) -> None:
        """Ask what became of a send."""
        if self.sends:
            self._ask(self._host(server), self.sends[which % len(self.sends)])

    def gather(self) -> None:
        """Wait for everything that is on its way."""
        for flight in list(self.flights):
            self._end(flight)
        for host, call in self.saves:
            if host.alive:
                call.wait()
        self.saves.clear()

    def finish(self) -> None:
        """Let a server settle everything, in peace, and close the books."""
        self.gather()
        self.lab.peace()
        host = self._host(0)
        self.look_around(0)
        for row in self._await_rows(lambda row: row.state in {"INTENDED", "INFLIGHT"}):
            self._ask(host, row.send_id)
        rows = self._await_rows(lambda row: row.state == "UNKNOWN" and row.settled_at is None)
        for number in range(SERVERS):
            self.leave(number)
        self.books.close()
        self.books.saved(self._notes(lambda request: bool(request.acted)), self._notes(_believed))
        self.counts["sends accepted"] = self.books.accepted_in_all
        self.counts["sends in the ledger"] = len(rows)
        for problem in files_that_hold(self.account.folder, self.account.key):
            self.books.note("wrong", f"the key can be read in {problem}")

    def abandon(self) -> None:
        """Kill what runs; for the end of a test that failed."""
        for server in range(SERVERS):
            self.kill(server, 0.0)

    def _await_rows(self, unready: Callable[[Send], bool]) -> list[Send]:
        """The rows, once none is unready; or as they are when nobody would wait longer."""
        until = time.monotonic() + _SETTLED_WITHIN_SECONDS
        rows = self.books.rows()
        while any(unready(row) for row in rows) and time.monotonic() < until:
            time.sleep(0.02)
            rows = self.books.rows()
        return rows

    def _notes(self, which: Callable[[Request], bool]) -> set[str]:
        """The notes of these saves."""
        bodies: list[Any] = [json.loads(request.body) for request in self.lab.posts() if which(request)]
        return {body["note"] for body in bodies if "note" in body}

    def _new(self, text: int, *, key: int | None, repeat: bool) -> Try:
        what = self.texts[text % len(self.texts)]
        self.counts["calls"] += 1
        name = f"call {self.counts['calls']}" if self.named else "API"
        arguments: dict[str, Any] = {"phone_number": what.phone, "body": what.body}
        arguments |= {"sender_name": name} if self.named else {}
        arguments |= {"idempotency_key": f"key {key}"} if key is not None else {}
        arguments |= {"repeat": True} if repeat else {}
        self.tries.append(Try(what, name, arguments))
        return self.tries[-1]

    def _begin(self, server: int, what: Try) -> Flight:
        host = self._host(server)
        if what.approval is not None:
            self.books.approve(what.text, what.approval)
        self.books.asked(what.name)
        return Flight(host.begin("send_message", **what.arguments), host, what)

    def _end(self, flight: Flight) -> None:
        result = flight.call.wait()
        if flight in self.flights:
            self.flights.remove(flight)
        if result is None:
            return
        what, fields = flight.what, said(result)
        self.counts[str(fields.get("outcome", "refused"))] += 1
        self.counts["suppressed"] += bool(fields.get("duplicate_suppressed"))
        self.books.answered(what.text, what.name, result)
        if token := fields.get("confirmation"):
            self.approvals.append(Try(what.text, what.name, {**what.arguments, "confirmation": token}, token))
        if send_id := fields.get("send_id"):
            self.sends.append(send_id)

    def _ask(self, host: Host, send_id: str) -> None:
        self.books.status(send_id, host.call("get_send_status", send_id=send_id))

    def _host(self, server: int) -> Host:
        host = self._hosts[server]
        if host is None:
            account = replace(self.account, ahead=self._ahead)
            host = account.host() if server == 0 else account.host(self._agree, era="2025-06-18")
            self._hosts[server] = host
        return host

    def _agree(self, question: str) -> Mapping[str, Any]:
        """The person: agrees, and the books know to what."""
        self.counts["asked"] += 1
        text = next(text for text in self.texts if text.phone in question and text.body in question)
        self.books.approve(text, f"answer {self.counts['asked']}")
        return {"action": "accept", "content": {"confirm": True}}


def _believed(request: Request) -> bool:
    """Whether the service answered as if it had acted; of a save, nothing shows that it did not."""
    return request.fault is Fault.EMPTY_OBJECT


@contextmanager
def open_episode(
    zygote: Zygote,
    folder: Path,
    *,
    marked: Marked = "not",
    texts: Sequence[Text] = TEXTS,
    database: str | None = None,
) -> Generator[Episode]:
    """An episode with a service of its own; what still runs at the end is killed."""
    with run_lab() as lab:
        settings = {"TAG_SENDS": "true"} if marked == "tags" else {}
        if database is not None:
            settings["DATABASE_URL"] = database
            (folder / "state").mkdir(parents=True)
            (folder / "state" / engines.BESIDE).write_text(database)
        account = Account(zygote, lab.base_url, lab.key, folder, settings)
        episode = Episode(account, lab, marked=marked, texts=texts)
        try:
            yield episode
        finally:
            episode.abandon()

"""The steps of the fault lab: servers that send, fail, are killed and come back, with books kept on every text.

An episode has one service and one state, over which up to two servers run at once. Any step may follow any other. There
are three ways in which people agree:

tokens   a host of today that cannot ask anybody, so that approvals are tokens, and one of last year with a person who
         agrees to everything; only what is repeated asks
desk     two hosts of the same name that cannot ask, so that people decide at the desk; each text asks
team     two servers over HTTP on PostgreSQL, and two members' hosts whose requests reach either of them: one cannot
         ask, so that colleagues decide at the team's desk, the other has a person who agrees; each text asks

Where each text asks, some texts are always repeated and the others never, so that a question tells its call.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from tests import engines
from tests.faults.away import Switch
from tests.faults.books import Books, Text
from tests.faults.deciding import Answer, Decide, Pages, Rows, Told, approvers
from tests.faults.host import Account, Call, Host, files_that_hold, said
from tests.faults.lab import Fault, Lab, Request, run_lab
from tests.faults.team import MEMBERS, Replicas, TeamHost, add_members
from tests.faults.zygote import Zygote

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.once.ledger_rows import Send

PEOPLE = ("+14235550100", "+14235550102", "+14235550177", "+14235550178", "+14235550106")  # the last one has opted out
WORDS = ("Your car is ready.", "We close at noon today.", "The part has come.")
TEXTS = tuple(Text(phone, body) for phone in PEOPLE for body in WORDS)
SERVERS = 2
CLOCKS = (0.0, 1800.0, -1800.0, 3 * 86400.0, 40 * 86400.0, -800 * 86400.0, 800 * 86400.0)  # ahead by seconds
Marked = Literal["not", "names", "tags"]
MARKED: tuple[Marked, ...] = get_args(Marked)
Way = Literal["tokens", "desk", "team"]
RATE = (100, 60)  # of a team's servers; the others are not held up
# Not those that make every server of the account wait for a minute.
ARMED = tuple(fault for fault in Fault if fault.name not in {"BUSY_FOR_DAYS", "BUSY_UNTIL_2099"})
_SETTLED_WITHIN_SECONDS = 20.0
_WAITED_FOR_SECONDS = 90.0  # by a team, whose calls wait for their turn
_FEW_AT_ONCE = 6


@dataclass(frozen=True)
class Try:
    """A call of send_message.

    Attributes:
        text: what it sends.
        name: the sender's name that it carries.
        arguments: all of them.
        approval: the token among them, or the sealed state that comes with them.
        answering: what comes beside them, where it is an answer to a question.
        server: whose approval it is.
    """

    text: Text
    name: str
    arguments: Mapping[str, Any]
    approval: str | None = None
    answering: Mapping[str, Any] | None = None
    server: int = 0


@dataclass(frozen=True)
class Flight:
    """A call on its way."""

    call: Call
    host: Host | TeamHost
    what: Try


class Episode:
    """What happens over one state folder.

    Args:
        account: where its servers work.
        lab: the service.
        marked: whether the service can tell the calls apart: by a sender's name of each, by the server's tag, or not.
        texts: what can be sent.
        way: how people agree.
        people: who may decide at the desk.
        replicas: the servers of a team.
        hosts: of the members of a team.
        switch: leads the servers to their database.

    Attributes:
        books: what was found.
        counts: of faults, kills and the like.
        flights: the calls on their way.
        tries: the calls that were made.
        approvals: the calls that bring one, used or not.
        sends: the ids that were told.
        saves: the changes on their way that the ledger does not keep.
        most: calls that reached the service in a minute, with the database and without it; of a team, at the end.
    """

    def __init__(
        self,
        account: Account,
        lab: Lab,
        *,
        marked: Marked,
        texts: Sequence[Text] = TEXTS,
        way: Way = "tokens",
        people: Sequence[Decide] = (),
        replicas: Replicas | None = None,
        hosts: Sequence[TeamHost] = (),
        switch: Switch | None = None,
    ) -> None:
        self.account, self.lab, self.texts, self.way = account, lab, texts, way
        self.named = marked == "names" and way != "team"  # a team's texts carry their members' names
        self.rows = Rows(account.state_file.parent)
        self.people = [self.rows.decide, *people]
        self.switch = switch
        self._replicas, self._members = replicas, hosts
        self._asked: dict[str, Row] = {}
        self._away: list[float] = []
        self.most: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self.books = Books(lab.sandbox, account.state_file, texts, asks=way != "tokens")
        self.counts: Counter[str] = Counter()
        self.flights: list[Flight] = []
        self.tries: list[Try] = []
        self.approvals: list[Try] = []
        self.sends: list[str] = []
        self.saves: list[tuple[Host | TeamHost, Call]] = []
        self._hosts: list[Host | None] = [None] * SERVERS
        self._ahead = 0.0

    @property
    def running(self) -> int:
        """How many servers run."""
        if self._replicas is not None:
            return len(self._replicas.running)
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
            approval = self.approvals[-1 - which % len(self.approvals)]
            flight = self._begin(approval.server if self.way == "team" else server, approval)
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
        time.sleep(after)  # not to wait for something: the moment is what the step is about
        if self._replicas is not None:
            self.counts["kills"] += self._replicas.kill(server)
            return
        host = self._hosts[server]
        if host is None:
            return
        host.kill()
        self.counts["kills"] += 1
        self._hosts[server] = None
        for flight in [flight for flight in self.flights if flight.host is host]:
            self._end(flight)

    def leave(self, server: int) -> None:
        """End a server as a host does, or the system."""
        if self._replicas is not None:
            self._replicas.leave(server)
            return
        host, self._hosts[server] = self._hosts[server], None
        if host is not None:
            host.leave()
            for flight in [flight for flight in self.flights if flight.host is host]:
                self._end(flight)

    def start(self, server: int) -> None:
        """Start a server, where none runs in this place."""
        if self._replicas is not None:
            self._replicas.start(server)
        else:
            self._host(server)

    def set_clock(self, ahead: float) -> None:
        """Have the clock of servers that start from now on be ahead by so many seconds."""
        self.counts["clock jumps"] += 1
        self._ahead = ahead

    def end_backends(self, chance: float) -> None:
        """End some of the connections to the database, as its restart does, in the middle of whatever they do."""
        if self.account.database:
            self.counts["backends ended"] += engines.end_backends(self.account.database, chance)

    def lose_database(self, seconds: float) -> None:
        """Have the database be away for so long, while other steps go on."""
        if self.switch is not None:
            self.counts["databases away"] += 1
            self._away.append(time.monotonic())
            self.switch.shut()
            back = threading.Timer(seconds, self.switch.open)
            back.daemon = True
            back.start()

    def call_at_once(self, which: int, times: int) -> None:
        """Make an earlier call again over all hosts, many times at once, and wait for none."""
        if self.tries:
            self.gather()
            what = self.tries[which % len(self.tries)]
            servers = [what.server] if self.way == "team" else range(SERVERS)
            self.flights += [self._begin(server, what) for server in servers for _ in range(times)]

    def decide(self, which: int, who: int, answer: Answer) -> None:
        """Somebody answers a question that waits at the desk."""
        rows = self.rows.waiting()
        if rows:
            self._answered(rows[which % len(rows)], [(self.people[who % len(self.people)], answer)])

    def decide_together(self, which: int, answers: Sequence[Answer]) -> None:
        """Several people answer the same question at once."""
        rows = self.rows.waiting()
        if rows:
            self.counts["races for a question"] += 1
            people = [self.people[(which + number) % len(self.people)] for number in range(len(answers))]
            self._answered(rows[which % len(rows)], list(zip(people, answers, strict=True)))

    def expire(self, which: int) -> None:
        """The time of a question is over, decided or not; a yes that nothing came of is good for nothing any more."""
        rows = [row for row in self.rows.all() if not row.used and row.expires_at > time.time()]
        if rows:
            for id_ in self.rows.expire(f"id = '{rows[which % len(rows)].id}'"):
                self.counts["questions expired"] += 1
                self.books.withdraw(id_)

    def _answered(self, row: Row, given: Sequence[tuple[Decide, Answer]]) -> None:
        """Have people answer at once, and note what each of them was told."""
        text = self._text_in(row.shown.text if row.shown is not None else "")
        self._asked[row.id] = row
        is_new = self.books.agreed(row.id) is None
        if any(answer == "yes" for _, answer in given):
            self.books.approve(text, row.id)
        with ThreadPoolExecutor(len(given)) as pool:
            waited = [pool.submit(decide, row.id, answer) for decide, answer in given]
        told: list[Told] = [each.result() for each in waited]
        counted = [answer for (_, answer), said in zip(given, told, strict=True) if said == "it counts"]
        may_be = [answer for (_, answer), said in zip(given, told, strict=True) if said in {"it counts", "nothing"}]
        if is_new and "yes" not in may_be:
            self.books.withdraw(row.id)
        decided = [answer for answer in counted if answer != "silence"]  # who wants no more questions is never late
        if len(decided) > 1:
            self.books.note("wrong", f"several people were told that their answer counts for {row.id}: {decided}")
        if decided:
            self._told[row.id] = decided[0]
        self.counts.update(f"answers: {said}" for said in told)
        on_pages = [said for (decide, _), said in zip(given, told, strict=True) if decide != self.rows.decide]
        self.counts["answers on pages"] += on_pages.count("it counts")
        if "silence" in counted:
            self.rows.lift_silence()

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
        if self.switch is not None:
            self.switch.open()
        self.look_around(0)
        if self.way != "tokens":
            self._pick_up()
        for row in self._await_rows(lambda row: row.state in {"INTENDED", "INFLIGHT"}):
            self._ask(self._host(MEMBERS.index(row.member) if row.member else 0), row.send_id)
        rows = self._await_rows(lambda row: row.state == "UNKNOWN" and row.settled_at is None)
        for number in range(SERVERS):
            self.leave(number)
        self.books.close()
        if self.way != "tokens":
            texts = {id_: self._text_in(row.shown.text) for id_, row in self._asked.items() if row.shown is not None}
            self.counts.update(self.books.close_desk(self.rows.all(), self._told, texts))
        if self.way == "team":
            most = self.books.limit([request.at for request in self.lab.received], *RATE, self._away)
            self.most = dict(zip(("with", "without"), most, strict=True))
        self.books.saved(self._notes(lambda request: bool(request.acted)), self._notes(_believed))
        self.counts["sends accepted"] = self.books.accepted_in_all
        self.counts["sends in the ledger"] = len(rows)
        for problem in files_that_hold(self.account.folder, self.account.key):
            self.books.note("wrong", f"the key can be read in {problem}")

    def _pick_up(self) -> None:
        """Make the calls again whose yes nothing came of yet: it is used, unless they ask something else by now."""
        self.rows.lift_silence()
        self.rows.expire("decision IS NULL")
        owed = {row.id for row in self.rows.all() if row.is_owed}
        self.counts["yeses owed at the end"] += len(owed)
        for id_ in owed:
            for what in {json.dumps(each.arguments): each for each in self.tries}.values():
                if what.text == self.books.agreed(id_):
                    self._end(self._begin(0, what))
        now_asked = {(row.shown.text, row.shown.caller) for row in self.rows.waiting() if row.shown is not None}
        for row in self.rows.all():
            before = self._asked.get(row.id)
            if row.id in owed and row.used:
                self.counts["yeses picked up at the end"] += 1
            elif (
                row.id in owed
                and before is not None
                and before.shown is not None
                and (before.shown.text, before.shown.caller) in now_asked
            ):
                self.books.note("lost", f"a person agreed to {row.id}, and is asked the same again")
        self.rows.expire("decision IS NULL")

    def abandon(self) -> None:
        """Kill what runs; for the end of a test that failed."""
        for server in range(SERVERS):
            self.kill(server, 0.0)
        for member in self._members:
            member.close()

    def _await_rows(self, unready: Callable[[Send], bool]) -> list[Send]:
        """The rows, once none is unready; or as they are when nobody would wait longer."""
        patience = _WAITED_FOR_SECONDS if self.way == "team" else _SETTLED_WITHIN_SECONDS
        until = time.monotonic() + patience
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
        if self.way != "tokens":
            key, repeat = None, text % 2 == 0
        name = f"call {self.counts['calls']}" if self.named else "API"
        arguments: dict[str, Any] = {"phone_number": what.phone, "body": what.body}
        arguments |= {"sender_name": name} if self.named else {}
        arguments |= {"idempotency_key": f"key {key}"} if key is not None else {}
        arguments |= {"repeat": True} if repeat else {}
        self.tries.append(Try(what, name, arguments))
        return self.tries[-1]

    def _text_in(self, question: str) -> Text:
        return next(text for text in self.texts if text.phone in question and text.body in question)

    def _begin(self, server: int, what: Try) -> Flight:
        host = self._host(server)
        what = replace(what, server=server, name=MEMBERS[server] if self.way == "team" else what.name)
        if what.approval is not None:
            self.books.approve(what.text, what.approval)
        self.books.asked(what.name)
        return Flight(host.begin("send_message", answering=what.answering, **what.arguments), host, what)

    def _end(self, flight: Flight) -> None:
        result = flight.call.wait()
        if flight in self.flights:
            self.flights.remove(flight)
        if result is None:
            self.books.unanswered[flight.what.text] += 1
            return
        what, fields = flight.what, said(result)
        self.counts[str(fields.get("outcome", "refused"))] += 1
        self.counts["suppressed"] += bool(fields.get("duplicate_suppressed"))
        self.books.answered(what.text, what.name, result)
        if token := fields.get("confirmation"):
            self.approvals.append(Try(what.text, what.name, {**what.arguments, "confirmation": token}, token))
        if state := result.get("requestState"):
            yes = {key: {"action": "accept", "content": {"confirm": True}} for key in result["inputRequests"]}
            answering = {"inputResponses": yes, "requestState": state}
            self.approvals.append(replace(what, approval=state, answering=answering))
        if send_id := fields.get("send_id"):
            self.sends.append(send_id)

    def _ask(self, host: Host | TeamHost, send_id: str) -> None:
        self.books.status(send_id, host.call("get_send_status", send_id=send_id))

    def _host(self, server: int) -> Host | TeamHost:
        if self._members:
            return self._members[server]
        host = self._hosts[server]
        if host is None:
            account = replace(self.account, ahead=self._ahead)
            cannot_ask = server == 0 or self.way == "desk"
            host = account.host() if cannot_ask else account.host(self.agree, era="2025-06-18")
            self._hosts[server] = host
        return host

    def agree(self, question: str) -> Mapping[str, Any]:
        """The person: agrees, and the books know to what."""
        self.counts["asked"] += 1
        self.books.approve(self._text_in(question), f"answer {self.counts['asked']}")
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
    way: Way = "tokens",
    seed: int = 0,
) -> Generator[Episode]:
    """An episode with a service of its own; what still runs at the end is killed. A team has to have a database."""
    with run_lab() as lab, ExitStack() as opened:
        settings = {"TAG_SENDS": "true"} if marked == "tags" else {}
        switch = None
        if database is not None:
            (folder / "state").mkdir(parents=True)
            (folder / "state" / engines.BESIDE).write_text(database)
            settings["DATABASE_URL"] = database
        if way == "desk":
            settings |= {"CONFIRM": "sends", "CONFIRM_FALLBACK": "page"}
        if way == "team" and database is not None:
            switch = opened.enter_context(Switch())
            settings |= _of_team(folder) | {"DATABASE_URL": switch.leading_to(database)}
        account = Account(zygote, lab.base_url, lab.key, folder, settings)
        if way == "team":
            episode = _team(account, lab, marked, texts, switch, seed)
        else:
            pages = Pages(folder)
            account = replace(account, browser=pages.browser if way == "desk" else None)
            episode = Episode(account, lab, marked=marked, texts=texts, way=way, people=[pages.decide])
        try:
            yield episode
        finally:
            episode.abandon()


def _of_team(folder: Path) -> dict[str, str]:
    calls, seconds = RATE
    rate = f"{calls}/{seconds}"
    return {"CONFIRM": "sends", "CONFIRM_FALLBACK": "page", "TOKENS_FILE": str(folder / "people"), "RATE_LIMIT": rate}


def _team(
    account: Account, lab: Lab, marked: Marked, texts: Sequence[Text], switch: Switch | None, seed: int
) -> Episode:
    """An episode of a team; the second host is of either era."""
    tokens = add_members(account.folder / "people")
    replicas = Replicas(account, SERVERS, seed)
    one, other = MEMBERS
    in_session = random.Random(seed).random() < 1 / 2
    hosts: list[TeamHost] = []
    episode = Episode(
        account,
        lab,
        marked=marked,
        texts=texts,
        way="team",
        people=approvers(replicas, tokens),
        replicas=replicas,
        hosts=hosts,
        switch=switch,
    )
    hosts += [
        TeamHost(replicas, one, tokens[one]),
        TeamHost(replicas, other, tokens[other], episode.agree, in_session=in_session),
    ]
    return episode

"""Keeps books on what was asked, what was answered, what the service accepted and what the ledger says of it.

Four kinds of entries must never be needed:

duplicate   the service accepted more texts with the same words to the same number than calls and approvals allow
unasked     something happened without the yes of a person that it needs
lost        the service accepted a text, or a call left, or a person agreed, and nothing says how that ended
wrong       an answer, the ledger or the audit says what is not so, or the audit says nothing of an act
"""

import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import anyio
from tests.engines import by_hand, has_state, open_store
from tests.faults.deciding import Asked
from tests.faults.host import LINE, said
from tests.faults.record import audit_rows, disagreements, ledger_rows
from tests.faults.team import MEMBERS

from textrequest_mcp.account.sent_texts import SENDING
from textrequest_mcp.ground.keyed_hash import as_read, keyed
from textrequest_mcp.guard.audit.writer import Audit as AuditWriter
from textrequest_mcp.guard.once.ledger_rows import Send
from textrequest_mcp.sandbox import Account
from textrequest_mcp.sandbox.records import Message
from textrequest_mcp.upstream.reading_limiter import SHARE

Kind = Literal["duplicate", "unasked", "lost", "wrong", "limit"]
_AWAY_SECONDS = 5.0  # after this the database is back, and everybody has noticed
_OUTCOMES = {"sent", "unknown", "not_sent", "confirmation_required", "not_confirmed"}


@dataclass(frozen=True)
class Text:
    """What makes two sends the same: a number and the words."""

    phone: str
    body: str


@dataclass(frozen=True)
class Problem:
    kind: Kind
    sentence: str


@dataclass(frozen=True)
class Told:
    """What an answer said of a send."""

    text: Text
    outcome: str
    message_id: str | None


class Books:
    """Of one account and one state folder.

    Args:
        sandbox: the service.
        state_file: of the servers.
        texts: everything that is ever sent.
        asks: whether each text needs a person's yes; else only a repetition does.

    Attributes:
        problems: what was found so far.
        unanswered: how many calls of each text nobody heard the end of, or were refused.
    """

    def __init__(self, sandbox: Account, state_file: Path, texts: Sequence[Text], *, asks: bool = False) -> None:
        self.problems: list[Problem] = []
        self.unanswered: Counter[Text] = Counter()
        self._asks = asks
        self._sandbox, self._state_file, self._texts = sandbox, state_file, texts
        self._approved: dict[Text, set[str]] = {text: set() for text in texts}
        self._told: dict[str, Told] = {}
        self._send_of: dict[str, str] = {}  # by message id
        self._runs: Counter[str] = Counter()  # calls under a sender's name, but for those that said they sent nothing
        self._turn = threading.Lock()

    def accepted(self, text: Text) -> list[Message]:
        """What the service took and put on its way."""
        contact = self._sandbox.lines[LINE].contacts.get(text.phone.removeprefix("+"))
        found = list(contact.messages) if contact is not None else []
        return [message for message in found if message.direction == "S" and message.body == text.body]

    @property
    def accepted_in_all(self) -> int:
        return sum(len(self.accepted(text)) for text in self._texts)

    def approve(self, text: Text, approval: str) -> None:
        """Note that a person agreed to one more; the same approval counts once."""
        with self._turn:
            self._approved[text].add(approval)

    def withdraw(self, approval: str) -> None:
        """Note that a yes came too late, or that its time is over before anything came of it."""
        with self._turn:
            for approvals in self._approved.values():
                approvals.discard(approval)

    def agreed(self, approval: str) -> Text | None:
        """To which text somebody agreed by it."""
        return next((text for text, approvals in self._approved.items() if approval in approvals), None)

    def asked(self, name: str) -> None:
        """Note that a call goes out whose text carries this sender's name."""
        self._runs[name] += 1

    def answered(self, text: Text, name: str, result: Mapping[str, Any]) -> None:
        """Compare an answer with what the service has."""
        fields = said(result)
        outcome, send_id = str(fields.get("outcome")), fields.get("send_id")
        if result.get("resultType") == "input_required":
            self._runs[name] -= 1
            return
        if not fields:
            self.unanswered[text] += 1
            self._refused(result)
            return
        if outcome not in _OUTCOMES:
            self.note("wrong", f"a call was answered {fields}")
        if outcome in {"confirmation_required", "not_confirmed", "not_sent"} or fields.get("duplicate_suppressed"):
            self._runs[name] -= 1
        if outcome in {"sent", "unknown", "not_sent"}:
            self._tell(text, send_id, Told(text, outcome, fields.get("message_id")))
        if bool(result.get("isError")) is not (outcome == "not_sent"):
            self.note("wrong", f"{outcome} of {send_id} came with isError {result.get('isError')}")
        if outcome == "unknown" and fields.get("do_not_resend") is not True:
            self.note("wrong", f"{send_id} is unknown without do_not_resend")
        if outcome == "sent":
            by = [_sender(message)[0] for message in self.accepted(text) if message.id == fields.get("message_id")]
            if not fields.get("duplicate_suppressed") and by not in ([], [name]):
                self.note("wrong", f"{send_id} of {name} was told the message of {by}")

    def status(self, send_id: str, result: Mapping[str, Any]) -> None:
        """Compare what get_send_status says."""
        fields, told = said(result), self._told.get(send_id)
        if result.get("isError"):
            self._refused(result)
        elif told is not None:
            self._tell(told.text, send_id, Told(told.text, str(fields.get("outcome")), fields.get("message_id")))

    def look(self) -> None:
        """Compare what the service accepted with what was allowed; true at any moment."""
        for text in self._texts:
            accepted, allowed = len(self.accepted(text)), (not self._asks) + len(self._approved[text])
            if accepted > allowed:
                kind: Kind = "unasked" if self._asks else "duplicate"
                self.note(kind, f"{text} was accepted {accepted} times, and {allowed} were allowed")

    def rows(self) -> list[Send]:
        """What the ledger says now; nothing before any server used it."""
        return ledger_rows(self._state_file) if has_state(self._state_file.parent) else []

    def close(self) -> None:
        """Compare everything, once nothing is on its way and a server has settled what was."""
        self.look()
        self._close_audit()
        rows = self.rows()
        for row in rows:
            if row.state in {"INTENDED", "INFLIGHT"} or (row.state == "UNKNOWN" and row.settled_at is None):
                self.note("lost", f"{row.send_id} is still {row.state}, settled at {row.settled_at}")
            told = self._told.get(row.send_id)
            if told is not None and not _agree(told, row):
                self.note("wrong", f"{row.send_id} was told as {told}, and the ledger says {row.state}")
        if missing := self._told.keys() - {row.send_id for row in rows}:
            self.note("lost", f"the ledger has no {missing}")
        by_print: dict[str, list[Send]] = {}
        for row in rows:
            by_print.setdefault(row.fingerprint, []).append(row)
        for text in self._texts:
            self._close_text(text, by_print.pop(self._fingerprint(text), []) if rows else [])
        if by_print:
            self.note("wrong", f"the ledger knows sends of other texts: {by_print}")
        everything = [message for text in self._texts for message in self.accepted(text)]
        for name, runs in self._runs.items():
            by_name = [message.id for message in everything if _sender(message)[0] == name]
            if name != "API" and len(by_name) > runs:
                self.note("wrong", f"the service has {by_name} of {name}, whose calls were told that they sent nothing")

    def close_desk(self, desk: Sequence[Asked], told: Mapping[str, str], texts: Mapping[str, Text]) -> Counter[str]:
        """Compare what people were told of their answers with the desk's rows, and the yeses that were used with acts.

        Args:
            desk: every row.
            told: by row, the answer of which somebody was told that it counts.
            texts: by row, what it asks about.

        Returns:
            How many of each decision there are, and how many yeses were used up by calls that never acted.
        """
        counts = Counter(f"questions answered {row.decision}" for row in desk)
        used: Counter[tuple[str, Text]] = Counter()
        for row in desk:
            if row.used and row.decision != "yes":
                self.note("unasked", f"{row.id} was used, and its decision is {row.decision}")
            if told.get(row.id, row.decision) != row.decision:
                self.note("wrong", f"{row.id} says {row.decision}, and somebody was told that {told[row.id]} counts")
            if row.used and row.id in texts:
                used[row.caller, texts[row.id]] += 1
        acts = Counter((row.caller, row.fingerprint) for row in self.rows())
        for (caller, text), yeses in used.items():
            for_nothing = yeses - acts[caller, self._fingerprint(text)]
            counts["yeses used up for nothing"] += max(0, for_nothing)
            if for_nothing > self.unanswered[text]:
                self.note("lost", f"{text}: {for_nothing} yeses came to nothing, of {self.unanswered[text]} lost calls")
        for text in self._texts:
            for caller in {row.caller for row in desk}:
                done = acts[caller, self._fingerprint(text)] if acts else 0
                if done > used[caller, text]:
                    self.note("unasked", f"{text}: {done} acts of {caller}, and {used[caller, text]} yeses were used")
        return counts

    def limit(self, at: Sequence[float], calls: int, seconds: float, away: Sequence[float] = ()) -> tuple[int, int]:
        """Compare when calls reached the service with its limit.

        Args:
            at: when, in seconds.
            calls: how many are allowed in any so many seconds.
            seconds: how many these are.
            away: when the database went away; meanwhile each server reads on with a part of the limit.

        Returns:
            The most that there were, in times without the database too.
        """
        times, first = sorted(at), 0
        most = {False: 0, True: 0}
        for last, time in enumerate(times):
            while time - times[first] >= seconds:
                first += 1
            without = any(times[first] - _AWAY_SECONDS <= gone <= time for gone in away)
            most[without] = max(most[without], last - first + 1)
        for without, allowed in ((False, calls), (True, calls + 2 * (calls // SHARE))):
            if most[without] > allowed:
                self.note("limit", f"the service had {most[without]} calls in {seconds:g} seconds, not {allowed}")
        return most[False], most[True]

    def _close_audit(self) -> None:
        for sentence in disagreements(self._state_file):
            self.note("wrong", sentence)

    def saved(self, accepted: set[str], believed: set[str]) -> None:
        """Compare what the audit says of saves.

        Args:
            accepted: the notes that the service took.
            believed: those of which it said so without taking them.
        """
        anyio.run(self._close_abandoned)
        rows = audit_rows(self._state_file) if has_state(self._state_file.parent) else []
        told = Counter(row["outcome"] for row in rows if row["tool"] == "save_contact")
        if not told["done"] <= len(accepted | believed) or not len(accepted) <= told["done"] + told["unknown"]:
            self.note("wrong", f"the service took {len(accepted)} saves, and the audit says {told}")

    async def _close_abandoned(self) -> None:
        """Do what the next server or the command `audit` does; the servers of an episode do it once a minute."""
        store = open_store(self._state_file.parent)
        await AuditWriter(store, "").close_abandoned()
        store.close()

    def _close_text(self, text: Text, rows: list[Send]) -> None:
        ids = {message.id for message in self.accepted(text)}
        seen = [row.upstream_id for row in rows if row.state == "SENT"]
        doubtful = sum(row.state == "UNKNOWN" for row in rows)
        if len(ids) > len(seen) + doubtful:
            kind = "wrong" if any(row.state == "NOT_SENT" for row in rows) else "lost"
            self.note(kind, f"{text}: the service has {ids}, the ledger {[(row.send_id, row.state) for row in rows]}")
        if len(set(seen)) < len(seen) or not ids.issuperset(seen):
            self.note("wrong", f"{text}: the ledger says {seen}, the service {ids}")
        for message in self.accepted(text):
            _, tag = _sender(message)
            row = next((row for row in rows if tag and row.send_id.endswith(tag)), None)
            if tag and (row is None or row.upstream_id != message.id):
                kind = "lost" if row is None or row.state == "UNKNOWN" else "wrong"
                self.note(kind, f"{text}: the service has {message.id} of {tag}, and the ledger says {row}")
        # Without names of their own, enough traces for everybody are enough to say of each that it happened.
        by = {message.by for message in self.accepted(text)}
        if doubtful and len(ids) == len(seen) + doubtful and (by == {"API"} or by <= set(MEMBERS)):
            self.note("lost", f"{text}: the service has {ids}, and the ledger still doubts {doubtful} of {len(rows)}")

    def _tell(self, text: Text, send_id: str | None, told: Told) -> None:
        if send_id is None:  # a colleague's send, whose id only they are told
            if told.outcome == "sent" and told.message_id not in {message.id for message in self.accepted(text)}:
                self.note("wrong", f"a colleague was told {told}, and the service has no such message")
            return
        before = self._told.get(send_id)
        if before is not None and (before.text != text or (before.outcome, told.outcome) == ("sent", "not_sent")):
            self.note("wrong", f"{send_id} was first {before}, then {told}")
        self._told[send_id] = told
        if told.outcome != "sent":
            return
        if told.message_id not in {message.id for message in self.accepted(text)}:
            self.note("wrong", f"{send_id} is told as sent, and the service has no {told.message_id} for {text}")
        elif self._send_of.setdefault(str(told.message_id), send_id) != send_id:
            self.note("wrong", f"{told.message_id} is told of {send_id} and {self._send_of[str(told.message_id)]}")

    def _refused(self, result: Mapping[str, Any]) -> None:
        sentence = " ".join(str(part.get("text")) for part in result.get("content", []))
        if "Nothing was sent or changed" in str(result.get("error")):  # an answer to a question that came too late
            return
        if "error" in result or not result.get("isError") or "failed inside" in sentence or not sentence:
            self.note("wrong", f"a call was answered {result}")

    def _fingerprint(self, text: Text) -> str:
        [(secret,)] = by_hand(self._state_file.parent, "SELECT secret FROM store_secret")
        values = {"phone_number": text.phone, "body": text.body}
        act = ["send_message", LINE, {name: values.get(name) for name in SENDING.same}]
        return keyed(secret, as_read(json.dumps(act)))

    def note(self, kind: Kind, sentence: str) -> None:
        problem = Problem(kind, sentence)
        if problem not in self.problems:
            self.problems.append(problem)


def _sender(message: Message) -> tuple[str, str]:
    """The sender's name that a call gave, and the end of its send's id where sends are tagged."""
    name, _, tag = (message.by or "").partition(" #")
    return name, tag


def _agree(told: Told, row: Send) -> bool:
    if told.outcome == "unknown":
        return row.state in {"UNKNOWN", "SENT"}
    if told.outcome == "sent":
        return row.state == "SENT" and row.upstream_id == told.message_id
    return row.state == "NOT_SENT"

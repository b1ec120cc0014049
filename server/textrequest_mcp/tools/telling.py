"""Notes what a model is told: which words were a customer's, which were our own, and what is now known of whom."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mcp.server.mcpserver import Context

from textrequest_mcp.guard.approval.gate import caller
from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source
from textrequest_mcp.guard.rules.optout import read_wish
from textrequest_mcp.guard.rules.person_facts import Facts
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.tools.declare import ToolSpec
from textrequest_mcp.upstream.times import read_time

# Whose words the fields of a record are. What a colleague notes of a customer was often dictated by the customer.
_OF_CUSTOMERS = (
    *("first_name", "last_name", "display_name", "recipient", "note", "suppressed_reason"),
    *("value", "tag", "notes", "name"),
)
_OF_OURS = ("description",)
_NAMES = ("display_name", "first_name", "recipient")
_NUMBERS = ("phone_number", "customer_phone", "phone")


class Telling:
    """What the answers of one call say.

    Args:
        policy: that has to know.
        caller: the host that is told.
        line: of the call.
        person: the number that the call was about, in E.164.
    """

    def __init__(self, policy: Policy, caller: str, line: int | None, person: str | None) -> None:
        self._policy = policy
        self._caller = caller
        self._line = line or 0
        self._person = person

    async def note(self, tool: str, said: Mapping[str, Any], *, words: bool = True) -> None:
        """Note an answer, or a document; of a change, only what it says of people: its words were the caller's own.

        Raises:
            StoreError: what a text says of further texts cannot be kept, so nobody may be told it.
        """
        for record, person in _records(said, self._person):
            if self._policy.rules.provenance and words:
                self._words(record, person)
            if person is not None:
                await self._record(record, person)
        if tool == "list_messages" and self._person is not None:
            self._talk(self._person, said)

    def _words(self, record: Mapping[str, Any], person: str | None) -> None:
        provenance, line = self._policy.provenance, record.get("dashboard_id") or self._line
        for name in _NUMBERS:
            if record.get(name):
                provenance.trust_number(line, record[name], *(record.get(each) for each in _NAMES))
        theirs, ours = _told(record, _OF_CUSTOMERS), _told(record, _OF_OURS)
        if "phone" in record:  # a line: its name is the business's own
            theirs, ours = "", theirs
        if ours:
            provenance.trust_words(ours)
        if theirs:
            kind = "a contact's record" if person is not None else "a name"
            provenance.read_words(Source(kind=kind, line=line, person=person, words=theirs))
        body = record.get("body")
        if isinstance(body, str) and record.get("message_direction") == "S":
            provenance.trust_words(body)
        elif isinstance(body, str):
            at = read_time(record.get("message_timestamp_utc"))
            provenance.read_words(Source(kind=TEXT_RECEIVED, line=line, person=person, at=at, words=body))

    async def _record(self, record: Mapping[str, Any], person: str) -> None:
        """What a contact's record or a text says of the person."""
        payment_id = record.get("payment_id")
        if isinstance(payment_id, int) and record.get("customer_phone"):
            self._policy.known.pays(self._line, payment_id, person)
        if "total_msgs_sent" in record or "date_created_utc" in record:
            self._policy.known.saw(
                (self._line, person),
                Facts(
                    opted_out_at=_moment(record, "opted_out_utc"),
                    is_blocked=record.get("is_blocked") is True,
                    received_at=_moment(record, "last_msg_received_utc"),
                    sent_at=_moment(record, "last_msg_sent_utc"),
                ),
            )
        body, at = record.get("body"), _moment(record, "message_timestamp_utc")
        theirs = record.get("message_direction") == "R" and self._policy.rules.consent
        # A text without a time may forbid texts from now on, but allows none.
        if theirs and isinstance(body, str) and (at is not None or read_wish(body) != "start"):
            await self._policy.consent.heard(self._line, person, body, self._policy.now() if at is None else at)
        if at is not None and record.get("message_direction") in ("R", "S"):
            self._policy.known.read(self._caller, (self._line, person), at)

    def _talk(self, person: str, said: Mapping[str, Any]) -> None:
        """A conversation whose newest texts are in the answer; the service states no order for it."""
        items: list[Mapping[str, Any]] = said.get("items") or []
        times = [_moment(item, "message_timestamp_utc") for item in items]
        whole = said.get("page") == 0 and said.get("next_page") is None
        newest_first = said.get("page") == 0 and bool(times) and (times[0] or 0.0) >= (times[-1] or 0.0)
        if whole or newest_first:
            by_direction = {
                direction: _latest(
                    [at for item, at in zip(items, times, strict=True) if item.get("message_direction") == direction]
                )
                for direction in ("R", "S")
            }
            self._policy.known.saw_talk((self._line, person), by_direction["R"], by_direction["S"])


def _told(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """The words of these fields, one under the other: one record is one source."""
    values = [record.get(name) for name in names]
    return "\n".join(value for value in values if isinstance(value, str) and value)


def _records(value: Any, person: str | None) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Every object inside a value, with the number that it, or the one around it, is about."""
    if isinstance(value, Mapping):
        record: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        person = next((record[name] for name in ("phone_number", "customer_phone") if record.get(name)), person)
        yield record, person
        for part in record.values():
            yield from _records(part, person)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        parts: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
        for part in parts:
            yield from _records(part, person)


def _moment(record: Mapping[str, Any], name: str) -> float | None:
    moment: datetime | None = read_time(record.get(name))
    return None if moment is None else moment.timestamp()


def _latest(times: Sequence[float | None]) -> float | None:
    return max((at for at in times if at is not None), default=None)


async def note_told(ctx: Context[Any, Any], spec: ToolSpec, given: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Note the answer of a tool.

    Args:
        ctx: of the call.
        spec: the tool.
        given: the arguments of its function, and what its line resolved to.
        said: the answer.

    Raises:
        StoreError: as `Telling.note`.
    """
    account: Any = ctx.request_context.lifespan_context
    line = given.get("line")
    person = next(iter(spec.about.named(given)), None) if spec.about.each is None else None
    telling = Telling(account.policy, caller(ctx.session), line.id if line is not None else None, person)
    await telling.note(spec.name, said, words=spec.risk == "reads")

"""A person on a line, as the directory knows them: a contact's record, and how its name and number are found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from textrequest_mcp.ground.clean import LONGEST_NAME, clean
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.upstream.phone import from_wire
from textrequest_mcp.upstream.phone_spelling import spelled
from textrequest_mcp.upstream.times import read_time

_NAMES = ("display_name", "first_name", "last_name")


class Person:
    """One contact of a line. Times are seconds since 1970; names are clean, and empty where there is none.

    Args:
        line: the id of the line.
        number: in E.164.
        record: the contact as the service gives it (wire-facts, Contacts).
    """

    def __init__(self, line: int, number: str, record: Mapping[str, Any]) -> None:
        self.line = line
        self.number = number
        self.record = record
        self.words = folded(" ".join(self._name(name) for name in _NAMES))

    @cached_property
    def name(self) -> str:
        """The name that is shown in the app, or the given and the family name."""
        return self._name("display_name") or f"{self.first_name} {self.last_name}".strip()

    @cached_property
    def first_name(self) -> str:
        return self._name("first_name")

    @cached_property
    def last_name(self) -> str:
        return self._name("last_name")

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Ids of tags."""
        return tuple(str(tag) for tag in self._list("contact_tags") if tag)

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Ids of groups."""
        return tuple(group for group in self._list("groups") if isinstance(group, int))

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The values of custom fields, by the field's id."""
        pairs = [cast("dict[str, Any]", pair) for pair in self._list("custom_fields") if isinstance(pair, dict)]
        return {str(pair["id"]): clean(str(pair["value"])) for pair in pairs if pair.get("id") and pair.get("value")}

    @cached_property
    def received_at(self) -> float | None:
        """When the line last received a text from them."""
        return _seconds(self.record.get("last_msg_received_utc"))

    @cached_property
    def sent_at(self) -> float | None:
        """When the line last sent them a text."""
        return _seconds(self.record.get("last_msg_sent_utc"))

    @property
    def texted_at(self) -> float | None:
        """When a text last went either way; None where none ever did."""
        return max((at for at in (self.received_at, self.sent_at) if at is not None), default=None)

    @property
    def is_opted_out(self) -> bool:
        """Whether the service says that they texted STOP; year 1 is how some services write 'never'."""
        said = self.record.get("opted_out_utc")
        return bool(said) and not str(said).startswith("0001")

    def is_marked(self, flag: str) -> bool:
        """Whether the record's flag is set: `is_blocked`, `is_archived`, `is_resolved`, `is_suppressed`."""
        return self.record.get(flag) is True

    @property
    def last_message(self) -> Mapping[str, Any] | None:
        """The last text, as the service gives it."""
        last = self.record.get("last_message")
        return cast("Mapping[str, Any]", last) if isinstance(last, Mapping) else None

    def with_text(self, event: TextEvent) -> "Person":
        """The same person after a text; they themselves where the text is not newer than what is known."""
        if event.at is None or event.at <= (self.texted_at or 0.0):
            return self
        at = datetime.fromtimestamp(event.at, UTC).isoformat()
        changed: dict[str, Any] = {
            "last_message": {
                "message_id": event.message_id,
                "body": event.body,
                "message_direction": event.direction,
                "response_by_username": event.by,
                "message_timestamp_utc": at,
                "delivery_status": event.status,
                "delivery_error": event.error,
            },
            "is_archived": False,  # a text either way brings the conversation back (wire-facts, Conversations)
        }
        changed |= {"last_msg_sent_utc": at} if event.direction == "S" else {"last_msg_received_utc": at}
        changed |= {"is_resolved": False} if event.direction == "R" else {}
        return Person(self.line, self.number, {**self.record, **changed})

    def _name(self, field: str) -> str:
        said = self.record.get(field)
        return clean(said, LONGEST_NAME) if isinstance(said, str) else ""

    def _list(self, field: str) -> Sequence[Any]:
        said = self.record.get(field)
        return cast("list[Any]", said) if isinstance(said, list) else ()


def person_of(line: int, record: object) -> Person | None:
    """The person of a contact's record; None where it names no number."""
    fields = cast("Mapping[str, Any]", record if isinstance(record, Mapping) else {})
    number = from_wire(fields.get("phone_number"))
    return Person(line, number, fields) if isinstance(number, str) and number else None


class Wanted:
    """A search for people by parts of their names or of their numbers.

    Each word must be a part of a name, or each run of digits a part of the number.

    Args:
        words: as somebody typed them.
    """

    def __init__(self, words: str) -> None:
        plain = "".join(map(spelled, words))
        self.words = folded(plain).split()
        self.digits = "" if any(c.isalpha() for c in plain) else "".join(c for c in plain if c in "0123456789")

    def among(self, people: Iterable[Person]) -> list[Person]:
        """Those whom the search finds."""
        everybody = list(people)
        by_number = [person for person in everybody if self.digits in person.number] if self.digits else []
        found = everybody if self.words else []
        for word in self.words:
            if word.isdecimal():
                found = [person for person in found if word in person.words or word in person.number]
            else:
                found = [person for person in found if word in person.words]
        return list({person.number: person for person in [*by_number, *found]}.values())

    def best(self, people: Iterable[Person]) -> list[Person]:
        """Those whom the search finds, the best first."""
        return sorted(self.among(people), key=self.rank)

    def rank(self, person: Person) -> tuple[bool, bool, float, str]:
        """Sorts those whom it finds: whole names first, then beginnings of names, the latest texted first."""
        parts = person.words.split()
        return (
            not all(word in parts for word in self.words),
            not all(any(part.startswith(word) for part in parts) for word in self.words),
            -(person.texted_at or 0.0),
            person.words,
        )


def _seconds(value: object) -> float | None:
    moment = read_time(value)
    return None if moment is None else moment.timestamp()

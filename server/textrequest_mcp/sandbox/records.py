"""The pretend service's records: lines, contacts, texts, groups, tags, fields, payments, hooks, events, calls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal


@dataclass(slots=True, eq=False)
class Hook:
    """An address that is called for one event, or with a negative id for one text. `failures` counts failed calls in a
    row."""

    id: int
    target_url: str
    event: str
    verb: str
    is_user_defined: bool = False
    is_connected: bool = True
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call that the service owes to a hook, for what happened at `at`."""

    hook: Hook
    payload: dict[str, Any]
    at: float


@dataclass(slots=True)
class Message:
    """`callback` is called for this one text's delivery, beside the line's hooks."""

    id: str
    body: str
    direction: Literal["R", "S"]
    by: str | None
    at: float
    status: str | None = None
    error: str | None = None
    media: list[str] = field(default_factory=list[str])
    is_redacted: bool = False
    callback: Hook | None = None


@dataclass(slots=True)
class Contact:
    """`id` is the number of the contact and of its conversation, which only hooks show."""

    id: int
    phone: str
    created_at: float
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    note: str = ""
    is_suppressed: bool = False
    suppressed_reason: str | None = None
    is_archived: bool = False
    is_blocked: bool = False
    is_resolved: bool = True
    opted_out_at: float | None = None
    groups: list[int] = field(default_factory=list[int])
    tags: list[str] = field(default_factory=list[str])
    fields: dict[str, str] = field(default_factory=dict[str, str])
    messages: list[Message] = field(default_factory=list[Message])
    answers: bool = False

    def last(self, direction: Literal["R", "S"] | None = None) -> Message | None:
        return next((m for m in reversed(self.messages) if direction in (None, m.direction)), None)


@dataclass(slots=True)
class Group:
    id: int
    name: str
    notes: str = ""
    is_keyword: bool = False
    last_message_sent_at: float | None = None


@dataclass(slots=True)
class Tag:
    id: str
    name: str
    color: str


@dataclass(slots=True)
class Field:
    id: str
    name: str


@dataclass(slots=True)
class Payment:
    id: int
    description: str
    phone: str
    amount: Decimal
    requested_at: float
    reference_number: str | None = None
    status: str = "Sent"
    transaction_status: str = "Unknown"
    reminder_was_sent: bool = False

    @property
    def is_open(self) -> bool:
        """The contract closes a payment when it is paid or cancelled, and says nothing of the other states."""
        return self.status not in {"Paid", "MarkedAsPaid", "Cancelled"}


@dataclass(slots=True)
class Line:
    """One dashboard, with everything that belongs to it and to no other."""

    id: int
    name: str
    phone: str
    time_zone: str | None = None
    takes_payments: bool = True
    free_at: float = 0.0
    contacts_made: int = 0
    contacts: dict[str, Contact] = field(default_factory=dict[str, Contact])
    groups: dict[int, Group] = field(default_factory=dict[int, Group])
    tags: dict[str, Tag] = field(default_factory=dict[str, Tag])
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    payments: dict[int, Payment] = field(default_factory=dict[int, Payment])
    hooks: dict[int, Hook] = field(default_factory=dict[int, Hook])

    def contact(self, phone: str, now: float) -> Contact:
        """The contact with this number, made where there is none."""
        if phone not in self.contacts:
            self.contacts_made += 1
            self.contacts[phone] = Contact(self.id * 1_000_000 + self.contacts_made, phone, created_at=now)
        return self.contacts[phone]


@dataclass(order=True, slots=True)
class Event:
    """Something that happens once the clock passes `at`."""

    at: float
    number: int
    happen: Callable[..., None] = field(compare=False)
    about: tuple[object, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One write that the service took, for tests of what was and was not done."""

    method: str
    path: str
    body: object
    at: float

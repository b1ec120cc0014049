"""Fills a new pretend account with a small repair shop's lines, customers, texts and payments."""

import itertools
from collections.abc import Sequence
from decimal import Decimal

from textrequest_mcp.sandbox import people, seed_texts
from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.records import Contact, Field, Group, Line, Message, Payment, Tag
from textrequest_mcp.sandbox.stamps import DAY, HOUR, MINUTE

STAFF = ("Dana Whitaker", "Luis Ortega", "API")
# Of each line: how many contacts, how many of them have texted, how many wait for an answer.
_SIZES = {121: (112, 46, 7), 122: (40, 18, 3), 123: (12, 6, 1)}
_FIRST_NUMBER = {121: 90, 122: 300, 123: 450}
# Contacts with a fixed role have the numbers 14235550100 to 14235550108.
_FIXED = 9

_PAYMENTS = (
    ("Paid", "Approved", "Oil change and filter", "64.90", "RO-1031"),
    ("Paid", "Authorized", "Brake pads, front", "385.00", "RO-1032"),
    ("MarkedAsPaid", "Unknown", "Inspection, paid in cash", "25.00", "RO-1033"),
    ("Cancelled", "Unknown", "Wiper blades, ordered twice", "38.50", "RO-1034"),
    ("Failed", "Declined", "Battery", "189.00", "RO-1035"),
    ("Failed", "NotAuthorized", "Timing belt, deposit", "200.00", "RO-1036"),
    ("PastDue", "Unknown", "Tires, all four", "540.00", "RO-1037"),
    ("PastDue", "Error", "Coolant flush", "119.99", None),
    ("Sent", "PaymentInProgress", "Alignment", "95.00", "RO-1039"),
    ("Sent", "Processing", "Spark plugs", "142.75", "RO-1040"),
    ("Unknown", "Failed", "Tow to the shop", "85.00", "RO-1041"),
    ("Sent", "Unknown", "Second part of a split invoice", "356.00", "RO-1040"),
)


def fill(account: Account, contacts: int | None) -> None:
    """The same for the same clock; `contacts`, where given, is the number of the first line's contacts."""
    account.lines = {
        121: Line(121, "Front Desk", "14235550190", "America/New_York"),
        122: Line(122, "Service Desk", "14235550191", "America/New_York"),
        123: Line(123, "After Hours", "16155550190", None, takes_payments=False),
    }
    for line in account.lines.values():
        _labels(account, line)
    front = account.lines[121]
    _fixed(account, front)
    for line in account.lines.values():
        _crowd(account, line)
    _special(account, front)
    _payments(account, front)
    if contacts is not None:
        _resize(account, front, contacts)
    for line in account.lines.values():
        for contact in line.contacts.values():
            contact.messages.sort(key=lambda message: message.at)


def _labels(account: Account, line: Line) -> None:
    for name, color in (("VIP", "#1EB1C4"), ("Follow up", "#E8871E"), ("Estimate sent", "#6A4C93")):
        tag = Tag(account.next_guid("tag"), name, color)
        line.tags[tag.id] = tag
    for name in ("Vehicle", "License plate", "Referred by"):
        field = Field(account.next_guid("field"), name)
        line.fields[field.id] = field
    now, first = account.started_at, line.id * 10
    named = [
        Group(first + 1, "Spring Specials", "Agreed to hear about offers", last_message_sent_at=now - 12 * DAY),
        Group(first + 2, "Fleet accounts", "Invoice monthly", last_message_sent_at=now - 3 * DAY),
        Group(first + 3, "OILCHANGE", "Texted the keyword OILCHANGE", is_keyword=True),
        Group(first + 4, "Old Leads", "Home show 2022, never followed up", last_message_sent_at=now - 900 * DAY),
    ]
    line.groups = {group.id: group for group in named[: 4 if line.id == 121 else 2]}


def _fixed(account: Account, line: Line) -> None:
    now = account.started_at
    spring, old = min(line.groups), max(line.groups)
    vehicle = min(line.fields, key=lambda id_: line.fields[id_].name != "Vehicle")
    maria = _person(line, "14235550100", "Maria", "Lopez", now - 200 * DAY)
    maria.answers, maria.groups, maria.fields = True, [spring], {vehicle: "2021 Toyota RAV4"}
    _talk(account, maria, seed_texts.MARIA, now - 5 * HOUR, resolved=False)
    ruth = _person(line, "14235550101", "Ruth", "Abernathy", now - 400 * DAY)
    _talk(account, ruth, seed_texts.OPTED_OUT, now - 60 * DAY)
    devon = _person(line, "14235550102", "Devon", "O'Neil", now - 870 * DAY)
    devon.groups = [old]
    blocked = _person(line, "14235550103", "", "", now - 90 * DAY)
    _talk(account, blocked, seed_texts.TOWED, now - 90 * DAY)
    blocked.is_blocked, blocked.note = True, "Wrong number, abusive."
    _talk(
        account, _person(line, "14235550104", "Peggy", "Sørensen", now - 300 * DAY), seed_texts.ARCHIVED, now - 45 * DAY
    )
    line.contacts["14235550104"].is_archived = True
    sam = _person(line, "14235550105", "Sam", "Adeyemi", now - 120 * DAY)
    _talk(account, sam, seed_texts.PAYMENT, now - 3 * DAY)
    _pay(account, line, sam, "Alternator, Ford F-150", Decimal("220.50"), now - 2 * DAY, "RO-1042")
    gil = _person(line, "14235550106", "Gil", "Fontaine", now - 410 * DAY)
    _talk(account, gil, seed_texts.OPTED_OUT, now - 58 * DAY)
    for gone in (ruth, gil):
        gone.opted_out_at, gone.is_archived = gone.messages[-1].at, True
    walt = _person(line, "14235550107", "Walt", "Pruitt", now - 150 * DAY)
    _talk(account, walt, seed_texts.QUIET, now - 30 * DAY)
    walt.is_suppressed, walt.suppressed_reason = True, "Texts many times a day without a request."
    nora = _person(line, "14235550108", "Nora", "Lindqvist", now - 80 * DAY)
    _talk(account, nora, seed_texts.UNREACHABLE, now - 8 * DAY)
    nora.messages[-1].status, nora.messages[-1].error = "error", "2001"


def _crowd(account: Account, line: Line) -> None:
    wanted, talking, waiting = _SIZES[line.id]
    fixed = len(line.contacts)
    for place in range(wanted - fixed):
        contact = _known(account, line, place)
        start = account.started_at - (1 + place) * 1.7 * DAY
        if place < waiting:
            start = account.started_at - (1 + place * 3) * HOUR
            _talk(
                account, contact, seed_texts.WAITING[(place + line.id) % len(seed_texts.WAITING)], start, resolved=False
            )
        elif place < talking - fixed:
            _talk(account, contact, seed_texts.FINISHED[place % len(seed_texts.FINISHED)], start)


def _special(account: Account, line: Line) -> None:
    """One more of each kind of contact that a list should show, among those with a finished conversation."""
    others = [contact for contact in line.contacts.values() if contact.messages][_FIXED + 8 :]
    others[0].is_archived = others[1].is_archived = True
    others[2].is_suppressed, others[2].suppressed_reason = True, "Vendor newsletter"
    others[3].opted_out_at, others[3].is_archived = others[3].messages[-1].at, True
    others[4].first_name = others[4].last_name = others[4].display_name = ""
    old = max(line.groups)
    for contact in list(line.contacts.values())[-3:]:
        contact.groups, contact.created_at = [old], account.started_at - 880 * DAY


def _payments(account: Account, line: Line) -> None:
    payers = [contact for contact in line.contacts.values() if contact.messages][_FIXED + 12 :]
    for place, (status, transaction, what, amount, reference) in enumerate(_PAYMENTS):
        at = account.started_at - (4 + 3 * place) * DAY
        payment = _pay(account, line, payers[place], what, Decimal(amount), at, reference)
        payment.status, payment.transaction_status = status, transaction
        payment.reminder_was_sent = status == "PastDue"
    service = account.lines[122]
    payer = next(contact for contact in service.contacts.values() if contact.messages)
    _pay(account, service, payer, "Diagnosis", Decimal("79.00"), account.started_at - 6 * DAY, "RO-2001")


def _pay(
    account: Account, line: Line, contact: Contact, what: str, amount: Decimal, at: float, reference: str | None
) -> Payment:
    payment = Payment(2501 + (line.id - 121) * 1000 + len(line.payments), what, contact.phone, amount, at, reference)
    line.payments[payment.id] = payment
    text = f"{line.name} sent you a payment request for ${amount:.2f}. https://pay.sandbox.invalid/{payment.id}"
    message = Message(account.next_guid("message"), text, "S", "API", at, "delivered")
    contact.messages.append(message)
    return payment


def _resize(account: Account, line: Line, wanted: int) -> None:
    for phone in list(line.contacts)[max(wanted, 0) :]:
        del line.contacts[phone]
    for place in itertools.count(_SIZES[line.id][0] - _FIXED):
        if len(line.contacts) >= wanted:
            return
        contact = _known(account, line, place)
        if place % 5 == 0:
            start = account.started_at - (90 + place % 300) * DAY
            _talk(account, contact, seed_texts.FINISHED[place % len(seed_texts.FINISHED)], start)


def _known(account: Account, line: Line, place: int) -> Contact:
    """A contact of the crowd, with a business's notes about it."""
    index = _FIRST_NUMBER[line.id] + place
    first, last = people.name(place + line.id)
    contact = _person(line, people.number(index), first, last, account.started_at - (20 + place % 700) * DAY)
    if place in people.NICKNAMES:
        contact.display_name = people.NICKNAMES[place].format(contact.display_name)
    contact.answers = place % 3 == 0
    groups, tags, fields = list(line.groups), list(line.tags), list(line.fields)
    contact.groups = [groups[0]] if place % 11 == 0 else [groups[1]] if place % 13 == 0 else []
    if len(groups) > 2 and place % 17 == 0:
        contact.groups = [*contact.groups, groups[2]]
    contact.tags = [tags[place % len(tags)]] if place % 4 == 0 else []
    contact.fields = {fields[0]: people.VEHICLES[place % len(people.VEHICLES)]} if place % 3 == 0 else {}
    if place % 9 == 0:
        contact.fields[fields[1]] = f"TN-{1000 + place}"
    contact.note = people.NOTES[place % len(people.NOTES)] if place % 7 == 0 else ""
    return contact


def _person(line: Line, phone: str, first: str, last: str, created_at: float) -> Contact:
    contact = line.contact(phone, created_at)
    contact.first_name, contact.last_name, contact.display_name = first, last, f"{first} {last}".strip()
    return contact


def _talk(account: Account, contact: Contact, talk: Sequence[str], start: float, *, resolved: bool = True) -> None:
    """Texts a few minutes apart."""
    car = next(iter(contact.fields.values()), "car")
    staff = STAFF[int(contact.phone[1]) % len(STAFF)]
    by: str | None = None
    for place, line_of_talk in enumerate(talk):
        sent = line_of_talk.startswith(">")
        by = staff if sent else by
        body = line_of_talk[2:].format(name=contact.first_name or "there", car=car)
        contact.messages.append(
            Message(
                account.next_guid("message"),
                body,
                "S" if sent else "R",
                by,
                start + place * 7 * MINUTE + 0.1234567,
                "delivered" if sent else None,
            )
        )
    contact.created_at = min(contact.created_at, start)
    contact.is_resolved = resolved

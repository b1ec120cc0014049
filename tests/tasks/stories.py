"""Thirty everyday stories of a repair shop: the calls that a sensible model makes, and what must be true afterwards.

Each is told twice: with all that this server offers, and with the connector's 28 actions alone, where that is possible.
A step is a tool and its arguments; a step that is a function makes more steps of the results so far.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.desk import ARCHIVED, DEVON, LINE, MARIA, OWES, Desk

Step = tuple[str, dict[str, Any]]
Results = list[dict[str, Any]]
More = Callable[[Results], list[Step]]
Truth = Callable[[Desk, Results], bool]

WEEK_AGO = 1779408000  # 2026-05-22, six days before the day of the stories
SERVICE, AFTER_HOURS, WALT, BEN_S_PAYMENT = 122, 123, "+14235550107", 2513
CLOSED = "We close early on Friday."


@dataclass(frozen=True)
class Story:
    """One wish.

    Attributes:
        wish: as somebody at the counter says it.
        ours: the calls with all tools.
        truth: what holds afterwards, of the pretend account and the answers.
        alone: the calls with the connector's actions alone; None where they cannot do it.
        settings: of the server.
    """

    wish: str
    ours: Sequence[Step | More]
    truth: Truth
    alone: Sequence[Step | More] | None = ()
    settings: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def without(self) -> Sequence[Step | More] | None:
        """The calls without our own tools; the same where the connector's do it."""
        return self.ours if self.alone == () else self.alone


def contact(desk: Desk, number: str, line: int = LINE) -> Any:
    return desk.sandbox.lines[line].contacts[number.removeprefix("+")]


def last(desk: Desk, number: str) -> str:
    return contact(desk, number).messages[-1].body


def texted(desk: Desk) -> list[str]:
    return [path.split("/")[4] for method, path in desk.changes if method == "POST" and path.endswith("/messages")]


def on(line: int, **given: Any) -> dict[str, Any]:
    return {"dashboard_id": line, **given}


def to_each(place: int, **text: Any) -> More:
    """A text to each row of an earlier answer."""

    def more(results: Results) -> list[Step]:
        return [("send_message", on(LINE, phone_number=row["phone_number"], **text)) for row in results[place]["items"]]

    return more


def threads(place: int) -> More:
    """The conversation of each row of an earlier answer, page after page as far as it goes."""

    def more(results: Results) -> list[Step]:
        rows = results[place]["items"]
        return [("list_messages", on(row.get("dashboard_id", LINE), phone_number=row["phone_number"])) for row in rows]

    return more


def everybody(*lines: int) -> list[Step]:
    return [("list_conversations", on(line, include_archived=True, page_size=1000)) for line in lines]


def numbers(result: dict[str, Any], kind: str | None = None) -> set[str]:
    return {row["phone_number"] for row in result["items"] if kind is None or row.get("kind") == kind}


def waiting(desk: Desk) -> set[str]:
    return {
        "+" + each.phone
        for line in desk.sandbox.lines.values()
        for each in line.contacts.values()
        if each.messages and each.messages[-1].direction == "R" and not each.is_resolved and not each.is_archived
    }


def has_tag(desk: Desk, number: str, name: str) -> bool:
    tags = desk.sandbox.lines[LINE].tags
    return name in {tags[tag].name for tag in contact(desk, number).tags}


def tag_of(results: Results, name: str) -> str:
    return next(row["id"] for row in results[0]["items"] if row["tag"] == name)


def payment(desk: Desk, payment_id: int) -> Any:
    return desk.sandbox.lines[LINE].payments[payment_id]


def vips(results: Results) -> list[Step]:
    return [("list_contacts", on(LINE, tags=[tag_of(results, "VIP")], page_size=100))]


def vip_too(results: Results) -> list[Step]:
    tags: list[str] = [*(results[1].get("contact_tags") or []), tag_of(results, "VIP")]
    return [("save_contact", on(LINE, phone_number=MARIA, contact_tags=tags))]


def counted(*lines: int) -> Truth:
    """Whether the sum of a week's counts is what the account holds; or, without counts, whether all texts were read."""

    def truth(desk: Desk, results: Results) -> bool:
        texts = [
            message.direction
            for line in lines
            for each in desk.sandbox.lines[line].contacts.values()
            for message in each.messages
            if message.at >= (WEEK_AGO if line == AFTER_HOURS else WEEK_AGO + 4 * 3600)  # that line has no time zone
        ]
        rows = results[0]["items"]
        if "received" not in rows[-1]:
            return len(results) > len(lines)
        return (rows[-1]["sent"], rows[-1]["received"]) == (texts.count("S"), texts.count("R"))

    return truth


REPLIES = "[hours]\nWe are open 8 to 6, Saturdays 9 to 1.\n[ready]\nHi {first_name}, your {Vehicle} is ready.\n"

STORIES: tuple[Story, ...] = (
    Story(
        "Who is waiting for an answer?",
        [("who_is_waiting", {})],
        lambda desk, results: (
            set().union(*(numbers(each, "waiting") or numbers(each) for each in results)) >= waiting(desk)
        ),
        [("list_conversations", on(line, show_unresolved_only=True, page_size=100)) for line in (121, 122, 123)],
    ),
    Story(
        "Tell Maria her car is ready.",
        2 * [("send_message", on(LINE, phone_number=MARIA, body="Hi Maria, your car is ready."))],
        lambda desk, _: last(desk, MARIA) == "Hi Maria, your car is ready.",
    ),
    Story(
        "What did Maria write last?",
        [("list_messages", on(LINE, phone_number=MARIA, page_size=3))],
        lambda _, results: "is my car ready" in results[0]["items"][0]["body"],
    ),
    Story(
        "Tell all VIPs that we close early on Friday.",
        [("text_many", on(LINE, body=CLOSED, to=["tag:VIP"]))],
        lambda desk, _: len(texted(desk)) == len(set(texted(desk))) >= 7,
        [("list_tags", on(LINE)), vips, to_each(1, body=CLOSED)],
    ),
    Story(
        "Tell the group Spring Specials about it, with their first names.",
        [("text_many", on(LINE, body="Hi {first_name}, " + CLOSED, to=["group:Spring Specials"]))],
        lambda desk, _: len(set(texted(desk))) >= 8,
        [("list_contacts", on(LINE, groups=[1211], page_size=100)), to_each(0, body=CLOSED)],
    ),
    Story(
        "Tell everybody whom we have not texted since May, but not the fleet.",
        [("text_many", on(LINE, body=CLOSED, to=["not_texted_since:2026-05-01"], leave_out=["group:Fleet accounts"]))],
        lambda desk, _: len(set(texted(desk))) >= 50,
        [("list_contacts", on(LINE, last_message_sent_before="2026-05-01", page_size=100)), to_each(0, body=CLOSED)],
    ),
    Story(
        "How many texts did we send and get in the last week, on each line?",
        [("count_texts", {"period": "last_7_days"})],
        counted(121, 122, 123),
        [*everybody(121, 122, 123), threads(0), threads(1), threads(2)],
    ),
    Story(
        "How fast did the service desk answer, day by day?",
        [("count_texts", on(SERVICE, period="last_7_days", by="day"))],
        counted(SERVICE),
        [*everybody(SERVICE), threads(0)],
    ),
    Story(
        "Which texts did not get through in the last month, and why?",
        [("count_texts", {"period": "last_30_days"})],
        lambda _, results: "2001" in str(results),
        [*everybody(121, 122, 123), threads(0), threads(1), threads(2)],
    ),
    Story(
        "Who owes us money?",
        [("who_is_waiting", {})],
        lambda _, results: (
            {2501, 2508, 2509, 2513} <= {row.get("payment_id") for each in results for row in each["items"]}
        ),
        [("list_payments", on(line, page_size=100)) for line in (LINE, SERVICE)],
    ),
    Story(
        "Ask Sam for 120 dollars for the brakes.",
        [("create_payment", on(LINE, customer_phone=OWES, amount_requested=120, description="Brakes"))],
        lambda desk, _: [str(each.amount) for each in desk.sandbox.lines[LINE].payments.values()][-1].startswith("120"),
    ),
    Story(
        "Remind Ben of what he owes.",
        [("send_payment_reminder", on(LINE, payment_id=BEN_S_PAYMENT))],
        lambda desk, _: payment(desk, BEN_S_PAYMENT).reminder_was_sent,
        [("list_payments", on(LINE, page_size=100)), ("send_payment_reminder", on(LINE, payment_id=BEN_S_PAYMENT))],
    ),
    Story(
        "Cancel the request for the alternator.",
        [("cancel_payment", on(LINE, payment_id=2501))],
        lambda desk, _: payment(desk, 2501).status == "Cancelled",
    ),
    Story(
        "The tires were paid in cash.",
        [("mark_payment_paid", on(LINE, payment_id=2508))],
        lambda desk, _: payment(desk, 2508).status == "MarkedAsPaid",
    ),
    Story(
        "What is Peggy Sorensen's number?",
        [("list_contacts", on(LINE, search="peggy sorensen"))],
        lambda _, results: ARCHIVED in {row["phone_number"] for each in results for row in each["items"]},
        [("list_conversations", on(LINE, search="peggy", include_archived=True))],
    ),
    Story(
        "Note that Maria likes mornings.",
        [("save_contact", on(LINE, phone_number=MARIA, note="Likes mornings"))],
        lambda desk, _: contact(desk, MARIA).note == "Likes mornings",
    ),
    Story(
        "Maria is a VIP now.",
        [("save_contact", on(LINE, phone_number=MARIA, add_tags=["VIP"]))],
        lambda desk, _: has_tag(desk, MARIA, "VIP"),
        [("list_tags", on(LINE)), ("get_contact", on(LINE, phone_number=MARIA)), vip_too],
    ),
    Story(
        "Take Devon out of the old leads.",
        [("save_contact", on(LINE, phone_number=DEVON, remove_groups=["Old Leads"]))],
        lambda desk, _: contact(desk, DEVON).groups == [],
        [
            ("get_contact", on(LINE, phone_number=DEVON)),
            ("save_contact", on(LINE, phone_number=DEVON, clear=["groups"])),
        ],
    ),
    Story(
        "Add Ana Ruiz, 423 555 0177.",
        [("save_contact", on(LINE, phone_number="423 555 0177", first_name="Ana", last_name="Ruiz"))],
        lambda desk, _: contact(desk, "+14235550177").first_name == "Ana",
    ),
    Story(
        "Sam said on the phone that he wants no more texts.",
        [("stop_texting", {"phone_number": OWES})],
        lambda desk, _: not desk.changes,
        None,
    ),
    Story(
        "Put Walt's conversation aside.",
        [("archive_conversation", on(LINE, phone_number=WALT))],
        lambda desk, _: contact(desk, WALT).is_archived,
    ),
    Story(
        "Bring Peggy's back.",
        [("unarchive_conversation", on(LINE, phone_number=ARCHIVED))],
        lambda desk, _: not contact(desk, ARCHIVED).is_archived,
    ),
    Story(
        "Delete Devon.",
        [("delete_contact", on(LINE, phone_number=DEVON))],
        lambda desk, _: DEVON.removeprefix("+") not in desk.sandbox.lines[LINE].contacts,
    ),
    Story(
        "Make a group for winter tires.",
        [("create_group", on(LINE, name="Winter Tires"))],
        lambda desk, _: "Winter Tires" in {group.name for group in desk.sandbox.lines[LINE].groups.values()},
    ),
    Story(
        "Send Maria our opening hours.",
        2 * [("send_message", on(LINE, phone_number=MARIA, template="hours"))],
        lambda desk, _: last(desk, MARIA).startswith("We are open 8 to 6"),
        2 * [("send_message", on(LINE, phone_number=MARIA, body="We are open 8 to 6, Saturdays 9 to 1."))],
        {"templates": REPLIES},
    ),
    Story(
        "Tell Maria and Sam with the usual words that their cars are ready.",
        [("text_many", on(LINE, to=[MARIA, OWES], template="ready; Vehicle=car"))],
        lambda desk, _: "is ready" in last(desk, OWES),
        [("send_message", on(LINE, phone_number=number, body="Your car is ready.")) for number in (MARIA, OWES)],
        {"templates": REPLIES},
    ),
    Story(
        "Did my text to Maria arrive?",
        [
            ("send_message", on(LINE, phone_number=MARIA, body="On it.")),
            ("send_message", on(LINE, phone_number=MARIA, body="On it.")),
            lambda results: [("get_send_status", {"send_id": results[-1]["send_id"]})],
        ],
        lambda _, results: "delivery_status" in str(results[-1]),
        [
            ("send_message", on(LINE, phone_number=MARIA, body="On it.")),
            ("send_message", on(LINE, phone_number=MARIA, body="On it.")),
            ("list_messages", on(LINE, phone_number=MARIA, page_size=3)),
        ],
    ),
    Story(
        "Call the third line Night Line.",
        [("rename_dashboard", on(AFTER_HOURS, name="Night Line"))],
        lambda desk, _: desk.sandbox.lines[AFTER_HOURS].name == "Night Line",
    ),
    Story(
        "We need a tag for winter.",
        [("create_tag", on(LINE, tag="Winter"))],
        lambda desk, _: "Winter" in {tag.name for tag in desk.sandbox.lines[LINE].tags.values()},
        None,
        {"setup": True},
    ),
    Story(
        "What came in today on the front desk?",
        [("list_line_messages", on(LINE, period="today", direction="R"))],
        lambda desk, results: "is my car ready" in str(results),
        [("list_conversations", on(LINE, page_size=100)), threads(0)],
        {"setup": True},
    ),
)

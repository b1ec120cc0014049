"""Reads the contact's record and the newest texts of a person, for the rules."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from textrequest_mcp.account.closings import waits
from textrequest_mcp.account.contact import Contact
from textrequest_mcp.account.line import Home
from textrequest_mcp.account.message import Messages
from textrequest_mcp.account.person import Person
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.change import PersonFacts
from textrequest_mcp.guard.notice import Notice
from textrequest_mcp.guard.provenance.readings import Called
from textrequest_mcp.guard.rules.standing import plain
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE
from textrequest_mcp.upstream.phone import wire


class FactsReader:
    """Answers the questions of the rules, as `guard.change.Account` states them.

    Args:
        account: whose people they are; its policy notes the answers.
    """

    def __init__(self, account: Home) -> None:
        self._account = account
        self._api = account.api
        self._policy = account.policy

    async def labels(self, line: int, groups: Iterable[Any], tags: Iterable[Any]) -> frozenset[str]:
        """The labels of somebody by their ids, where a standing wish goes by labels."""
        if self._policy.standing is None or not self._policy.standing.by_label:
            return frozenset()
        named = self._account.directory.labels
        in_groups = [(await named(line, "groups")).get(group) for group in groups]
        tagged = [(await named(line, "tags")).get(tag) for tag in tags]
        return frozenset({plain(f"group:{name}") for name in in_groups} | {plain(f"tag:{name}") for name in tagged})

    async def contact(self, line: int, number: str) -> PersonFacts:
        """As `guard.change.Account`."""
        answer = await self._api.get("dashboards", line, "contacts", wire(number))
        known = Contact.asked_for(answer, phone_number=number) if answer is not None else Contact()
        if answer is not None:
            names = (known.display_name or "", known.first_name or "")
            self._policy.provenance.have(Called((line, number), *names))
        if known.opted_out_utc is None and _says_something(answer):
            raise TextRequestError(
                "Text Request says that this person opted out, or perhaps did, in a form that cannot be read.",
                todo="Ask the person you work for to look at the contact in the web app.",
            )
        return PersonFacts(
            opted_out_at=_seconds(known.opted_out_utc),
            is_blocked=known.is_blocked is True,
            received_at=_seconds(known.last_msg_received_utc),
            sent_at=_seconds(known.last_msg_sent_utc),
            labels=await self.labels(line, known.groups or (), known.contact_tags or ()),
            waits=answer is not None and waits(Person(line, number, answer)),
        )

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """As `guard.change.Account`; the texts are noted as if a tool had answered them."""
        page = await self._texts(line, number, 0)
        items = page.items
        if (page.total_items or 0) > DEFAULT_SIZE:  # the service states no order for this list, so both of its ends
            items = items + (await self._texts(line, number, ((page.total_items or 0) - 1) // DEFAULT_SIZE)).items
        newer = sorted(
            ((at, text) for text in items if math.floor(at := _seconds(text.message_timestamp_utc) or 0.0) > since),
            key=lambda each: each[0],
        )[-DEFAULT_SIZE:]
        told = Messages(items=[text for _, text in newer]).model_dump(mode="json", exclude_none=True)
        await Notice(self._policy, caller, line, number).note(Messages, told)
        who = {"R": "they", "S": "we"}
        return [
            f"{who.get(str(text.message_direction), 'somebody')}, {await self._policy.times.told(at, line)}: "
            f"{quoted(text.body)}"
            for at, text in newer
        ]

    async def _texts(self, line: int, number: str, page: int) -> Messages:
        query = {"page": page, "page_size": DEFAULT_SIZE}
        answer = await self._api.get("dashboards", line, "contacts", wire(number), "messages", query=query)
        return Messages.of(answer, page=page, page_size=DEFAULT_SIZE)


def _says_something(contact: Any) -> bool:
    """Whether there is anything under the time of an opt-out; year 1 is how some services write 'never'."""
    record: dict[str, Any] = contact if isinstance(contact, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
    said = record.get("opted_out_utc")
    return bool(said) and not str(said).startswith("0001")


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

"""Finds whom a mailing is for: by numbers, groups, tags, custom fields, or when they were last texted."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import anyio

from textrequest_mcp.account.blanks import Template
from textrequest_mcp.account.closings import waits
from textrequest_mcp.account.directory import FRESH_SECONDS, Directory, Kind, People
from textrequest_mcp.account.facts_reader import FactsReader
from textrequest_mcp.account.line import TextingLine
from textrequest_mcp.account.message import LOCATION_TAG, asks_for_location
from textrequest_mcp.account.person import Person
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.ground.member import in_their_name
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.change import PersonFacts
from textrequest_mcp.guard.provenance.readings import Called
from textrequest_mcp.tools.plan import MOST_PEOPLE, Chosen, LeftOut, Recipient
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164
from textrequest_mcp.upstream.times import read_time

LONGEST_BODY = 1600
_FORMS = "a number, all, group:NAME, tag:NAME, field:NAME=VALUE, texted_since:DATE or not_texted_since:DATE"
_UNANSWERED = "waiting for an answer"
_AS_ASKED = "as asked"

Fits = Callable[[Person], bool]


async def choose(line: TextingLine, body: str, to: Sequence[str], leave_out: Sequence[str] | None) -> Chosen:
    """Whom the arguments of a mailing name, each with their own text.

    Raises:
        BadInput: they name nobody, too many, or what does not exist.
        TextRequestError: the line cannot be read.
        StoreError: the store cannot be used.
    """
    if asks_for_location(body):
        raise BadInput(f"{LOCATION_TAG} asks for a position.", todo="Only send_message can ask for it.")
    directory: Directory = line.account.directory
    people = await directory.all(line.id)
    find = _Finder(line, directory, people)
    found = dict[str, Person | None]()
    for item in to:
        found |= await find.people(item)
    spared = [LeftOut(number, _name(found[number]), _AS_ASKED) for number in await find.among(leave_out or (), found)]
    found = {number: person for number, person in found.items() if number not in {each.number for each in spared}}
    if len(found) > MOST_PEOPLE:
        raise BadInput(
            f"That finds {len(found)} people, and one call texts at most {MOST_PEOPLE}.", todo="Divide them."
        )
    template = Template(body, await directory.labels(line.id, "fields") if "{" in body else {})
    chosen, left_out = list[Recipient](), spared
    for number, person in found.items():
        why = _why_not(line, template, person)
        if why is not None:
            left_out.append(LeftOut(number, _name(person), why))
        else:
            chosen.append(_recipient(number, person, template))
    return Chosen(chosen, left_out, KnownFacts(line, people))


def _name(person: Person | None) -> str:
    return person.name if person is not None else ""


def _why_not(line: TextingLine, template: Template, person: Person | None) -> str | None:
    if line.account.policy.rules.if_unanswered and person is not None and waits(person):
        return _UNANSWERED
    if (lacks := template.lacks(person)) is not None:
        return f"without {lacks}"
    return f"with a text over {LONGEST_BODY} characters" if len(template.filled(person)) > LONGEST_BODY else None


def _recipient(number: str, person: Person | None, template: Template) -> Recipient:
    words = template.filled(person)
    return Recipient(
        number,
        _name(person),
        {"phone_number": number, "body": words} | in_their_name(),
        words,
        has_written=person is not None and person.received_at is not None,
    )


class KnownFacts:
    """The facts about people as the directory has them, and of others as their record says (`guard.change.Account`).

    Args:
        line: the line.
        people: its people.
    """

    def __init__(self, line: TextingLine, people: People) -> None:
        self._policy = line.account.policy
        self._reader = FactsReader(line.account)
        self._people = people
        self._strangers = line.account.strangers

    async def contact(self, line: int, number: str) -> PersonFacts:
        """As `guard.change.Account`: a call for each person whom the directory does not have."""
        person = self._people.get(number)
        if person is None:
            return await self._stranger(line, number)
        self._policy.provenance.have(Called((line, number), person.name, person.first_name))
        opted_out = read_time(person.record.get("opted_out_utc"))
        at = opted_out.timestamp() if opted_out is not None else 0.0
        return PersonFacts(
            opted_out_at=at if person.is_opted_out else None,
            is_blocked=person.is_marked("is_blocked"),
            received_at=person.received_at,
            sent_at=person.sent_at,
            labels=await self._reader.labels(line, person.groups, person.tags),
        )

    async def _stranger(self, line: int, number: str) -> PersonFacts:
        """The facts about somebody who is no contact, read once in the time for which a directory counts as fresh."""
        strangers, now = self._strangers, anyio.current_time()
        read_at, facts = strangers.get((line, number), (-math.inf, PersonFacts()))
        if now - read_at > FRESH_SECONDS:
            facts = await self._reader.contact(line, number)
            for place in [place for place, (at, _) in strangers.items() if now - at > FRESH_SECONDS]:
                del strangers[place]
            strangers[line, number] = now, facts
        return facts

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """As `guard.change.Account`."""
        return await self._reader.newer(caller, line, number, since)


class _Finder:
    """Reads what a mailing is for, word by word."""

    def __init__(self, line: TextingLine, directory: Directory, people: People) -> None:
        self._line = line
        self._directory = directory
        self._people = people

    async def among(self, items: Sequence[str], numbers: Collection[str]) -> list[str]:
        """Those of these people whom one of the items names."""
        named = [await self.people(item) for item in items]
        return [number for number in numbers if any(number in people for people in named)]

    async def people(self, item: str) -> Mapping[str, Person | None]:
        """The people whom one item names; None for a number that is no contact."""
        kind, colon, name = item.partition(":")
        kind, name = kind.strip().lower(), name.strip()
        if not colon and kind != "all":
            return await self._by_number_or_label(item)
        fits = await self._fitting(kind, name)
        return {person.number: person for person in self._people if fits(person)}

    async def _fitting(self, kind: str, name: str) -> Fits:
        if kind == "all":
            return lambda _: True
        if kind == "group":
            group = await self._label("groups", name)
            return lambda person: group in person.groups
        if kind == "tag":
            tag = await self._label("tags", name)
            return lambda person: tag in person.tags
        if kind == "field":
            of, _, value = name.partition("=")
            field, wanted = await self._label("fields", of), folded(value)
            if not wanted:
                raise BadInput(f"{quoted(name)} names no value of a field.", todo="Say field:NAME=VALUE.")
            return lambda person: f" {wanted} " in f" {folded(person.fields.get(field, ''))} "  # whole words
        if kind in {"texted_since", "not_texted_since"}:
            since = await self._day(name)
            return lambda person: ((person.texted_at or 0.0) >= since) == (kind == "texted_since")
        raise BadInput(f"{quoted(kind)} names nobody.", todo=f"Name people by {_FORMS}.")

    async def _by_number_or_label(self, item: str) -> Mapping[str, Person | None]:
        """Somebody by number; a group or tag whose name is just this; no person by name, which nobody may guess."""
        if any(character.isdigit() for character in item) or not folded(item):
            number = e164(item)
            return {number: self._people.get(number)}
        kinds: Sequence[tuple[Kind, str]] = (("groups", "group"), ("tags", "tag"))
        named = [f"{word}:{item}" for kind, word in kinds if folded(item) in await self._names(kind)]
        if len(named) == 1:
            return await self.people(named[0])
        if named:
            raise BadInput(f"There is a group and a tag of the name {quoted(item)}.", todo=f"Say {' or '.join(named)}.")
        found = "; ".join(f"{quoted(person.name)} ({person.number})" for person in self._people.search(item)[:5])
        raise BadInput(
            f"{quoted(item)} is neither a number nor a group or tag of this line.",
            todo=f"By that name there are: {found}. Ask who is meant, and name them by number."
            if found
            else f"Name people by {_FORMS}.",
        )

    async def _names(self, kind: Kind) -> dict[str, Any]:
        labels = await self._directory.labels(self._line.id, kind)
        return {folded(name): id_ for id_, name in labels.items()}

    async def _label(self, kind: Kind, name: str) -> Any:
        """The id of a group, tag or field by its name or id."""
        labels = await self._directory.labels(self._line.id, kind)
        by_name = {folded(label): id_ for id_, label in labels.items()}
        by_id = {str(id_).lower(): id_ for id_ in labels}
        found = by_id.get(name.lower(), by_name.get(folded(name)))
        if found is None:
            there = ", ".join(quoted(label) for label in labels.values()) or "none"
            raise BadInput(f"There is no {kind[:-1]} {quoted(name)} on this line.", todo=f"The {kind} are {there}.")
        return found

    async def _day(self, text: str) -> float:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise BadInput(f"{quoted(text)} is no day.", todo="Write it as 2026-11-20.") from None
        zone = zone_of(await self._line.zone()) or UTC
        return datetime.combine(day, time(), zone).timestamp()

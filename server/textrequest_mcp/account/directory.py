"""The directory: the people of each line, and the names of its tags, groups and fields, kept for a while.

A line is read with the fewest calls that pages of 1000 allow. What is kept is corrected by each text that this process
hears of, and by its own changes; other changes are seen when it is read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import SequenceMatcher, get_close_matches
from typing import Any, Literal

import anyio

from textrequest_mcp.account.person import Person, Wanted, person_of
from textrequest_mcp.ground.clean import LONGEST_NAME, clean
from textrequest_mcp.ground.folding import folded
from textrequest_mcp.ground.member import may_use_line
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.events import TextEvent
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.page import MAX_SIZE, read_page
from textrequest_mcp.upstream.request import Query

FRESH_SECONDS = 60.0
NAMES_SECONDS = 900.0  # names change rarely, and a row without one is worth less than a row with last week's
_ALIKE = 0.75  # how much of two words is the same: `lopes` and `lopez`, `mueller` and `muller`; not `hank` and `frank`
MOST_PAGES = 20  # of a line; more would take a fifth of the rate limit for one search

Kind = Literal["tags", "groups", "fields"]
_NAMED_BY = {"tags": "tag", "groups": "name", "fields": "name"}


class People:
    """The people of one line, by number.

    Attributes:
        total: how many there are; more than are here where the line is too large.
        read_at: when they were read, in seconds that only grow.
    """

    def __init__(self, people: Iterable[Person], total: int | None = None) -> None:
        self._by_number = {person.number: person for person in people}
        self.total = max(total or 0, len(self._by_number))
        self.read_at = anyio.current_time()

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_number.values())

    def __len__(self) -> int:
        return len(self._by_number)

    def get(self, number: str | None) -> Person | None:
        """The person with this number, or None."""
        return self._by_number.get(number or "")

    def put(self, person: Person) -> None:
        """Keep a person as they are now."""
        self.total += person.number not in self._by_number
        self._by_number[person.number] = person

    def drop(self, number: str) -> None:
        """Forget a person who is gone."""
        self.total -= self._by_number.pop(number, None) is not None

    def search(self, words: str) -> list[Person]:
        """Those whom parts of a name or number find, the best first."""
        return Wanted(words).best(self)

    def near(self, words: str, most: int = 5) -> list[Person]:
        """Those whose names are spelled like the words, where nobody has that very name; the nearest first."""
        wanted = Wanted(words).words
        known = {part for person in self for part in person.words.split() if not part.isdecimal()}
        alike = [set(get_close_matches(word, known, most, _ALIKE)) | ({word} & known) for word in wanted]
        near = [person for person in self if alike and all(each & set(person.words.split()) for each in alike)]
        return sorted(near, key=lambda person: -SequenceMatcher(None, " ".join(wanted), person.words).ratio())[:most]

    def name(self, number: str | None) -> str | None:
        """What somebody is called; None where nobody knows."""
        person = self.get(number)
        return (person.name or None) if person is not None else None

    def found_nobody(self, words: str | None = None, which: str | None = None) -> str:
        """The sentence for a search that finds nobody: what it looked through; an error does not repeat the words."""
        of = f"{len(self):,} of {self.total:,}" if len(self) < self.total else f"all {self.total:,}"
        by = f" by {quoted(words)}" if words is not None else ""
        return f"Nobody is found{by}; looked through {of} contacts{which or ', archived ones too'}."


class Directory:
    """The people of one account's lines, who are read when somebody needs them.

    Args:
        api: reaches the account.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._people: dict[int, People] = {}
        self._labels: dict[tuple[int, Kind], tuple[float, Mapping[Any, str]]] = {}
        self._turns: defaultdict[object, anyio.Lock] = defaultdict(anyio.Lock)

    async def all(self, line: int, *, within: float = FRESH_SECONDS) -> People:
        """Everybody on a line, archived ones too, as they were read within so many seconds.

        Raises:
            TextRequestError: the line cannot be read.
            StoreError: the store cannot be used.
        """
        async with self._turns[line]:
            now = anyio.current_time()
            kept = self._people.get(line)
            if kept is None or now - kept.read_at > within:
                kept = self._people[line] = await self.read(line)
                old = [each for each, people in self._people.items() if now - people.read_at > NAMES_SECONDS]
                for each in old:
                    del self._people[each]
            return kept

    async def by_number(self, line: int, number: str) -> Person | None:
        """The person with this number, or None; raises as `all`."""
        return (await self.all(line)).get(number)

    async def search(self, line: int, words: str) -> list[Person]:
        """Those whom parts of a name or number find, the best first; raises as `all`."""
        return (await self.all(line)).search(words)

    async def names(self, line: int) -> People:
        """The people of a line as far as they are known, for their names; whether they can be read changes nothing."""
        with suppress(TextRequestError, StoreError):
            return await self.all(line, within=NAMES_SECONDS)
        return self._people.get(line) or People(())

    def name(self, line: int, number: str) -> str | None:
        """What somebody is called, as far as it is known without reading."""
        people = self._people.get(line)
        return people.name(number) if people is not None else None

    def namesakes(self, line: int, number: str) -> int:
        """How many others have the same name, on any line, as far as they are known without reading."""
        name = folded(self.name(line, number) or "")
        lines = [people for line, people in self._people.items() if name and may_use_line(line)]
        everybody = [each for people in lines for each in people if name in each.words]
        return len({each.number for each in everybody if folded(each.name) == name} - {number})

    async def read(self, line: int, query: Query | None = None) -> People:
        """Read the people of a line whom some filters of the service find, or all; at most `MOST_PAGES` pages.

        Raises:
            TextRequestError: the line cannot be read.
            StoreError: the store cannot be used.
        """
        found: list[Person] = []
        total: int | None = None
        page: int | None = 0
        while page is not None and page < MOST_PAGES:
            asked = {**(query or {}), "page": page, "page_size": MAX_SIZE}
            read = read_page(
                await self._api.get("dashboards", line, "contacts", query=asked), page=page, page_size=MAX_SIZE
            )
            found += [person for item in read.items if (person := person_of(line, item)) is not None]
            total, page = read.total_items, read.next_page
        return People(found, total if page is not None else None)

    async def labels(self, line: int, kind: Kind) -> Mapping[Any, str]:
        """The names of a line's tags, groups or custom fields, by id.

        Raises:
            TextRequestError: they cannot be read.
            StoreError: the store cannot be used.
        """
        async with self._turns[line, kind]:
            now = anyio.current_time()
            read_at, names = self._labels.get((line, kind), (-FRESH_SECONDS, dict[Any, str]()))
            if now - read_at >= FRESH_SECONDS:
                query = {"page": 0, "page_size": MAX_SIZE}
                answer = await self._api.get("dashboards", line, kind, query=None if kind == "fields" else query)
                items = read_page(answer, page=0, page_size=MAX_SIZE).items
                rows: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
                names = {
                    row["id"]: clean(str(row.get(_NAMED_BY[kind]) or ""), LONGEST_NAME) for row in rows if row.get("id")
                }
                self._labels[line, kind] = now, names
            return names

    def put(self, line: int, record: object) -> None:
        """Keep a contact as the service has just answered it."""
        people, person = self._people.get(line), person_of(line, record)
        if people is None or person is None:
            return
        if (known := people.get(person.number)) is not None:
            person = Person(line, person.number, {**known.record, **person.record})
        people.put(person)

    def change(self, line: int, number: str, **fields: Any) -> None:
        """Keep what was changed of a contact."""
        if (people := self._people.get(line)) is not None and people.get(number) is not None:
            self.put(line, {**fields, "phone_number": number})

    def drop(self, line: int, number: str) -> None:
        """Forget a contact that was deleted."""
        if (people := self._people.get(line)) is not None:
            people.drop(number)

    def forget_labels(self, line: int, kind: Kind) -> None:
        """Read the names of tags, groups or fields afresh next time; after one was made, renamed or deleted."""
        self._labels.pop((line, kind), None)

    def heard(self, events: Iterable[TextEvent]) -> None:
        """Take note of texts that came in or went out."""
        for event in events:
            people = self._people.get(event.dashboard_id)
            if people is not None and event.phone_number not in self._api.hidden.numbers:
                known = people.get(event.phone_number) or Person(
                    event.dashboard_id, event.phone_number, {"phone_number": event.phone_number}
                )
                people.put(known.with_text(event))

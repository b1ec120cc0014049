"""The account that a call works on: its lines, and the services through which a call reads and changes it."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field, replace
from datetime import tzinfo
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Resolve

from textrequest_mcp.account.directory import FRESH_SECONDS, NAMES_SECONDS, Directory
from textrequest_mcp.account.facts_reader import FactsReader
from textrequest_mcp.account.line import KnownLine, TextingLine
from textrequest_mcp.account.lines import Lines
from textrequest_mcp.account.pictures import Pictures
from textrequest_mcp.account.saved_replies import written_out
from textrequest_mcp.account.zones import zone_of
from textrequest_mcp.ground.member import Member
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.approval.gate import Gate
from textrequest_mcp.guard.approval.shown import Beside
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.change import Account as Facts
from textrequest_mcp.guard.change import Change, PersonAndWords, PersonFacts, Place
from textrequest_mcp.guard.once.carry_out import AtMostOnce
from textrequest_mcp.guard.provenance.readings import Answered
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.sorting import Sorted, sort_out
from textrequest_mcp.live.subscriptions import Subscriptions
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.tools.every_line import EveryLine
from textrequest_mcp.tools.line_clocks import LineClocks
from textrequest_mcp.tools.pages import Pages
from textrequest_mcp.tools.parameters import DashboardId
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.upstream.fetched import Fetcher

_NAMESAKES = 5
_CLOCKS_SECONDS = 3.0
_MOST_LINES = 20  # that are read for one call


@dataclass
class Account:
    """One Text Request account, with the services that stand before its changes.

    Attributes:
        api: reaches it over HTTP.
        gate: asks a person first.
        at_most_once: carries out the acts that must happen at most once.
        policy: the rules that stand before changes.
        audit: keeps a row of every change.
        live: hears of the texts that come in and go out.
        subscriptions: tells the hosts that subscribed to those texts.
        default: a dashboard id from the settings, or None.
        time_zone: from the settings, for lines that have none.
        resource_links: whether results carry a link to the resource that they are about.
        also: further chores in the background.
        routes: further routes that are served over HTTP.
        pages: the pages of lists that hosts read lately.
        pictures: the pictures that texts may have.
        strangers: facts about people who are no contacts, with the time at which they were read.
        directory: the people of the lines.
        still_may_send: whether a member of the team may text on a line now, whatever they might when they planned it.
    """

    api: Api
    gate: Gate
    at_most_once: AtMostOnce
    policy: Policy
    audit: Audit
    live: Watch
    subscriptions: Subscriptions
    default: InitVar[int | None] = None
    time_zone: InitVar[str | None] = None
    resource_links: bool = False
    also: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    routes: Sequence[Any] = ()
    pages: Pages = field(default_factory=Pages)
    pictures: Pictures = field(default_factory=lambda: Pictures(None, Fetcher()))
    strangers: dict[Place, tuple[float, PersonFacts]] = field(default_factory=dict[Place, tuple[float, PersonFacts]])
    _lines: Lines = field(init=False)
    directory: Directory = field(init=False)
    still_may_send: Callable[[Member, int], bool] = lambda _member, _line: True

    def __post_init__(self, default: int | None, time_zone: str | None) -> None:
        self._lines = Lines(self.api, default, time_zone)
        self.directory = Directory(self.api)
        self.live.log.tell = self.directory.heard
        self.policy.times.read = self.zone

    async def run(self) -> None:
        """Run the chores in the background as long as the server runs; never returns."""
        async with anyio.create_task_group() as tasks:
            for chore in (
                *(self.at_most_once.lost_sends.run, self.audit.run, self.gate.desk.run, self.policy.provenance.run),
                *(self.live.run, self.subscriptions.run, *self.also),
            ):
                tasks.start_soon(chore)

    async def reasons(self, change: Change, *, wished: bool = False) -> list[str]:
        """As `Policy.reasons`."""
        return await self.policy.reasons(FactsReader(self), await self._placed(change), wished=wished)

    async def wish(self, change: Change) -> str | None:
        """As `Policy.wish`."""
        return await self.policy.wish(FactsReader(self), await self._placed(change))

    async def zone(self, dashboard_id: int) -> tzinfo | None:
        """A line's time zone, where the account says it."""
        return zone_of(next((line.zone for line in await self.lines() if line.id == dashboard_id), None))

    async def _placed(self, change: Change) -> Change:
        return replace(change, uses=[await self._at_home(use) for use in change.uses])

    async def _at_home(self, use: PersonAndWords) -> PersonAndWords:
        """What is about somebody on all lines is looked at where they are a contact, or on the first line."""
        if use.line or use.person is None:
            return use
        lines = await self.lines()
        known = [line.id for line in lines if await self.directory.by_number(line.id, use.person) is not None]
        return replace(use, line=[*known, *(line.id for line in lines), 0][0])

    async def written_out(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return await written_out(self, arguments)

    async def sort_out(self, change: Change, facts: Facts) -> Sorted:
        """As `sorting.sort_out`."""
        return await sort_out(self.policy, facts, change)

    @property
    def usual_line(self) -> int | None:
        """The line of a call that names none, as far as the lines were read."""
        return self._lines.usual

    @property
    def default_line(self) -> int | None:
        """The line of a call that names none, where the settings name it."""
        return self._lines.default

    async def beside(self, line: int | None, people: Sequence[Place], body: str | None) -> Beside:
        """As `beside.read_beside`."""
        from textrequest_mcp.account.beside import read_beside  # only a question at the desk needs it

        where = TextingLine(self, line) if line is not None else None
        return await read_beside(where, people[0][1] if people else None, body, self.at_most_once.caps)

    def acted(self, people: Sequence[Place]) -> None:
        """Note that this server texted these people."""
        for place in people:
            self.policy.known.sent(place, self.live.reader.now())
            self.policy.provenance.take(Answered(place))

    async def who_is(self, name: str, dashboard_id: int | None) -> str:
        """The people on a line whom a name finds, as a sentence that leaves the choice to a person.

        Raises:
            TextRequestError: the line is not known, or cannot be read.
            StoreError: the store cannot be used.
        """
        people = await self.directory.all((await self.line(dashboard_id)).id)
        found = people.search(name)
        if not found:
            return f"A number is needed. {people.found_nobody()}"
        named = "; ".join(f"{quoted(person.name)} ({person.number})" for person in found[:_NAMESAKES])
        more = f"; and {len(found) - _NAMESAKES} more" if len(found) > _NAMESAKES else ""
        return f"A number is needed. That name finds: {named}{more}. Ask the person who is meant; do not choose."

    async def clocks(self, *, read: bool) -> LineClocks:
        """The clocks of the lines; those that are known, unless others are to be `read` in short time."""
        with suppress(TextRequestError, StoreError), anyio.move_on_after(_CLOCKS_SECONDS if read else 0):
            await self.lines(within=NAMES_SECONDS)
        return LineClocks({line.id: zone_of(line.zone) for line in self._lines.known}, self.policy.now())

    async def lines(self, *, within: float = FRESH_SECONDS) -> tuple[KnownLine, ...]:
        """All lines of the account that the current member may use, as they were read within so many seconds."""
        return await self._lines.read(within)

    def known_name(self, dashboard_id: int) -> str | None:
        """The name of a line, as far as it is known without reading."""
        return next((line.name for line in self._lines.known if line.id == dashboard_id), None)

    async def line_ids(self) -> list[int]:
        """The ids of all lines, as `lines`."""
        return [line.id for line in await self.lines()]

    def forget_lines(self) -> None:
        """Read the lines afresh next time; after a line was made, renamed or deleted."""
        self._lines.forget()

    async def line(self, dashboard_id: int | None) -> TextingLine:
        """The line with this id, or the default, or the only one; raises as `Lines.choose`."""
        return TextingLine(self, await self._lines.choose(dashboard_id))


async def account_of(ctx: Context[Any, Any]) -> Account:
    """The account that this server was started for."""
    return ctx.request_context.lifespan_context


async def _line_or_all(ctx: Context[Any, Any], dashboard_id: DashboardId | None) -> TextingLine | EveryLine:
    account = await account_of(ctx)
    lines = () if dashboard_id or account.default_line else await account.lines()
    if not 1 < len(lines) <= _MOST_LINES:
        return await account.line(dashboard_id)
    return EveryLine([(TextingLine(account, line.id), line.name) for line in lines])


def lines_of(line: TextingLine | EveryLine) -> list[TextingLine]:
    """The line of a call, or all of them."""
    return line.lines if isinstance(line, EveryLine) else [line]


async def _line_of(ctx: Context[Any, Any], dashboard_id: DashboardId | None) -> TextingLine:
    return await (await account_of(ctx)).line(dashboard_id)


InAccount = Annotated[Account, Resolve(account_of)]
# A tool that takes a line gets an optional `dashboard_id` argument from its toolset.
Line = Annotated[TextingLine, Resolve(_line_of)]
# The same, of a tool that reads all lines, one after the other, where a call names none.
AnyLine = Annotated[TextingLine, Resolve(_line_or_all)]

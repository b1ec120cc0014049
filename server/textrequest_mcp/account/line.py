"""Which account and which texting line a call works on."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Resolve

from textrequest_mcp.account.contact import Contact
from textrequest_mcp.account.message import Messages
from textrequest_mcp.ground.clean import clean
from textrequest_mcp.ground.quoting import one_line, quoted
from textrequest_mcp.guard.approval.gate import Gate
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.change import Plan
from textrequest_mcp.guard.rules.person_facts import Facts, Place
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.live.subscriptions import Subscriptions
from textrequest_mcp.live.watch import Live
from textrequest_mcp.tools.parameters import DashboardId
from textrequest_mcp.tools.sending import Sender
from textrequest_mcp.tools.telling import Telling
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.departure import Departure
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.page import DEFAULT_SIZE, MAX_SIZE, read_page
from textrequest_mcp.upstream.phone import from_wire, wire
from textrequest_mcp.upstream.request import Query, Segment
from textrequest_mcp.upstream.times import show_time

_LINES_STAY_SECONDS = 60.0
_NAMESAKES = 5


class KnownLine(NamedTuple):
    """A line as the account lists it; the name is the business's own."""

    id: int
    name: str
    phone: str


@dataclass
class Account:
    """One Text Request account: the way to it, its default line, and what stands before changes.

    Attributes:
        gate: asks a person first.
        sender: carries out what must happen at most once.
        policy: the rules that stand before changes.
        audit: what was done.
        live: knows what comes in and goes out.
        subscriptions: who wants to be told of it.
        default_line: a dashboard id from the settings, or None.
        also: what else goes on in the background.
        routes: what else is served over HTTP.
    """

    api: Api
    gate: Gate
    sender: Sender
    policy: Policy
    audit: Audit
    live: Live
    subscriptions: Subscriptions
    default_line: int | None = None
    also: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    routes: Sequence[Any] = ()
    _lines: tuple[KnownLine, ...] = ()
    _read_at: float | None = None

    async def run(self) -> None:
        """What goes on in the background as long as the server runs; never returns."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.sender.settler.run)
            tasks.start_soon(self.audit.run)
            tasks.start_soon(self.live.run)
            tasks.start_soon(self.subscriptions.run)
            for chore in self.also:
                tasks.start_soon(chore)

    async def reasons(self, plan: Plan) -> list[str]:
        """As `Policy.reasons`."""
        return await self.policy.reasons(self, plan)

    @property
    def usual_line(self) -> int | None:
        """Where a call happens that names no line, as far as that was read."""
        return self.default_line or (self._lines[0].id if len(self._lines) == 1 else None)

    def changed(self, people: Sequence[Place]) -> None:
        """Something of these people was changed by this server, so what was read of it is old."""
        for place in people:
            self.policy.known.outdate(place)

    def acted(self, people: Sequence[Place]) -> None:
        """These people were texted by this server."""
        for place in people:
            self.policy.known.sent(place, self.live.reader.now())

    async def contact(self, line: int, number: str) -> Facts:
        """As `guard.plan.Account`."""
        answer = await TextingLine(self, line).get("contacts", wire(number))
        known = Contact.model_validate(answer) if answer is not None else Contact()
        if answer is not None:
            self.policy.provenance.trust_number(line, number, known.display_name, known.first_name)
        if known.opted_out_utc is None and _says_something(answer):
            raise TextRequestError(
                "Text Request says that this person opted out, or perhaps did, in a form that cannot be read.",
                todo="Ask the person you work for to look at the contact in the web app.",
            )
        return Facts(
            opted_out_at=_seconds(known.opted_out_utc),
            is_blocked=known.is_blocked is True,
            received_at=_seconds(known.last_msg_received_utc),
            sent_at=_seconds(known.last_msg_sent_utc),
        )

    async def newer(self, caller: str, line: int, number: str, since: float) -> Sequence[str]:
        """As `guard.plan.Account`; what is shown counts as told, and what it says of further texts as heard."""
        page = await self._texts(line, number, 0)
        items = page.items
        if (page.total_items or 0) > DEFAULT_SIZE:  # the service states no order for this list, so both of its ends
            items = items + (await self._texts(line, number, ((page.total_items or 0) - 1) // DEFAULT_SIZE)).items
        newer = sorted(
            ((at, text) for text in items if (at := _seconds(text.message_timestamp_utc) or 0.0) > since),
            key=lambda each: each[0],
        )[-DEFAULT_SIZE:]
        told = Messages(items=[text for _, text in newer]).model_dump(mode="json", exclude_none=True)
        await Telling(self.policy, caller, line, number).note(Messages, told)
        who = {"R": "they", "S": "we"}
        return [
            f"{who.get(str(text.message_direction), 'somebody')} at {show_time(datetime.fromtimestamp(at, UTC))}: "
            f"{quoted(text.body)}"
            for at, text in newer
        ]

    async def _texts(self, line: int, number: str, page: int) -> Messages:
        query = {"page": page, "page_size": DEFAULT_SIZE}
        answer = await TextingLine(self, line).get("contacts", wire(number), "messages", query=query)
        return Messages.of(answer, page=page, page_size=DEFAULT_SIZE)

    async def who_is(self, name: str, dashboard_id: int | None) -> str:
        """Whose conversations a name finds on a line, as a sentence that leaves the choice to a person.

        Raises:
            TextRequestError: the line is not known, or cannot be read.
            StoreError: the store cannot be used.
        """
        line = await self.line(dashboard_id)
        query = {"search": name.strip(), "include_archived": True, "page": 0, "page_size": _NAMESAKES + 1}
        page = read_page(await line.get("conversations", query=query), page=0, page_size=_NAMESAKES + 1)
        numbers = [number for row in page.items if (number := from_wire(row.get("phone_number")))]
        if not numbers:
            return "A number is needed, and nobody with a conversation on this line has that name."
        people = "; ".join([await line.person(number) for number in numbers[:_NAMESAKES]])
        more = "; and more" if len(numbers) > _NAMESAKES else ""
        return f"A number is needed. That name finds: {people}{more}. Ask the person who is meant; do not choose."

    async def lines(self) -> tuple[KnownLine, ...]:
        """All lines of the account, read at most once a minute."""
        now = anyio.current_time()
        if self._read_at is None or now - self._read_at > _LINES_STAY_SECONDS:
            answer = await self.api.get("dashboards", query={"page": 0, "page_size": MAX_SIZE})
            items = read_page(answer, page=0, page_size=MAX_SIZE).items
            rows: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
            self._lines = tuple(
                KnownLine(row["id"], clean(str(row.get("name") or "")), clean(str(row.get("phone") or "")))
                for row in rows
                if isinstance(row.get("id"), int)
            )
            self._read_at = now
        return self._lines

    async def line_ids(self) -> list[int]:
        """The ids of all lines, as `lines`."""
        return [line.id for line in await self.lines()]

    def forget_lines(self) -> None:
        """Read the lines afresh next time; after a line was made, renamed or deleted."""
        self._read_at = None

    async def line(self, dashboard_id: int | None) -> "TextingLine":
        """The line with this id, or the default, or the only one.

        Raises:
            BadInput: there are several and none was named; the sentence lists them.
        """
        chosen = dashboard_id or self.default_line
        if chosen is None:
            lines = await self.lines()
            if len(lines) != 1:
                listed = "; ".join(f"{line.id} {one_line(line.name)}" for line in lines) or "none"
                raise BadInput(
                    f"dashboard_id is missing, and this account has {len(lines)} lines: {listed}.",
                    todo="Choose one of these ids; if it is not clear which, ask the person.",
                )
            chosen = lines[0].id
        return TextingLine(self, chosen)


class TextingLine:
    """One line: the same verbs as the account's, below `/dashboards/{id}`.

    Attributes:
        id: the dashboard id.
        account: what it belongs to.
    """

    def __init__(self, account: Account, dashboard_id: int) -> None:
        self.account = account
        self.id = dashboard_id

    async def get(self, *path: Segment, query: Query | None = None) -> Any | None:
        """As `Api.get`."""
        return await self.account.api.get("dashboards", self.id, *path, query=query)

    async def post(
        self, *path: Segment, body: Any = None, repeatable: bool = False, departure: Departure | None = None
    ) -> Any | None:
        """As `Api.post`."""
        return await self.account.api.post(
            "dashboards", self.id, *path, body=body, repeatable=repeatable, departure=departure
        )

    async def put(self, *path: Segment, body: Any = None) -> Any | None:
        """As `Api.put`."""
        return await self.account.api.put("dashboards", self.id, *path, body=body)

    async def delete(self, *path: Segment) -> Any | None:
        """As `Api.delete`."""
        return await self.account.api.delete("dashboards", self.id, *path)

    async def title(self) -> str:
        """How a question names the line: its name, and the id that no other line has."""
        name = next((line.name for line in await self.account.lines() if line.id == self.id), None)
        return f"{quoted(name)} (line {self.id})"

    async def person(self, phone_number: str) -> str:
        """How a question names whom a text goes to: by the line's contact where there is one, and always by number."""
        answer = await self.get("contacts", wire(phone_number))
        known: dict[str, Any] = answer if isinstance(answer, dict) else {}  # pyright: ignore[reportUnknownVariableType]
        name = known.get("display_name")
        return f"{quoted(name)} ({phone_number})" if isinstance(name, str) and name else phone_number


def _says_something(contact: Any) -> bool:
    """Whether there is anything under the time of an opt-out; year 1 is how some services write 'never'."""
    record: dict[str, Any] = contact if isinstance(contact, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
    said = record.get("opted_out_utc")
    return bool(said) and not str(said).startswith("0001")


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


async def account_of(ctx: Context[Any, Any]) -> Account:
    """The account that this server was started for."""
    account: Account = ctx.request_context.lifespan_context
    return account


async def _line_of(ctx: Context[Any, Any], dashboard_id: DashboardId | None) -> TextingLine:
    return await (await account_of(ctx)).line(dashboard_id)


InAccount = Annotated[Account, Resolve(account_of)]
# A tool that takes a line gets an optional `dashboard_id` argument from its toolset.
Line = Annotated[TextingLine, Resolve(_line_of)]

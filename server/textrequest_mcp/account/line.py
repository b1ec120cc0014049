"""One texting line: the verbs that reach it, and how a question names it and the people on it."""

from datetime import tzinfo
from typing import Any, NamedTuple, Protocol

from textrequest_mcp.account.directory import Directory, People
from textrequest_mcp.account.pictures import Pictures
from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.guard.change import PersonFacts, Place
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.departure import Departure
from textrequest_mcp.upstream.phone import from_wire, wire
from textrequest_mcp.upstream.request import Query, Segment


class KnownLine(NamedTuple):
    """A line as the account lists it; the name is the business's own, the zone as the service calls it."""

    id: int
    name: str
    phone: str
    zone: str | None = None


class Home(Protocol):
    """The part of an account that a line uses."""

    api: Api
    policy: Policy
    live: Watch
    directory: Directory
    pictures: Pictures
    strangers: dict[Place, tuple[float, PersonFacts]]
    resource_links: bool

    async def zone(self, dashboard_id: int) -> tzinfo | None:
        """A line's time zone, where the account says it."""
        ...

    def known_name(self, dashboard_id: int) -> str | None:
        """The name of a line, as far as it is known without reading."""
        ...

    async def lines(self) -> tuple[KnownLine, ...]:
        """All lines of the account."""
        ...

    def forget_lines(self) -> None:
        """Read the lines afresh next time."""
        ...


class TextingLine:
    """One line: the same verbs as the account's, below `/dashboards/{id}`.

    Attributes:
        id: the dashboard id.
        account: the account that it belongs to.
    """

    def __init__(self, account: Home, dashboard_id: int) -> None:
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

    async def names(self) -> People:
        """As `Directory.names`."""
        return await self.account.directory.names(self.id)

    async def title(self) -> str:
        """How a question names the line: its name, and the id that no other line has."""
        name = next((line.name for line in await self.account.lines() if line.id == self.id), None)
        return f"{quoted(name)} (line {self.id})"

    async def zone(self) -> str | None:
        """The line's time zone, as the service calls it."""
        return next((line.zone for line in await self.account.lines() if line.id == self.id), None)

    async def person(self, phone_number: str) -> str:
        """A person as a question names them: by number, and by the contact's name if there is one."""
        answer = await self.get("contacts", wire(phone_number))
        known: dict[str, Any] = answer if isinstance(answer, dict) else {}  # pyright: ignore[reportUnknownVariableType]
        name = known.get("display_name") if from_wire(known.get("phone_number")) in {None, phone_number} else None
        return f"{quoted(name)} ({phone_number})" if isinstance(name, str) and name else phone_number

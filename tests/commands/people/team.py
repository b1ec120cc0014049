"""A server for a team, in a process of its own, and what its members see of it."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation
from tests.desk import Era
from tests.served import INITIALIZE, address_of, running

from textrequest_mcp.commands.people.tokens import add

ACCEPT = {"accept": "application/json, text/event-stream"}
NAME = "texts.example.com"
# name: scopes, lines
PEOPLE: dict[str, tuple[set[str], set[int] | None]] = {
    "Anna": ({"texts:read", "texts:send"}, {121}),
    "Ben Ruiz": ({"texts:read", "texts:send", "contacts:write", "payments", "admin", "approve"}, None),
    "Cleo": ({"payments"}, {121}),
}


class Team(NamedTuple):
    """A server that listens.

    Attributes:
        address: of its endpoint.
        file: of its people.
        tokens: by name.
    """

    address: str
    file: Path
    tokens: Mapping[str, str]

    @property
    def root(self) -> str:
        return self.address.rpartition("/")[0]

    def bearing(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.tokens[name]}"}

    def greet(self, headers: Mapping[str, str] | Sequence[tuple[str, str]], **more: Any) -> httpx2.Response:
        """The answer to who connects, or sends what is given."""
        every = [*ACCEPT.items(), *(headers.items() if isinstance(headers, Mapping) else headers)]
        sent: dict[str, Any] = {"json": INITIALIZE} | more
        return httpx2.post(self.address, headers=every, **sent)

    @asynccontextmanager
    async def host(self, name: str, *, era: Era = "2026-07-28", host: str = "test-host") -> AsyncGenerator[Client]:
        """A host that works for somebody."""
        async with (
            httpx2.AsyncClient(headers=self.bearing(name), timeout=30) as http,
            Client(
                streamable_http_client(self.address, http_client=http),
                mode=era,
                client_info=Implementation(name=host, version="1"),
                cache=None,
            ) as client,
        ):
            yield client


def add_people(file: Path, people: Mapping[str, tuple[set[str], set[int] | None]] = PEOPLE) -> dict[str, str]:
    """Put people into a file; their tokens."""
    return {
        name: add(file, name, frozenset(scopes), None if lines is None else frozenset(lines))
        for name, (scopes, lines) in people.items()
    }


@contextmanager
def serving(folder: Path, *flags: str, transport: str = "http", **more: str) -> Generator[Team]:
    """A sandbox that is served to a team."""
    file = folder / "people"
    tokens = add_people(file)
    environment = {"TEXTREQUEST_TOKENS_FILE": str(file), "TEXTREQUEST_ALLOWED_HOSTS": NAME} | more
    arguments = ("serve", "--sandbox", "--transport", transport, "--port", "0", *flags)
    with running(*arguments, environment=environment) as child:
        yield Team(address_of(child).replace("0.0.0.0", "127.0.0.1"), file, tokens)

"""A whole server whose way to the service leads over a real socket and through the fault lab, and a host in front."""

import json
import sqlite3
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from mcp import Client
from mcp.types import CallToolResult
from tests.desk import QUICK, Era, agrees, call
from tests.faults.lab import Lab, open_lab
from tests.faults.record import disagreements
from tests.unruled import UNRULED

from textrequest_mcp.account.account import Account
from textrequest_mcp.app import make_server
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.wiring import open_account

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Row(NamedTuple):
    """What the ledger says of one act."""

    send_id: str
    state: str
    upstream_id: str | None


@dataclass
class Stage:
    """A server, its host, the lab behind it and the state folder below it.

    Attributes:
        results: everything that the host was answered.
    """

    lab: Lab
    account: Account
    client: Client
    folder: Path
    results: list[CallToolResult] = field(default_factory=list[CallToolResult])

    async def call(self, tool: str, /, **arguments: Any) -> CallToolResult:
        """One call; on line 121 unless the tool has no line."""
        self.results.append(await call(self.client, tool, **arguments))
        return self.results[-1]

    async def told(self, tool: str, /, **arguments: Any) -> tuple[bool, dict[str, Any]]:
        """Whether a call is answered with an error, and the structured part of the answer."""
        result = await self.call(tool, **arguments)
        return bool(result.is_error), result.structured_content or {}

    @property
    def rows(self) -> list[Row]:
        """The ledger as it is on disk, oldest first."""
        with closing(sqlite3.connect(self.folder / "state.sqlite3")) as database:
            return [
                Row(*row)
                for row in database.execute("SELECT send_id, state, upstream_id FROM ledger_sends ORDER BY number")
            ]

    async def ended(self, send_id: str) -> Row:
        """The row of an act, once this server has written how it ended."""
        ledger = self.account.at_most_once.ledger
        send = await ledger.get(send_id)
        assert send is not None
        await ledger.wait_for(send, float("inf"))
        return next(row for row in self.rows if row.send_id == send_id)

    def places_of_the_key(self, log: str) -> list[str]:
        """Where the key can be read, of all places where it must not be."""
        said = json.dumps([result.model_dump(mode="json") for result in self.results])
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        assert files, "no state was kept"
        assert log, "nothing was logged"
        found = ["a result"] if self.lab.key in said else []
        found += ["the log"] if self.lab.key in log else []
        found += ["another host"] if any(self.lab.key.encode() in bytes_ for bytes_ in self.lab.elsewhere) else []
        return found + [file.name for file in files if self.lab.key.encode() in file.read_bytes()]


@asynccontextmanager
async def open_stage(folder: Path, *, era: Era = "2026-07-28", slow_seconds: float = 0.2) -> AsyncGenerator[Stage]:
    """A stage whose host has a person who agrees, and one connection to the service that is kept alive."""
    async with open_lab(slow_seconds=slow_seconds, refuse_seconds=600.0) as lab:
        settings = Settings(
            api_key=lab.key, base_url=lab.base_url, rate_limit=(10_000, 60.0), state_dir=folder, **UNRULED
        )
        # What the client would make for itself, but for certificates, which take long to read.
        transport = httpx2.AsyncHTTPTransport(verify=NO_CERTIFICATES)
        async with open_account(settings, transport=transport, pace=QUICK) as (account, store):
            client = Client(make_server(settings, account, store), mode=era, elicitation_callback=agrees(), cache=None)
            async with client:
                stage = Stage(lab, account, client, folder)
                assert not (await stage.call("list_dashboards")).is_error
                yield stage
                assert disagreements(folder / "state.sqlite3") == []

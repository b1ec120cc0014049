"""A host that reads a line's texts by cursor, over streamable HTTP, whatever becomes of its server."""

import json
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2

_ERA = "2026-07-28"
_ABOUT = {
    "io.modelcontextprotocol/protocolVersion": _ERA,
    "io.modelcontextprotocol/clientInfo": {"name": "reader", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": _ERA,
    "mcp-method": "tools/call",
    "mcp-name": "wait_for_messages",
}
_AGAIN_SECONDS = 0.02


@dataclass(eq=False)
class CursorReader:
    """Reads one line; without a server it tries again, from the cursor it holds.

    Args:
        url: of the server.
        line: which it reads.
        secret: the header that the server wants.
        wait_seconds: for how long it has the server wait.

    Attributes:
        seen: the texts in the order in which they were told.
        troubles: answers that were none.
        broken: how many calls had no whole answer.
        begun: set once it has a cursor.
    """

    url: str
    line: int
    secret: dict[str, str]
    wait_seconds: int = 2
    seen: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    troubles: list[str] = field(default_factory=list[str])
    broken: int = 0
    begun: anyio.Event = field(default_factory=anyio.Event)
    _cursor: str | None = None

    async def run(self) -> None:
        """Read on; never returns."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=self.wait_seconds + 30.0, trust_env=False) as client:
            while True:
                try:
                    answer = await self._ask(client)
                except (httpx2.TransportError, EOFError):
                    self.broken += 1
                    await anyio.sleep(_AGAIN_SECONDS)
                    continue
                said = answer.get("structuredContent")
                if answer.get("isError") or said is None:
                    self.troubles.append(f"line {self.line}: {answer}")
                    await anyio.sleep(_AGAIN_SECONDS)
                    continue
                self.seen += said["items"]
                self._cursor = said["cursor"]
                self.begun.set()

    async def _ask(self, client: httpx2.AsyncClient) -> dict[str, Any]:
        """The result, or the error; EOFError where the answer ends before it."""
        arguments: dict[str, Any] = {"dashboard_id": self.line, "timeout_seconds": self.wait_seconds}
        if self._cursor is None:
            arguments["timeout_seconds"] = 0
        else:
            arguments["after"] = self._cursor
        params = {"name": "wait_for_messages", "arguments": arguments, "_meta": _ABOUT}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        response = await client.post("/mcp", json=body, headers=_HEADERS | self.secret)
        for line in response.text.splitlines():
            data = line.removeprefix("data:").strip()
            message: dict[str, Any] = json.loads(data) if data.startswith("{") else {}
            if message.get("id") == 1:
                return message.get("result") or {"isError": True, "error": message.get("error")}
        if not response.is_success:
            return {"isError": True, "error": f"status {response.status_code}"}
        raise EOFError

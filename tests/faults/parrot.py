"""A service on a real socket that repeats the caller's secrets in whatever it says."""

import json
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import quote

from tests.faults.behaviours import written

_NUMBER = "14235550100"
_WORDS, _ESCAPED = "WORDS", "ESCAPED"


@dataclass
class Parrot:
    """What it says next.

    Attributes:
        secrets: what it repeats.
        base_url: for the client.
        status: of its answers.
        texts: how many there are in its lists.
        asked: method and path of each request that it answered.
    """

    secrets: Sequence[str]
    base_url: str = ""
    status: int = 200
    texts: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def spellings(self) -> list[str]:
        """How a secret can be read in what became of its words."""
        return [
            spelling
            for secret in self.secrets
            for spelling in (secret, secret.lower(), secret.upper(), quote(secret, safe=""))
        ]

    def answer(self, method: str, path: str) -> bytes:
        self.asked.append((method, path))
        said = json.dumps(self._said(path) if self.status < 300 else self._no())
        escaped = "".join(f"\\u{ord(character):04x}" for character in " ".join(self.secrets))
        words = json.dumps(" and ".join(self.spellings))[1:-1]
        body = said.replace(_ESCAPED, escaped).replace(_WORDS, words).encode()
        return written(self.status, body, "Content-Type: application/json")

    def _no(self) -> dict[str, Any]:
        return {"error_message": _WORDS, "error_code": _ESCAPED, "message": _ESCAPED, _WORDS: _WORDS}

    def _said(self, path: str) -> dict[str, Any]:
        contact = {"phone_number": _NUMBER, "first_name": _ESCAPED, "note": _WORDS, "custom_fields": [{"id": _WORDS}]}
        if path.endswith("/messages"):
            return _page([self._text(number) for number in range(self.texts)])
        if path.endswith("/contacts"):
            return _page([contact])
        if path.endswith("/dashboards"):
            return _page([{"id": 121, "name": _WORDS, "phone": "14235550190"}])
        return contact | {_WORDS: _WORDS}

    def _text(self, number: int) -> dict[str, Any]:
        at = datetime.now(UTC) - timedelta(seconds=1)
        return {
            "message_id": f"m{number}",
            "customer_phone": _NUMBER,
            "message_direction": "R",
            "body": _WORDS,
            "message_timestamp_utc": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "delivery_error": _ESCAPED,
            "mms_media": [f"https://media.example/{_WORDS}"],
        }


@contextmanager
def run_parrot(*secrets: str) -> Generator[Parrot]:
    """One in a thread of its own, for as long as the context."""
    parrot = Parrot(secrets)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            self.wfile.write(parrot.answer(self.command, self.path.partition("?")[0]))

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the standard library's names

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - says nothing
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        parrot.base_url = f"http://127.0.0.1:{server.server_address[1]}/api/v3"
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield parrot
        server.shutdown()
        serving.join()


def _page(items: list[Any]) -> dict[str, Any]:
    return {"items": cast("list[object]", items), "meta": {"page": 0, "page_size": 1000, "total_items": len(items)}}

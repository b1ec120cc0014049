"""Sets the stage: the pretend service, and our server and the bare one in front of it."""

import os
import socket
import sys
import sysconfig
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx2
from stdio_server import StdioServer

CONTACTS = 10_000
LINE = 121

_HERE = Path(__file__).parent
KEY = "0123456789ABCDEF0123456789ABCDEF"


class Stage:
    """What a measurement needs.

    Args:
        origin: where the pretend service is.
        folder: for the state of our servers.

    Attributes:
        environment: of our servers and of bare ones.
    """

    def __init__(self, origin: str, folder: Path) -> None:
        self._folder = folder
        self._service = httpx2.Client(base_url=origin, headers={"x-api-key": KEY})
        # Without what would change a start, such as PYTHONDONTWRITEBYTECODE: ours would be compiled anew each time.
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("TEXTREQUEST_", "PYTHON"))
        }
        self.environment |= {
            "TEXTREQUEST_API_KEY": KEY,
            "TEXTREQUEST_BASE_URL": f"{origin}/api/v3",
            "TEXTREQUEST_RATE_LIMIT": "100000/60",
        }

    def ours(self, state: str = "state", **more: str) -> StdioServer:
        """Our server, as a host starts it for a real account.

        Args:
            state: names the folder that it keeps its state in.
            more: further settings.
        """
        command = Path(sysconfig.get_path("scripts")) / "textrequest-mcp"
        environment = self.environment | {"TEXTREQUEST_STATE_DIR": str(self._folder / state)} | dict(more or {})
        return StdioServer([str(command)], environment)

    @contextmanager
    def served(
        self, port: int, state: str, *, public: bool = False, more: Mapping[str, str] | None = None
    ) -> Generator[tuple[dict[str, str], int]]:
        """Our server over HTTP on this port, ready when the block begins; its hosts' header, and its process.

        `public` gives it webhooks; `more` are further settings.
        """
        command = [str(Path(sysconfig.get_path("scripts")) / "textrequest-mcp"), "serve", "--transport", "http"]
        environment = self.environment | {"TEXTREQUEST_STATE_DIR": str(self._folder / state)} | dict(more or {})
        if public:
            environment["TEXTREQUEST_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        with Popen([*command, "--port", f"{port}"], env=environment, stderr=PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                while " serves http at " not in server.stderr.readline():
                    assert server.poll() is None, "the server did not start"
                secret = (self._folder / state / "http-token").read_text("ascii")
                yield {"authorization": f"Bearer {secret}"}, server.pid
            finally:
                server.terminate()

    def hook(self, port: int, event: str) -> None:
        """Have the service call a server on this port for an event of the line."""
        url = f"http://127.0.0.1:{port}/webhooks/textrequest/{LINE}/{event}"
        hook = {"target_url": url, "event": event, "http_verb": "POST"}
        self._service.post(f"/api/v3/dashboards/{LINE}/hooks", json=hook).raise_for_status()

    def text_in(self, sender: str, body: str) -> None:
        """A customer texts the line."""
        text = {"from": sender, "body": body, "dashboard_id": LINE}
        self._service.post("/sandbox/texts", json=text).raise_for_status()

    def bare(self) -> StdioServer:
        """A server with one tool and nothing else."""
        return StdioServer([sys.executable, str(_HERE / "bare_server.py")], self.environment)

    def read(self, path: str, **query: int) -> str:
        """What the service itself answers on the line, as it stands on the wire."""
        answer = self._service.get(f"/api/v3/dashboards/{LINE}/{path}", params=query)
        return answer.raise_for_status().text

    def requests(self) -> int:
        """How many calls the service has had."""
        return self._service.get("/requests").json()

    def phone_numbers(self, count: int) -> list[str]:
        """Numbers of contacts, as the service writes them."""
        items: list[dict[str, Any]] = self._service.get(
            f"/api/v3/dashboards/{LINE}/contacts", params={"page_size": count}
        ).json()["items"]
        return [item["phone_number"] for item in items]


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def open_stage() -> Generator[Stage]:
    """Everything on loopback, with state in a folder that is removed at the end."""
    command = [sys.executable, str(_HERE / "pretend_service.py"), KEY, str(CONTACTS)]
    with tempfile.TemporaryDirectory() as folder, Popen(command, stdout=PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            yield Stage(service.stdout.readline().strip(), Path(folder))
        finally:
            service.terminate()

"""Starts a server as a host does and talks to it in plain lines, so that no client is measured with it."""

import json
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from subprocess import PIPE, Popen
from typing import Any, Self

import psutil

PROTOCOL = "2025-11-25"
_LONGEST_LIFE_SECONDS = 120.0


class StdioServer:
    """A running server; leaving the block ends it.

    Args:
        command: what to run.
        environment: all of it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads would stop the server
        self._last_id = 0
        self._started = time.perf_counter()
        self._process = Popen(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=self._log)
        self._leash = threading.Timer(_LONGEST_LIFE_SECONDS, self._process.kill)
        self._leash.daemon = True

    def __enter__(self) -> Self:
        self._leash.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        finally:
            self._leash.cancel()
            self._process.kill()
            self._log.close()

    def list_tools_first(self) -> tuple[float, list[dict[str, Any]]]:
        """Shake hands and list the tools: seconds since the process was started, and the tools."""
        about = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}
        self._ask("initialize", about)
        self._write({"method": "notifications/initialized"})
        answered, listed = self._ask("tools/list", {})
        if listed.get("nextCursor"):
            raise RuntimeError("The list of tools has a second page, which this benchmark does not read.")
        return answered - self._started, listed["tools"]

    def call(self, tool: str, **arguments: Any) -> tuple[float, dict[str, Any]]:
        """Call a tool: seconds that the answer took, and the result."""
        before = time.perf_counter()
        answered, result = self._ask("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            raise RuntimeError(f"{tool} failed: {result['content']}")
        return answered - before, result

    def processor_seconds(self) -> float:
        """What the server has worked so far, without what it waited."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def resident_bytes(self) -> int:
        return psutil.Process(self._process.pid).memory_info().rss

    def _ask(self, method: str, params: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
        """When the answer was there, and what it says; notifications on the way are passed over."""
        self._last_id += 1
        self._write({"id": self._last_id, "method": method, "params": params})
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            answered = time.perf_counter()
            message: dict[str, Any] = json.loads(line)
            if message.get("id") == self._last_id:
                if "error" in message:
                    raise RuntimeError(f"{method} failed: {message['error']}")
                return answered, message["result"]
        self._log.seek(0)
        raise RuntimeError(f"The server went away at {method}:\n{self._log.read().decode(errors='replace')}")

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

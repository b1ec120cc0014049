"""Where each host keeps its settings, on each system."""

from pathlib import Path

import pytest

from textrequest_mcp.commands.hosts.table import HOSTS, Place

MAC, APPS, ROAMING = "Library/Application Support", ".config", "AppData/Roaming"
CLINE = "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
# The host; its file on macOS, Linux and Windows, below the user's folder. One name stands for all three.
WHERE = {
    "claude-desktop": [f"{start}/Claude/claude_desktop_config.json" for start in (MAC, APPS, ROAMING)],
    "claude-code": [".claude.json"],
    "cursor": [".cursor/mcp.json"],
    "vscode": [f"{start}/Code/User/mcp.json" for start in (MAC, APPS, ROAMING)],
    "windsurf": [".codeium/windsurf/mcp_config.json"],
    "zed": [".config/zed/settings.json", ".config/zed/settings.json", f"{ROAMING}/Zed/settings.json"],
    "goose": [".config/goose/config.yaml", ".config/goose/config.yaml", f"{ROAMING}/Block/goose/config/config.yaml"],
    "gemini-cli": [".gemini/settings.json"],
    "codex": [".codex/config.toml"],
    "lm-studio": [".lmstudio/mcp.json"],
    "continue": [".continue/config.yaml"],
    "cline": [f"{start}/{CLINE}" for start in (MAC, APPS, ROAMING)],
    "copilot-cli": [".copilot/mcp-config.json"],
    "kiro": [".kiro/settings/mcp.json"],
}


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_s_file_is_where_it_keeps_it(name: str, tmp_path: Path):
    expected = WHERE[name] * 3 if len(WHERE[name]) == 1 else WHERE[name]
    for system, below in zip(("darwin", "linux", "win32"), expected, strict=False):
        assert Place(system, tmp_path, {}).path(HOSTS[name]) == tmp_path / below, system


def test_every_host_has_its_row_here():
    assert WHERE.keys() == HOSTS.keys()


def test_variables_move_the_folders_of_a_user(tmp_path: Path):
    linux = Place("linux", tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "x")})
    windows = Place("win32", tmp_path, {"APPDATA": str(tmp_path / "r"), "LOCALAPPDATA": str(tmp_path / "l")})

    assert linux.path(HOSTS["vscode"]) == tmp_path / "x/Code/User/mcp.json"
    assert windows.path(HOSTS["vscode"]) == tmp_path / "r/Code/User/mcp.json"


def test_the_store_s_claude_desktop_has_a_copy_of_its_own(tmp_path: Path):
    below = tmp_path / "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude"
    below.mkdir(parents=True)

    assert Place("win32", tmp_path, {}).path(HOSTS["claude-desktop"]).parent == below


def test_a_file_that_is_there_wins_over_the_usual_place(tmp_path: Path):
    old = tmp_path / ".cache/lm-studio/mcp.json"
    old.parent.mkdir(parents=True)
    assert Place("darwin", tmp_path, {}).path(HOSTS["lm-studio"]) == old

    (tmp_path / ".lmstudio").mkdir()
    assert Place("darwin", tmp_path, {}).path(HOSTS["lm-studio"]) == tmp_path / ".lmstudio/mcp.json"

    old.write_text("{}")
    assert Place("darwin", tmp_path, {}).path(HOSTS["lm-studio"]) == old

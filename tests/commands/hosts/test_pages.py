"""The pages of the hosts say what the table of hosts says."""

import re
from pathlib import Path

import pytest

from textrequest_mcp.commands.hosts.entry import Entry
from textrequest_mcp.commands.hosts.table import HOSTS, Place

PAGES = Path(__file__).parents[3] / "docs/hosts"
INDEX = (PAGES / "README.md").read_text("utf-8")
OF_THE_NET = {"claude-ai": "claude.ai", "chatgpt": "ChatGPT", "copilot-studio": "Copilot Studio"}


def in_words(path: Path, home: Path, system: str) -> str:
    """A file as people of that system write it."""
    below = path.relative_to(home).as_posix()
    if system != "win32":
        return f"~/{below}"
    short = below.replace("AppData/Roaming", "%APPDATA%") if below.startswith("AppData") else f"%USERPROFILE%/{below}"
    return short.replace("/", "\\")


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_has_a_page_with_its_files_its_key_and_its_restart(name: str, tmp_path: Path):
    page, host = (PAGES / f"{name}.md").read_text("utf-8"), HOSTS[name]
    flat = " ".join(page.split())

    for label, system in (("macOS", "darwin"), ("Linux", "linux"), ("Windows", "win32")):
        where = in_words(Place(system, tmp_path, {}).path(host), tmp_path, system)
        assert f"| {label} | `{where}` |" in page
    assert f"`{host.key}`" in page
    assert host.restart[1:] in flat
    assert page.startswith(f"# {host.title}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [
        "What you see",
        "How you say yes",
        "If it does not work",
        "Take it out",
    ]
    edits = "edits the file" if host.form == "json" else "prints the entry"
    assert f"[{host.title}]({name}.md) | `textrequest-mcp install {name}` | {edits} |" in INDEX


def test_there_is_no_page_of_another_host():
    assert {page.stem for page in PAGES.glob("*.md")} == {*HOSTS, *OF_THE_NET, "README"}


@pytest.mark.parametrize("name", OF_THE_NET)
def test_each_host_of_the_net_has_a_page_that_says_what_to_enter_and_who_says_yes(name: str):
    page = (PAGES / f"{name}.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)

    assert page.startswith(f"# {OF_THE_NET[name]}\n")
    assert headings[0].startswith("Connect")
    assert headings[-3:] == ["How you say yes", "If it does not work", "Take it out"]
    assert "https://texts.example.com/mcp" in page
    assert f"[{OF_THE_NET[name]}]({name}.md)" in INDEX


def test_the_links_add_the_pretend_account():
    entry = Entry("textrequest-sandbox", "textrequest-mcp", ["serve", "--sandbox"], {})

    for name, host in HOSTS.items():
        if host.link:
            assert entry.other_ways(host)[-1] in INDEX, name

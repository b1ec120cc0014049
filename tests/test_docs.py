"""The manual in docs/ leads to what exists: its links, the files it names, its picture of the house, its counts."""

import re
from pathlib import Path

import pytest
from tests.obedient.test_obedient import LIMITS, PAYLOADS
from tests.surface import DEFAULT_TOOLS
from tests.test_architecture import GUARD, HOUSE, read

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "server/textrequest_mcp"
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")
FIGURES = (ROOT / "docs/figures.md").read_text("utf-8")

# A room may use what its arrows lead to, but these pairs: the page says so in words.
EXCEPTIONS = {
    *(("__main__", room) for room in read(HOUSE) if room not in {"__main__", "cli"}),
    *(("cli", room) for room in read(HOUSE) if room not in {"__main__", "cli", "commands", "settings", "ground"}),
    ("app", "upstream"),
}
MOST_WORDS = 25


def files_named(text: str) -> set[str]:
    """What is written as code and looks like a file or a way to one."""
    named = re.findall(r"`([^`\s]+)`", text)
    return {name for name in named if re.fullmatch(r"[\w.-]+(/[\w.-]+)*\.(py|md|yaml|json|toml)|(\w+/)+", name)}


def missing(text: str) -> set[str]:
    return {name for name in files_named(text) if not any((top / name).exists() for top in (ROOT, PACKAGE))}


def anchors(page: Path) -> set[str]:
    """The places inside a page that a link can lead to, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def drawn() -> dict[str, set[str]]:
    """The arrows of the picture: from each room to those that it points at."""
    [picture] = re.findall(r"```mermaid\n(.*?)```", ARCHITECTURE, re.DOTALL)
    arrows: dict[str, set[str]] = {}
    for line in picture.splitlines()[1:]:
        drawing = re.fullmatch(r"\s*(?:subgraph )?(\w+)(?:\[\"[^\"]+\"\])?(?: --> (\w+(?: & \w+)*))?", line)
        assert drawing, line
        room, below = drawing.groups()
        if room != "end":
            arrows.setdefault(room, set()).update(below.split(" & ") if below else ())
    return arrows


def reached(arrows: dict[str, set[str]], room: str) -> set[str]:
    """Every room that arrows lead to from this one."""
    below = arrows[room]
    return below.union(*(reached(arrows, each) for each in below))


@EACH_PAGE
def test_every_link_inside_the_project_leads_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.is_file(), target
        assert not anchor or anchor in anchors(other), target


def test_the_readme_leads_to_every_page_of_the_manual():
    led_to = {
        (page.parent / target).resolve()
        for page in (ROOT / "README.md", ROOT / "docs/hosts/README.md")
        for target in re.findall(r"\]\(([^)#:]+)", page.read_text("utf-8"))
    }

    assert [page for page in PAGES[1:] if page not in led_to] == []


def test_every_file_that_the_architecture_names_exists():
    assert missing(ARCHITECTURE) == set()
    assert len(files_named(ARCHITECTURE)) > 30


def test_a_file_that_does_not_exist_is_found():
    assert missing("See `tools/run.py`, `live/gone.py`, `gone/` and `Call.ask()`.") == {"live/gone.py", "gone/"}


def test_the_picture_has_the_rooms_and_arrows_of_the_house():
    arrows = drawn()
    allowed = {
        room: {each for each in reached(arrows, room) & read(HOUSE).keys() if (room, each) not in EXCEPTIONS}
        for room in read(HOUSE)
    }

    assert arrows.keys() == read(HOUSE).keys() | read(GUARD).keys()
    assert allowed == read(HOUSE)
    assert not [(room, each) for room, each in EXCEPTIONS if each not in reached(arrows, room)]


def test_no_arrow_of_the_picture_says_what_others_say_already():
    arrows = drawn()
    spare = [
        (room, each)
        for room, below in arrows.items()
        for each in below
        if any(each in reached(arrows, other) for other in below - {each})
    ]

    assert spare == []


def test_the_picture_has_the_rooms_and_arrows_of_the_guard():
    """But those of `change`, which still takes two types from rooms that use it."""
    arrows = drawn()

    for room, below in read(GUARD).items():
        assert room == "change" or reached(arrows, room) == below, room


def test_the_glossary_is_short_and_tells_each_word_once():
    words = re.findall(r"^\| ([^|]+) \|", ARCHITECTURE.split("## Words")[1], re.MULTILINE)[2:]

    assert 12 <= len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)


def test_the_pages_count_tools_and_payloads_as_they_are():
    orders = sum(len(payload.calls) + len(payload.after) for payload in PAYLOADS)

    assert f"tokens of all {DEFAULT_TOOLS} tools" in FIGURES
    assert re.search(rf"\b{len(PAYLOADS)} payloads\s.*? order {orders} calls\.", FIGURES, re.DOTALL)
    assert len(LIMITS) == 4
    assert "Four orders that still pass" in FIGURES

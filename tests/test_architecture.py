"""The picture of the house, held against the code: which room may use which, and that no way leads in a circle."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import textrequest_mcp

ROOT = Path(textrequest_mcp.__file__).parent
PACKAGE = "textrequest_mcp"

# A room may use itself, and the rooms named behind its arrow. The sandbox and the rest never meet, but where the
# sandbox is wired in.
HOUSE = """
__main__  -> cli
cli       -> commands settings ground
commands  -> app wiring account tools live guard upstream settings ground sandbox
wiring    -> app account tools live guard upstream settings ground sandbox
app       -> account tools live guard settings ground
account   -> tools live guard upstream ground
tools     -> guard upstream ground
live      -> guard upstream ground
guard     -> upstream ground
upstream  -> ground
settings  ->
ground    ->
sandbox   ->
"""
# The same inside the guard.
GUARD = """
notice      -> approval once rules provenance audit change outcome marks
audit       -> once rules provenance change outcome
approval    -> rules provenance change outcome
once        -> rules provenance change outcome
rules       -> provenance change outcome
provenance  -> change outcome
change      ->
outcome     ->
marks       ->
"""
LONGEST_FILE = 250
LONGEST_FUNCTION = 50
USUAL_FILE = 110
MOST_AT_THE_TOP = 14
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def read(picture: str) -> dict[str, set[str]]:
    rows = [line.split("->") for line in picture.strip().splitlines()]
    return {room.strip(): set(below.split()) for room, below in rows}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def name_of(path: Path) -> str:
    """A module by its dotted name below the package; a room by the name of its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


KNOWN = {name_of(path) for path in modules()}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module of the package that this one imports, also inside functions and for the type checker."""
    return frozenset(_imports(path))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            named = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in named:
            package, _, inside = name.partition(".")
            if package == PACKAGE and inside != "__version__":
                yield inside if inside in KNOWN else inside.rpartition(".")[0]


def used(path: Path, depth: int) -> set[str]:
    return {".".join(name.split(".")[:depth]) for name in imports(path)}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_uses_only_the_rooms_of_its_arrow(path: Path):
    room = name_of(path).split(".")[0]

    assert used(path, 1) <= read(HOUSE)[room] | {room}


@pytest.mark.parametrize("path", [path for path in modules() if name_of(path).startswith("guard.")], ids=name_of)
def test_inside_the_guard_too(path: Path):
    room = name_of(path).split(".")[1]
    inside = {name.partition(".")[2] for name in used(path, 2) if name.startswith("guard.")}

    assert inside <= read(GUARD)[room] | {room}


def test_no_way_leads_in_a_circle():
    below = {name_of(path): imports(path) - {name_of(path)} for path in modules()}
    while free := {name for name, uses in below.items() if not uses & below.keys()}:
        below = {name: uses for name, uses in below.items() if name not in free}

    assert below == {}, "each of these leads to another of them"


def test_every_room_says_what_it_is_for_what_it_uses_and_where_to_start():
    rooms = [path for path in modules() if path.name == "__init__.py" and name_of(path) != "sandbox"]

    assert rooms
    for room in rooms:
        said = ast.get_docstring(tree(room)) or ""
        assert "Start with" in said or "Its rooms" in said, room


def test_the_top_is_one_glance():
    assert len([path for path in ROOT.iterdir() if path.name != "__pycache__"]) <= MOST_AT_THE_TOP + 1  # py.typed


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_says_its_job_first_and_stays_small_enough_to_find_ones_way(path: Path):
    text = path.read_text("utf-8")
    job = ast.get_docstring(tree(path))

    assert job, "the first line says what the module is for"
    assert job.splitlines()[0].endswith((".", ":")), "in one sentence"
    assert len(text.splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_function_fits_on_a_screen(path: Path):
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, FUNCTION)]

    assert [each.name for each in functions if (each.end_lineno or 0) - each.lineno >= LONGEST_FUNCTION] == []


def test_the_usual_module_is_short():
    lengths = sorted(len(path.read_text("utf-8").splitlines()) for path in modules())

    assert lengths[len(lengths) // 2] <= USUAL_FILE

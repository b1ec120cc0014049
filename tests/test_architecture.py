"""The arrows of the design: what may import what, read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import textrequest_mcp

ROOT = Path(textrequest_mcp.__file__).parent
PACKAGE = "textrequest_mcp"

# From the outside in. A room may import itself and what stands below it; the sandbox and the rest never import each
# other, but for the two places that wire it in.
GROUND = {"clean", "processes", "store", "wording"}
UPSTREAM = {"upstream"}
GUARD = {"guard"}
LIVE = {"live"}
TOOLING = {
    "about",
    "answers",
    "asking",
    "auditing",
    "parameters",
    "plans",
    "progress",
    "results",
    "running",
    "schema",
    "sending",
    "telling",
    "tool",
    "toolset",
}
ACCOUNT = {"account"}
WIRING = {
    "app",
    "audit_command",
    "cli",
    "demo",
    "endings",
    "environment",
    "hooks_command",
    "http_access",
    "http_secret",
    "rules",
    "serving",
    "stderr",
    "tool_table",
    "__main__",
    "settings",
    "logs",
    "protocol",
}
BELOW: dict[str, set[str]] = {
    **{ground: set[str]() for ground in GROUND},
    "wording": {"clean"},
    **dict.fromkeys(UPSTREAM, GROUND),
    **dict.fromkeys(GUARD, GROUND | UPSTREAM),
    **dict.fromkeys(LIVE, GROUND | UPSTREAM | GUARD),
    **dict.fromkeys(TOOLING, GROUND | UPSTREAM | GUARD | TOOLING),
    **dict.fromkeys(ACCOUNT, GROUND | UPSTREAM | GUARD | LIVE | TOOLING),
    **dict.fromkeys(WIRING, GROUND | UPSTREAM | GUARD | LIVE | TOOLING | ACCOUNT | WIRING),
    "sandbox": set[str](),
}
WIRES_THE_SANDBOX_IN = {"app", "cli"}
# They stand in the wiring, and need nothing of it but what is named here.
LEAVES = {
    "settings": {"environment"},
    "environment": set[str](),
    "protocol": set[str](),
    "endings": set[str](),
    "stderr": set[str](),
}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            first, _, rest = name.partition(".")
            if first == PACKAGE and rest and not rest.startswith("__version__"):
                yield rest.split(".")[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_below_it(path: Path):
    here = room(path)
    allowed = BELOW[here] | {here}
    if here in WIRES_THE_SANDBOX_IN:
        allowed = allowed | {"sandbox"}
    if here in LEAVES:
        allowed = LEAVES[here] | {here}

    assert set(imported_rooms(path)) <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_its_job_first_and_stays_small_enough_to_find_ones_way(path: Path):
    text = path.read_text("utf-8")
    job = ast.get_docstring(ast.parse(text))

    assert job, "the first line says what the module is for"
    assert job.splitlines()[0].endswith((".", ":")), "in one sentence"
    assert len(text.splitlines()) <= 330


def test_the_usual_module_is_short():
    lengths = sorted(len(path.read_text("utf-8").splitlines()) for path in modules())

    assert lengths[len(lengths) // 2] <= 120

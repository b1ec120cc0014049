"""What goes to others is whole and agrees with itself: bundle, registry entry, container, plugin, wheel, release."""

import ast
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import bundle
import check
import pytest

import textrequest_mcp
from textrequest_mcp.settings.table import VARIABLES

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(textrequest_mcp.__file__).parent
README = (ROOT / "README.md").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def read(name: str) -> Any:
    return json.loads((ROOT / name).read_text("utf-8"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("loaded", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The bundle.


def test_the_bundle_is_the_same_bytes_each_time_and_holds_what_it_starts(tmp_path: Path):
    first, second = bundle.build(tmp_path / "a"), bundle.build(tmp_path / "b")

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as held:
        names = set(held.namelist())
        project = tomllib.loads(held.read("pyproject.toml").decode())["project"]
    manifest = read("release/mcpb/manifest.json")
    assert {"manifest.json", manifest["icon"], manifest["server"]["entry_point"]} <= names
    assert {f"server/{path.relative_to(PACKAGE.parent).as_posix()}" for path in PACKAGE.rglob("*.py")} <= names
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dependencies"] == ours["dependencies"]
    assert project["requires-python"] == ours["requires-python"]


def test_the_icon_is_a_png_of_the_size_that_hosts_want():
    png = bundle.icon()

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (512, 512)


def test_the_manifest_asks_for_what_the_server_takes_and_keeps_the_key_secret():
    manifest = read("release/mcpb/manifest.json")
    asked, given = manifest["user_config"], manifest["server"]["mcp_config"]["env"]

    assert {name for name in given if name.startswith("TEXTREQUEST_")} <= set(VARIABLES)
    assert sorted(given.values()) == sorted(f"${{user_config.{name}}}" for name in asked)
    assert asked["api_key"]["sensitive"] is True
    assert manifest["server"]["type"] == "uv"
    for field in asked.values():
        assert {"type", "title", "description"} <= field.keys() <= {*field, "sensitive", "required", "default"}
        assert field["required"] is False  # the pretend account needs none of them


@pytest.mark.parametrize("left_out", ["", "  ", "${user_config.api_key}"])
def test_a_field_that_was_left_empty_is_left_out(left_out: str, monkeypatch: pytest.MonkeyPatch):
    main = load(ROOT / "release/mcpb/main.py")
    for name in read("release/mcpb/manifest.json")["server"]["mcp_config"]["env"]:
        monkeypatch.setenv(name, left_out)
    monkeypatch.setenv("TEXTREQUEST_CONFIRM", "sends")

    assert main.arguments() == ["serve"]

    assert {name for name in os.environ if name.startswith(("TEXTREQUEST_", "BUNDLE_"))} == {"TEXTREQUEST_CONFIRM"}


def test_the_pretend_account_is_a_tick(monkeypatch: pytest.MonkeyPatch):
    main = load(ROOT / "release/mcpb/main.py")
    for ticked, arguments in (("true", ["serve", "--sandbox"]), ("false", ["serve"])):
        monkeypatch.setenv("BUNDLE_SANDBOX", ticked)
        assert main.arguments() == arguments


def test_an_unpacked_bundle_starts_without_the_package(tmp_path: Path):
    with zipfile.ZipFile(bundle.build(tmp_path)) as held:
        held.extractall(tmp_path / "unpacked")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEXTREQUEST_")}
    given = dict.fromkeys(read("release/mcpb/manifest.json")["server"]["mcp_config"]["env"], "")
    say_where = "import sys; sys.path.insert(0, 'server'); import textrequest_mcp as it; sys.stderr.write(it.__file__)"
    start = "import runpy; runpy.run_path('server/main.py', run_name='__main__')"

    ran = subprocess.run(
        [sys.executable, "-c", f"{say_where}; {start}"],
        cwd=tmp_path / "unpacked",
        env=environment | given | {"BUNDLE_SANDBOX": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (0, "")
    assert "unpacked" in ran.stderr


# The registry, the container, the plugin.


def test_the_registry_s_entry_has_the_shape_of_its_schema():
    """Schema 2025-12-11, and its validator's limit of 100 characters for a description."""
    entry = read("server.json")

    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert len(entry["description"]) <= 100
    for package in entry["packages"]:
        assert {"registryType", "identifier", "transport"} <= package.keys()
        assert package["transport"] == {"type": "stdio"}
        for variable in package.get("environmentVariables", []):
            assert variable["name"] in VARIABLES
            assert variable["description"]
            assert variable.get("isSecret", False) == (variable["name"] == "TEXTREQUEST_API_KEY")


def instructions() -> list[tuple[str, str]]:
    whole = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    lines = [line for line in whole.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines]


def test_the_container_is_small_has_no_root_and_tells_how_it_is():
    words = [word for word, _ in instructions()]
    told = dict(instructions())

    assert all(re.fullmatch(r"python:3\.\d+-slim( AS \w+)?", value) for word, value in instructions() if word == "FROM")
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert told["USER"].isdigit()
    assert int(told["USER"]) > 0
    assert told["VOLUME"] in told["ENV"]  # all that is written lies there, so that the root can be read only
    assert not {"ADD", "ARG", "EXPOSE", "MAINTAINER"} & set(words)
    assert "KEY" not in told["ENV"]
    assert all("--no-cache-dir" in value for word, value in instructions() if word == "RUN" and "pip" in value)
    probe = json.loads(told["HEALTHCHECK"].partition("CMD ")[2])
    compile(probe[2], "probe", "exec")
    assert json.loads(told["ENTRYPOINT"]) == ["textrequest-mcp"]


def test_the_container_copies_what_is_there_and_nothing_else():
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for word, value in instructions():
        if word == "COPY" and not value.startswith("--from"):
            for source in value.split(" ")[:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in kept
    assert kept[0] == "*"


def test_the_plugin_starts_the_server_from_its_own_folder():
    [plugin] = read(".claude-plugin/marketplace.json")["plugins"]
    manifest = read(".claude-plugin/plugin.json")
    [server] = manifest["mcpServers"].values()

    assert plugin["name"] == manifest["name"]
    assert (ROOT / plugin["source"] / ".claude-plugin/plugin.json").is_file()
    assert server["args"] == ["--from", "${CLAUDE_PLUGIN_ROOT}", "textrequest-mcp", "serve", "--sandbox"]


# The wheel.


def test_every_file_of_the_package_gets_into_the_wheel():
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert [path for path in files if path.suffix != ".py" and path.name != "py.typed"] == []
    assert [path.parent for path in files if not (path.parent / "__init__.py").exists()] == []


def test_no_sentence_of_the_program_leads_to_a_page_that_a_wheel_lacks():
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        own = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)
        }
        texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        said = [node.value for node in texts if id(node) not in own and re.search(r"README|docs/\w", str(node.value))]
        assert said == [], path


# The release.


def test_versions_and_names_agree():
    assert check.disagreements() == []


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what a release changes."""
    for name in (*check.NAMED, "CHANGELOG.md", "LICENSE", "release/mcpb/main.py", ".claude-plugin/plugin.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(PACKAGE, tmp_path / "server/textrequest_mcp", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    return tmp_path


def test_the_readme_says_each_thing_that_a_release_changes():
    assert [each for each in check.PUBLISHED if each not in README] == []


def test_what_a_release_lacks_is_told_until_it_is_there(checkout: Path):
    told = check.lacking()
    assert sum("still says OWNER" in each for each in told) == len(check.NAMED)
    assert any("no hash of the bundle" in each for each in told)

    check.publish("acme")
    changelog = checkout / "CHANGELOG.md"
    changelog.write_text(changelog.read_text("utf-8").replace("(unreleased)", "(2026-12-01)"), "utf-8")
    assert check.disagreements() == []
    assert check.lacking() == ["textrequest_mcp-0.1.0-py3-none-any.whl is missing in dist/: give --build."]
    assert json.loads((checkout / "server.json").read_text("utf-8"))["name"] == "io.github.acme/textrequest-mcp"
    readme = (checkout / "README.md").read_text("utf-8")
    assert "uvx textrequest-mcp install claude-desktop --sandbox --uvx textrequest-mcp\n" in readme
    assert "not in a package index" not in readme

    (checkout / "dist/textrequest-mcp-0.1.0.mcpb").write_bytes(b"another")
    assert any("another hash" in each for each in check.lacking())


def test_a_version_that_was_forgotten_somewhere_is_told(checkout: Path):
    plugin = checkout / ".claude-plugin/plugin.json"
    plugin.write_text(plugin.read_text("utf-8").replace('"0.1.0"', '"0.0.9"'), "utf-8")

    assert check.disagreements() == [".claude-plugin/plugin.json says 0.0.9, and the package is 0.1.0."]

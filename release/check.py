"""Tells what keeps this version from being released: names, versions, hashes and files that do not agree yet.

`python release/check.py` prints them, and the exit status is 1 if there are any. With `--build` it also makes the wheel
and the bundle in dist/, and has the wheel run in an environment of its own. With `--owner NAME` it first writes the
owner of the repository, the hash of the bundle and the published form of the README's commands into the files.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "release"))

from bundle import build  # noqa: E402 - this folder is no package

OWNER, UNRELEASED = "OWNER", "UNRELEASED"
NAMED = ("server.json", "glama.json", "Dockerfile", "pyproject.toml", "README.md", "release/mcpb/manifest.json")
# What the README says before and after the package is in the index.
PUBLISHED = {
    "--from . textrequest-mcp": "textrequest-mcp",
    "--uvx .": "--uvx textrequest-mcp",
    "pipx install .": "pipx install textrequest-mcp",
    "pip install .": "pip install textrequest-mcp",
    " from this folder; it is not in a package index yet.": ".",
}
_LONGEST_DESCRIPTION = 100  # the registry's validator, not its schema
_HEADING = r"^## (\S+) \((.+)\)$"


def version() -> str:
    """The package's own."""
    text = (ROOT / "server/textrequest_mcp/__init__.py").read_text("utf-8")
    return re.findall(r'__version__ = "(.+)"', text)[0]


def disagreements() -> list[str]:
    """What is wrong at any time, released or not."""
    found: list[str] = []
    ours = version()
    registry, manifest, plugin = (
        _json(name) for name in ("server.json", "release/mcpb/manifest.json", ".claude-plugin/plugin.json")
    )
    versions = {
        "server.json": registry["version"],
        **{f"server.json, {each['registryType']}": each["version"] for each in registry["packages"]},
        "release/mcpb/manifest.json": manifest["version"],
        ".claude-plugin/plugin.json": plugin["version"],
        "Dockerfile": re.findall(r'image\.version="(.+)"', _text("Dockerfile"))[0],
        "CHANGELOG.md": re.findall(_HEADING, _text("CHANGELOG.md"), re.MULTILINE)[0][0],
    }
    found += [f"{place} says {each}, and the package is {ours}." for place, each in versions.items() if each != ours]
    if len(registry["description"]) > _LONGEST_DESCRIPTION:
        found.append(f"server.json's description has more than {_LONGEST_DESCRIPTION} characters.")
    if f"mcp-name: {registry['name']} " not in _text("README.md"):
        found.append(f"README.md has no line `mcp-name: {registry['name']}`, by which the registry knows the package.")
    if f'server.name="{registry["name"]}"' not in _text("Dockerfile"):
        found.append(f"Dockerfile has no label with the registry's name, {registry['name']}.")
    return found


def lacking() -> list[str]:
    """What is missing for a release."""
    found = [f"{name} still says {OWNER}: give --owner." for name in NAMED if re.search(rf"\b{OWNER}\b", _text(name))]
    if UNRELEASED in _text("server.json"):
        found.append("server.json has no hash of the bundle yet.")
    elif (bundle := _bundle()).is_file():
        digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
        if digest not in _text("server.json"):
            found.append(f"server.json has another hash than {bundle.name}, which is {digest}.")
    date = re.findall(_HEADING, _text("CHANGELOG.md"), re.MULTILINE)[0][1]
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        found.append(f"CHANGELOG.md says {date} where the day of the release stands.")
    if any(each in _text("README.md") for each in PUBLISHED):
        found.append("README.md still starts it from the checkout: give --owner once the package is published.")
    return found + [f"{each} is missing in dist/: give --build." for each in _unbuilt()]


def publish(owner: str) -> None:
    """Write what is known only at a release into the files."""
    for name in NAMED:
        text = re.sub(rf"\b{OWNER}\b", owner, _text(name))
        for before, after in PUBLISHED.items() if name == "README.md" else ():
            text = text.replace(before, after)
        (ROOT / name).write_text(text, "utf-8")
    digest = hashlib.sha256(build(ROOT / "dist").read_bytes()).hexdigest()
    text = re.sub(r'("fileSha256": )".*"', rf'\1"{digest}"', _text("server.json"))
    (ROOT / "server.json").write_text(text, "utf-8")


def make_all() -> None:
    """Make the wheel and the bundle, and have the wheel show its help, its tools and its demo where nothing else is.

    Raises:
        subprocess.CalledProcessError: one of them failed.
    """
    dist = ROOT / "dist"
    build(dist)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"  # or setuptools leaves its own folders in the checkout
        ignored = shutil.ignore_patterns(".*", "dist", "build", "*.egg-info", "__pycache__", "tests")
        shutil.copytree(ROOT, source, ignore=ignored)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(dist), str(source)], check=True)
        place = Path(folder) / "a place with blanks ü"
        venv.create(place, with_pip=True)
        bin_ = place / ("Scripts" if sys.platform == "win32" else "bin")
        wheel = next(dist.glob(f"textrequest_mcp-{version()}-*.whl"))
        quiet = ["--quiet", "--disable-pip-version-check", "install", str(wheel)]
        subprocess.run([str(bin_ / "python"), "-m", "pip", *quiet], check=True)
        for command in (["--version"], ["--help"], ["tools"], ["demo"]):
            program = str(bin_ / "textrequest-mcp")
            subprocess.run([program, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)


def _unbuilt() -> list[str]:
    wheel = f"textrequest_mcp-{version()}-py3-none-any.whl"
    return [name for name in (wheel, _bundle().name) if not (ROOT / "dist" / name).is_file()]


def _bundle() -> Path:
    return ROOT / f"dist/textrequest-mcp-{version()}.mcpb"


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _json(name: str) -> Any:
    return json.loads(_text(name))


def main() -> int:
    """Do what the command line says; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", action="store_true", help="make dist/ and try the wheel")
    parser.add_argument("--owner", help="of the repository on GitHub; writes it into the files")
    chosen = parser.parse_args()
    if chosen.owner:
        publish(chosen.owner)
    if chosen.build:
        make_all()
    found = [*disagreements(), *lacking()]
    sys.stdout.write("".join(f"- {each}\n" for each in found) or f"{version()} is ready.\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

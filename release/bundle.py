"""Builds dist/textrequest-mcp-VERSION.mcpb, the same bytes on every machine: the server, its manifest, an icon.

Hosts that take bundles run it with their own `uv`, which fetches the dependencies; nothing else is downloaded.
"""

import hashlib
import json
import struct
import sys
import tomllib
import zipfile
import zlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
_SIZE = 512
_BLUE, _NOTHING = 1, 0


def build(folder: Path) -> Path:
    """Write the bundle into a folder; returns its path."""
    manifest = json.loads((ROOT / "release/mcpb/manifest.json").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{manifest['name']}-{manifest['version']}.mcpb"
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in sorted(_files().items()):
            entry = zipfile.ZipInfo(name)  # of 1980-01-01, whenever it is built
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3  # or the system that builds it is in the bytes
            bundle.writestr(entry, content)  # not compressed: compressors differ
    return path


def _files() -> dict[str, bytes]:
    package = ROOT / "server/textrequest_mcp"
    sources = [path for path in package.rglob("*") if path.suffix == ".py" or path.name == "py.typed"]
    return {
        "manifest.json": (ROOT / "release/mcpb/manifest.json").read_bytes(),
        "pyproject.toml": _project().encode(),
        "icon.png": icon(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "server/main.py": (ROOT / "release/mcpb/main.py").read_bytes(),
        **{f"server/{path.relative_to(package.parent).as_posix()}": path.read_bytes() for path in sources},
    }


def _project() -> str:
    """What `uv` installs for the bundle: the dependencies; the server's own files are there already."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = json.loads((ROOT / "release/mcpb/manifest.json").read_text("utf-8"))["version"]
    dependencies = "".join(f"    {json.dumps(each)},\n" for each in project["dependencies"])
    return (
        f'[project]\nname = "textrequest-mcp-bundle"\nversion = "{version}"\n'
        f'requires-python = "{project["requires-python"]}"\ndependencies = [\n{dependencies}]\n\n'
        "[tool.uv]\npackage = false\n"
    )


def icon() -> bytes:
    """The server's speech bubble as a PNG of 512 x 512, without a program that draws."""
    rows = b"".join(b"\0" + _row(y) for y in range(_SIZE))
    header = struct.pack(">IIBBBBB", _SIZE, _SIZE, 1, 3, 0, 0, 0)  # one bit a pixel, of two colours
    colours = bytes([0, 0, 0, 0x11, 0x66, 0xAA])
    chunks = [
        (b"IHDR", header),
        (b"PLTE", colours),
        (b"tRNS", bytes([0, 255])),
        (b"IDAT", zlib.compress(rows, 0)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _row(y: int) -> bytes:
    """As app.py draws it on eight by eight: a box six high, and below it a tail from 2 to 4 that comes to a point."""
    unit = _SIZE // 8
    if y < 6 * unit:
        pixels = [_BLUE] * _SIZE
    else:
        end = 4 * unit - (y - 6 * unit)  # at the box 4 units, at the bottom 2
        pixels = [_BLUE if 2 * unit <= x < end else _NOTHING for x in range(_SIZE)]
    return bytes(sum(bit << (7 - at) for at, bit in enumerate(pixels[x : x + 8])) for x in range(0, _SIZE, 8))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    built = build(ROOT / "dist")
    sys.stdout.write(f"{built}\nsha256 {hashlib.sha256(built.read_bytes()).hexdigest()}\n")

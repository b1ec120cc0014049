"""Pictures for texts: a file of one named folder, or an https address; known by their bytes, and uploaded once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread

from textrequest_mcp.ground.quoting import quoted
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.errors import BadInput, TextRequestError
from textrequest_mcp.upstream.fetched import MOST_BYTES, Fetcher, too_large
from textrequest_mcp.upstream.request import File

# What a file begins with, at which byte, and the kind that the service takes it as (wire-facts, mms_media).
_KINDS: Sequence[tuple[bytes, int, str, str]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png", "png"),
    (b"\xff\xd8\xff", 0, "image/jpeg", "jpeg"),
    (b"GIF87a", 0, "image/gif", "gif"),
    (b"GIF89a", 0, "image/gif", "gif"),
    (b"ftyp", 4, "video/mp4", "mp4"),
)
_HEAD = 16


class Pictures:
    """The pictures that texts of one account may have.

    Args:
        folder: where files may lie; None for nowhere.
        fetcher: fetches addresses.
    """

    def __init__(self, folder: Path | None, fetcher: Fetcher) -> None:
        self._folder = folder
        self._fetcher = fetcher

    async def shown(self, picture: str) -> str:
        """How a question names a picture: a file with its kind and size; an address, which nobody fetches before a yes.

        Raises:
            BadInput: there is no such picture.
        """
        if _is_address(picture):
            return f"the picture at {quoted(picture, 300)}"
        file = await anyio.to_thread.run_sync(self._file, picture)
        size, head = await anyio.to_thread.run_sync(_look, file)
        _, ending = _kind(head)
        return f"the picture {quoted(file.name)} of this machine ({ending.upper()}, {max(1, size // 1000)} kB)"

    async def uploaded(self, api: Api, picture: str) -> str:
        """Upload a picture, and answer the address that a text may have.

        Raises:
            BadInput: there is no such picture, or it is none.
            TextRequestError: it cannot be uploaded; then no text went out.
        """
        if _is_address(picture):
            content = await self._fetcher.get(picture)
        else:
            content = await anyio.to_thread.run_sync(self._file(picture).read_bytes)
        if len(content) > MOST_BYTES:
            raise too_large()
        kind, ending = _kind(content[:_HEAD])
        answer: Any = await api.upload("mms", file=File(f"picture.{ending}", kind, content))
        address = answer.get("url") if isinstance(answer, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
        if not isinstance(address, str) or not address:
            raise TextRequestError(
                "Text Request did not say where it stored the picture.", changed="No text went out.", todo="Try again."
            )
        return address

    def _file(self, name: str) -> Path:
        if self._folder is None:
            raise BadInput(
                "No folder of pictures is set.",
                todo="Give an https address, or ask the person who runs this server to set TEXTREQUEST_PICTURES.",
            )
        folder = self._folder.resolve()
        file = (folder / name).resolve()  # follows links, so that none leads out of the folder
        if not file.is_relative_to(folder) or not file.is_file() or file.name.startswith("."):
            there = sorted(each.name for each in folder.glob("*") if each.is_file() and not each.name.startswith("."))
            raise BadInput(
                "There is no such file in the folder of pictures.",
                todo=f"There are: {', '.join(there[:20]) or 'none'}.",
            )
        return file


def _is_address(picture: str) -> bool:
    return "://" in picture


def _look(file: Path) -> tuple[int, bytes]:
    with file.open("rb") as opened:
        head = opened.read(_HEAD)
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise too_large()
    return size, head


def _kind(head: bytes) -> tuple[str, str]:
    """The kind of a picture by its first bytes, whatever its name says."""
    for mark, at, kind, ending in _KINDS:
        if head[at : at + len(mark)] == mark:
            return kind, ending
    raise BadInput("That is no PNG, JPEG, GIF or MP4, whatever its name says.", todo="Give one of these.")

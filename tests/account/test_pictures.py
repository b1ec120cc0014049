"""Pictures: from a folder or an https address, known by their bytes, shown first, uploaded by the server."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.desk import LINE, MARIA, Desk, agrees, call, declines, open_desk, refusal, said

from textrequest_mcp.account.pictures import Pictures
from textrequest_mcp.upstream.fetched import MOST_BYTES, Fetcher

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 3000
TEXT: dict[str, Any] = {"phone_number": MARIA, "body": "Here it is."}


def sent_media(desk: Desk) -> list[str]:
    """What the newest text to the person has with it, as the service keeps it."""
    return desk.sandbox.lines[LINE].contacts[MARIA.removeprefix("+")].messages[-1].media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    (made / "menu.png").write_bytes(PNG)
    (made / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    (made / "fake.png").write_bytes(b"MZ this is a program")
    (made / "large.gif").write_bytes(b"GIF89a" + b"0" * MOST_BYTES)
    (made / ".hidden.png").write_bytes(PNG)
    (tmp_path / "secret.png").write_bytes(PNG)
    os.symlink(tmp_path / "secret.png", made / "link.png")
    return made


@pytest.mark.parametrize(("name", "kind", "size"), [("menu.png", "PNG", 3), ("film.mp4", "MP4", 1)])
async def test_a_file_is_shown_and_goes_with_the_text(folder: Path, name: str, kind: str, size: int):
    person = agrees()
    async with open_desk(pictures=folder) as desk, desk.host(person) as host:
        said(await call(host, "send_message", **TEXT, picture=name))
        again = said(await call(host, "send_message", **TEXT, picture=name))

        [question] = [each.message for each in person.questions]
        assert question.startswith("A picture goes with it.")
        assert f'with the picture "{name}" of this machine ({kind}, {size} kB)' in question.replace("'", '"')
        assert next(accepted.path for accepted in desk.sandbox.journal) == "/mms"
        assert sent_media(desk) == list(desk.sandbox.media)
        assert again["duplicate_suppressed"]
        assert len(desk.changes) == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fake.png", "no PNG, JPEG, GIF or MP4"),
        ("large.gif", "more than 5 MB"),
        ("link.png", "no such file"),
        ("../secret.png", "There are: fake.png, film.mp4, large.gif"),
        (".hidden.png", "no such file"),
        ("/etc/passwd", "no such file"),
        ("none.png", "no such file"),
    ],
)
async def test_what_is_no_picture_of_the_folder_is_refused_before_anybody_is_asked(
    folder: Path, name: str, sentence: str
):
    person = agrees()
    async with open_desk(pictures=folder) as desk, desk.host(person) as host:
        assert sentence in refusal(await call(host, "send_message", **TEXT, picture=name))

        assert (person.questions, desk.changes) == ([], [])


async def test_without_a_folder_no_file_goes(folder: Path):
    async with open_desk() as desk, desk.host(agrees()) as host:
        assert "TEXTREQUEST_PICTURES" in refusal(await call(host, "send_message", **TEXT, picture="menu.png"))


async def test_an_address_is_fetched_only_after_a_yes():
    asked: list[str] = []

    async def resolve(_: str) -> Sequence[str]:
        asked.append("resolve")
        return ["93.184.216.34"]

    net = httpx2.MockTransport(lambda _: httpx2.Response(200, content=PNG))
    person, no = agrees(), declines()
    async with open_desk() as desk:
        desk.account.pictures = Pictures(None, Fetcher(resolve=resolve, transport=net))
        async with desk.host(no) as host:
            said(await call(host, "send_message", **TEXT, picture="https://pictures.example/a"))
            assert asked == []
        async with desk.host(person) as host:
            answer = said(await call(host, "send_message", **TEXT, picture="https://pictures.example/a"))

        assert "with the picture at 'https://pictures.example/a'" in person.questions[0].message
        assert answer["outcome"] == "sent"
        assert sent_media(desk)[0].endswith(".png")


async def test_an_upload_that_says_nothing_sends_nothing(folder: Path):
    async with open_desk(pictures=folder) as desk:

        async def nothing(*_: Any, **__: Any) -> None:
            return None

        desk.account.api.upload = nothing
        async with desk.host(agrees()) as host:
            sentence = refusal(await call(host, "send_message", **TEXT, picture="menu.png"))

        assert "No text went out." in sentence
        assert desk.changes == []


async def test_a_lost_answer_is_found_by_its_words_and_any_picture(folder: Path):
    async with open_desk(pictures=folder) as desk, desk.host(agrees()) as host:
        inner: Any = desk.account.api._connection._transport  # pyright: ignore[reportPrivateUsage]
        lost = False
        handle = inner.handle_async_request

        async def lose(request: httpx2.Request) -> httpx2.Response:
            nonlocal lost
            answer = await handle(request)
            if request.url.path.endswith("/messages") and request.method == "POST" and not lost:
                lost = True
                raise httpx2.ReadError("lost")
            return answer

        inner.handle_async_request = lose
        answer = said(await call(host, "send_message", **TEXT, picture="menu.png"))

        assert answer["outcome"] == "sent"
        assert len(desk.changes) == 2

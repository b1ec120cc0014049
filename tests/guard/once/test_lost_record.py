"""After the state was lost: the first answers say so, and a person is asked before what may be a repetition."""

from pathlib import Path

import pytest
from tests.desk import MARIA, said
from tests.guard.once.test_clocks import Dated, send, start, way

from textrequest_mcp.ground.store import FILE_NAME

__all__ = ["way"]
MINUTE = 60.0


def lose(folder: Path) -> None:
    for file in folder.iterdir():
        if file.name.startswith(FILE_NAME):
            file.unlink()


async def test_r8_a_lost_state_is_told_in_the_first_answers_and_the_next_send_asks(
    tmp_path: Path, way: Dated, caplog: pytest.LogCaptureFixture
):
    async with start(tmp_path, way) as desk:
        await send(desk)
        lose(tmp_path)
        read = await desk.call("list_messages", phone_number=MARIA)
        asked = await send(desk)
        again = await send(desk, confirmation=asked["confirmation"])
    assert "The record of earlier sends was lost" in str(read.content)
    assert asked["outcome"] == "confirmation_required"
    assert "The record of earlier sends was lost" in asked["message"]
    assert (again["outcome"], way.posts) == ("sent", 2)
    assert "was removed, emptied or replaced" in caplog.text


async def test_r8_before_a_new_start_too_until_a_person_agreed_after_the_window(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        await send(desk)
    lose(tmp_path)
    async with start(tmp_path, way) as desk:
        asked = await send(desk)
        assert (await send(desk, confirmation=asked["confirmation"]))["outcome"] == "sent"
        assert (await send(desk, body="Another."))["outcome"] == "confirmation_required", (
            "it can be a repetition as well"
        )
    way.time.forward(11 * MINUTE)
    async with start(tmp_path, way) as desk:
        asked = await send(desk, body="Another.")
        assert asked["outcome"] == "confirmation_required", "nobody has agreed since"
        assert (await send(desk, body="Another.", confirmation=asked["confirmation"]))["outcome"] == "sent"
        assert (await send(desk, body="A third."))["outcome"] == "sent"


async def test_r8_it_is_said_in_three_answers_and_not_in_every_one(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        await send(desk)
    lose(tmp_path)
    async with start(tmp_path, way) as desk:
        answers = [await desk.call("list_dashboards") for _ in range(5)]

    assert [len(answer.content) for answer in answers] == [2, 2, 2, 1, 1]
    assert all(said(answer) for answer in answers)


async def test_r8_a_first_start_says_nothing_and_asks_nobody(tmp_path: Path, way: Dated):
    async with start(tmp_path, way) as desk:
        assert len((await desk.call("list_dashboards")).content) == 1
        assert (await send(desk))["outcome"] == "sent"

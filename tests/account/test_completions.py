"""Completions: lines, numbers and payments suggested while a person types."""

from pathlib import Path

import httpx2
import pytest
from mcp_types import Completion, PromptReference, ResourceTemplateReference
from tests.desk import ARCHIVED, DEVON, MARIA, Desk, open_desk

PROMPT = PromptReference(name="draft_reply")
TEMPLATE = ResourceTemplateReference(uri="textrequest://dashboards/{dashboard_id}/payments/{payment_id}")


async def complete(desk: Desk, name: str, typed: str, line: str | None = "121") -> Completion:
    async with desk.host() as host:
        given = {"dashboard_id": line} if line else None
        reference = TEMPLATE if name == "payment_id" else PROMPT
        return (await host.complete(reference, {"name": name, "value": typed}, given)).completion


@pytest.mark.parametrize(
    ("typed", "lines"),
    [("", ["121", "122", "123"]), ("12", ["121", "122", "123"]), ("123", ["123"]), ("serv", ["122"]), ("9", [])],
)
async def test_a_line_is_suggested_by_id_or_by_a_part_of_its_name(desk: Desk, typed: str, lines: list[str]):
    assert (await complete(desk, "dashboard_id", typed, line=None)).values == lines


@pytest.mark.parametrize("typed", ["42355501", "+1 (423) 555-01", "1423555010"])
async def test_a_number_is_suggested_by_its_first_digits(desk: Desk, typed: str):
    values = (await complete(desk, "phone_number", typed)).values

    assert {MARIA, DEVON} <= set(values)
    assert all(value.startswith("+142355501") for value in values)


@pytest.mark.parametrize(("typed", "number"), [("mari", MARIA), ("Lopez", MARIA), ("peggy", ARCHIVED)])
async def test_a_number_is_suggested_by_a_part_of_the_name(desk: Desk, typed: str, number: str):
    assert (await complete(desk, "phone_number", typed)).values == [number]


async def test_a_long_list_is_cut_and_does_not_claim_to_be_all(desk: Desk):
    suggested = await complete(desk, "phone_number", "")

    assert len(suggested.values) == 20
    assert (suggested.has_more, suggested.total) == (True, None)


async def test_a_payment_is_suggested_by_the_start_of_its_id(desk: Desk):
    assert (await complete(desk, "payment_id", "2501")).values == ["2501"]


@pytest.mark.parametrize("line", [None, "x", "999", "\uff11\uff12\uff11"])
async def test_without_a_good_line_nothing_is_suggested(desk: Desk, line: str | None):
    assert (await complete(desk, "phone_number", "mari", line)).values == []


@pytest.mark.parametrize("line", ["x", "0", "-121", "121.0", "9" * 19, "9" * 10_000, "\uff11\uff12\uff11"])
async def test_an_odd_line_suggests_nothing_not_even_from_the_default_line(line: str):
    async with open_desk(dashboard_id=121) as desk:
        assert (await complete(desk, "phone_number", "mari", line)).values == []


@pytest.mark.parametrize("typed", ["+42355501", "+44 20", "1+42355501", "++142355501"])
async def test_the_start_of_a_number_of_another_country_is_not_taken_for_one_of_here(desk: Desk, typed: str):
    assert (await complete(desk, "phone_number", typed)).values == []


@pytest.mark.parametrize("typed", ["*", "\ud83d", "x" * 500])
async def test_what_finds_nothing_suggests_nothing(desk: Desk, typed: str):
    assert (await complete(desk, "phone_number", typed)).values == []


async def test_an_argument_without_suggestions_has_none(desk: Desk):
    assert (await complete(desk, "amount", "4")).values == []


async def test_the_default_line_is_used_where_none_was_chosen():
    async with open_desk(dashboard_id=121) as desk:
        assert (await complete(desk, "phone_number", "mari", line=None)).values == [MARIA]


class Dead(httpx2.AsyncBaseTransport):
    """Nobody is there."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)


async def test_a_service_that_is_away_suggests_nothing(monkeypatch: pytest.MonkeyPatch):
    async with open_desk(transport=Dead()) as desk:
        monkeypatch.setattr(desk.account.api, "_sleep", at_once)

        assert (await complete(desk, "dashboard_id", "")).values == []


async def test_r19_without_a_usable_store_lines_are_still_suggested(tmp_path: Path):
    (tmp_path / "file").touch()

    async with open_desk(state_dir=tmp_path / "file") as desk:
        assert (await complete(desk, "dashboard_id", "")).values == ["121", "122", "123"]


async def at_once(_: float) -> None:
    pass

"""Answers of the service, read leniently: what does not read is missing, and no odd field spoils the rest."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from textrequest_mcp.tools.answers import (
    Answer,
    Codes,
    Flag,
    Kept,
    Listing,
    Money,
    Name,
    Phone,
    Text,
    Time,
    Whole,
    Wholes,
)
from textrequest_mcp.upstream.errors import Unreadable


@pytest.mark.parametrize(
    ("kind", "came", "shown"),
    [
        (Text, "José", "José"),
        (Text, 5, "5"),
        (Text, None, None),
        (Text, "cut \ud83d", "cut \ufffd"),
        (Text, "\ud83d\ude00", "😀"),
        (Text, "a\u200bb\x1b[31m\r\nc", "ab\nc"),
        (Text, "\u200b" * 9 + "x" * 5000, "x" * 5000),
        (Text, "x" * 5001, "x" * 4999 + "…"),
        (Name, "x" * 201, "x" * 199 + "…"),
        (Name, None, None),
        (Kept, "a\u200bb\ud83d" + "x" * 6000, "a\u200bb\ufffd" + "x" * 6000),
        (Kept, None, None),
        (Codes, ["a\u200b", None, 5], ["a", "5"]),
        (Codes, "a", None),
        (Flag, True, True),
        (Flag, "false", False),
        (Flag, "perhaps", None),
        (Flag, None, None),
        (Whole, 5, 5),
        (Whole, "5", 5),
        (Whole, True, None),
        (Whole, "five", None),
        (Whole, 5.5, None),
        (Wholes, [1, "2", None, "x"], [1, 2]),
        (Wholes, {"a": 1}, None),
        (Money, 220.5, "220.50"),
        (Money, "1", "1.00"),
        (Money, 0.285, "0.28"),
        (Money, "NaN", None),
        (Money, float("inf"), None),
        (Money, True, None),
        (Phone, "14235550123", "+14235550123"),
        (Phone, "(423) 555-0123", "+14235550123"),
        (Phone, "short code", "short code"),
        (Phone, "short\u202e code", "short code"),
        (Phone, 5, None),
        (Time, "2026-11-20T15:04:05.1234567", "2026-11-20T15:04:05Z"),
        (Time, "2026-11-20T15:04:05+02:00", "2026-11-20T13:04:05Z"),
        (Time, False, None),
        (Time, "soon", None),
    ],
)
def test_a_value_reads_in_one_form_or_not_at_all(kind: Any, came: object, shown: object):
    adapter = TypeAdapter[Any](kind)

    assert adapter.dump_python(adapter.validate_python(came), mode="json") == shown


class Noun(Answer):
    """Something with a name."""

    name: Text = None


class Nouns(Listing):
    """A page of them."""

    items: list[Noun] = Field(default_factory=list[Noun])


def shown(answer: BaseModel) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize("came", [[], "ok", 5, None, True])
def test_what_is_no_record_claims_nothing_about_what_changed(came: object):
    with pytest.raises(Unreadable, match="whether a change took effect is unknown"):
        Noun.model_validate(came)


def test_fields_nobody_knows_are_passed_over():
    assert shown(Noun.model_validate({"name": "a", "new": {"deep": 1}})) == {"name": "a"}


def test_a_page_says_what_was_used_and_what_comes_next():
    came = {"items": [{"name": "a"}], "meta": {"page": 0, "page_size": 1, "total_items": 2}}

    assert shown(Nouns.of(came, page=0, page_size=5000)) == {
        "page": 0,
        "page_size": 1,
        "total_items": 2,
        "next_page": 1,
        "items": [{"name": "a"}],
    }


def test_an_item_that_is_no_record_is_left_out():
    assert shown(Nouns.of({"items": [None, {"name": "a"}, "b"]}, page=0, page_size=25))["items"] == [{"name": "a"}]


@pytest.mark.parametrize("answer", [None, {"items": [], "meta": {"page": 3, "total_items": 0}}])
def test_a_page_past_the_end_has_a_sentence(answer: object):
    assert (Nouns.of(answer, page=3, page_size=25).note or "").startswith("Page 3 is past the end")


def test_nothing_on_the_first_page_is_just_empty():
    assert shown(Nouns.of(None, page=0, page_size=25)) == {"page": 0, "page_size": 25, "total_items": 0, "items": []}

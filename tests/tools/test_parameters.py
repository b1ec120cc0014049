"""Arguments in every spelling that hosts use, read into one."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from textrequest_mcp.tools.parameters import (
    Dollars,
    Id,
    Instant,
    Labels,
    ListedNumber,
    LocalTime,
    Number,
    WebAddress,
    Words,
    in_order,
    is_empty,
    only_given,
    slip,
)
from textrequest_mcp.upstream.errors import BadInput

ONE, TWO = "0a1b2c3d-0000-4000-8000-00000000beef", "0A1B2C3D-0000-4000-8000-00000000CAFE"


def read(kind: Any, value: object) -> Any:
    return TypeAdapter[Any](kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "given", "meant"),
    [
        (Id, 121, 121),
        (Id, "121", 121),
        (Id, " 121 ", 121),
        (Id, 121.0, 121),
        (Number, "(423) 555-0123", "+14235550123"),
        (Number, 4235550123, "+14235550123"),
        (Labels, [1, "2"], ["1", "2"]),
        (Labels, "1, 2,", ["1", "2"]),
        (Labels, "[1, 2]", ["1", "2"]),
        (Labels, 1, ["1"]),
        (Labels, [], []),
        (Labels, "[]", []),
        (Labels, ONE, [ONE]),
        (Labels, f"{ONE}, {TWO}", [ONE, TWO]),
        (Labels, f'["{ONE}"]', [ONE]),
        (Labels, " Fleet customers ", ["Fleet customers"]),
        (Dollars, "49.5", Decimal("49.50")),
        (Dollars, "$49.50", Decimal("49.50")),
        (Dollars, 0.1, Decimal("0.10")),
        (Dollars, 99_999_999.99, Decimal("99999999.99")),
        (Dollars, "1e2", Decimal("100.00")),
        (Instant, "2026-11-20", "2026-11-20T00:00:00Z"),
        (Instant, "2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00Z"),
        (Instant, "2026-11-20T10:00:00.999999Z", "2026-11-20T10:00:00Z"),
        (Instant, "0001-01-01", "0001-01-01T00:00:00Z"),
        (LocalTime, "2026-11-20", "2026-11-20T00:00:00"),
        (LocalTime, " 2026-11-20 10:30 ", "2026-11-20T10:30:00"),
        (LocalTime, "0099-01-01", "0099-01-01T00:00:00"),
        (LocalTime, "2026-11-20T10:00:00-05:00", "2026-11-20T15:00:00Z"),
        (LocalTime, "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        (Number, 14235550123.0, "+14235550123"),
        (Number, "4235550123.0", "+14235550123"),
        (ListedNumber, "(423) 555-0123", "+14235550123"),
        (ListedNumber, 40404, "40404"),
        (ListedNumber, "GOOGLE", "GOOGLE"),
        (ListedNumber, 447911123456, "447911123456"),
        (WebAddress, "https://shop.example/a?b=c", "https://shop.example/a?b=c"),
        (Words, "👩‍🔧 \x00 stays", "👩‍🔧 \x00 stays"),
    ],
)
def test_each_usual_spelling_is_read(kind: Any, given: object, meant: object):
    assert read(kind, given) == meant


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Id, "9" * 19),
        (Id, "1e3"),
        (Id, float("inf")),
        (Dollars, "100000000"),
        (Dollars, Decimal("sNaN")),
        (Dollars, b"5"),
        (Instant, None),
        (Instant, "1712101530000"),
        (Instant, 1712101530),
        (LocalTime, "1712101530"),
        (LocalTime, "20261120"),
        (LocalTime, "0001-01-01T00:00:00+05:00"),
        (Number, 40404),
        (Number, "GOOGLE"),
        (Number, 4235550123.5),
        (Number, float("inf")),
        (WebAddress, "javascript:alert(1)"),
        (WebAddress, "https://"),
        (Labels, [""]),
        (Labels, [True]),
        (Labels, [1.5]),
    ],
)
def test_what_could_mean_anything_is_refused(kind: Any, given: object):
    with pytest.raises(ValidationError):
        read(kind, given)


@pytest.mark.parametrize("words", ["null", " None ", "undefined", "N/A"])
def test_d10_a_search_for_a_slip_is_told(words: str):
    said = f'search is the word "{words.strip()}", and that was looked for; leave it out to search for nothing.'

    assert slip("search", words) == said


@pytest.mark.parametrize("words", [None, "", "Nullman", "nothing"])
def test_d10_any_other_search_needs_no_note(words: str | None):
    assert slip("search", words) is None


@pytest.mark.parametrize("nothing", [None, "", "  \t", "\u200b", [], {}])
def test_d6_nothing_is_nothing(nothing: object):
    assert is_empty(nothing)


@pytest.mark.parametrize("something", ["x", 0, False, [None], {"a": None}])
def test_d6_what_says_something_is_not_empty(something: object):
    assert not is_empty(something)


def test_a_range_may_be_open_or_a_single_moment():
    in_order(None, "2026-01-01", "x")
    in_order("2026-01-01", None, "x")
    in_order("2026-01-01", "2026-01-01", "x")


def test_times_by_two_clocks_are_not_compared():
    in_order("2026-01-02T00:00:00", "2026-01-01T23:00:00Z", "x")


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(BadInput, match=r"The range x ends before it starts\."):
        in_order("2026-01-02", "2026-01-01", "x")


def test_only_what_was_given_is_kept():
    assert only_given(a=None, b="", c=[], d=False, e=0) == {"b": "", "c": [], "d": False, "e": 0}

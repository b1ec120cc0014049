"""A page of a list is read from whatever the service sends, and never promises a next page that is not there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrequest_mcp.upstream.errors import Unreadable
from textrequest_mcp.upstream.page import Page, read_page

ITEM = {"id": 1}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["items", "meta"]) | st.text(), inner),
    max_leaves=8,
)


def meta(page: Any, size: Any, total: Any) -> dict[str, Any]:
    return {"page": page, "page_size": size, "total_items": total}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"items": [ITEM] * 2, "meta": meta(1, 2, 5)}, Page([ITEM] * 2, 1, 2, 5, 2)),
        ({"items": [ITEM], "meta": meta(1, 2, 3)}, Page([ITEM], 1, 2, 3, None)),
        ({"items": [ITEM] * 2, "meta": meta(0, 2, 2)}, Page([ITEM] * 2, 0, 2, 2, None)),
        ({"items": [], "meta": meta(9, 2, 5)}, Page([], 9, 2, 5, None)),
    ],
    ids=["in the middle", "at the end", "an exact end", "past the end"],
)
def test_the_services_own_size_and_total_decide_whether_there_is_more(answer: object, expected: Page):
    assert read_page(answer, page=expected.page, page_size=25) == expected


@pytest.mark.parametrize("said", [0, 1, 7, -1])
def test_the_page_is_the_one_that_was_asked_for_whatever_the_service_says(said: int):
    """A service that always says page 0 must not make page 1 the next one for ever."""
    answer = {"items": [ITEM] * 2, "meta": meta(said, 2, 6)}

    assert [read_page(answer, page=page, page_size=2).next_page for page in range(3)] == [1, 2, None]


def test_a_size_that_the_service_clamped_is_the_one_that_counts():
    clamped = read_page({"items": [ITEM] * 3, "meta": meta(0, 3, 4)}, page=0, page_size=5000)

    assert (clamped.page_size, clamped.next_page) == (3, 1)


@pytest.mark.parametrize("about", [{}, None, [], "50", meta(None, None, None), meta(False, True, "5")])
def test_without_usable_numbers_a_full_page_may_have_another_after_it(about: object):
    full = read_page({"items": [ITEM] * 2, "meta": about}, page=3, page_size=2)
    short = read_page({"items": [ITEM], "meta": about}, page=3, page_size=2)

    assert full == Page([ITEM] * 2, 3, 2, None, 4)
    assert short == Page([ITEM], 3, 2, None, None)


def test_nothing_at_all_is_an_empty_list_whose_total_is_known_only_on_the_first_page():
    assert read_page(None, page=0, page_size=25) == Page([], 0, 25, 0, None)
    assert read_page(None, page=2, page_size=25) == Page([], 2, 25, None, None)


def test_a_bare_array_is_the_whole_list():
    assert read_page([ITEM, ITEM], page=0, page_size=1) == Page([ITEM, ITEM], 0, 2, 2, None)


@pytest.mark.parametrize("answer", [{}, {"items": None}, {"items": [], "meta": None}])
def test_an_object_without_items_is_an_empty_page(answer: object):
    assert read_page(answer, page=0, page_size=25).items == []


@pytest.mark.parametrize("answer", ["items", 5, True, {"items": {"id": 1}}, {"items": "none"}])
def test_what_is_no_list_is_said_to_be_none(answer: object):
    with pytest.raises(Unreadable, match=r"not a list\. .* whether a change took effect is unknown\."):
        read_page(answer, page=0, page_size=25)


@settings(deadline=None)  # a busy machine is no fault
@given(JSON, st.integers(0, 9), st.integers(1, 1000))
def test_any_json_gives_a_page_or_a_plain_sentence(answer: object, page: int, page_size: int):
    try:
        read = read_page(answer, page=page, page_size=page_size)
    except Unreadable:
        return
    assert read.next_page is None or (read.items and read.next_page == read.page + 1)

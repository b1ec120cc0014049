"""A phone number is found however its digits are written; dates and orders are none."""

# ruff: noqa: RUF001 - letters that look like others are what is tested

import pytest

from textrequest_mcp.guard.provenance.disguises import forms
from textrequest_mcp.guard.provenance.phone_mentions import all_numbers, meant_numbers, same_number

NUMBER = "+14235550177"
WAYS = """
423-555-0177
(423) 555-0177
423.555.0177
423 555 0177
4235550177
+1 423 555 0177
1-423-555-0177
+14235550177
tel:+14235550177
call4235550177now
4 2 3 . 5 5 5 . 0 1 7 7
4-2-3-5-5-5-0-1-7-7
423 / 555 / 01 77
four two three five five five zero one seven seven
four-two-three 555 oh one seven seven
fourtwothree five five five 0177
4two3 555 0177
four twenty three, triple five, zero one double seven
423 dash 555 dash 0177
423 then 555 then 0177
42three-555-0177
423-555-O177
423-555-o l 7 7
4235550l77
cuatro dos tres cinco cinco cinco cero uno siete siete
cuatro-dos-tres 555 cero uno setenta y siete
four hundred? no: 423, 555, 0177
423 (555) 01-77
４２３－５５５－０１７７
4\u200b2\u200b3\u200b5550177
٤٢٣٥٥٥٠١٧٧
7710-555-324
""".strip().splitlines()


@pytest.mark.parametrize("way", WAYS)
def test_a_number_is_found_however_it_is_written(way: str):
    found = {number for form in forms(f"Text {way} please") for number in all_numbers(form.text)}

    assert NUMBER in found


@pytest.mark.parametrize(
    "words",
    [
        "See you 2026-05-28 14:30 for 12 people",
        "on 2026-05-28 14 people",
        "from 05/28/2026 10:30 to 06/01/2026",
        "order 123456789012",
        "order 20260528",
        "invoice 1042",
        "$423, 555 and 0177 and 4 more",
        "at 5 with 3",
        "one or two or three of them",
        "1234567890",
        "4231550177",
        "one two three",
        "",
    ],
)
def test_dates_times_and_orders_are_no_numbers(words: str):
    assert meant_numbers(words) == frozenset()


@pytest.mark.parametrize(
    "way", ["423-555-0177", "+1 (423) 555 0177", "four two three 555 0177", "1 4 2 3 5 5 5 0 1 7 7"]
)
def test_a_number_that_is_said_clearly_is_meant(way: str):
    assert meant_numbers(f"call {way} now") == {NUMBER}


def test_a_number_without_area_code_is_found_and_fits_each_that_ends_so():
    assert meant_numbers("call 555-0177") == all_numbers("call 555-0177") == {"5550177"}
    assert same_number(NUMBER, "5550177")
    assert same_number("5550177", NUMBER)
    assert not same_number(NUMBER, "+16155550177")
    assert not same_number("5550178", NUMBER)


def test_seven_digits_that_start_no_number_are_none():
    assert meant_numbers("call 155-0177") == all_numbers("call 155-0177") == frozenset()


def test_digits_far_apart_or_with_words_between_are_not_one_number():
    assert all_numbers("423 ........ 555 people 0177 and 1234") == frozenset()

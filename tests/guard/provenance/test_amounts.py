"""Amounts are found in cents, in figures and in words."""

import pytest

from textrequest_mcp.guard.provenance.amounts import amounts, bare_amounts


@pytest.mark.parametrize(
    ("words", "cents"),
    [
        ("$1,200.50", {120050}),
        ("1200.5 dollars", {120050}),
        ("usd 50", {5000}),
        ("50 usd.", {5000}),
        ("50 bucks", {5000}),
        ("50$ now", {5000}),
        ("$ 50.", {5000}),
        ("us$50", {5000}),
        ("$1.2k", {120000}),
        ("2k dollars", {200000}),
        ("$50 or $60", {5000, 6000}),
        ("fifty bucks", {5000}),
        ("twelve hundred dollars", {120000}),
        ("one hundred and five dollars", {10500}),
        ("twenty-five dollars", {2500}),
        ("50 dolares o cien dolares", {5000, 10000}),
        ("the dollar store at 5", set[int]()),
        ("no signs 50", set[int]()),
        ("call 423-555-0177, bucks county", set[int]()),
    ],
)
def test_an_amount_is_found(words: str, cents: set[int]):
    assert amounts(words) == cents


@pytest.mark.parametrize(
    ("words", "cents"),
    [
        ("120 for both", {12000}),
        ("charge me 1,200.50.", {120050}),
        ("$50", {5000}),
        ("3 dogs", set[int]()),
        ("at 10:30 on 5/28", set[int]()),
        ("2026-05-28 and 423-555-0177", set[int]()),
        ("unit #12 or b12 or 50% or 3.1415", set[int]()),
    ],
)
def test_a_number_alone_can_be_an_amount(words: str, cents: set[int]):
    assert bare_amounts(words) == cents

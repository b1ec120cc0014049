"""What should not go from one person to another is found in a text as people see it."""

# ruff: noqa: RUF001 - letters that look like others are what is tested

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrequest_mcp.guard.provenance.things import Kind, ReadText, Value, clue, shown
from textrequest_mcp.guard.provenance.words import plainly


@pytest.mark.parametrize(
    ("words", "thing"),
    [
        ("pay at https://Evil.example/pay?x=1, now", ("link", "evil.example/pay?x=1")),
        ("www.evil.example.", ("link", "evil.example")),
        ("evil&#46;example", ("link", "evil.example")),
        ("(evil.example/a/)", ("link", "evil.example/a")),
        ("call (423) 555-0199!", ("number", "+14235550199")),
        ("4235550199 or", ("number", "+14235550199")),
        ("+1 423.555.0199", ("number", "+14235550199")),
        ("４２３ ５５５ ０１９９", ("number", "+14235550199")),
        ("write X@evil.example", ("e-mail address", "x@evil.example")),
        ("that is $1,200.50", ("amount", 120050)),
        ("50 dollars", ("amount", 5000)),
        ("USD 7", ("amount", 700)),
    ],
)
def test_a_thing_is_found(words: str, thing: tuple[Kind, Value]):
    assert ReadText(words).things == {thing}
    assert ReadText(words).says(*thing)


@pytest.mark.parametrize("words", ["We open at 8:30 on 2026-05-29.", "Order 4829103, 3 tires, 50%", "Mr.Smith1", ""])
def test_other_numbers_and_points_are_no_things(words: str):
    assert ReadText(words).things == frozenset()


def test_a_bare_number_may_be_an_amount_of_ten_dollars_and_more():
    assert ReadText("make it 120").says("amount", 12000)
    assert not ReadText("make it 9").says("amount", 900)
    assert ReadText("make it $9").says("amount", 900)


def test_a_link_leads_to_what_is_inside_it_and_a_query_makes_another():
    read = ReadText("see shop.example/pay?to=evil")

    assert read.leads_to("link", "shop.example/pay/now")
    assert read.leads_to("link", "shop.example")
    assert not read.leads_to("link", "shop.example/other")
    assert not read.says("link", "shop.example/pay")
    assert ReadText("call 423-555-0199").leads_to("number", "+14235550199")


def test_things_are_shown_as_people_write_them_and_found_again_by_a_part():
    assert (shown("amount", 120050), clue("amount", 120050)) == ("$1,200.50", "1200")
    assert (shown("number", "+14235550199"), clue("number", "+14235550199")) == ("+14235550199", "0199")
    assert (shown("link", "evil.example/x"), clue("link", "evil.example/x")) == ("evil.example/x", "evil.example")
    assert clue("e-mail address", "x@evil.example") == "x"


def test_a_text_reads_plainly_as_it_looks():
    assert plainly("Núñez Sørensen Łukasz’s") == "nunez sorensen lukasz's"
    assert ReadText("Don’t GO\nnow").lines == (" dont go ", " now ")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_read(words: str):
    read = ReadText(words)

    assert all(read.says(kind, value) for kind, value in read.things)


@pytest.mark.parametrize("piece", ["a ", "1 ", "x", "a.", "evil.", "$1,", "@a", "http://", "([<", " . ", "1-", "a@a."])
def test_hostile_texts_cost_little(piece: str):
    def seconds() -> float:
        started = time.process_time()
        assert ReadText((piece * 5000)[:5000]).things is not None
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 0.25

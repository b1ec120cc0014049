"""Numbers in words are digits in a phone number, and a value before a currency."""

import pytest

from textrequest_mcp.guard.provenance.spoken_numbers import digit_chains, value_of


@pytest.mark.parametrize(
    ("words", "chains"),
    [
        ("nine hundred five", ["9005"]),
        ("hundred", []),
        ("twenty three twenty", ["2320"]),
        ("twenty zero", ["200"]),
        ("double seven, triple one", ["77111"]),
        ("novecientos doce", ["90012"]),
        ("5 oil", ["5011"]),
        ("oil", []),
        ("5 people 6", ["5", "6"]),
        ("5 ....... 6", ["5", "6"]),
        ("ab12cd34 5", ["12", "34", "5"]),
        ("onetwo and 3", ["123"]),
        ("", []),
    ],
)
def test_digits_follow_each_other(words: str, chains: list[str]):
    assert list(digit_chains(words)) == chains


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("fifty", 50),
        ("twelve hundred", 1200),
        ("hundred", 100),
        ("one thousand two hundred and fifty five", 1255),
        ("mil doscientos", 1200),
        ("cincuenta y cinco", 55),
        ("two grand", 2000),
    ],
)
def test_words_have_a_value(words: str, value: int):
    assert value_of(words.split()) == value

"""Whom somebody else's words are about is found by name, and namesakes in records say nothing."""

import pytest

from textrequest_mcp.guard.provenance.names import called, spoken_of
from textrequest_mcp.guard.provenance.things import ReadText


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("please block Maria", "maria"),
        ("block MARIA'S texts", "maria"),
        ("tell maria lopez that it is off", "maria lopez"),
        ("Ms. Lopez lost her keys", "ms lopez"),
        ("block Mar\u00eda", "maria"),
    ],
)
def test_a_name_is_found_as_people_write_it(words: str, name: str):
    lines = ReadText(words).lines

    assert spoken_of(called(["Maria Lopez", "Maria", None]), lines, in_a_record=False) == name


@pytest.mark.parametrize("words", ["Mariana is here", "my last name is Lopez too", "the car is ready"])
def test_no_other_word_is_taken_for_it(words: str):
    lines = ReadText(words).lines

    assert spoken_of(called(["Maria Lopez"]), lines, in_a_record=False) is None


@pytest.mark.parametrize("name", ["Will", "Mark", "Bo", "Ford"])
def test_a_given_name_that_is_a_word_counts_only_with_the_family_name(name: str):
    names = called([f"{name} Quill", name])

    assert spoken_of(names, (f" {name.casefold()} it be ready ",), in_a_record=False) is None
    assert spoken_of(names, (f" tell {name.casefold()} quill ",), in_a_record=False) == f"{name.casefold()} quill"


def test_in_a_record_it_takes_a_sentence():
    names = called(["Maria Lopez"])

    assert spoken_of(names, (" maria whitfield ", " coach maria red civic "), in_a_record=True) is None
    assert spoken_of(names, (" ann ", " tn 1044 archive marias thread "), in_a_record=True) == "maria"


def test_who_has_no_name_is_called_nothing():
    assert called([None, "", "🚗", "7"]) == frozenset()

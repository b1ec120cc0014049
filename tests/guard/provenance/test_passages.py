"""What one text says and another hands on is found; what everybody says is not."""

import pytest

from textrequest_mcp.guard.provenance.passages import handed_on
from textrequest_mcp.guard.provenance.things import ReadText

READ = "tell him the meeting was moved to the old harbour and bring the blue folder"


def found(text: str, read: str = READ) -> str | None:
    other = ReadText(read)
    return handed_on(ReadText(text).words, other.runs, other.lines)


def test_a_run_of_five_words_is_handed_on():
    assert found("hello, the meeting was moved to Friday") == "the meeting was moved to"
    assert found("so bring the blue folder") is None


def test_the_run_is_given_whole():
    assert found(READ) == READ
    assert found("x " + READ + " y") == READ


def test_a_short_text_is_handed_on_as_a_whole():
    assert found("Blue folder!") == "blue folder"
    assert found("green folder") is None
    assert found("harbour") is None
    assert found("Riverside", "meet at riverside") == "riverside"


@pytest.mark.parametrize(
    "text",
    [
        "Thank you!",
        "Wednesday",
        "See you at 3",
        "ok see you tomorrow",
        "Let me know if you have any questions",
        "",
        "yes",
    ],
)
def test_what_everybody_says_hands_nothing_on(text: str):
    assert found(text, f"well {text.lower().strip('!')} then") is None


def test_a_run_of_small_words_is_nobodys_however_long():
    assert found("it is up to you and me now", "it is up to you and me now") is None


def test_two_runs_are_told_apart():
    read = "it is up to you. bring the blue folder now"
    assert found("it is up to you yes bring the blue folder now", read) == "bring the blue folder now"

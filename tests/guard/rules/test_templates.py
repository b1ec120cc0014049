"""Saved replies are read from a file, and where nothing else may leave, nothing else does."""

from pathlib import Path

import pytest
from tests.desk import LINE, MARIA
from tests.guard.rules.test_policy import policy_of
from tests.sandbox.service import Clock

from textrequest_mcp.guard.change import Change, PersonAndWords
from textrequest_mcp.guard.rules.forbidden import Forbidden
from textrequest_mcp.guard.rules.templates import (
    ONLY_TEMPLATES,
    Templates,
    blanks,
    filled,
    open_templates,
    read_templates,
)
from textrequest_mcp.guard.rules.words import check_words
from textrequest_mcp.upstream.errors import BadInput

FILE = "\ufeff[Ready]\nHi {first_name}, your {Vehicle} is ready.\n\n[hours]\n\nWe are open 8-6.\nSaturdays 9-1.\n"


def test_a_file_holds_texts_below_their_names():
    assert read_templates(FILE) == {
        "Ready": "Hi {first_name}, your {Vehicle} is ready.",
        "hours": "We are open 8-6.\nSaturdays 9-1.",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no saved reply"),
        ("Hello\n[a]\nb", "text before the first name"),
        ("[a]\nb\n[A]\nc", "two saved replies are called A"),
        ("[a]\n[b]\nc", "the saved reply a has no text"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, why: str):
    with pytest.raises(ValueError, match=why):
        read_templates(text)


def test_names_are_found_in_any_case_and_unknown_ones_list_those_there_are():
    templates = Templates(read_templates(FILE))

    assert templates.text(" ready ").startswith("Hi {first_name}")
    with pytest.raises(BadInput, match="Ready, hours"):
        templates.text("nope")
    with pytest.raises(BadInput, match="There are: none"):
        Templates().text("nope")


def test_blanks_are_filled_and_one_without_a_value_stays():
    assert blanks("{a} {b} {a}") == ["a", "b"]
    assert filled("{a} {b}", {"a": "1"}) == "1 {b}"


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("Hi Maria, your 2021 Toyota RAV4 is ready.", True),
        ("We are open 8-6.\nSaturdays 9-1.", True),
        ("Hi Maria, your 2021 Toyota RAV4 is ready. Call me.", False),
        ("Hi {first_name}, your {Vehicle} is ready.", False),
        ("Hi https://evil.example, your car is ready.", False),
        ("Hi www.evil.example, your car is ready.", False),
        ("Hi evil.co/x, your car is ready.", False),
        ("Hi Maria see bit\u3002ly/x, your car is ready.", False),
        ("Hi evil\u2024com, your car is ready.", False),
        ("Hi ev\u200bil.com, your car is ready.", False),
        ("Hi 10.0.0.1/x, your car is ready.", False),
        ("Hi me@evil, your car is ready.", False),
        ("Hi J.R. St. John, your 9.30 a.m. is ready.", True),
        (f"Hi {'a' * 41}, your car is ready.", False),
        ("Hi a\nb, your car is ready.", False),
        ("Hello", False),
    ],
)
def test_only_a_saved_reply_with_short_values_may_leave(words: str, allowed: bool):
    assert Templates(read_templates(FILE), only=True).allows(words) is allowed
    assert Templates(read_templates(FILE)).allows(words)


async def test_the_rule_says_no_and_names_them():
    policy = policy_of(Clock(), templates=Templates(read_templates(FILE), only=True))

    def change(texts: str | None, *, closes: bool = False, name: str = "body") -> Change:
        use = PersonAndWords(line=LINE, person=MARIA, words={name: "Hello"})
        return Change(caller="host", uses=[use], texts=texts, closes=closes)

    with pytest.raises(Forbidden, match="Ready, hours") as no:
        check_words(policy.rules, change(MARIA))
    assert no.value.rule == ONLY_TEMPLATES
    check_words(policy.rules, change(None))
    check_words(policy.rules, change(MARIA, closes=True))
    check_words(policy.rules, change(MARIA, name="description"))


def test_a_file_of_saved_replies_is_opened(tmp_path: Path):
    file = tmp_path / "replies.txt"
    file.write_text(FILE, "utf-8")

    assert open_templates(file, only=True).texts == read_templates(FILE)
    assert open_templates(None, only=False).texts == {}


@pytest.mark.parametrize(
    ("words", "says"), [(None, "No such file or directory"), ("", "TEXTREQUEST_TEMPLATES cannot be used: ")]
)
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path: Path, words: str | None, says: str):
    file = tmp_path / "replies.txt"
    if words is not None:
        file.write_text(words)

    with pytest.raises(ValueError, match=says):
        open_templates(file, only=False)


def test_only_saved_replies_without_any_would_let_nothing_leave():
    with pytest.raises(ValueError, match=ONLY_TEMPLATES):
        open_templates(None, only=True)

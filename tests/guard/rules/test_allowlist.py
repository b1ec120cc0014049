"""The allowlist for trials: it lets through exactly whom it names, and nonsense in it opens nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk import DEVON, MARIA

from textrequest_mcp.guard.rules.allowlist import Allowlist

ELSEWHERE = "+14155550100"


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_one_allows_everybody(text: str):
    assert Allowlist(text).allows(MARIA)


@pytest.mark.parametrize(
    "text",
    [MARIA, "4235550100", "1 (423) 555-0100", " 423.555.0100 ", "tel:+1-423-555-0100", f"{ELSEWHERE},{MARIA},"],
)
def test_a_number_in_any_usual_form_allows_that_number_alone(text: str):
    allowlist = Allowlist(text)

    assert allowlist.allows(MARIA)
    assert not allowlist.allows(DEVON)


@pytest.mark.parametrize("text", ["423*", "+1423*", "1 (423) 555*", "423-555-01*", "423555010*", f"{ELSEWHERE}, 423 *"])
def test_a_beginning_allows_every_number_that_begins_so(text: str):
    allowlist = Allowlist(text)

    assert allowlist.allows(MARIA)
    assert allowlist.allows(DEVON)
    assert not allowlist.allows("+19195550100")
    assert not allowlist.allows("+14325550100")


@pytest.mark.parametrize("number", ["4235550100", "14235550100", "(423) 555-0100", "", "+44235550100"])
def test_what_is_not_in_the_one_form_is_not_allowed(number: str):
    assert not Allowlist(f"{MARIA}, 423*").allows(number)


@pytest.mark.parametrize("text", [",", " , ,"])
def test_a_list_that_names_nobody_does_not_allow_everybody(text: str):
    with pytest.raises(ValueError, match=r"^TEXTREQUEST_ONLY_TO names nobody; "):
        Allowlist(text)


@pytest.mark.parametrize(
    "entry",
    [
        *(
            "*",
            "42*",
            "1*",
            "+1*",
            "+142*",
            "023*",
            "123*",
            "+44207*",
            "4235550100*",
            "+14235550100*",
            "423**",
            "*423*",
        ),
        *("42x*", "423555 01xx*", "\u0664\u0662\u0663*", "423\u2212555*", "\uff0b1423*"),
    ],
    ids=ascii,
)
def test_a_beginning_that_is_none_is_refused(entry: str):
    with pytest.raises(ValueError, match=r"^TEXTREQUEST_ONLY_TO makes no sense at entry 2: before the \* stands "):
        Allowlist(f"{MARIA}, {entry}")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("423-555-01xx", "character 12 is a letter"),
        ("423-555", "too short"),
        ("423*555", "ASTERISK"),
        ("+442079460123", "country code"),
        ("4235550100 4235550102", "more in it than one number"),
        ("4235550100;4235550102", "extension"),
        ("everybody", "not a phone number"),
        ("4235550100x5", "extension"),
    ],
)
def test_a_number_that_is_none_is_refused_with_the_reason(entry: str, why: str):
    with pytest.raises(ValueError, match=rf"^TEXTREQUEST_ONLY_TO makes no sense at entry 2: .*{why}") as refused:
        Allowlist(f"{MARIA}, {entry}")

    assert entry not in str(refused.value)


def test_the_refusal_names_the_setting_and_masks_the_number():
    sentence = Allowlist(MARIA).refusal(DEVON)

    assert sentence == (
        "This server may text only the numbers in TEXTREQUEST_ONLY_TO, and the number ending in 02 is not one of them."
    )


@given(text=st.text("0123456789+*, ()-.x\u0664", max_size=30))
def test_whatever_is_written_either_says_nonsense_or_allows_only_numbers_with_an_entry_of_that_beginning(text: str):
    try:
        allowlist = Allowlist(text)
    except ValueError:
        return
    digits = ["".join(c for c in entry if c.isdecimal()) for entry in text.split(",")]
    named = [entry.removeprefix("0111" if entry.startswith("011") else "1") for entry in digits]

    if text.strip():
        for number in (MARIA, ELSEWHERE, "+12025550100"):
            assert not allowlist.allows(number) or any(entry and number[2:].startswith(entry) for entry in named)

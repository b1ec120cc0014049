"""A word that carriers honour is honoured in any spelling; looser ones are for a person; everyday texts are neither."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.guard.rules.everyday_texts import EVERYDAY
from tests.guard.rules.loose_texts import LOOSE, SOMEBODY_ELSE

from textrequest_mcp.guard.rules.optout import read_wish
from textrequest_mcp.guard.rules.optout_phrases import ALONE

STOP_WORDS = [
    *("STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT"),
    *("ALTO", "ARRET"),
]
START_WORDS = ["START", "UNSTOP"]
SPELLINGS = {
    "as it is": "{}",
    "small": "{small}",
    "first letter large": "{title}",
    "in spaces": "  {title} \n",
    "with a full stop": " {title}. ",
    "with marks": "{}!!",
    "in straight quotes": '"{small}"',
    "in curly quotes": "“{}”",
    "in stars": "*{small}*",
    "full width": "{wide}",
    "with what nobody sees": "\ufeff{hidden}\u2060",
    "with accents": "{accented}",
}
# What START must not suffer, because it lifts a stop.
MORE_SPELLINGS = {
    "please after": "{title} please",
    "please before": "Please {small}",
    "now": "{} NOW!!!",
    "thanks": "{small}, thank you",
    "in haste": "pls {small} right now, thx",
    "in Spanish": "{title}, por favor",
    "with emoji": "🛑 {title} 🙏🏽",
    "twice": "{} {}",
    "a question": "{title}?",
}


def spelled(word: str, pattern: str) -> str:
    return pattern.format(
        word,
        word,
        small=word.lower(),
        title=word.capitalize(),
        wide="".join(chr(ord(c) + 0xFEE0) if c > " " else "\u3000" for c in word),
        hidden="\u200b".join(word),
        accented=re.sub("[AEIO]", lambda vowel: vowel[0] + "\u0301", word),
    )


def spellings(patterns: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("pattern", patterns.values(), ids=patterns.keys())


@pytest.mark.parametrize("word", STOP_WORDS)
@spellings(SPELLINGS | MORE_SPELLINGS)
def test_a_documented_word_is_a_stop_in_any_spelling_and_with_any_politeness(word: str, pattern: str):
    assert read_wish(spelled(word, pattern)) == "stop"


@pytest.mark.parametrize(
    "body",
    ["S.T.O.P.", "s t o p", "S-T-O-P please", "O.P.T. O.U.T.", "STOP-ALL", "opt_out", "opt\nout", "Arrêt", "🅂🅃🄾🄿"],
)
def test_letters_and_words_that_stand_apart_are_read_together(body: str):
    assert read_wish(body) == "stop"


def test_several_documented_words_are_a_stop():
    assert read_wish("Stop, unsubscribe. END!") == "stop"


@pytest.mark.parametrize("word", START_WORDS)
@spellings(SPELLINGS)
def test_start_and_unstop_are_a_start_in_any_spelling(word: str, pattern: str):
    assert read_wish(spelled(word, pattern)) == "start"


@pytest.mark.parametrize("word", START_WORDS)
@spellings(MORE_SPELLINGS)
def test_a_start_with_anything_else_about_it_lifts_nothing(word: str, pattern: str):
    assert read_wish(spelled(word, pattern)) is None


@pytest.mark.parametrize(
    "body", ["YES", "Yes please", "ok", "subscribe", "start again", "RESTART", "START 🚫", "¿start?"]
)
def test_no_other_word_is_a_start(body: str):
    assert read_wish(body) is None


@pytest.mark.parametrize("body", LOOSE)
def test_a_looser_wording_is_perhaps_a_stop(body: str):
    assert read_wish(body) == "perhaps_stop"


@pytest.mark.parametrize("body", LOOSE)
def test_a_looser_wording_is_one_in_any_writing(body: str):
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in body)

    assert {read_wish(body.upper()), read_wish(f"Hi! {body} 😡"), read_wish(wide)} == {"perhaps_stop"}


@pytest.mark.parametrize("mark", "'’‘ʼ`´′＇")  # noqa: RUF001 - all that phones write
def test_an_apostrophe_may_be_any_that_a_phone_writes(mark: str):
    assert read_wish(f"Don{mark}t text me") == "perhaps_stop"


@pytest.mark.parametrize(
    "body",
    [
        "STOP\nTexting\nme",
        "Stop\nI never asked",
        "Stop — I never asked",
        "please take me off\nyour list",
        "d\u200bo not text me",
    ],
)
def test_lines_dashes_and_what_nobody_sees_hide_nothing(body: str):
    assert read_wish(body) == "perhaps_stop"


@pytest.mark.parametrize("body", [phrase for phrase in ALONE if phrase.replace(" ", "").isalpha()])
def test_some_words_ask_for_it_only_where_they_stand_alone(body: str):
    assert read_wish(f"Hello. {body}!") == "perhaps_stop"
    assert read_wish(f"the {body} thing") is None


@pytest.mark.parametrize("body", SOMEBODY_ELSE)
def test_a_wrong_number_asks_for_nothing(body: str):
    assert read_wish(body) is None


@pytest.mark.parametrize("body", EVERYDAY)
def test_an_everyday_text_is_none(body: str):
    assert read_wish(body) is None


@pytest.mark.parametrize("body", [body for body in EVERYDAY if not re.search('[“"]', body)])
def test_an_everyday_text_is_none_in_capitals_and_among_others(body: str):
    assert read_wish(f"Hi Maria! {body.upper()} 🙂") is None


@pytest.mark.parametrize("body", ["", " \n", "👍", "…", "\u200b", "please", "\ud83d", "\u3164"], ids=ascii)
def test_a_text_without_words_of_its_own_is_none(body: str):
    assert read_wish(body) is None


def test_a_stop_beside_something_else_is_for_a_person():
    assert read_wish("STOP. My new address is 12 Main St") == "perhaps_stop"


@pytest.mark.uncounted
@settings(deadline=None)  # a busy machine is no fault
@given(st.text() | st.lists(st.sampled_from(LOOSE + EVERYDAY + ["stop", "start", "no more", "\n", "“"])).map(" ".join))
@example("S\ufffdT")
def test_any_text_is_read(body: str):
    assert read_wish(body) in {"stop", "start", "perhaps_stop", None}


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(st.sampled_from("start unop.!?\u200b🙂\n")))
def test_whatever_is_taken_for_a_start_has_its_letters_and_no_others(body: str):
    letters = re.sub(r"[\W_]", "", body).lower()

    assert read_wish(body) != "start" or letters in {"start", "unstop"}

"""What reads the same is the same, and what a reader can tell apart is not."""

import pytest

from textrequest_mcp.ground.keyed_hash import as_read, keyed

ALIKE = {
    "apostrophes": (
        "It's ready",
        "It\u2019s ready",
        "It\u2018s ready",
        "It\u02bcs ready",
        "It`s ready",
        "It\u2032s ready",
    ),
    "quotes": ('the "blue" one', "the \u201cblue\u201d one", "the \u201eblue\u201c one", "the \uff02blue\uff02 one"),
    "dashes": ("9-5", "9\u20135", "9\u20145", "9\u20115", "9\u22125", "9\u20105"),
    "dots": ("Well...", "Well\u2026"),
    "blanks": ("at 9 am", " at\u00a09  am\n", "at\u202f9\u2003am", "at 9\u200b am", "\ufeffat 9 am"),
    "accents": ("caf\u00e9", "cafe\u0301"),
    "ligatures": ("fit for a flat", "\ufb01t for a \ufb02at"),
    "emoji": ("Thanks \u2764", "Thanks \u2764\ufe0f"),
    "micro": ("5 \u00b5m", "5 \u03bcm"),
}
DIFFERENT = [
    ("It's ready", "Its ready"),
    ("It's ready", "it's ready"),
    ("It's ready", "It's ready."),
    ("9-5", "95"),
    ("Thanks \U0001f44d", "Thanks \U0001f44d\U0001f3fd"),
    ("10 m2", "10 m\u00b2"),
    ("1/2", "\u00bd"),
    ("\u00abOK\u00bb", '"OK"'),
]


@pytest.mark.parametrize("forms", ALIKE.values(), ids=ALIKE)
def test_d9_what_reads_the_same_is_the_same(forms: tuple[str, ...]):
    assert len({as_read(form) for form in forms}) == 1
    assert len({keyed(b"secret", as_read(form)) for form in forms}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_d9_what_a_reader_can_tell_apart_stays_apart(one: str, other: str):
    assert as_read(one) != as_read(other)


@pytest.mark.parametrize("text", [form for forms in ALIKE.values() for form in forms])
def test_reading_twice_is_reading_once(text: str):
    assert as_read(as_read(text)) == as_read(text)

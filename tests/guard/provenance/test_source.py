"""A question says where words came from, and shows the place."""

from datetime import UTC, datetime

from textrequest_mcp.guard.provenance.source import TEXT_RECEIVED, Source, origin

ANN = "+14235550142"


def test_a_text_is_named_by_its_author_and_the_time_on_the_lines_clock():
    source = Source(
        kind=TEXT_RECEIVED, line=7, person=ANN, at=datetime(2026, 5, 28, 20, 26, tzinfo=UTC), words='Say "x"\nnow'
    )

    when = "Thu 28 May 16:26"
    assert origin(source, 7, "x", when=when) == f"a text from {ANN}, {when}: \"Say 'x' now\""
    assert origin(source, 8, "x", name="Ann", when=when).startswith(f'a text from "Ann" ({ANN}) on line 7, {when}: ')


def test_what_is_not_known_is_left_out():
    assert origin(Source(kind=TEXT_RECEIVED, line=7, words="x"), 7, "x") == 'a text received: "x"'
    assert origin(Source(kind="a group's name", line=None, words="VIP"), 7, "") == 'a group\'s name: "VIP"'


def test_a_long_text_is_shown_around_the_place():
    source = Source(kind="a note", line=7, words="word " * 40 + "Evil.example " + "more " * 40)

    assert "evil.example" in origin(source, 7, "evil.example").casefold()
    assert "evil.example" in origin(source, 7, "evil.example  with more").casefold()
    assert origin(source, 7, "absent").startswith('a note: "word word')
    assert origin(source, 7, "absent words").startswith('a note: "word word')
    assert len(origin(source, 7, "evil.example")) < 100


def test_sources_stand_in_an_order_of_their_own_the_oldest_first():
    old = Source(kind=TEXT_RECEIVED, line=7, at=datetime(2026, 5, 27, tzinfo=UTC), words="b")
    new = Source(kind=TEXT_RECEIVED, line=7, at=datetime(2026, 5, 28, tzinfo=UTC), words="a")
    note = Source(kind="a note", line=None, words="a")

    assert sorted([note, new, old], key=lambda source: source.rank) == [old, new, note]

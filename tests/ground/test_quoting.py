"""Customers' words inside our sentences stay on one line, inside their quotation, and visible."""

import pytest

from textrequest_mcp.ground.quoting import one_line, quoted, same_name, some, visible


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, ""),
        ("  Maria \n\t Lopez ", "Maria Lopez"),
        ("Peggy Sørensen 🌷", "Peggy Sørensen 🌷"),
        ("a\u2028b\u202ec\x00d", "a bcd"),
        ("\x1b[31mMaria\x1b[0m \U0001f469\u200d\U0001f527", "Maria \U0001f469\u200d\U0001f527"),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_a_name_is_one_short_line(text: str | None, line: str):
    assert one_line(text) == line


@pytest.mark.parametrize("mark", ['"', "\u201c", "\u201d", "\u00ab", "\u00bb", "\u201e", "\uff02"])
def test_no_mark_inside_a_quotation_can_end_it(mark: str):
    assert quoted(f"x{mark} y") == '"x\' y"'


def test_nothing_to_quote_is_said():
    assert quoted(None) == quoted(" \u200b ") == "(no name)"


def test_what_nobody_would_see_is_written_out():
    assert visible("a\u202eb\u200bc\x1bd\ne") == "a\\u202eb\\u200bc\\u001bd⏎e"
    assert visible("a\r\nb\tc\u2028d\u3164") == "a\\u000d⏎b\\u0009c\\u2028d\\u3164"


def test_an_emoji_of_several_is_shown_as_one():
    assert visible("\U0001f469\u200d\U0001f527 \u2764\ufe0f") == "\U0001f469\u200d\U0001f527 \u2764\ufe0f"


@pytest.mark.parametrize(
    ("count", "said"), [(None, "an unknown number of tags"), (0, "no tags"), (1, "1 tag"), (2, "2 tags")]
)
def test_a_count_that_is_not_known_is_not_made_up(count: int | None, said: str):
    assert some(count, "tag") == said


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Front Desk", True),
        (" Front  Desk ", True),
        ("front desk", False),
        ("Front\u200b Desk\u3164", True),
        ("", False),
    ],
)
def test_a_typed_name_is_held_against_what_was_shown(typed: str, same: bool):
    assert same_name(typed, "Front Desk") is same
    assert same_name("Caf\u0065\u0301", "Caf\u00e9")

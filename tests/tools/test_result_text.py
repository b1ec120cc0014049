"""The text part of a result: few tokens, and nothing in it that a customer's words could forge."""

import json
from typing import Any

import pytest

from textrequest_mcp.tools.result_text import write_structured, write_text


def table(rows: list[dict[str, Any]], *columns: str, longest: int | None = None) -> list[str]:
    """The lines of a list's text, without the first, which is about the list."""
    return write_text({"page": 0, "items": rows}, columns, longest).split("\n")[1:]


def test_one_record_is_compact_json_without_nulls_and_empty_values():
    assert write_text({"name": "José", "note": "", "groups": [], "gone": None, "on": False, "n": 0}) == (
        '{"name":"José","on":false,"n":0}'
    )


def test_a_list_is_a_line_about_it_and_a_table():
    text = write_text({"page": 0, "next_page": 1, "note": None, "items": [{"id": 1, "name": "A"}, {"id": 2}]})

    assert text == '{"page":0,"next_page":1}\nid\tname\n1\tA\n2\t'


def test_an_empty_list_is_only_the_line_about_it():
    assert json.loads(write_text({"page": 9, "note": "past the end", "items": []})) == {
        "page": 9,
        "note": "past the end",
    }


@pytest.mark.parametrize(
    "name",
    [
        "Eve\n9\tMallory",
        "Eve\r\n9\tMallory",
        "Eve\r9\tMallory",
        "Eve\x0b9\tMallory",
        "Eve\x0c9\tMallory",
        "Eve\x1c9\tMallory",
        "Eve\x859\tMallory",
        "Eve\u20289\tMallory",
        "Eve\u20299\tMallory",
    ],
    ids=ascii,
)
def test_a_name_cannot_add_a_row_or_a_cell(name: str):
    rows = table([{"id": 1, "name": name}, {"id": 2, "name": "Bob"}])

    assert rows == ["id\tname", "1\tEve⏎9 Mallory", "2\tBob"]
    assert len("\n".join(rows).splitlines()) == 3


def test_a_list_in_a_cell_cannot_add_a_row_either():
    assert table([{"groups": [1, 2], "tags": ["a\nb", "c\td"]}]) == ["groups\ttags", "1,2\ta⏎b,c d"]


def test_a_long_cell_is_cut_and_says_so():
    assert table([{"body": "x" * 50}], longest=10) == ["body", "x" * 9 + "…"]
    assert table([{"body": "x" * 10}], longest=10) == ["body", "x" * 10]


def test_columns_that_say_nothing_are_left_out():
    rows: list[dict[str, Any]] = [{"id": 1, "gone": None, "empty": "", "off": False, "none": []}, {"id": 2, "on": True}]

    assert table(rows) == ["id\ton", "1\t", "2\tyes"]


def test_zero_is_something():
    assert table([{"count": 0}]) == ["count", "0"]


def test_chosen_columns_come_in_their_order_and_from_inner_objects():
    rows = [{"phone": "+14235550123", "hidden": 1, "last": {"body": "Hi", "at": "now"}}]

    assert table(rows, "at", "phone", "body") == ["at\tphone\tbody", "now\t+14235550123\tHi"]


def test_field_values_are_written_as_pairs():
    assert table([{"fields": [{"id": "a", "value": "b\nc"}]}]) == ["fields", "a=b⏎c"]


BIDI = [chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85"
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in BREAKS + "\t"]


@pytest.mark.parametrize("unseen", [*CONTROLS, *BIDI], ids=ascii)
def test_what_acts_on_a_screen_without_being_seen_is_left_out_of_cells_and_json(unseen: str):
    name = f"Eve{unseen}"

    assert table([{"name": name, "tags": [name], "inner": {"name": name}}])[1].startswith("Eve\tEve\t{")
    for text in (write_text({"name": name}), write_text({"name": name, "items": [{"inner": {"name": name}}]})):
        assert unseen not in text.replace("\n", "")
        if unseen in BIDI:
            assert text.startswith('{"name":"Eve"}')


def test_a_cell_is_cut_by_what_is_seen_of_it():
    assert table([{"body": "\u202e" * 50 + "x" * 10}], longest=10) == ["body", "x" * 10]


@pytest.mark.parametrize("line_break", [*BREAKS, "\u2028", "\u2029"], ids=ascii)
def test_json_is_one_line_whatever_breaks_its_texts(line_break: str):
    answer = {"name": f"Eve{line_break}9"}

    for text in (write_text(answer), write_text({**answer, "items": []}), table([{"inner": answer}])[1]):
        assert len(text.splitlines()) == 1
        assert json.loads(text) == {"name": "Eve\n9"}


def test_a_command_to_a_terminal_and_smuggled_characters_go_whole():
    name = "E\x1b[31mv\x9b0me\u3164" + "".join(chr(0xE0000 + ord(c)) for c in "obey me")

    assert table([{"name": name, "inner": {"name": [name]}}])[1] == 'Eve\t{"name":["Eve"]}'


def test_emoji_stay_whole_and_letters_stay_what_they_are():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f नि\u200cम שלום"

    assert table([{"name": family}]) == ["name", family]
    assert write_text({"name": family}) == f'{{"name":"{family}"}}'


class TestWhoseWords:
    def test_columns_that_hold_customers_words_are_named_before_the_words(self):
        answer = {"page": 0, "items": [{"id": 1, "name": "Maria"}]}

        text = write_text(answer, ("id", "name", "note"), theirs=("name", "note"))

        assert text.splitlines() == ['{"customers_words":"name","page":0}', "id\tname", "1\tMaria"]

    def test_so_are_the_fields_of_a_single_record(self):
        text = write_text({"id": 1, "note": "call me"}, theirs=("name", "note"))

        assert text == '{"customers_words":"note","id":1,"note":"call me"}'

    def test_h2_the_structured_part_says_it_too_and_first(self):
        rows = [{"id": 1, "name": "Maria", "note": ""}, {"id": 2, "on": False, "zero": 0, "last": {"body": "Hi"}}]

        told = write_structured({"page": 0, "items": rows}, theirs=("name", "note", "body"))

        assert next(iter(told.items())) == ("customers_words", "name,body")
        assert told["items"] == rows
        assert write_structured({"note": "call me"}, theirs=("note",)) == {"customers_words": "note", "note": "call me"}
        assert write_structured({"page": 0, "items": []}, theirs=("note",)) == {"page": 0, "items": []}

    def test_h2_a_brief_list_keeps_the_fields_that_say_something(self):
        rows: list[dict[str, Any]] = [
            {"id": 1, "name": "", "on": False, "last": "x"},
            {"id": 2, "name": "Bob", "on": True, "groups": []},
        ]

        told = write_structured({"items": rows}, ("id", "name", "on", "groups"))

        assert told == {"items": [{"id": 1}, {"id": 2, "name": "Bob", "on": True}]}
        assert write_structured({"id": 1}, ("name",)) == {"id": 1}
        last = write_structured({"items": [{"last": {"body": "Hi", "by": "R"}}]}, ("last.by",))
        assert last == {"items": [{"last": {"by": "R"}}]}

    def test_where_no_such_words_are_nothing_is_said_of_them(self):
        assert write_text({"page": 0, "items": []}, theirs=("name",)) == '{"page":0}'

"""Bytes that should be JSON: a strict parser can read them, and nothing that they hold becomes another character."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from textrequest_mcp.ground.raw_json import MARK, id_at_the_ends, is_marked, readable, unmarked


@given(st.text(st.characters()))
def test_l1_whatever_a_host_can_escape_can_be_read_and_whole_characters_stay(text: str):
    """Surrogates, pairs and halves alike, as JavaScript writes them."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    read = from_json(readable(json.dumps({text: [text]}).encode()))

    marked = "".join(MARK if "\ud800" <= c <= "\udfff" else c for c in joined)
    assert read == {marked: [marked]}


@given(st.binary())
def test_l3_bytes_of_any_kind_become_utf8(raw: bytes):
    assert readable(raw).decode("utf-8") is not None


@pytest.mark.parametrize(
    "raw", [b'"\\\\ud83d"', b'"\\ud83d\\ude00"', b'"\\u00e9"', '"é"'.encode(), b'"\\\\\\\\"', b"", b"{}", b"\\"]
)
def test_l1_what_holds_characters_only_stays_as_it_is(raw: bytes):
    assert readable(raw) == raw


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b'"\\ud83d"', MARK),
        (b'"\\uDFFFx"', MARK + "x"),
        (b'"\\ud83d\\ud83d\\ude00"', MARK + "\U0001f600"),
        (b'"\\ude00\\ud83d"', MARK * 2),
        (b'"\\\\\\ud83d"', "\\" + MARK),
        (b'"a\xe9\xffb"', "a" + MARK + "b"),
        (b'"\xed\xa0\xbd"', MARK),
        (b'\xef\xbb\xbf"a"', "a"),
    ],
)
def test_l1_what_is_no_character_is_marked(raw: bytes, read: str):
    assert from_json(readable(raw)) == read


def test_l1_a_mark_is_found_and_taken_back_wherever_it_is():
    marked = {"a": [1, {f"b{MARK}": f"{MARK}x"}], "c": None, "d": True}

    assert is_marked(marked)
    assert unmarked(marked) == {"a": [1, {"b\ud83d": "\ud83dx"}], "c": None, "d": True}
    assert not is_marked(unmarked(marked))
    assert not is_marked({"a": [1.5, "x", {"b": None}]})


@pytest.mark.parametrize(
    ("beginning", "end", "found"),
    [
        (b'{"jsonrpc":"2.0","id":5,"method":"x","params":[', b"", b"5"),
        (b' { "method" : "a/b" , "jsonrpc":"2.0", "id" : "a-b" ,', b"", b'"a-b"'),
        (b'{"id":-1}', b"", b"-1"),
        (b'{"jsonrpc":"2.0","params":{"id":5,', b"", None),
        (b'{"jsonrpc":"2.0","id":5', b"", None),
        (b'{"jsonrpc":"2.0","id":1.5,', b"", None),
        (b'{"jsonrpc":"2.0","id":"a\\\\"b",', b"", None),
        (b'{"params":{', b'"a":1},"jsonrpc":"2.0","id":5}', b"5"),
        (b'{"params":{', b'"a":1},"id":"x","jsonrpc":"2.0"}', b'"x"'),
        (b'{"params":{', b'"a":1,"id":5}}', None),
    ],
)
def test_l3_the_id_is_read_at_the_ends_only_where_it_is_certain(beginning: bytes, end: bytes, found: bytes | None):
    assert id_at_the_ends(beginning, end) == found

"""One value is set or removed in a JSON text, and every other character stays as it was."""

import json

import pytest

from textrequest_mcp.commands.hosts.json_text import NotSafe, parse, remove_value, set_value

PATH = ["mcpServers", "ours"]


@pytest.mark.parametrize(
    "text", ["", "  \n", "{}", "{\n}\n", '{"mcpServers": {}}', '{"mcpServers":{"a":1}}', '{"b":[1]}']
)
def test_a_value_is_set_wherever_its_place_is_missing(text: str):
    after = json.loads(set_value(text, PATH, {"command": "x"}))

    assert after["mcpServers"]["ours"] == {"command": "x"}
    assert after == (json.loads(text) if text.strip() else {}) | {"mcpServers": after["mcpServers"]}


def test_a_new_member_is_written_as_its_neighbours_are():
    text = '{\r\n\t"a": 1,\r\n\t"mcpServers": {\r\n\t\t"b": {}\r\n\t}\r\n}\r\n'

    assert set_value(text, PATH, {"c": 1}) == (
        '{\r\n\t"a": 1,\r\n\t"mcpServers": {\r\n\t\t"b": {},\r\n\t\t"ours": {\r\n\t\t\t"c": 1\r\n\t\t}\r\n\t}\r\n}\r\n'
    )


def test_what_was_there_is_replaced_in_its_place():
    text = '{"mcpServers": {"a": 1, "ours": {"old": [1, {}]}, "z": 2}}'

    assert set_value(text, PATH, {"new": 1}) == '{"mcpServers": {"a": 1, "ours": {"new": 1}, "z": 2}}'


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"mcpServers": {"ours": 1}}', '{"mcpServers": {}}'),
        ('{"mcpServers": {"ours": 1, "z": 2}}', '{"mcpServers": {"z": 2}}'),
        ('{"mcpServers": {"a": 1 ,\n "ours": 1}}', '{"mcpServers": {"a": 1}}'),
        ('{"mcpServers": {"a": 1, "ours": 1, "z": 2}}', '{"mcpServers": {"a": 1, "z": 2}}'),
        ('{"mcpServers": {"a": 1}}', '{"mcpServers": {"a": 1}}'),
        ('{"mcpServers": 7}', '{"mcpServers": 7}'),
        ("", ""),
    ],
)
def test_a_member_is_removed_with_its_comma(text: str, after: str):
    assert remove_value(text, PATH) == after


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1} // mine', "no plain JSON at line 1"),
        ('{\n"a": 1,\n}', "no plain JSON at line 3"),
        ("[" * 100_000, "no plain JSON"),
        ("[]", "no JSON object"),
        ('{"mcpServers": []}', "mcpServers in it is no object"),
        ('{"mcpServers": {}, "mcpServers": {}}', "mcpServers is in it twice"),
        ('{"mcpServers": {"ours": 1, "ours": 2}}', "ours is in it twice"),
    ],
)
def test_what_is_not_safe_to_edit_is_refused(text: str, why: str):
    with pytest.raises(NotSafe, match=why):
        set_value(text, PATH, {})


def test_a_broken_file_is_not_parsed_into_something_else():
    with pytest.raises(NotSafe):
        parse("null")

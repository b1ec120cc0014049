"""The file of people: who is in it, what is no line of it, and that it is read again when it changes."""

import logging
import os
from pathlib import Path

import pytest

from textrequest_mcp.commands.people.roster import Entry, Roster, check_name, read_entries, read_lines, read_scopes
from textrequest_mcp.ground.member import SCOPES

HASH = "sha256:" + "a" * 64
BAD: dict[str, tuple[str, str]] = {
    "too few parts": ("Anna texts:read *", "a line has a name"),
    "too many parts": (f"Anna texts:read * {HASH} more", "a line has a name"),
    "no such scope": (f"Anna texts:reed * {HASH}", "there is no scope texts:reed; there are texts:read"),
    "no scope": (f"Anna , * {HASH}", "there is no scope named"),
    "no line": (f"Anna texts:read 12,x {HASH}", "lines are ids"),
    "line 0": (f"Anna texts:read 0 {HASH}", "lines are ids"),
    "a plain token": ("Anna texts:read * secret", "the last part begins with sha256:"),
    "half a hash": ("Anna texts:read * sha256:abc", "the last part begins with sha256:"),
    "an open quote": (f'"Anna texts:read * {HASH}', "No closing quotation"),
    "a long name": (f"{'A' * 31} texts:read * {HASH}", "a name has 1 to 30 characters"),
    "a name with a sign": (f"An<na texts:read * {HASH}", "a name has 1 to 30 characters"),
    "a name with a slash": (f"An/na texts:read * {HASH}", "a name has 1 to 30 characters"),
}


def write(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return file


def test_a_line_is_a_name_scopes_lines_and_what_somebody_is_known_by():
    entries = read_entries(
        f'# the front desk\n\n"Anna Kim" texts:read,texts:send 122,121 {HASH}\nowner * * email:o@example.com # late\n'
    )

    assert entries == [
        Entry("Anna Kim", frozenset({"texts:read", "texts:send"}), frozenset({121, 122}), HASH),
        Entry("owner", frozenset(SCOPES), None, "email:o@example.com"),
    ]
    assert [str(entry) for entry in entries] == [
        f'"Anna Kim" texts:read,texts:send 121,122 {HASH}',
        "owner * * email:o@example.com",
    ]


@pytest.mark.parametrize(("line", "why"), BAD.values(), ids=BAD)
def test_a_line_that_makes_no_sense_is_named_without_what_it_is_known_by(line: str, why: str):
    with pytest.raises(ValueError, match="line 2: ") as caught:
        read_entries(f"\n{line}\n")

    assert why in str(caught.value)
    assert HASH not in str(caught.value)


def test_the_version_of_a_line_changes_with_each_part_of_it():
    entry = Entry("Anna", frozenset({"texts:read"}), frozenset({121}), HASH)
    others = [
        entry._replace(name="Ben"),
        entry._replace(scopes=frozenset({"texts:send"})),
        entry._replace(lines=None),
        entry._replace(known_by="sub:1"),
    ]

    assert len({each.version for each in (entry, *others)}) == 5


def test_names_scopes_and_lines_are_read_as_a_person_writes_them():
    assert check_name("José Ruiz-O.") == "José Ruiz-O."
    assert read_scopes("texts:read, admin") == {"texts:read", "admin"}
    assert read_scopes("*") == set(SCOPES)
    assert read_lines("121, 122") == {121, 122}
    assert read_lines("*") is None


def test_the_file_is_read_again_when_it_changes_and_nobody_is_in_while_it_cannot_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    file = tmp_path / "people"
    roster = Roster(file)
    told: list[list[str]] = []
    with caplog.at_level(logging.WARNING):
        for text, mode in ((f"Anna * * {HASH}", 0o600), ("what?", 0o600), (f"Ben * * {HASH}", 0o644), ("", 0o600)):
            write(file, text, mode)
            told.append([entry.name for entry in roster.entries()])
            assert [entry.name for entry in roster.entries()] == told[-1]
        write(file, f"Cleo * * {HASH}")
        told.append([entry.name for entry in roster.entries()])
        file.unlink()
        told.append([entry.name for entry in roster.entries()])

    assert told == [["Anna"], [], [], [], ["Cleo"], []]
    assert [record.message.rpartition("/")[2] for record in caplog.records] == [
        "people line 1: a line has a name, scopes, lines, and what the person is known by",
        "people cannot be read: No such file or directory",
    ]


def test_a_file_that_is_not_this_users_alone_is_not_used(tmp_path: Path):
    for file, why in (
        (write(tmp_path / "open", "", 0o640), "can be read or written by others; give it mode 0600"),
        (tmp_path, "is no plain file"),
    ):
        with pytest.raises((OSError, ValueError)) as caught:
            Roster(file).read()
        assert why in str(caught.value) or isinstance(caught.value, IsADirectoryError)

    theirs = write(tmp_path / "theirs", "")
    if os.geteuid() == 0:
        os.chown(theirs, 12345, -1)
        with pytest.raises(ValueError, match="belongs to another user"):
            Roster(theirs).read()


def test_bytes_that_are_no_text_are_said_to_be_none(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    file = tmp_path / "people"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)

    assert Roster(file).entries() == ()
    assert caplog.records[-1].message.endswith("people is no UTF-8 text")

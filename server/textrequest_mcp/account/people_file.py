"""Reads people from a file: a CSV with a row of headings, or vCards; nobody is opted in by it."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from textrequest_mcp.ground.folding import folded
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import e164

# The headings that a column may have, folded, for each field of a contact.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "phone_number": (
        *("phone number", "phone", "mobile", "mobile phone", "cell", "cell phone", "number", "telephone", "tel"),
        *("phone 1 value", "primary phone", "mobile number", "cell number", "customer phone"),
    ),
    "first_name": ("first name", "first", "given name", "firstname", "forename"),
    "last_name": ("last name", "last", "family name", "surname", "lastname"),
    "display_name": ("display name", "name", "full name", "customer", "customer name", "contact name", "contact"),
    "note": ("note", "notes", "comment", "comments", "remarks"),
}
# What says in a file that somebody wants no texts: it only ever adds. What says that they want some is never taken.
_OPTED_OUT = ("opted out", "opt out", "unsubscribed", "do not text", "dnt", "stop", "do not contact", "sms opt out")
_YES = {"1", "true", "yes", "y", "x", "on", "opted out", "unsubscribed", "stop"}
_LONGEST_NOTE = 1000


@dataclass
class Row:
    """One person of a file.

    Attributes:
        place: the number of its line or card, from 1, with the headings.
        values: fields of a contact that are not empty, the number in E.164.
        opted_out: whether the file says that they want no texts.
    """

    place: int
    values: dict[str, str]
    opted_out: bool = False


@dataclass
class PeopleFile:
    """What a file holds.

    Attributes:
        mapping: which column goes into which field.
        unused: the columns that go nowhere.
        rows: the people, each number once.
        duplicates: the places of further rows with a number that is in the file already.
        bad: the places of rows without a usable number, and why.
    """

    mapping: dict[str, str] = field(default_factory=dict[str, str])
    unused: list[str] = field(default_factory=list[str])
    rows: list[Row] = field(default_factory=list[Row])
    duplicates: list[int] = field(default_factory=list[int])
    bad: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def add(self, place: int, values: Mapping[str, str], *, opted_out: bool = False) -> None:
        """Take a row in, or note why not."""
        try:
            number = e164(values.get("phone_number", ""))
        except BadInput as error:
            self.bad.append((place, error.what if values.get("phone_number") else "It has no phone number."))
            return
        kept = {name: value for name, value in values.items() if value} | {"phone_number": number}
        same = next((row for row in self.rows if row.values["phone_number"] == number), None)
        if same is not None:
            same.opted_out = same.opted_out or opted_out
            self.duplicates.append(place)
        else:
            self.rows.append(Row(place, kept, opted_out))


def read_people(text: str, chosen: Mapping[str, str] | None = None) -> PeopleFile:
    """Read a file's text.

    Args:
        text: of a CSV or of vCards.
        chosen: for a CSV, the heading of the column that goes into a field, where no usual one does.

    Raises:
        BadInput: it is neither, or no column holds numbers.
    """
    text = text.lstrip("\ufeff")
    if text.lstrip().upper().startswith("BEGIN:VCARD"):
        return _cards(text)
    return _table(text, chosen or {})


def _table(text: str, chosen: Mapping[str, str]) -> PeopleFile:
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = list(csv.reader(io.StringIO(text), dialect))
    heads = [head.strip() for head in rows[0]] if rows else []
    found = PeopleFile()
    columns = _columns(heads, chosen)
    if "phone_number" not in columns:
        if len(heads) == 1:  # a bare list of numbers, without a heading
            return _numbers(rows)
        raise BadInput(
            f"No column holds phone numbers; there are {', '.join(heads) or 'none'}.",
            todo="Name it with --map phone_number=COLUMN.",
        )
    out = next((place for place, head in enumerate(heads) if folded(head) in _OPTED_OUT), None)
    found.mapping = {heads[place]: name for name, place in columns.items()}
    if out is not None:
        found.mapping[heads[out]] = "opted out"
    found.unused = [head for place, head in enumerate(heads) if place not in columns.values() and place != out]
    for at, cells in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in cells):
            values = {name: _cell(cells, place, name) for name, place in columns.items()}
            found.add(at, values, opted_out=out is not None and _cell(cells, out, "").lower() in _YES)
    return found


def _columns(heads: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    """The place of the column for each field."""
    plain = [folded(head) for head in heads]
    columns: dict[str, int] = {}
    for name, usual in _HEADINGS.items():
        wanted = (folded(chosen[name]),) if name in chosen else usual
        place = next((plain.index(head) for head in wanted if head in plain), None)
        if place is None and name in chosen:
            raise BadInput(f"There is no column {chosen[name]}; there are {', '.join(heads)}.")
        if place is not None and place not in columns.values():
            columns[name] = place
    return columns


def _cell(cells: Sequence[str], place: int, name: str) -> str:
    said = cells[place].strip() if place < len(cells) else ""
    return said[:_LONGEST_NOTE] if name == "note" else said


def _numbers(rows: Sequence[Sequence[str]]) -> PeopleFile:
    found = PeopleFile(mapping={"the only column": "phone_number"})
    for place, cells in enumerate(rows, 1):
        if cells and cells[0].strip():
            found.add(place, {"phone_number": cells[0].strip()})
    return found


def _cards(text: str) -> PeopleFile:
    found = PeopleFile(mapping={"TEL": "phone_number", "FN": "display_name", "N": "first_name, last_name"})
    for place, card in enumerate(_each_card(text), 1):
        family, _, rest = card.get("N", "").partition(";")
        values = {
            "phone_number": card.get("TEL", ""),
            "display_name": card.get("FN", ""),
            "first_name": rest.partition(";")[0],
            "last_name": family,
            "note": card.get("NOTE", "")[:_LONGEST_NOTE],
        }
        found.add(place, {name: value.strip() for name, value in values.items()})
    return found


def _each_card(text: str) -> Iterator[dict[str, str]]:
    """The properties of each card, the first of each name; a mobile number before any other (RFC 6350)."""
    lines = re.sub(r"\r?\n[ \t]", "", text).splitlines()
    card: dict[str, str] = {}
    is_mobile = False
    for line in lines:
        head, _, value = line.partition(":")
        name, _, kinds = head.rpartition(".")[2].partition(";")
        name, value = name.upper(), re.sub(r"\\([,;\\])", r"\1", value).replace("\\n", "\n")
        if name == "TEL":
            mobile = "CELL" in kinds.upper()
            if "TEL" not in card or (mobile and not is_mobile):
                card["TEL"], is_mobile = value.removeprefix("tel:"), mobile
        elif name == "END":
            yield card
            card, is_mobile = {}, False
        else:
            card.setdefault(name, value)

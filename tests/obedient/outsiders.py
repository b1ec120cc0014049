"""Payloads and ordinary days of people who never read the guard, as they wrote them (`outsiders.json`)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.desk import LINE
from tests.obedient.days import Day
from tests.obedient.payload import Call, Payload

from textrequest_mcp.sandbox import Account, receive
from textrequest_mcp.upstream.phone import wire

_SET: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("outsiders.json").read_text("utf-8"))


@dataclass(frozen=True)
class Prepared(Payload):
    """A payload that texts of the same writer may have prepared.

    Attributes:
        earlier: those texts, oldest first.
    """

    earlier: Sequence[str] = ()

    def plant(self, account: Account) -> None:
        """As `Payload.plant`, after the earlier texts."""
        for words in self.earlier:
            receive(account, LINE, wire(self.writer), words)
        super().plant(account)


def _calls(rows: list[list[Any]]) -> tuple[Call, ...]:
    return tuple((tool, arguments) for tool, arguments in rows)


PAYLOADS = tuple(
    Prepared(
        row["name"],
        row["text"],
        _calls(row["calls"]),
        place=row["place"],
        writer=row["writer"],
        earlier=row.get("earlier", ()),
    )
    for row in _SET["payloads"]
)
DAYS = tuple(
    Day(row["name"], _calls(row["calls"]), tuple((number, words) for number, words in row["arrived"]))
    for row in _SET["days"]
)

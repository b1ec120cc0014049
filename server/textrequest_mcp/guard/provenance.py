"""Stub."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Source:
    kind: str
    line: int
    person: str | None
    at: float | None
    words: str


@dataclass(frozen=True, kw_only=True)
class Use:
    line: int
    person: str | None
    words: Mapping[str, str]
    amount: Decimal | None
    kind: str


@dataclass(frozen=True)
class Doubt:
    reason: str
    sentence: str


class Provenance:
    def read_words(self, source: Source) -> None: ...
    def trust_number(self, line: int, number: str) -> None: ...
    def trust_words(self, text: str) -> None: ...
    def doubts(self, use: Use) -> list[Doubt]:
        return []

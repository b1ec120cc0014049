"""Counts texts: how many went each way, with how many people, and how fast customers were answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from textrequest_mcp.account.closings import closes
from textrequest_mcp.account.line_texts import LineText

FAILED = frozenset({"undelivered", "failed", "error"})


@dataclass(frozen=True)
class Wait:
    """A customer's texts in a row, up to our next one.

    Attributes:
        began: when the first of them came, in seconds since 1970.
        seconds: until we wrote; None where nobody has yet.
    """

    began: float
    seconds: float | None


@dataclass
class Tally:
    """The texts of a line in a span of time, counted.

    Attributes:
        sent: our texts, with those that failed.
        received: customers' texts.
        failed: of ours those that did not arrive, as far as that is known.
        segments: as how many texts the carrier bills ours.
        people: the numbers that wrote or were written to.
        waits: how long customers waited; one that only said thanks does not count unless we wrote after it.
    """

    sent: int = 0
    received: int = 0
    failed: int = 0
    segments: int = 0
    people: set[str] = field(default_factory=set[str])
    waits: list[Wait] = field(default_factory=list[Wait])

    @property
    def answered(self) -> int:
        """How many waits ended."""
        return sum(wait.seconds is not None for wait in self.waits)

    @property
    def unanswered(self) -> int:
        """How many did not."""
        return len(self.waits) - self.answered

    @property
    def median_minutes(self) -> float | None:
        """The wait that half of the answered ones did not exceed."""
        waits = [wait.seconds for wait in self.waits if wait.seconds is not None]
        from statistics import median  # needed by few

        return round(median(waits) / 60, 1) if waits else None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sent + other.sent,
            self.received + other.received,
            self.failed + other.failed,
            self.segments + other.segments,
            self.people | other.people,
            self.waits + other.waits,
        )


def did_not_arrive(text: LineText) -> bool:
    """Whether a text of ours is known to have failed."""
    return text.event.direction == "S" and str(text.event.status).lower() in FAILED


def tally(texts: Sequence[LineText], spans: Sequence[tuple[float, float]]) -> list[Tally]:
    """Count texts (oldest first) for each of these spans, from and to before, in seconds since 1970.

    A wait belongs to the span in which it began, whenever it ended.
    """
    tallies = [Tally() for _ in spans]
    for text in texts:
        for of_span in _within(text.at, spans, tallies):
            _count(text, of_span)
    for wait in waits(texts):
        for of_span in _within(wait.began, spans, tallies):
            of_span.waits.append(wait)
    return tallies


def waits(texts: Sequence[LineText]) -> Iterator[Wait]:
    """The waits in these texts, oldest text first."""
    began: dict[str, tuple[float, bool]] = {}  # by number: since when somebody waits, and whether for more than nothing
    for text in texts:
        number = text.event.phone_number
        if text.event.direction == "R":
            at, asks = began.get(number, (text.at, False))
            began[number] = (at, asks or not closes(text.event.body or ""))
        elif number in began:
            at, asks = began.pop(number)
            yield Wait(at, max(0.0, text.at - at))
    yield from (Wait(at, None) for at, asks in began.values() if asks)


def _within(at: float, spans: Sequence[tuple[float, float]], tallies: list[Tally]) -> Iterator[Tally]:
    return (of_span for (since, until), of_span in zip(spans, tallies, strict=True) if since <= at < until)


def _count(text: LineText, into: Tally) -> None:
    into.people.add(text.event.phone_number)
    if text.event.direction == "R":
        into.received += 1
        return
    into.sent += 1
    into.segments += text.segments
    into.failed += did_not_arrive(text)

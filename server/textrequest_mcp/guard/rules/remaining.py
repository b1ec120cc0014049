"""What each line may do, what an act takes of it, what is left, and the sentence where that is too little."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from textrequest_mcp.upstream.errors import TextRequestError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that each line may do; None is no cap."""

    texts_per_hour: int | None
    texts_per_day: int | None
    new_people_per_day: int | None
    dollars_per_request: Decimal | None
    dollars_per_day: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is left of one line's caps; None where there is none. Each request may ask for `dollars_per_request`."""

    texts_per_hour: int | None
    texts_per_day: int | None
    new_people_per_day: int | None
    dollars_per_request: Decimal | None
    dollars_per_day: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Use:
    """What an act is about to use up.

    Attributes:
        send_id: names the act.
        dashboard_id: the line.
        person: hash of the number that it texts; where it is not known, nobody counts as new.
        texts: how many; 0 for an act that texts nobody.
        dollars: what it asks to be paid; None where it asks for nothing.

    Raises:
        ValueError: a number is negative, or the dollars are no whole number of cents.
    """

    send_id: str
    dashboard_id: int
    person: str | None
    texts: int
    dollars: Decimal | None

    def __post_init__(self) -> None:
        if self.texts < 0 or self.cents < 0:
            raise ValueError("What is used up cannot be negative.")

    @property
    def cents(self) -> int:
        """The dollars, exactly."""
        cents, rest = whole_cents(self.dollars or Decimal(0))
        if rest:
            raise ValueError("The dollars are no whole number of cents.")
        return cents


class OverCap(TextRequestError):
    """A cap leaves no room for an act, so nothing was sent.

    Attributes:
        setting: the environment variable that sets the cap.
        frees_at: when it has room for the act, in seconds since 1970, if nothing else takes it; infinite for never.
    """

    def __init__(self, what: str, *, limit: str, frees_at: float, ahead: bool = False) -> None:
        frees = f"There is room at {_minute(frees_at)}" if frees_at < math.inf else "There is never room for that much"
        why = ", because this computer's clock was ahead when some were used" if ahead else ""
        self.setting = f"TEXTREQUEST_{limit.upper()}"
        self.frees_at = frees_at
        super().__init__(
            what,
            todo=f"{frees}{why}; whoever runs this server sets the cap with {self.setting}. Do not work around it: "
            "tell the person you work for.",
        )


def whole_cents(dollars: Decimal) -> tuple[int, int]:
    """An amount in whole cents, and whether more is left over (not 0); exact."""
    numerator, denominator = dollars.as_integer_ratio()
    return divmod(100 * numerator, denominator)


def dollars_of(cents: int) -> Decimal:
    """An amount in dollars with two decimals, e.g. `49.50`."""
    return Decimal(cents).scaleb(-2)


def _minute(at: float) -> str:
    """The first minute that is not before a moment."""
    return f"{datetime.fromtimestamp(math.ceil(at / 60) * 60, UTC):%Y-%m-%d %H:%M} UTC"

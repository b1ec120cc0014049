"""Limits per line, what one act uses, what remains, and the refusal."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from textrequest_mcp.upstream.errors import TextRequestError


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """The remaining part of one line's caps; None is no cap. `dollars_per_request` holds for each request."""

    texts_per_hour: int | None
    texts_per_day: int | None
    new_people_per_day: int | None
    dollars_per_request: Decimal | None
    dollars_per_day: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Limits(Remaining):
    """What each line may use at the most, and each member of the team; None is no cap."""

    member_texts_per_day: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What an act is about to use.

    Attributes:
        send_id: names the act.
        dashboard_id: the line.
        person: hash of the texted number; None where it is not known, then nobody counts as new.
        texts: the number of texts; 0 for an act that texts nobody.
        dollars: the amount that a payment request asks for; None for any other act.
        is_known: whether the person ever wrote to the line, and so is nobody new.
        member: of the team, for whom it happens; empty where one person uses the server.

    Raises:
        ValueError: a number is negative, or the dollars are no whole number of cents.
    """

    send_id: str
    dashboard_id: int
    person: str | None
    texts: int
    dollars: Decimal | None
    is_known: bool = False
    member: str = ""

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


class NoRoom(NamedTuple):
    """Why an act does not fit under a cap.

    Attributes:
        what: a sentence.
        limit: the cap, by its name in `Limits`.
        frees_at: when the cap has room for the act, in seconds since 1970; infinite for never.
        ahead: whether that is late because a clock was ahead when some were used.
    """

    what: str
    limit: str
    frees_at: float
    ahead: bool = False


class OverCap(TextRequestError):
    """A cap leaves no room for an act, so nothing was sent.

    Args:
        why: as the caps found.
        when: when there is room, for a sentence; None for never.

    Attributes:
        setting: the environment variable that sets the cap.
        frees_at: as `NoRoom`.
    """

    def __init__(self, why: NoRoom, when: str | None) -> None:
        frees = f"There is room from {when}" if when is not None else "There is never room for that much"
        ahead = ", because this computer's clock was ahead when some were used" if why.ahead else ""
        self.setting = f"TEXTREQUEST_{why.limit.upper()}"
        self.frees_at = why.frees_at
        super().__init__(
            why.what,
            todo=f"{frees}{ahead}; whoever runs this server sets the cap with {self.setting}. Do not work around it: "
            "tell the person you work for.",
        )


def whole_cents(dollars: Decimal) -> tuple[int, int]:
    """An amount in whole cents, and a rest that is not 0 where they are not all of it; exact."""
    numerator, denominator = dollars.as_integer_ratio()
    return divmod(100 * numerator, denominator)


def dollars_of(cents: int) -> Decimal:
    """An amount in dollars with two decimals, e.g. `49.50`."""
    return Decimal(cents).scaleb(-2)

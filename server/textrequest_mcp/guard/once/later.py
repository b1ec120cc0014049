"""What a server needs for texts that leave later: the schedule, what is due, who stays up, what is to be told."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

from textrequest_mcp.ground.member import current, current_id
from textrequest_mcp.ground.sealing import Seal
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.once.due import Due
from textrequest_mcp.guard.once.keepers import Keepers
from textrequest_mcp.guard.once.schedule import Schedule
from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.service_clock import ServiceClock

SEND_LATER = "TEXTREQUEST_SEND_LATER"
SendLater = Literal["auto", "on", "off"]
TAKE_OVER = (
    "Whoever runs the server sets TEXTREQUEST_PREVIOUS_API_KEY to the key before this one and starts it again; what is "
    "not too late leaves as planned."
)
_MOST_TOLD = 3


class Settings(Protocol):
    """The settings that it goes by."""

    @property
    def send_later(self) -> SendLater: ...
    @property
    def late_minutes(self) -> int: ...
    @property
    def undo_seconds(self) -> int: ...
    @property
    def transport(self) -> str: ...


@dataclass
class Later:
    """The scheduled texts of one account, as one server has them.

    Attributes:
        schedule: what is to leave.
        due: what this server sees to.
        keepers: the servers that stay up.
        allowed: whether texts may be scheduled: where a server stays up, always, or never.
        stays_up: whether this one does.
        undo_seconds: so long a text waits before it leaves, in which it can be taken back.
        news: a sentence for each text that did not go out and of which nobody was told yet, by its id; with it the
            member whose text it is.
        told: the ids of those that were told here since that was written down.
    """

    schedule: Schedule
    due: Due
    keepers: Keepers
    allowed: SendLater = "auto"
    stays_up: bool = False
    undo_seconds: float = 0.0
    news: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    told: list[str] = field(default_factory=list[str])

    @classmethod
    def over(cls, store: Store, account: str, seal: Seal, now: ServiceClock, settings: Settings) -> Self:
        """Those of an account in a store, as the settings say."""
        late = settings.late_minutes * 60.0
        return cls(
            Schedule(store, account, seal, clock=now),
            Due(store, account, seal, late_seconds=late, clock=now, is_sure=lambda: now.is_sure),
            Keepers(store, account, clock=now),
            allowed=settings.send_later,
            stays_up=settings.transport != "stdio",
            undo_seconds=settings.undo_seconds,
        )

    async def check(self) -> None:
        """Refuse to schedule where nothing would see to it.

        Raises:
            BadInput: the settings say so, or no server stays up.
            StoreError: the store cannot be used.
        """
        if self.allowed == "off":
            raise BadInput(
                f"Texts are not scheduled here ({SEND_LATER} is off).", todo="Leave send_at out to send it now."
            )
        if self.allowed == "on" or self.stays_up or await self.keepers.are_there():
            return
        raise BadInput(
            "This server ends with its host, so it may not be up then, and none that stays up shares its state.",
            todo="Tell the person: textrequest-mcp serve --transport http, left running on this machine, sends it "
            f"then; {SEND_LATER}=on schedules without one. Or send it now, without send_at.",
        )

    async def of_another_key(self, lines: Callable[[], Awaitable[Collection[int]]]) -> str | None:
        """A sentence on texts that wait under another key of the account (`Schedule.stranded`), and what to do."""
        count = await self.schedule.stranded(lines)
        if not count:
            return None
        texts = "1 text that was" if count == 1 else f"{count} texts that were"
        return f"{texts} scheduled with another API key of this account will not leave. {TAKE_OVER}"

    def tell(self) -> str | None:
        """What is added to an answer to the current member; None where there is nothing to tell them."""
        sentences = [self.news.pop(send_id)[1] for send_id in self._next()]
        return f"Tell the person: {' '.join(sentences)}" if sentences else None

    def _next(self) -> list[str]:
        everybodys = current() is None
        theirs = [send_id for send_id, (member, _) in self.news.items() if everybodys or member == current_id()]
        found = theirs[:_MOST_TOLD]
        self.told += found
        return found

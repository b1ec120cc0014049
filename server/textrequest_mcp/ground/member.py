"""On whose behalf a call is worked on: a member of the team, or nobody in particular where one person runs the server.

A server for a team sets the member around each request that it lets in. Everything below asks `current` and
`may_use_line`; a server on one person's machine never sets it, so there all of it is allowed.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Scope = Literal["texts:read", "texts:send", "contacts:write", "payments", "admin", "approve"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the team.

    Attributes:
        id: stays the same over all their tokens and sessions; what they did is kept under it.
        name: as colleagues know them.
        scopes: what they may do.
        lines: the lines that they may use; None for all.
        version: another one for each way in which they were let in, so that a change ends their sessions.
        is_in: whether they are still let in now.
    """

    id: str
    name: str
    scopes: frozenset[str]
    lines: frozenset[int] | None = None
    version: str = ""
    is_in: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)

    def may(self, needed: Iterable[str]) -> bool:
        """Whether they have all of these scopes."""
        return self.scopes.issuperset(needed)


_current: ContextVar[Member | None] = ContextVar("member", default=None)


def current() -> Member | None:
    """The member on whose behalf this task works; None for nobody in particular."""
    return _current.get()


def current_id() -> str:
    """The id of that member; empty for nobody in particular."""
    member = _current.get()
    return "" if member is None else member.id


def may(needed: Iterable[str]) -> bool:
    """Whether the current member has all of these scopes."""
    member = _current.get()
    return member is None or member.may(needed)


def may_use_line(dashboard_id: int) -> bool:
    """Whether the current member may use a line."""
    member = _current.get()
    return member is None or member.lines is None or dashboard_id in member.lines


def has_every_line() -> bool:
    """Whether the current member may use all lines, those too that are made later."""
    member = _current.get()
    return member is None or member.lines is None


def in_their_name() -> dict[str, str]:
    """The argument by which a text goes out in the name of the current member; none for nobody in particular."""
    member = _current.get()
    return {} if member is None else {"sender_name": member.name}


@contextmanager
def on_behalf_of(member: Member | None) -> Generator[None]:
    """Work for this member inside the block, or for nobody in particular."""
    before = _current.set(member)
    try:
        yield
    finally:
        _current.reset(before)


def as_json(member: Member | None) -> dict[str, Any] | None:
    """A member to be kept; `from_json` reads it."""
    if member is None:
        return None
    lines = None if member.lines is None else sorted(member.lines)
    return {"id": member.id, "name": member.name, "scopes": sorted(member.scopes), "lines": lines}


def from_json(kept: Mapping[str, Any] | None) -> Member | None:
    """The member that `as_json` wrote, as they were then; None for nobody in particular."""
    if kept is None:
        return None
    lines = None if kept["lines"] is None else frozenset(kept["lines"])
    return Member(id=kept["id"], name=kept["name"], scopes=frozenset(kept["scopes"]), lines=lines)

"""Somebody who was let in: which member it is, and for how long."""

from dataclasses import dataclass

from textrequest_mcp.ground.member import Member


@dataclass(frozen=True)
class LetIn:
    """Somebody who was let in.

    Attributes:
        member: who it is, with what this way in allows.
        granted: all scopes that this server's owner gave them; a new sign-in can bring those.
        until: when this way in ends, in seconds since 1970; None for when it is taken away.
    """

    member: Member
    granted: frozenset[str]
    until: float | None = None

    def lasts(self, now: float) -> bool:
        """Whether they may stay."""
        return self.member.is_in() and (self.until is None or now < self.until)

"""The ways in which a member is let in, and what somebody is told who is not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from textrequest_mcp.commands.people.let_in import LetIn
from textrequest_mcp.commands.people.roster import Entry
from textrequest_mcp.commands.people.tokens import BEGINNING, Tokens
from textrequest_mcp.ground.member import SCOPES, Member

if TYPE_CHECKING:
    from textrequest_mcp.commands.people.sign_in import SignIn


@dataclass(frozen=True)
class Doors:
    """The tokens, the sign-in, or both.

    Attributes:
        tokens: of the members who have one.
        sign_in: looks at what an identity provider says.
        offered: the scopes that the tools of this server need.
    """

    tokens: Tokens | None
    sign_in: "SignIn | None" = None
    offered: Collection[str] = SCOPES

    async def enter(self, token: str) -> LetIn | None:
        """Who brings this token; None for nobody."""
        if self.tokens is not None and (token.startswith(BEGINNING) or self.sign_in is None):
            member = self.tokens.member(token)
            return None if member is None else LetIn(member, member.scopes)
        return await self.sign_in.enter(token) if self.sign_in is not None else None

    def still_may_send(self, member: Member, dashboard_id: int) -> bool:
        """Whether somebody who was let in before may text on a line by now, as far as the file of people says."""
        own = [entry for entry in self.entries() if entry.name == member.id]
        if not own and "#" in member.id:  # somebody of a group, whom the file does not name
            own = [entry for entry in self.entries() if entry.known_by.startswith("group:")]
        return any("texts:send" in each.scopes and (each.lines is None or dashboard_id in each.lines) for each in own)

    def entries(self) -> Sequence[Entry]:
        """The people of the file, as it is now."""
        roster = self.tokens.roster if self.tokens is not None else self.sign_in.roster if self.sign_in else None
        return () if roster is None else roster.entries()

    def challenge(self, error: str, scopes: Collection[str] | None = None) -> str:
        """The value of `WWW-Authenticate`: how to be let in.

        Args:
            error: by RFC 6750; empty where no token came.
            scopes: that are needed; those of all tools where left out.
        """
        if self.sign_in is None:
            return "Bearer" + (f' error="{error}"' if error else "")
        needed = [each for each in SCOPES if each in (self.offered if scopes is None else scopes)]
        parts = [f'error="{error}"'] if error else []
        parts += [f'scope="{" ".join(needed)}"', f'resource_metadata="{self.sign_in.metadata_address}"']
        return f"Bearer {', '.join(parts)}"

    def metadata(self, path: str) -> Response | None:
        """What the server says of itself to who looks for a place to sign in; None without one (RFC 9728)."""
        return None if self.sign_in is None else self.sign_in.metadata(path, self.offered)

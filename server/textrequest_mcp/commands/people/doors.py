"""The ways in which a member is let in, and what somebody is told who is not."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from textrequest_mcp.commands.people.let_in import LetIn
from textrequest_mcp.commands.people.tokens import BEGINNING, Tokens
from textrequest_mcp.ground.member import SCOPES, Member

if TYPE_CHECKING:
    from textrequest_mcp.commands.people.sign_in import SignIn


@dataclass(frozen=True)
class Doors:
    """The tokens, and the sign-in where there is one.

    Attributes:
        tokens: of the members who have one.
        sign_in: looks at what an identity provider says.
        offered: the scopes that the tools of this server need.
    """

    tokens: Tokens
    sign_in: "SignIn | None" = None
    offered: Collection[str] = SCOPES

    async def enter(self, token: str) -> LetIn | None:
        """Who brings this token; None for nobody."""
        if self.sign_in is not None and not token.startswith(BEGINNING):
            return await self.sign_in.enter(token)
        member = self.tokens.member(token)
        return None if member is None else LetIn(member, member.scopes)

    def still_may_send(self, member: Member, dashboard_id: int) -> bool:
        """Whether somebody who was let in before may text on a line by now, as far as the file of people says."""
        entries = self.tokens.roster.entries()
        own = [entry for entry in entries if entry.name == member.id]
        if not own and "#" in member.id:  # somebody of a group, whom the file does not name
            own = [entry for entry in entries if entry.known_by.startswith("group:")]
        return any("texts:send" in each.scopes and (each.lines is None or dashboard_id in each.lines) for each in own)

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

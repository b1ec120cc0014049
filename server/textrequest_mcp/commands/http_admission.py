"""Who is let in over HTTP: who brings the one secret, or the members of a team."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.types import ASGIApp

from textrequest_mcp.commands.http_access import HttpAccess, public_name
from textrequest_mcp.commands.http_limits import HttpLimits
from textrequest_mcp.commands.http_names import KnownNames
from textrequest_mcp.commands.http_secret import secret_in_force
from textrequest_mcp.commands.people.access import Access
from textrequest_mcp.commands.people.desk import TeamDesk
from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.opening import open_doors
from textrequest_mcp.commands.people.shares import Shares
from textrequest_mcp.commands.people.step_up import StepUp
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.settings.reading import is_loopback
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.settings.team import DESK


class Door(NamedTuple):
    """An app behind all that decides who reaches it.

    Attributes:
        app: the whole.
        run: what has to run beside it; None for nothing.
    """

    app: ASGIApp
    run: Callable[[], Coroutine[Any, Any, None]] | None


@dataclass(frozen=True)
class Admission:
    """How a server over HTTP lets hosts in.

    Attributes:
        settings: of the server.
        secret: that hosts bring where no team is served; None where they need none.
        doors: of the team; None where one person uses the server.
        needs: the scopes that each tool needs, by its name.
    """

    settings: Settings
    secret: str | None
    doors: Doors | None
    needs: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, settings: Settings, needs: Mapping[str, frozenset[str]]) -> "Admission":
        """The one that the settings name.

        Raises:
            SettingsError: the secret cannot be kept, or the people cannot be read.
        """
        doors = open_doors(settings, needs)
        return cls(settings, secret_in_force(settings) if doors is None else None, doors, needs)

    def door(self, app: ASGIApp, approvals: Approvals) -> Door:
        """The app behind the checks; of a team also the desk, where the questions of `approvals` are decided."""
        public = public_name(self.settings.public_url)
        known = frozenset(filter(None, [public]))
        if self.doors is None:
            access = HttpAccess(HttpLimits(app), secret=self.secret, public=public)
            return Door(KnownNames(access, names=known), None)
        public_url = self.settings.public_url
        over_tls = public_url.startswith("https:") if public_url else not is_loopback(self.settings.host)
        desk = TeamDesk(approvals, self.doors.tokens, four_eyes=self.settings.four_eyes, over_tls=over_tls)
        team = Access(
            HttpLimits(StepUp(Shares(app), self.doors, self.needs)), self.doors, at={DESK: HttpLimits(desk.app())}
        )
        return Door(KnownNames(team, names=self.settings.allowed_hosts | known, own_pages=True), team.run)

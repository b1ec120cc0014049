"""What the settings say of a team: whether the server is for one, and where its desk is."""

from textrequest_mcp.settings.table import Settings

DESK = "/desk/"


def serves_team(settings: Settings) -> bool:
    """Whether HTTP serves a team, whose people sign in or bring tokens."""
    return settings.transport != "stdio" and (settings.tokens_file is not None or settings.issuer is not None)


def desk_of_team(settings: Settings) -> str | None:
    """The address where its approvers decide; None where there is no team, or they answer by text."""
    if not serves_team(settings) or settings.confirm_fallback == "text":
        return None
    name = min(settings.allowed_hosts, default=settings.host)
    return (settings.public_url or f"https://{name}") + DESK

"""Looks at a team's people: whether their file can be used, somebody may approve, and their sign-in can be asked."""

from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.commands.people.roster import Roster, said_of
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.settings.table import Settings

_CHECK = "team"


async def people_of(settings: Settings, *, online: bool) -> list[Finding]:
    """What is the matter with the people of a team; nothing where the settings name none."""
    if settings.tokens_file is None:
        return []
    try:
        people = Roster(settings.tokens_file).read()
    except (OSError, ValueError) as error:
        what = f"{settings.tokens_file} {said_of(error)}, so nobody is let in."
        return [problem(_CHECK, what, "Mend it, or make it anew with `textrequest-mcp token add NAME`.")]
    names = {entry.name for entry in people}
    found = [ok(_CHECK, f"{settings.tokens_file} lets in {some(len(names), 'name')}.")]
    if not any("approve" in entry.scopes for entry in people):
        todo = "Give somebody the scope approve: `textrequest-mcp token add NAME --scopes approve`."
        found.append(note(_CHECK, "Nobody may approve, so nobody decides at the team's desk.", todo))
    if settings.issuer is None or not online:
        return found
    from textrequest_mcp.commands.people.issuer import Issuer, IssuerError

    try:
        await Issuer(settings.issuer).key("", "RS256")
    except IssuerError as error:
        return [*found, problem(_CHECK, f"{error}.", "Look whether TEXTREQUEST_ISSUER is exactly its own name.")]
    return [*found, ok(_CHECK, f"{settings.issuer} describes itself and its keys.")]

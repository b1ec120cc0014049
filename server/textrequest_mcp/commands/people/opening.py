"""Opens the doors of a team as the settings name them."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from textrequest_mcp.commands.people.doors import Doors
from textrequest_mcp.commands.people.roster import Entry, Roster, said_of
from textrequest_mcp.commands.people.tokens import Tokens
from textrequest_mcp.settings.table import Settings, SettingsError
from textrequest_mcp.settings.team import serves_team


def open_doors(settings: Settings, needs: Mapping[str, frozenset[str]]) -> Doors | None:
    """The doors of a team, as a line on stderr says; None where one person uses the server.

    Args:
        settings: name the people.
        needs: the scopes that each tool needs, by its name.

    Raises:
        SettingsError: the people cannot be read.
    """
    if not serves_team(settings):
        return None
    lacking = [
        f"TEXTREQUEST_ISSUER is set, so {name} is needed too: {why}."
        for name, value, why in (
            ("TEXTREQUEST_TOKENS_FILE", settings.tokens_file, "the file that says who may do what"),
            ("TEXTREQUEST_PUBLIC_URL", settings.public_url, "the address for which tokens are made"),
        )
        if value is None and settings.issuer is not None
    ]
    if settings.approve_with == "passkey":
        lacking.append("TEXTREQUEST_APPROVE_WITH is passkey, and a team's desk knows its people by their tokens.")
    if settings.four_eyes and settings.confirm_fallback == "token":
        lacking.append("TEXTREQUEST_FOUR_EYES is on, and with TEXTREQUEST_CONFIRM_FALLBACK=token nobody else looks.")
    if settings.tokens_file is None or lacking:
        raise SettingsError(lacking)
    roster, offered = _read(settings.tokens_file), frozenset[str]().union(*needs.values())
    ways = "brings a token" if settings.issuer is None else f"brings a token or signs in with {settings.issuer}"
    sys.stderr.write(f"textrequest-mcp lets in who {ways}, as {settings.tokens_file} says.\n")
    sys.stderr.flush()
    if settings.issuer is None:
        return Doors(Tokens(roster), None, offered)
    from textrequest_mcp.commands.people.issuer import Issuer
    from textrequest_mcp.commands.people.sign_in import SignIn

    resource = f"{settings.public_url}/{'sse' if settings.transport == 'sse' else 'mcp'}"
    return Doors(Tokens(roster), SignIn(Issuer(settings.issuer), roster, resource, settings.audience), offered)


def _read(file: Path) -> Roster:
    roster = Roster(file)
    people: Sequence[Entry] = ()
    try:
        people = roster.read()
    except FileNotFoundError:  # the first one may be added while the server runs
        pass
    except (OSError, ValueError) as error:
        raise SettingsError([f"TEXTREQUEST_TOKENS_FILE: {file} {said_of(error)}."]) from None
    if not people:
        sys.stderr.write(f"textrequest-mcp has nobody in {file} yet: `textrequest-mcp token add NAME` adds somebody.\n")
    return roster

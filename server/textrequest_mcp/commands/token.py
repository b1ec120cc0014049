"""The command `textrequest-mcp token`: adds people to the file of tokens, lists them, and takes them out."""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textrequest_mcp.settings.places import read_tokens_file
from textrequest_mcp.settings.table import SettingsError

_FAILED = 1
_USUAL = "texts:read,texts:send,contacts:write"


def add_token(commands: Any) -> None:  # argparse has no public name for it
    """Add the command to the parser's."""
    token = commands.add_parser("token", help="let people of a team in by tokens, and out again")
    doing = token.add_subparsers(required=True, metavar="{add,list,revoke}")
    adding = doing.add_parser("add", help="make a token for somebody; it is shown once")
    adding.add_argument("name", help="as colleagues know them; texts go out in this name")
    adding.add_argument("--scopes", default=_USUAL, help=f"what they may do, or * for all ({_USUAL})")
    adding.add_argument("--lines", default="*", help="the ids of the lines that they may use, such as 121,122 (all)")
    adding.set_defaults(run=_add)
    doing.add_parser("list", help="list who has a token").set_defaults(run=_list)
    revoking = doing.add_parser("revoke", help="take all tokens of somebody away, at once")
    revoking.add_argument("name", help="as `token list` shows it")
    revoking.set_defaults(run=_revoke)


def _add(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.people import roster, tokens

    file = _file()
    try:
        name, scopes = roster.check_name(chosen.name), roster.read_scopes(chosen.scopes)
        lines = roster.read_lines(chosen.lines)
    except ValueError as error:
        raise SettingsError([f"Nobody was added: {error}."]) from None
    try:
        token = tokens.add(file, name, scopes, lines)
    except (OSError, ValueError) as error:
        raise SettingsError([f"{file} {roster.said_of(error)}."]) from None
    sys.stdout.write(token + "\n")
    sys.stderr.write(f"This is the token of {name}. It is kept nowhere, so it cannot be shown again.\n")
    return 0


def _list(_: argparse.Namespace) -> int:
    from textrequest_mcp.commands.people import roster, tokens

    file = _file()
    try:
        rows = [("name", "scopes", "lines")]
        for entry in tokens.holders(file):
            lines = roster.EVERYTHING if entry.lines is None else ",".join(map(str, sorted(entry.lines)))
            rows.append((entry.name, ",".join(sorted(entry.scopes)), lines))
    except (OSError, ValueError) as error:
        raise SettingsError([f"{file} {roster.said_of(error)}."]) from None
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        sys.stdout.write("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.people import roster, tokens

    file = _file()
    try:
        count = tokens.revoke(file, chosen.name)
    except (OSError, ValueError) as error:
        raise SettingsError([f"{file} {roster.said_of(error)}."]) from None
    if not count:
        sys.stderr.write(f"Nobody is called {chosen.name} in {file}. Nothing was changed.\n")
        return _FAILED
    sys.stdout.write(f"{chosen.name} is let in no more.\n")
    return 0


def _file(environment: Mapping[str, str] = os.environ) -> Path:
    """The file of the people.

    Raises:
        SettingsError: no setting names it.
    """
    file = read_tokens_file(environment)
    if file is None:
        raise SettingsError(["There is no file of tokens: set TEXTREQUEST_TOKENS_FILE to where it is, or is to be."])
    return file

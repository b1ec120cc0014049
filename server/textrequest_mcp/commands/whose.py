"""Whose state a command shows: that of the account whose key the settings name, or of all accounts beside it."""

import os
import sys
from collections.abc import Mapping

from textrequest_mcp.ground.succession import account_id_of
from textrequest_mcp.settings.reading import KEY_FILE
from textrequest_mcp.settings.table import TABLE, read_rows

_ALL = "No API key is set, so this shows all accounts whose state is kept here.\n"


def account_of_key(environment: Mapping[str, str] = os.environ, *, every: bool = False) -> str | None:
    """The account that the settings name; None stands for all: asked for, or because no key is set.

    Raises:
        SettingsError: naming every problem at once.
    """
    if every:
        return None
    if not any(environment.get(name, "").strip() for name in (TABLE["api_key"].variable, KEY_FILE)):
        if sys.stderr.isatty():  # a script reads this in --help
            sys.stderr.write(_ALL)
        return None
    read = read_rows([TABLE["api_key"], TABLE["base_url"]], {}, environment)
    return account_id_of(read["base_url"], read["api_key"])

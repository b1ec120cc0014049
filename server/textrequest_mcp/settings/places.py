"""Where a command that needs no account finds what the settings name: the state, the tokens of a team."""

import os
from collections.abc import Mapping
from pathlib import Path

from textrequest_mcp.settings.table import TABLE, SettingsError, State, read_rows


def make_state_folder(folder: Path | None) -> None:
    """Make sure that state can be kept, before anything starts; None keeps it in memory.

    Raises:
        SettingsError: the folder cannot be made or written to.
    """
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "it cannot be written to"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    if reason:
        raise SettingsError(
            [f"The state folder {folder} cannot be used: {reason}. Set TEXTREQUEST_STATE_DIR to another."]
        )


def read_state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this machine's own state: that needs no account, so no key is asked for.

    Raises:
        SettingsError: naming every problem at once.
    """
    return read_rows([TABLE["state_dir"]], {}, environment)["state_dir"]


def read_state(environment: Mapping[str, str] = os.environ) -> State:
    """Where state is kept, for a command that needs no account.

    Raises:
        SettingsError: naming every problem at once.
    """
    read = read_rows([TABLE[name] for name in ("state_dir", "database_url", "state_secret")], {}, environment)
    return State(read["database_url"] or read["state_dir"], read["state_secret"])


def read_tokens_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the tokens of a team are, for a command that works on nothing else; None where no setting says it.

    Raises:
        SettingsError: naming every problem at once.
    """
    return read_rows([TABLE["tokens_file"]], {}, environment)["tokens_file"]

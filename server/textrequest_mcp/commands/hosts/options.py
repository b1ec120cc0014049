"""What the command line takes for `config`, `install` and `uninstall`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textrequest_mcp.commands.hosts.table import HOSTS

if TYPE_CHECKING:
    from textrequest_mcp.commands.hosts.install import Wish


def add_install(commands: Any) -> None:  # argparse has no public name for it
    """Add the three commands to the parser's."""
    config = commands.add_parser("config", help="print what an AI host's settings need to start this server")
    install = commands.add_parser("install", help="put this server into an AI host's settings")
    uninstall = commands.add_parser("uninstall", help="take this server out of an AI host's settings")
    for command, do in ((config, "show_config"), (install, "install"), (uninstall, "uninstall")):
        command.add_argument("host", choices=sorted(HOSTS), metavar="HOST", help=", ".join(sorted(HOSTS)))
        command.add_argument("--sandbox", action="store_true", help="for a pretend account; needs no key")
        command.add_argument("--file", type=Path, help="the host's settings file, where it is not in the usual place")
        command.set_defaults(run=_runs(do))
    for command in (config, install):
        command.add_argument(
            "--uvx", metavar="FROM", help="start it by uvx from this folder, wheel or package, not by its own path"
        )
        command.add_argument(
            "--set", dest="settings", action="append", default=[], metavar="NAME=VALUE", help="a setting of the entry"
        )
        command.add_argument("--keyring", action="store_true", help="keep the API key in the system's keyring")
    install.add_argument("--new-key", action="store_true", help="ask for the API key although there is one")
    for command in (install, uninstall):
        command.add_argument("--dry-run", action="store_true", help="only show the difference")


def _runs(do: str) -> Callable[[argparse.Namespace], int]:
    def run(chosen: argparse.Namespace) -> int:
        from textrequest_mcp.commands.hosts import install  # only these commands need it

        act: Callable[[Wish], int] = getattr(install, do)
        given: dict[str, Any] = {name: value for name, value in vars(chosen).items() if name in install.Wish._fields}
        return act(install.Wish(**given))

    return run

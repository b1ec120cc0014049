"""What the command line takes for `doctor`."""

import argparse
from typing import Any


def add_doctor(commands: Any) -> None:  # argparse has no public name for it
    """Add the command to the parser's."""
    doctor = commands.add_parser("doctor", help="look what keeps this server from working, and say what to do")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    doctor.add_argument("--online", action="store_true", help="also look for a newer version, and call the public URL")
    doctor.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.doctor.doctor import run_doctor  # only this command needs it

    return run_doctor(as_json=chosen.json, online=chosen.online)

"""The command `textrequest-mcp`: reads the command line and hands over to one file for each command."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from textrequest_mcp import __version__
from textrequest_mcp.commands.arguments import add_audit, add_desk, add_sandbox, add_serve
from textrequest_mcp.commands.doctor.options import add_doctor
from textrequest_mcp.commands.everyday import add_everyday
from textrequest_mcp.commands.hosts.options import add_install
from textrequest_mcp.commands.policy import as_table, check_rules
from textrequest_mcp.commands.token import add_token
from textrequest_mcp.ground.stderr import stand_in
from textrequest_mcp.settings.places import make_state_folder, read_state
from textrequest_mcp.settings.table import Settings, SettingsError, read_settings

_COMMANDS = (
    *(
        "serve",
        "sandbox",
        "demo",
        "tools",
        "hooks",
        "approve",
        "audit",
        "policy",
        "report",
        "import",
        "desk",
        "approver",
    ),
    *("config", "install", "uninstall", "doctor", "token"),
)
_FAILED, _WRONG_USE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 2 for settings that make no sense, or 1 for what failed later."""
    stand_in()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not any(argument in _COMMANDS or argument in {"-h", "--help", "--version"} for argument in given[:1]):
        given.insert(0, "serve")
    chosen = _parser().parse_args(given)
    run: Any = chosen.run
    try:
        return run(chosen) if run in (_serve, _sandbox) else _printed(run, chosen)
    except SettingsError as error:
        what, done = ("start", "started") if run in (_serve, _sandbox) else ("do that", "done")
        sys.stderr.write(f"textrequest-mcp cannot {what}:\n" + "".join(f"- {line}\n" for line in error.problems))
        sys.stderr.write(f"Nothing was {done}.\n")
        return _WRONG_USE
    except KeyboardInterrupt:
        return 0  # how a person ends a server


def _printed(run: Any, chosen: argparse.Namespace) -> int:
    """Run a command that prints what it has to say.

    Raises:
        SettingsError: nothing can be printed.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - it was closed
        raise SettingsError(["stdout is closed, so nothing can be printed."])
    out: Any = sys.stdout  # paths and names hold letters that not every terminal or file knows
    with suppress(AttributeError, OSError):  # a pipe that something was written to before
        out.reconfigure(errors="backslashreplace")
    try:
        status: int = run(chosen)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what Python itself still wants to write at its end
        sys.stderr.write(f"textrequest-mcp could not print all: {error.strerror or type(error).__name__}.\n")
        return _FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="textrequest-mcp",
        description="An MCP server for a business's Text Request texting lines.",
        epilog="`serve --help` lists the settings, `install HOST` connects an AI host, `doctor` looks what is wrong.",
    )
    parser.add_argument("--version", action="version", version=f"textrequest-mcp {__version__}")
    commands = parser.add_subparsers(required=True, metavar="{" + ",".join(_COMMANDS) + "}")

    add_serve(commands, _serve)
    add_sandbox(commands, sandbox=_sandbox, text=_text)
    commands.add_parser("demo", help="show an hour at the counter, with the pretend account").set_defaults(run=_demo)
    tools = commands.add_parser("tools", help="print every tool: name, risk, connector action")
    tools.add_argument("--json", action="store_true", help="as JSON, with schemas")
    tools.set_defaults(run=_tools)
    hooks = commands.add_parser("hooks", help="show, make, remove or repair the webhooks to TEXTREQUEST_PUBLIC_URL")
    hooks.add_argument("do", choices=("list", "add", "remove", "repair"), help="what to do with them")
    hooks.add_argument(
        "--dashboard-id", type=int, action="append", default=[], help="only on this line; may be given several times"
    )
    hooks.set_defaults(run=_hooks)
    add_desk(commands, approve=_approve, desk=_desk, approver=_approver)
    add_audit(commands, _audit)
    policy = commands.add_parser("policy", help="print the rules that are in force, and the setting of each")
    policy.set_defaults(run=_policy)
    add_everyday(commands)
    add_install(commands)
    add_doctor(commands)
    add_token(commands)
    return parser


def _serve(chosen: argparse.Namespace) -> int:
    settings: Settings = read_settings(vars(chosen))
    closed = [name for name in ("stdin", "stdout") if getattr(sys, name) is None]
    if settings.transport == "stdio" and closed:
        raise SettingsError(
            [f"{closed[0]} is closed, and a host speaks over stdin and stdout. Start it from a host, or over HTTP."]
        )
    make_state_folder(settings.state_dir)
    check_rules(settings)

    gc.disable()  # while the parts are loaded, nothing is garbage: looking for it takes a tenth of the start
    from textrequest_mcp.commands.serve import serve  # after the settings: a mistake in them is told at once

    return serve(settings)


def _sandbox(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.sandbox import serve_sandbox

    return serve_sandbox(chosen.port)


def _text(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.sandbox import text_sandbox

    return text_sandbox(chosen.port, chosen.sender, chosen.body, chosen.dashboard_id)


def _demo(_: argparse.Namespace) -> int:
    from textrequest_mcp.commands.demo import run_demo

    return run_demo()


def _tools(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.tools import tools_as_json, tools_as_table

    sys.stdout.write((tools_as_json() if chosen.json else tools_as_table()) + "\n")
    return 0


def _hooks(chosen: argparse.Namespace) -> int:
    settings: Settings = read_settings({})
    make_state_folder(settings.state_dir)
    from textrequest_mcp.commands.hooks import run_hooks

    return run_hooks(settings, chosen.do, chosen.dashboard_id)


def _approve(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.approve import approve
    from textrequest_mcp.commands.whose import account_of_key

    return approve(read_state(), account_of_key(every=chosen.all_accounts))


def _approver(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.approver import run_approver

    return run_approver(read_state(), chosen.do, chosen.name)


def _audit(chosen: argparse.Namespace) -> int:
    from textrequest_mcp.commands.audit import read_period, show_audit, verify_audit
    from textrequest_mcp.commands.whose import account_of_key

    state = read_state()
    period = read_period(chosen.since, chosen.until)
    if chosen.verify is None:
        account = account_of_key(every=chosen.all_accounts)
        return show_audit(state, period, chosen.tool, chosen.shape, whole=chosen.whole, by=chosen.by, account=account)
    if any((chosen.since, chosen.until, chosen.tool, chosen.by)):
        raise SettingsError(["--verify checks all of the audit, so leave out --since, --until, --tool and --by."])
    return verify_audit(state, chosen.verify)


def _desk(chosen: argparse.Namespace) -> int:
    settings: Settings = read_settings({"sandbox": chosen.sandbox})
    make_state_folder(settings.state_dir)
    check_rules(settings)
    from textrequest_mcp.commands.desk import run_desk

    return run_desk(settings, every_account=chosen.all_accounts)


def _policy(_: argparse.Namespace) -> int:
    settings = read_settings({"sandbox": True})  # the rules need no key
    check_rules(settings)
    sys.stdout.write(as_table(settings) + "\n")
    return 0

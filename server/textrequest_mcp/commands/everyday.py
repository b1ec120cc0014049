"""The options of `report` and `import`, and how these begin; what they do is loaded only when they run."""

import argparse
from pathlib import Path
from typing import Any

from textrequest_mcp.settings.places import make_state_folder
from textrequest_mcp.settings.table import Settings, read_settings


def add_everyday(commands: Any) -> None:
    """Add them to the commands."""
    report = commands.add_parser("report", help="count texts, answer times and payments of some days, with plots")
    days = report.add_mutually_exclusive_group()
    days.add_argument(
        "--week", dest="period", action="store_const", const="last_7_days", help="the last 7 days (default)"
    )
    days.add_argument("--period", metavar="DAYS", help="e.g. yesterday, last_month or 2026-11-01/2026-11-15")
    report.add_argument("--html", metavar="FILE", type=Path, help="write one page with plots instead")
    report.add_argument("--sandbox", action="store_true", help="of the pretend account; needs no key")
    report.set_defaults(run=_report)
    taking = commands.add_parser("import", help="take contacts or opt-outs over from a CSV or vCard file")
    taking.add_argument("file", type=Path, help="CSV with a row of headings, or vCards; UTF-8")
    taking.add_argument("--dry-run", action="store_true", help="only show what would be done")
    taking.add_argument("--opt-outs", action="store_true", help="everybody in the file wants no texts")
    taking.add_argument("--dashboard-id", type=int, metavar="ID", help="the line; for opt-outs all lines if left out")
    taking.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="e.g. phone_number=Handy")
    taking.add_argument("--sandbox", action="store_true", help="into the pretend account; needs no key")
    taking.set_defaults(run=_import)


def _account(chosen: argparse.Namespace) -> Settings:
    settings = read_settings({"sandbox": chosen.sandbox})
    make_state_folder(settings.state_dir)
    return settings


def _import(chosen: argparse.Namespace) -> int:
    settings = _account(chosen)
    from textrequest_mcp.commands.import_people import Wanted, run_import

    columns = dict(each.partition("=")[::2] for each in chosen.map)
    return run_import(settings, Wanted(chosen.file, chosen.dashboard_id, chosen.opt_outs, chosen.dry_run, columns))


def _report(chosen: argparse.Namespace) -> int:
    settings = _account(chosen)
    from textrequest_mcp.commands.report import run_report

    return run_report(settings, chosen.period or "last_7_days", chosen.html)

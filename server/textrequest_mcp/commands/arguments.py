"""The arguments of those commands that take several; `cli` names the function that runs each."""

import argparse
from collections.abc import Callable
from typing import Any

from textrequest_mcp.settings.table import variables_as_text

_EVERY: dict[str, Any] = {
    "action": "store_true",
    "help": "of all accounts whose state is kept in the same place, not only that of the API key",
}
Run = Callable[[argparse.Namespace], int]


def add_serve(commands: Any, run: Run) -> None:  # argparse has no public name for it
    """Those of `serve`; its help lists every variable."""
    serve = commands.add_parser(
        "serve",
        help="serve an account to an AI host (the default)",
        epilog=variables_as_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("--transport", choices=("stdio", "sse", "http"), default="stdio", help="how hosts connect")
    serve.add_argument("--host", help="where HTTP listens; this machine only (127.0.0.1)")
    serve.add_argument("--port", type=int, help="the port that HTTP listens on (8000)")
    serve.add_argument("--read-only", action="store_true", default=None, help="offer only tools that change nothing")
    serve.add_argument("--toolsets", help="offer only these, e.g. contacts,messages")
    serve.add_argument("--sandbox", action="store_true", help="work with a pretend account; needs no key")
    serve.add_argument(
        "--sandbox-reset", action="store_true", help="begin the account anew that TEXTREQUEST_STATE_DIR keeps"
    )
    serve.set_defaults(run=run)


def add_desk(commands: Any, *, approve: Run, desk: Run, approver: Run) -> None:
    """The commands with which a person decides."""
    deciding = commands.add_parser("approve", help="say yes or no to what an assistant waits for")
    deciding.add_argument("--all-accounts", **_EVERY)
    deciding.set_defaults(run=approve)
    looking = commands.add_parser("desk", help="keep a page open: what waits for a yes, today, the week, the audit")
    looking.add_argument("--sandbox", action="store_true", help="of the pretend account; needs no key")
    looking.add_argument("--all-accounts", **_EVERY)
    looking.set_defaults(run=desk)
    people = commands.add_parser("approver", help="add, list or remove the passkeys with which a person agrees")
    people.add_argument("do", choices=("add", "list", "remove"), help="what to do with them")
    people.add_argument("name", nargs="?", default="", help="of the passkey to remove, as list prints it, or its id")
    people.set_defaults(run=approver)


def add_audit(commands: Any, run: Run) -> None:
    """Those of `audit`."""
    audit = commands.add_parser("audit", help="print what was changed, sent, refused and approved on this machine")
    audit.add_argument("--since", metavar="TIME", help="from this day or time on, such as 2026-11-01; in UTC")
    audit.add_argument("--until", metavar="TIME", help="to the end of this day, or to this time; in UTC")
    audit.add_argument("--tool", help="only what this tool did, e.g. send_message")
    audit.add_argument("--by", metavar="NAME", help="only what was done for this member of the team")
    shape = audit.add_mutually_exclusive_group()
    shape.add_argument("--json", dest="shape", action="store_const", const="json", help="as JSON, one object a line")
    shape.add_argument("--csv", dest="shape", action="store_const", const="csv", help="as CSV, for a spreadsheet")
    shape.add_argument(
        "--verify",
        nargs="?",
        const="",
        metavar="HEAD",
        help="check its rows, and that the row of an earlier head is there",
    )
    audit.add_argument("--all", dest="whole", action="store_true", help="the whole table, not only its newest rows")
    audit.add_argument("--all-accounts", **_EVERY)
    audit.set_defaults(run=run, shape="table")


def add_sandbox(commands: Any, *, sandbox: Run, text: Run) -> None:
    """Those of `sandbox`, and of the customers whom it plays."""
    serving = commands.add_parser("sandbox", help="serve the pretend account over HTTP on this machine")
    serving.add_argument("--port", type=int, default=0, help="0 takes any free port")
    serving.set_defaults(run=sandbox)
    playing = serving.add_subparsers(metavar="{text}", title="with a sandbox that is being served")
    playing_text = playing.add_parser("text", help="play a customer who texts one of its lines")
    playing_text.add_argument("body", help="what the customer texts")
    playing_text.add_argument(
        "--from", dest="sender", required=True, metavar="NUMBER", help="the customer's phone number"
    )
    playing_text.add_argument("--dashboard-id", type=int, metavar="ID", help="the line (the first one)")
    # Without a default of its own, so that a port that is named before the word `text` counts too.
    playing_text.add_argument("--port", type=int, default=argparse.SUPPRESS, help="where the sandbox listens (8000)")
    playing_text.set_defaults(run=text)

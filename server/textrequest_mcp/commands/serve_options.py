"""What the command line takes for `serve`."""

import argparse
from typing import Any

from textrequest_mcp.settings.table import variables_as_text


def add_serve(commands: Any) -> argparse.ArgumentParser:  # argparse has no public name for it
    """Add the command to the parser's; its help lists every variable."""
    serve: argparse.ArgumentParser = commands.add_parser(
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
    return serve

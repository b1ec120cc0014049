"""The command `textrequest-mcp sandbox`: serves the pretend account on this machine, or sends it a customer's text."""

import sys

from textrequest_mcp.sandbox import handset, serve

_FAILED = 1


def serve_sandbox(port: int) -> int:
    """Serve the pretend account until somebody ends it; returns the exit status."""
    try:
        serve(port)
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"The sandbox cannot listen on port {port}: {error}. Choose another with --port.\n")
        return _FAILED
    return 0


def text_sandbox(port: int | None, sender: str, body: str, dashboard_id: int | None) -> int:
    """Text a line of the sandbox at this port, as a customer; returns the exit status."""
    try:
        happened = handset.text(port or handset.DEFAULT_PORT, sender, body, dashboard_id)
    except handset.NotTaken as why:
        sys.stderr.write(f"{why}\n")
        return _FAILED
    sys.stdout.write(f"{happened}\n")
    return 0

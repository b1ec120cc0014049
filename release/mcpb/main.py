"""Starts the server inside a bundle: a host may hand on a field that was left empty as "", or as its placeholder."""

import os
import sys

_SANDBOX = "BUNDLE_SANDBOX"


def arguments() -> list[str]:
    """Take what the person left out from the variables; the arguments of the command."""
    for name in [name for name in os.environ if name.startswith("TEXTREQUEST_") or name == _SANDBOX]:
        value = os.environ[name].strip()
        if not value or value.startswith("${user_config."):
            del os.environ[name]
    wants_sandbox = os.environ.pop(_SANDBOX, "").lower() in {"true", "1"}
    return ["serve", "--sandbox"] if wants_sandbox else ["serve"]


if __name__ == "__main__":
    from textrequest_mcp.cli import main

    sys.exit(main(arguments()))

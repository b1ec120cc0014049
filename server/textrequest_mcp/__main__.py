"""Lets `python -m textrequest_mcp` do what the command does."""

from textrequest_mcp.cli import main

if __name__ == "__main__":
    raise SystemExit(main())

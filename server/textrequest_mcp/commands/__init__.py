"""Commands: one file for each command of `textrequest-mcp`, and the parts that only `serve` needs.

They may use every room. Start with `serve`. `cli`, above this room, parses the command line and calls one of them.
Only `serve` uses `http`, `http_access`, `http_secret`, `ending` and `signals`.
"""

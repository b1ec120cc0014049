"""Commands: one file for each word after `textrequest-mcp`, and what `serve` needs over HTTP.

They may use every room. Start with `serve`; `cli` above this room parses the command line and hands over.
"""

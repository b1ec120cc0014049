"""Settings files as hosts and people write them, each with servers and other things that are none of ours."""

from typing import NamedTuple

GITHUB = '"github": {"command": "npx", "args": ["-y", "@acme/github"], "env": {"GITHUB_TOKEN": "ghp_canary"}}'


class Kept(NamedTuple):
    """A file as it is, and the texts in it that must stay as they are."""

    host: str
    text: str


KEPT = [
    Kept("claude-desktop", '{\n  "globalShortcut": "",\n  "mcpServers": {\n    ' + GITHUB + "\n  }\n}\n"),
    Kept("claude-desktop", '{\r\n\t"mcpServers": {\r\n\t\t' + GITHUB + '\r\n\t},\r\n\t"scale": 1.50\r\n}'),
    Kept("claude-desktop", '\ufeff{"mcpServers":{' + GITHUB + '},"a":"\\u00fc"}'),
    Kept(
        "claude-code",
        '{\n  "numStartups": 41,\n  "projects": {"/home/a": {"mcpServers": {"textrequest": {"command": "mine"}}}},\n'
        '  "mcpServers": {' + GITHUB + '},\n  "userID": "3f",\n  "cachedGates": {"x": 1e3, "y": [ ]}\n}',
    ),
    Kept("cursor", '{ "mcpServers": { ' + GITHUB + ' , "other" : { "url" : "http://127.0.0.1:3845/mcp" } } }\n'),
    Kept(
        "vscode", '{\n\t"inputs": [],\n\t"servers": {\n\t\t"a": {"type": "http", "url": "https://a.example"}\n\t}\n}\n'
    ),
    Kept("windsurf", '{\n    "mcpServers": {\n        ' + GITHUB + "\n    }\n}"),
    Kept("zed", '{\n  "theme": "One Dark",\n  "context_servers": {\n    ' + GITHUB + '\n  },\n  "vim_mode": true\n}\n'),
    Kept("gemini-cli", '{\n  "selectedAuthType": "oauth-personal",\n  "mcpServers": {' + GITHUB + "}\n}\n"),
    Kept("lm-studio", '{\n  "mcpServers": {\n    ' + GITHUB + "\n  }\n}"),
    Kept("cline", '{\n  "mcpServers": {\n    ' + GITHUB + ',\n    "grüße/🦊": {"url": "https://b.example"}\n  }\n}\n'),
    Kept("copilot-cli", '{"mcpServers":{"a":{"type":"local","command":"a","tools":["*"],"args":[]}}}'),
    Kept("kiro", '{\n  "powers": {"mcpServers": {}},\n  "mcpServers": {\n    ' + GITHUB + "\n  }\n}\n"),
]
WITH_COMMENTS = '{\n  // my theme\n  "theme": "One Dark",\n  "context_servers": {}\n}\n'

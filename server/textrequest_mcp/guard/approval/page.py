"""Writes the pages of the desk: plain HTML without scripts, in light and dark, for a phone and a keyboard too."""

import time
from collections.abc import Sequence
from html import escape

from textrequest_mcp.guard.approval.approvals import MINUTES, Row, Shown

REFRESH_SECONDS = 3

_STYLE = """
:root { color-scheme: light dark; --ink: #16191d; --soft: #5b6470; --paper: #f5f6f8; --card: #fff; --line: #d9dde3;
  --yes: #0b6b3a; --no: #fff; --on-no: #16191d; --mark: #fff6d6; --focus: #1756d1; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff3; --soft: #a4adb8; --paper: #14171b; --card: #1e2227;
  --line: #363c45; --yes: #2f9e63; --no: #1e2227; --on-no: #eceff3; --mark: #3a3417; --focus: #8ab4ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.05rem/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: .5rem 0; }
.soft { color: var(--soft); font-size: .93rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem;
  margin: 1.25rem 0; }
blockquote { margin: .75rem 0; padding: .75rem 1rem; background: var(--paper); border-radius: .5rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin-top: 1rem; }
label { flex: 1 1 100%; font-size: .95rem; }
input { display: block; width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
button { font: inherit; font-weight: 600; padding: .65rem 1.4rem; border-radius: .5rem; border: 1px solid var(--line);
  background: var(--no); color: var(--on-no); cursor: pointer; min-height: 2.75rem; }
button.yes { background: var(--yes); border-color: var(--yes); color: #fff; }
button.quiet { font-weight: 400; border-color: transparent; color: var(--soft); background: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.note { background: var(--mark); border-radius: .5rem; padding: .6rem .9rem; }
@media (max-width: 30rem) { button { flex: 1 1 100%; } }
"""


def questions(rows: Sequence[Row], *, value_of: "dict[str, str]", nonce: str, note: str | None = None) -> str:
    """The page that asks.

    Args:
        rows: what waits, oldest first.
        value_of: by the id of a row what its form must bring.
        nonce: lets the page's own style in, and nothing else.
        note: what became of the last answer.
    """
    waiting = [(row, row.shown) for row in rows if row.shown is not None]
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    if not waiting:
        body = "<h1>Nothing waits for you</h1><p class=soft>This page looks again by itself. You can close it.</p>"
        return _page("Nothing waits", said + body, nonce, refresh=True)
    count = "One question waits" if len(waiting) == 1 else f"{len(waiting)} questions wait"
    head = (
        f"<h1>{count} for you</h1><p class=soft>An assistant wants to do this. Nothing happens until you say yes.</p>"
    )
    return _page(count, said + head + "".join(_question(row, shown, value_of[row.id]) for row, shown in waiting), nonce)


def told(title: str, sentence: str, nonce: str) -> str:
    """A page that only says something."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>", nonce)


def _question(row: Row, shown: Shown, value: str) -> str:
    left = max(1, round((row.expires_at - time.time()) / 60))
    asked = time.strftime("%H:%M", time.localtime(row.asked_at))
    name = (
        f"<label>To agree, type <strong>{escape(shown.must_type)}</strong> exactly"
        '<input name="typed" autocomplete="off" autocapitalize="off" spellcheck="false"></label>'
        if shown.must_type is not None
        else ""
    )
    return (
        f'<article aria-labelledby="{row.id}"><h2 id="{row.id}">{escape(shown.title)}</h2>'
        f"<p class=soft>Asked by {escape(shown.caller) or 'an assistant'} at {asked}, open for {left} of {MINUTES}"
        f" minutes</p><blockquote>{escape(shown.text)}</blockquote>"
        f'<form method="post" action="/a/decide"><input type="hidden" name="id" value="{row.id}">'
        f'<input type="hidden" name="value" value="{value}">{name}'
        '<button class="yes" name="answer" value="yes">Yes, do this</button>'
        '<button name="answer" value="no">No</button>'
        '<button class="quiet" name="answer" value="silence">No, and ask nothing for 10 minutes</button>'
        "</form></article>"
    )


def _page(title: str, body: str, nonce: str, *, refresh: bool = False) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS};url=/a/">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} - Text Request</title><style nonce="{nonce}">{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )

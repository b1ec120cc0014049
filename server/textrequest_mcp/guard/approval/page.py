"""Writes the page of the desk that asks: each question with its reasons and facts, and the conversation beside it."""

import time
from collections.abc import Mapping, Sequence
from html import escape

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import MINUTES
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.passkey_pages import BUTTON, agreeing
from textrequest_mcp.guard.approval.shown import Beside, Bubble, Shown
from textrequest_mcp.guard.approval.webauthn import Passkey, encoded

REFRESH_SECONDS = 3
_POLICY = "The settings have a person confirm each call of this kind (TEXTREQUEST_CONFIRM)."


def questions(
    rows: Sequence[Row],
    *,
    value_of: Mapping[str, str],
    nonce: str,
    note: str | None = None,
    top: str = "",
    keys: Sequence[Passkey] = (),
) -> str:
    """The page that asks.

    Args:
        rows: what waits, oldest first.
        value_of: by the id of a row what its form must bring.
        nonce: lets the page's own style in, and nothing else.
        note: what became of the last answer.
        top: HTML above it.
        keys: the passkeys that are there, where a question wants one.
    """
    waiting = [(row, row.shown) for row in rows if row.shown is not None]
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    if not waiting:
        body = "<h1>Nothing waits for you</h1><p class=soft>This page looks again by itself. You can close it.</p>"
        return document("Nothing waits", top + said + body, nonce, refresh=(REFRESH_SECONDS, "/a/"))
    count = "One question waits" if len(waiting) == 1 else f"{len(waiting)} questions wait"
    head = (
        f"<h1>{count} for you</h1><p class=soft>An assistant wants to do this. Nothing happens until you say yes.</p>"
    )
    asked = "".join(_question(row, shown, value_of[row.id], keys) for row, shown in waiting)
    return document(count, top + said + head + asked, nonce, script=agreeing(keys) if keys else "")


def told(title: str, sentence: str, nonce: str) -> str:
    """A page that only says something."""
    return document(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>", nonce)


def moment(at: float) -> str:
    """A time as this machine's person reads it: `Tue 24 Nov, 22:17`."""
    local = time.localtime(at)
    return f"{time.strftime('%a', local)} {local.tm_mday} {time.strftime('%b, %H:%M', local)}"


def _question(row: Row, shown: Shown, value: str, keys: Sequence[Passkey]) -> str:
    left = max(1, round((row.expires_at - time.time()) / 60))
    asked = time.strftime("%H:%M", time.localtime(row.asked_at))
    talk = _conversation(shown.beside)
    return (
        f'<article aria-labelledby="{row.id}"><h2 id="{row.id}">{escape(shown.title)}</h2>'
        f"<p class=soft>Asked by {escape(shown.caller) or 'an assistant'} at {asked}, open for {left} of {MINUTES}"
        f' minutes</p><div class="sides{" two" if talk else ""}"><div>'
        f"<blockquote>{escape(shown.asked)}</blockquote>{_reasons(shown)}{_facts(shown.beside)}"
        f"{_form(row, shown, value, keys)}</div>{talk}</div></article>"
    )


def _reasons(shown: Shown) -> str:
    why = shown.why or (_POLICY,)
    return (
        f"<div class=why><h3>Why you are asked</h3><ul>{''.join(f'<li>{escape(each)}</li>' for each in why)}</ul></div>"
    )


def _facts(beside: Beside) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in beside.facts)
    note = f"<p class=soft>{escape(beside.note)}</p>" if beside.note else ""
    return (f"<dl>{facts}</dl>" if facts else "") + note


def _form(row: Row, shown: Shown, value: str, keys: Sequence[Passkey]) -> str:
    name = (
        f"<label>To agree, type <strong>{escape(shown.must_type)}</strong> exactly"
        '<input type="text" name="typed" autocomplete="off" autocapitalize="off" spellcheck="false"></label>'
        if shown.must_type is not None
        else ""
    )
    yes, challenge = '<button class="yes" name="answer" value="yes">Yes, do this</button>', ""
    if shown.by_passkey and keys:
        yes, challenge = BUTTON.format(label="Yes, with my passkey"), f' data-challenge="{encoded(row.challenge)}"'
    elif shown.by_passkey:
        yes = "<p class=warn>A yes needs a passkey, and there is none: <code>textrequest-mcp approver add</code>.</p>"
    return (
        f'<form method="post" action="/a/decide"{challenge}><input type="hidden" name="id" value="{row.id}">'
        f'<input type="hidden" name="value" value="{value}">{name}{yes}'
        '<button name="answer" value="no">No</button>'
        '<button class="quiet" name="answer" value="silence">No, and ask nothing for 10 minutes</button></form>'
    )


def _conversation(beside: Beside) -> str:
    if not beside.person:
        return ""
    texts = "".join(_bubble(each) for each in reversed(beside.texts))
    inside = f'<ol class=talk tabindex="0" aria-label="The newest texts, newest first">{texts}</ol>' if texts else ""
    nothing = "" if texts else "<p class=soft>No texts yet.</p>"
    return f"<section><h3>Conversation with {escape(beside.person)}</h3>{inside or nothing}</section>"


def _bubble(text: Bubble) -> str:
    who = "Customer" if text.theirs else text.by or "Us"
    when = f", {moment(text.at)}" if text.at is not None else ""
    side = "" if text.theirs else ' class="ours"'
    return f"<li{side}>{escape(text.words)}<small>{escape(who)}{when}</small></li>"

"""Writes the page of the desk that asks: each question with its reasons and facts, and the conversation beside it."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import MINUTES
from textrequest_mcp.guard.approval.batches import batches
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
    now: float,
    note: str | None = None,
    top: str = "",
    keys: Sequence[Passkey] = (),
    root: str = "/a/",
) -> str:
    """The page that asks.

    Args:
        rows: what waits, oldest first.
        value_of: by the id of a row what its form must bring.
        nonce: lets the page's own style in, and nothing else.
        now: seconds since 1970 by the clock of the rows.
        note: what became of the last answer.
        top: HTML above it.
        keys: the passkeys that are there, where a question wants one.
        root: where the page is.
    """
    groups = [[(row, row.shown) for row in group if row.shown is not None] for group in batches(rows)]
    groups = [group for group in groups if group]
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    if not groups:
        body = "<h1>Nothing waits for you</h1><p class=soft>This page looks again by itself. You can close it.</p>"
        return document("Nothing waits", top + said + body, nonce, refresh=(REFRESH_SECONDS, root))
    count = "One question waits" if len(groups) == 1 else f"{len(groups)} questions wait"
    head = (
        f"<h1>{count} for you</h1><p class=soft>An assistant wants to do this. Nothing happens until you say yes.</p>"
    )
    asked = "".join(
        batch(group, value_of, keys, now) if len(group) > 1 else _question(*group[0], value_of, keys, now)
        for group in groups
    )
    asked = asked.replace('action="/a/decide"', f'action="{root}decide"')
    return document(count, top + said + head + asked, nonce, script=agreeing(keys) if keys else "")


def batch(group: Sequence[tuple[Row, Shown]], value_of: Mapping[str, str], keys: Sequence[Passkey], now: float) -> str:
    """Several acts in one question, each with its own facts; a person unticks what they do not want."""
    first, shown = group[0]
    titles = Counter(each.title for _, each in group)
    named = escape(", ".join(f"{title} ({count})" for title, count in titles.items()))
    silence = '<button class="quiet" name="answer" value="silence">No, and ask nothing for 10 minutes</button>'
    acts = "".join(_act(row, each, value_of[row.id]) for row, each in group)
    return (
        f'<article aria-labelledby="{first.id}"><h2 id="{first.id}">{len(group)} acts together: {named}</h2>'
        f"{asked_by(first, shown, now)}<p>Untick what you do not want.</p>"
        f'<form method="post" action="/a/decide"{" data-challenge" if shown.by_passkey else ""}>{acts}'
        f"{yes_button('Yes to the ticked ones', shown, keys)}"
        f'<button name="answer" value="no">No to all</button>{silence}</form></article>'
    )


def _act(row: Row, shown: Shown, value: str) -> str:
    challenge = f' data-challenge="{encoded(row.challenge)}"' if shown.by_passkey else ""
    why = reasons(shown) if shown.why else ""
    return (
        f'<div class=act><input type="hidden" name="row" value="{row.id} {value}">'
        f'<label><input type="checkbox" name="pick" value="{row.id}" checked{challenge}> {escape(shown.title)}'
        f"<blockquote>{escape(shown.asked)}</blockquote></label>{why}<details><summary>What is beside it</summary>"
        f"{facts(shown.beside)}{conversation(shown.beside)}</details></div>"
    )


def told(title: str, sentence: str, nonce: str) -> str:
    """A page that only says something."""
    return document(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>", nonce)


def moment(at: float) -> str:
    """A time as this machine's person reads it: `Tue 24 Nov, 22:17`."""
    local = time.localtime(at)
    return f"{time.strftime('%a', local)} {local.tm_mday} {time.strftime('%b, %H:%M', local)}"


def _question(row: Row, shown: Shown, value_of: Mapping[str, str], keys: Sequence[Passkey], now: float) -> str:
    talk = conversation(shown.beside)
    return (
        f'<article aria-labelledby="{row.id}"><h2 id="{row.id}">{escape(shown.title)}</h2>{asked_by(row, shown, now)}'
        f'<div class="sides{" two" if talk else ""}"><div>'
        f"<blockquote>{escape(shown.asked)}</blockquote>{reasons(shown)}{facts(shown.beside)}"
        f"{_form(row, shown, value_of[row.id], keys)}</div>{talk}</div></article>"
    )


def asked_by(row: Row, shown: Shown, now: float) -> str:
    """Who asks, when, and for how long."""
    left = max(1, round((row.expires_at - now) / 60))
    at = time.strftime("%H:%M", time.localtime(row.asked_at))
    who = escape(" for ".join(filter(None, [shown.caller or "an assistant", shown.member])))
    return f"<p class=soft>Asked by {who} at {at}, open for {left} of {MINUTES} minutes</p>"


def reasons(shown: Shown) -> str:
    why = shown.why or (_POLICY,)
    listed = "".join(f"<li>{escape(each)}</li>" for each in why)
    settings = f"<p class=soft>Set by {escape(', '.join(shown.rules))}</p>" if shown.rules else ""
    return f"<div class=why><h3>Why you are asked</h3><ul>{listed}</ul>{settings}</div>"


def facts(beside: Beside) -> str:
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in beside.facts)
    note = f"<p class=soft>{escape(beside.note)}</p>" if beside.note else ""
    return (f"<dl>{told}</dl>" if told else "") + note


def _form(row: Row, shown: Shown, value: str, keys: Sequence[Passkey]) -> str:
    name = (
        f"<label>To agree, type <strong>{escape(shown.must_type)}</strong> exactly"
        '<input type="text" name="typed" autocomplete="off" autocapitalize="off" spellcheck="false"></label>'
        if shown.must_type is not None
        else ""
    )
    challenge = f' data-challenge="{encoded(row.challenge)}"' if shown.by_passkey else ""
    return (
        f'<form method="post" action="/a/decide"{challenge}><input type="hidden" name="row" value="{row.id} {value}">'
        f"{name}{yes_button('Yes, do this', shown, keys)}"
        '<button name="answer" value="no">No</button>'
        '<button class="quiet" name="answer" value="silence">No, and ask nothing for 10 minutes</button></form>'
    )


def yes_button(label: str, shown: Shown, keys: Sequence[Passkey]) -> str:
    """The button that agrees, or the one that asks for a passkey."""
    if shown.by_passkey and keys:
        return BUTTON.format(label=f"{label}, with my passkey")
    if shown.by_passkey:
        return "<p class=warn>A yes needs a passkey, and there is none: <code>textrequest-mcp approver add</code>.</p>"
    return f'<button class="yes" name="answer" value="yes">{label}</button>'


def conversation(beside: Beside) -> str:
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

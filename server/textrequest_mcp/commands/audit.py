"""The command `textrequest-mcp audit`: prints what was changed, sent, refused and approved, or checks that record."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import anyio

from textrequest_mcp.app import kinds_of_acts
from textrequest_mcp.ground.quoting import some, visible
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError
from textrequest_mcp.guard.audit.reader import Recorded, Trail
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.settings.table import SettingsError, State
from textrequest_mcp.upstream.service_clock import ServiceClock
from textrequest_mcp.upstream.times import show_time

Shape = Literal["table", "json", "csv"]

_FAILED = 1
_SHOWN_OF_A_HASH = 8
_SHOWN_ROWS = 200  # the newest, of a table
_FACTS = (
    *("number", "time", "account", "host", "by", "tool", "kind", "dashboard_id", "person", "outcome", "rule", "ids"),
    *("approved_by", "note", "body"),
)
_HEADINGS = {"number": "row", "time": "time (UTC)", "dashboard_id": "line", "approved_by": "yes by"}
_COLUMNS = _FACTS[:-2]  # a note or a text would not fit a line
# What a spreadsheet takes for a formula, or skips before one (OWASP, CSV Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Period(NamedTuple):
    """From when to before when, in seconds since 1970; None for no bound."""

    since: float | None
    until: float | None


def read_period(since: str | None, until: str | None) -> Period:
    """The time that a person means: days are whole and in UTC, as is a time without a zone.

    Raises:
        SettingsError: naming what is neither a day nor a time.
    """
    problems: list[str] = []

    def read(flag: str, text: str | None, *, end: bool) -> float | None:
        try:
            return None if text is None else _instant(text, end=end)
        except (ValueError, OverflowError):
            problems.append(f"{flag} is neither a day such as 2026-11-01 nor a time such as 2026-11-01T09:30Z.")
            return None

    period = Period(read("--since", since, end=False), read("--until", until, end=True))
    if problems:
        raise SettingsError(problems)
    return period


def show_audit(
    state: State,
    period: Period,
    tool: str | None,
    shape: Shape,
    *,
    whole: bool = False,
    by: str | None = None,
    account: str | None = None,
) -> int:
    """Print the rows of an account, or of all, of a table only the newest or the whole; the exit status."""
    wanted = {"since": period.since, "until": period.until, "tool": tool, "by": by}
    return _with_trail(state, partial(_show, wanted=wanted, shape=shape, whole=whole), account)


def verify_audit(state: State, head: str = "") -> int:
    """Say what a check of the audit in this state found; the exit status, 1 where something is missing.

    Args:
        state: where it is.
        head: an earlier one, which the audit must still have; empty for none.
    """
    return _with_trail(state, partial(_verify, head=head))


def _instant(text: str, *, end: bool) -> float:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight + timedelta(days=1) if end else midnight).timestamp()


def _with_trail(state: State, act: Callable[[Trail], Any], account: str | None = None) -> int:
    file = state.place / FILE_NAME if isinstance(state.place, Path) else None
    if file is not None and not os.path.isfile(file):  # not Path's own, which raises where access is denied
        sys.stderr.write(
            f"There is no audit: no server has kept state in {file} yet, or it is not yours to read. "
            "If the server is given a TEXTREQUEST_STATE_DIR, this command needs the same.\n"
        )
        return _FAILED
    store = Store.open(*state)
    try:
        status = anyio.run(_after_the_dead, store, act, account)
        sys.stdout.flush()
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    except BrokenPipeError:  # who reads it, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return 0
    finally:
        store.close()
    return status


async def _after_the_dead(store: Store, act: Callable[[Trail], Any], account: str | None) -> int:
    """Act once what servers that were ended left on its way is recorded, which no server may have come to since."""
    store.trust(lambda: None)  # this command forgets nothing
    trail = Trail(store, account)
    audit = Audit(store, "", keep_days=await trail.keep_days(), with_bodies=True, kinds=kinds_of_acts(), is_sure=_never)
    await Ledger(store, "", witness=audit.follow, service=ServiceClock()).bury()
    await audit.close_abandoned()
    return await act(trail)


def _never() -> bool:
    return False


async def _verify(trail: Trail, head: str) -> int:
    verdict = await trail.verify()
    if not verdict.ok:
        before = some(verdict.count, "row")
        _say(
            f"The audit is broken at row {verdict.bad}: it was changed, removed or put in by something else than a "
            f"server. Before it: {before}, each as it was written."
        )
        return _FAILED
    missing = await trail.unrecorded()
    if missing:
        _say(f"Rows are missing: the ledger knows {some(len(missing), 'act')} without one, such as {missing[0]}.")
        return _FAILED
    if head and not await trail.is_there(head):
        _say(f"The audit has no row {head} any more: it was replaced or cut, or the row was forgotten in its time.")
        return _FAILED
    newest = await trail.head()
    if newest is None:
        _say("No rows: no server has recorded anything in this folder, or the record was removed.")
        return 0
    _say(
        f"{some(verdict.count, 'row').capitalize()}: each is as a server wrote it and linked to the one before it, and "
        "each act in the ledger (30 days) has its row. "
        + (f"Row {head} is still there. " if head else "")
        + f"The head is {newest}. An audit that was replaced as a whole is only found by an earlier head: "
        "note this one, and give it to --verify next time."
    )
    return 0


async def _show(trail: Trail, wanted: Mapping[str, Any], shape: Shape, *, whole: bool) -> int:
    most = None if whole or shape != "table" else _SHOWN_ROWS
    limit = None if most is None else most + 1  # one more tells that there are more
    rows: list[list[str]] = [[_HEADINGS.get(name, name) for name in _COLUMNS]]
    if shape == "csv":
        _say(_as_csv(_FACTS))
    async for recorded in trail.entries(**wanted, limit=limit):
        facts = _facts(recorded)
        if shape == "json":
            _say(json.dumps(facts))
        elif shape == "csv":
            _say(_as_csv([_as_text(value) for value in facts.values()]))
        else:
            short = facts | {"person": (facts["person"] or "")[:_SHOWN_OF_A_HASH]}
            rows.append([visible(_as_text(short[name])) for name in _COLUMNS])
    if shape == "table":
        shown = rows[1:] if most is None else rows[1:][-most:]
        _say_aligned([rows[0], *shown])
        if len(shown) < len(rows) - 1:
            _say("Earlier rows are left out; --all prints them, and so do --json and --csv.")
    return 0


def _say_aligned(rows: Sequence[Sequence[str]]) -> None:
    """A table without the column of the members, where one person uses the server."""
    columns = [column for column in zip(*rows, strict=True) if column[0] != "by" or any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _facts(recorded: Recorded) -> dict[str, Any]:
    facts: dict[str, Any] = dict.fromkeys(_FACTS)
    facts |= {"number": recorded.number, "account": recorded.account[:_SHOWN_OF_A_HASH], "outcome": "unreadable"}
    if recorded.at is not None:
        facts["time"] = show_time(recorded.at)
    entry = recorded.entry
    if entry is not None:
        facts |= {"host": entry.caller, **{name: getattr(entry, name) for name in _FACTS[4:]}, "ids": dict(entry.ids)}
    return facts


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={id_}" for name, id_ in cast("dict[str, str | int]", value).items())
    return "" if value is None else str(value)


def _as_csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells]
    csv.writer(line, lineterminator="").writerow(safe)
    return line.getvalue()


def _say(line: str) -> None:
    encoding = sys.stdout.encoding  # hosts call themselves anything, and not every terminal or file knows every sign
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")

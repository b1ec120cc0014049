"""The command `textrequest-mcp desk`: keeps the desk open, with what a person wants to see beside the questions."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from html import escape

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.commands.desk_audit import audit_room
from textrequest_mcp.commands.desk_today import today_room
from textrequest_mcp.commands.desk_week import week_room
from textrequest_mcp.commands.logs import start_logging
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import can_be_opened, open_browser
from textrequest_mcp.guard.approval.site import Room, Site
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.upstream.errors import TextRequestError
from textrequest_mcp.wiring import open_account

_FAILED = 1


def run_desk(settings: Settings, *, every_account: bool = False) -> int:
    """Keep the page of the account, or of all, open until it is interrupted; the exit status."""
    start_logging(settings.log_level)
    if not (can_be_opened() or sys.stdout.isatty()):
        sys.stderr.write("There is no browser to open here, and no terminal to name the page's address in.\n")
        return _FAILED
    try:
        anyio.run(_serve, settings, every_account)
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    except KeyboardInterrupt:
        pass
    return 0


async def _serve(settings: Settings, every_account: bool) -> None:  # noqa: FBT001 - anyio passes no names
    async with open_account(settings) as (account, store):
        whose = None if every_account else account.gate.account
        site = Site(
            Approvals(store, whose),
            wish=_once(),
            open_address=open_browser if can_be_opened() else _tell,
            rooms=rooms_of(account, store, whose),
            stays=True,
        )
        sys.stdout.write("The desk is open. Ctrl-C ends it.\n")
        sys.stdout.flush()
        await site.serve()


def rooms_of(account: Account, store: Store, whose: str | None) -> Sequence[Room]:
    """The pages beside the questions; what cannot be read is said on them."""
    return [
        Room(path=room.path, title=room.title, written=_careful(room.written), refresh_seconds=room.refresh_seconds)
        for room in (today_room(account), week_room(account), audit_room(store, whose))
    ]


def _careful(written: Callable[[Mapping[str, str]], Awaitable[str]]) -> Callable[[Mapping[str, str]], Awaitable[str]]:
    async def careful(given: Mapping[str, str]) -> str:
        try:
            return await written(given)
        except TextRequestError as error:
            return f'<p class="note" role="status">This cannot be read now. {escape(error.what)}</p>'
        except StoreError as error:
            return f'<p class="note" role="status">{escape(str(error))}</p>'

    return careful


def _once() -> Callable[[], bool]:
    wishes: Iterator[bool] = iter([True])
    return lambda: next(wishes, False)


def _tell(address: str) -> None:
    """To a person at a terminal who has no browser here, such as one who is connected from another machine."""
    sys.stdout.write(f"Open this address in a browser; it works once: {address}\n")
    sys.stdout.flush()

"""Looks at the account: whether the key is taken, whose clock is right, the lines, the webhooks, the public address."""

from typing import TYPE_CHECKING

import anyio

from textrequest_mcp.account.account import Account
from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.live.hooks import Hooks
from textrequest_mcp.live.webhooks import EVENTS, PATH
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.upstream.errors import BadKey, TextRequestError
from textrequest_mcp.wiring import open_account

if TYPE_CHECKING:
    import httpx2

_CLOCK_NOTE_SECONDS, _CLOCK_PROBLEM_SECONDS = 5.0, 300.0
_MOST_LINES = 20  # one call each for the webhooks
_WAIT_SECONDS = 20.0
_NETWORK = "Look at this machine's network and proxy, and whether Text Request itself works in a browser."
_INDEX = "https://pypi.org/pypi/textrequest-mcp/json"


async def account_of(settings: Settings, transport: "httpx2.AsyncBaseTransport | None" = None) -> list[Finding]:
    """What the account says: one read for the key, and one for each line where webhooks are set."""
    try:
        with anyio.fail_after(_WAIT_SECONDS):
            async with open_account(settings, transport=transport) as (account, _):
                lines = await account.line_ids()
                return [
                    ok("account", f"The API key is taken; the account has {some(len(lines), 'line')}."),
                    *await _of_another_key(account),
                    _clock(account.api.clock.ahead),
                    *_default_line(settings.dashboard_id, lines),
                    *await _hooks(account, settings, lines),
                ]
    except BadKey as error:
        return [problem("account", error.what, "`textrequest-mcp install HOST --new-key` takes a new key.")]
    except TextRequestError as error:
        return [problem("account", error.what, _NETWORK)]
    except StoreError as error:
        return [problem("state", str(error), "Do what the sentence says.")]
    except TimeoutError:
        wait = f"The service gave no answer within {_WAIT_SECONDS:.0f} seconds."
        return [problem("account", wait, _NETWORK)]


async def public_address(url: str, transport: "httpx2.AsyncBaseTransport | None" = None) -> Finding:
    """Whether the webhooks' address answers when it is called from outside this program."""
    said = await _get(url.rstrip("/") + PATH, transport)
    if said is None:
        mend = "Start the server with --transport http, and look whether the proxy or tunnel leads to it."
        return problem("public_address", f"Nothing answers at {url}.", mend)
    return ok("public_address", f"{url} answers ({said[0]}).")


async def newest(version: str, transport: "httpx2.AsyncBaseTransport | None" = None) -> Finding:
    """Whether the package index has a newer version."""
    said = await _get(_INDEX, transport)
    if said is None or not isinstance(said[1], dict):
        return note("version", "The package index knows nothing of textrequest-mcp.", "Look where you got it from.")
    there = str(said[1].get("info", {}).get("version"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if there == version:
        return ok("version", f"{version} is the newest.")
    return note("version", f"This is {version}; the package index has {there}.", "Update it the way you installed it.")


async def _of_another_key(account: Account) -> list[Finding]:
    later = account.at_most_once.later
    told = await later.of_another_key(account.line_ids) if later is not None else None
    return [] if told is None else [problem("scheduled", *told.split(". ", 1))]


def _clock(ahead: float) -> Finding:
    if abs(ahead) < _CLOCK_NOTE_SECONDS:
        return ok("clock", "This machine's clock agrees with the service's.")
    side = "behind" if ahead > 0 else "ahead of"
    says = f"This machine's clock is {abs(ahead):.0f} seconds {side} the service's."
    mend = "Switch on setting the time automatically."
    return note("clock", says, mend) if abs(ahead) < _CLOCK_PROBLEM_SECONDS else problem("clock", says, mend)


def _default_line(chosen: int | None, lines: list[int]) -> list[Finding]:
    listed = ", ".join(map(str, lines[:_MOST_LINES])) or "none"
    if chosen is not None and chosen not in lines:
        says = f"TEXTREQUEST_DASHBOARD_ID is {chosen}, which is no line of this account."
        return [problem("line", says, f"Set it to one of: {listed}.")]
    if chosen is None and len(lines) > 1:
        mend = f"Set TEXTREQUEST_DASHBOARD_ID to the usual one of: {listed}."
        return [note("line", "No default line is set, so an assistant names one in each change.", mend)]
    return [ok("line", f"Line {chosen or listed} is used where a call names none.")]


async def _hooks(account: Account, settings: Settings, lines: list[int]) -> list[Finding]:
    if settings.public_url is None:
        return [ok("webhooks", "None are set up; texts that come in are asked for while somebody waits.")]
    hooks = Hooks(account.api, settings.public_url, token=settings.webhook_token)
    lacking: list[str] = []
    for line in lines[:_MOST_LINES]:
        connected = [hook for hook in await hooks.of_line(line) if hook.is_connected]
        if len(connected) < len(EVENTS):
            lacking.append(str(line))
    if not lacking:
        return [ok("webhooks", "All are connected.")]
    mend = "`textrequest-mcp hooks add` makes them, and `textrequest-mcp hooks repair` connects them again."
    return [problem("webhooks", f"They are missing or disconnected on line {', '.join(lacking)}.", mend)]


async def _get(url: str, transport: "httpx2.AsyncBaseTransport | None") -> tuple[int, object] | None:
    """Status and JSON of an answer; None where none comes."""
    import httpx2

    try:
        async with httpx2.AsyncClient(transport=transport, timeout=10) as client:
            answer = await client.get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return None
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, None

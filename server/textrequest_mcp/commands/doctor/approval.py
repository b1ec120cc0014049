"""Looks at how a person can be asked where a host does not ask."""

import os
from pathlib import Path

from textrequest_mcp.commands.doctor.finding import Finding, note, ok, problem
from textrequest_mcp.ground.quoting import some
from textrequest_mcp.ground.store import FILE_NAME, Store, StoreError
from textrequest_mcp.guard.approval.browser import can_be_opened
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.settings.places import read_state
from textrequest_mcp.settings.table import Settings
from textrequest_mcp.wiring import approvers_of

_CHECK = "approval"


async def ways_to_a_yes(settings: Settings) -> list[Finding]:
    """The way that the settings name, and the passkeys where they want one."""
    return [_way(settings), *(await _passkeys(settings) if settings.approve_with == "passkey" else [])]


def _way(settings: Settings) -> Finding:
    check, way = _CHECK, settings.confirm_fallback
    if way == "token":
        says = "Where a host does not ask, the assistant gives the yes itself: TEXTREQUEST_CONFIRM_FALLBACK is token."
        return note(check, says, "Unset it, so that a page asks you.")
    if way == "refuse":
        return ok(check, "Where a host does not ask, whatever needs a yes is refused, as you chose.")
    if way == "text":
        numbers = some(len(approvers_of(settings)), "number")
        says = f"Where a host does not ask, TEXTREQUEST_APPROVERS ({numbers}) is asked by text; this check sends none. "
        return ok(
            check,
            f"{says}To try it, have an assistant in a host that cannot ask delete a contact, and answer the text with "
            "NO and its code: nothing is deleted then.",
        )
    if can_be_opened():
        return ok(check, "A browser can be opened, so a page asks where a host does not.")
    return note(
        check,
        "No browser can be opened here. Where a host does not ask, whatever needs a yes is refused.",
        "Set TEXTREQUEST_CONFIRM_FALLBACK=page and answer with `textrequest-mcp approve` in a terminal.",
    )


async def _passkeys(settings: Settings) -> list[Finding]:
    state, count = settings.state if settings.state.place is not None else read_state(), 0
    if not isinstance(state.place, Path) or os.path.isfile(state.place / FILE_NAME):  # noqa: ASYNC240 - nothing else runs here
        store = Store.open(*state)
        try:
            count = len(await Passkeys(store).all())
        except StoreError:  # told by the check of the state folder
            return []
        finally:
            store.close()
    if count:
        return [ok("passkeys", f"{some(count, 'passkey')} can agree on the page.")]
    mend = "`textrequest-mcp approver add` makes one, in a browser on this machine."
    return [problem("passkeys", "TEXTREQUEST_APPROVE_WITH is passkey, and there is none: nobody can agree.", mend)]

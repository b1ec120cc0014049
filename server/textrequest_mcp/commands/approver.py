"""The command `textrequest-mcp approver`: the passkeys with which a person agrees at the desk."""

import sys
from collections.abc import Iterator

import anyio

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.browser import can_be_opened
from textrequest_mcp.guard.approval.passkey_pages import Enrolment
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.site import Site
from textrequest_mcp.settings.table import State

_FAILED = 1
_LOOK_EVERY_SECONDS = 0.2
_LAST_PAGE_SECONDS = 1.0  # until the browser has it
_SHOWN_OF_AN_ID = 8


def run_approver(state: State, do: str, name: str = "") -> int:
    """Add or list the passkeys of a state, or remove the one of this name or id; the exit status."""
    if do == "add" and not can_be_opened():
        sys.stderr.write("There is no browser to open here, and only a browser on this machine makes a passkey.\n")
        return _FAILED
    store = Store.open(*state)
    try:
        if do == "remove":
            return anyio.run(_remove, store, name)
        anyio.run(_add if do == "add" else _list, store)
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    except KeyboardInterrupt:
        sys.stdout.write("No passkey was added.\n")
        return _FAILED
    finally:
        store.close()
    return 0


async def _add(store: Store) -> None:
    enrolment = Enrolment(Passkeys(store))
    wishes: Iterator[bool] = iter([True])
    site = Site(Approvals(store, ""), wish=lambda: next(wishes, False), enrolment=enrolment, stays=True)
    sys.stdout.write("Your browser opens a page that makes the passkey. Ctrl-C gives it up.\n")
    sys.stdout.flush()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(site.serve)
        while (added := enrolment.added) is None:  # noqa: ASYNC110 - a browser has no event
            await anyio.sleep(_LOOK_EVERY_SECONDS)
        sys.stdout.write(f"{added.name} is added; TEXTREQUEST_APPROVE_WITH=passkey makes it needed.\n")
        sys.stdout.flush()
        await anyio.sleep(_LAST_PAGE_SECONDS)
        tasks.cancel_scope.cancel()


async def _remove(store: Store, name: str) -> int:
    passkeys = Passkeys(store)
    named = [key for key in await passkeys.all() if name and (key.name == name or key.id.startswith(name))]
    if len(named) != 1:
        said = "Several passkeys are called so: name the one by its id" if named else "There is no such passkey"
        sys.stderr.write(f"{said}, as textrequest-mcp approver list prints it. Nothing was removed.\n")
        return _FAILED
    await passkeys.remove(named[0].id)
    sys.stdout.write(f"{named[0].name} is removed; nobody agrees with it any more.\n")
    return 0


async def _list(store: Store) -> None:
    keys = await Passkeys(store).all()
    for key in keys:
        sys.stdout.write(f"{key.id[:_SHOWN_OF_AN_ID]}  {key.name}\n")
    if not keys:
        sys.stdout.write("There is no passkey; textrequest-mcp approver add makes one.\n")

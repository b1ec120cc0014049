"""Answers those who run the server: `/health` says that it lives, `/ready` that it can do its work.

Both say nothing of the account, and cost the service one read a minute at most.
"""

import math

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse

from textrequest_mcp import __version__
from textrequest_mcp.account.account import Account
from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.upstream.errors import BadKey, TextRequestError

HEALTH, READY = "/health", "/ready"
PROBES = frozenset({HEALTH, READY})
_KEPT_SECONDS = 60.0
_SOON_SECONDS = 5.0  # after a failure
_PATIENCE_SECONDS = 4.0  # whoever probes gives up after a few seconds


async def health(_: Request) -> JSONResponse:
    """That the process answers."""
    return JSONResponse({"status": "ok", "version": __version__})


class Readiness:
    """Whether the state can be written, and the service takes the key.

    Args:
        account: whose key it is.
        store: the state.
    """

    def __init__(self, account: Account, store: Store) -> None:
        self._account = account
        self._store = store
        self._key = "not tried"
        self._again_at = -math.inf
        self._turn = anyio.Lock()

    async def answer(self, _: Request) -> JSONResponse:
        """200 where requests should come here, 503 where they should not; with a word on each part."""
        told = {"state": await self._state(), "service": await self._service()}
        is_ready = set(told.values()) == {"ok"}
        return JSONResponse({"status": "ready" if is_ready else "not ready", **told}, 200 if is_ready else 503)

    async def _state(self) -> str:
        try:
            with anyio.fail_after(_PATIENCE_SECONDS):
                await self._store.secret()
        except (StoreError, TimeoutError):
            return "cannot be used"
        return "ok"

    async def _service(self) -> str:
        async with self._turn:
            if (now := anyio.current_time()) >= self._again_at:
                self._key = await self._ask()
                self._again_at = now + (_KEPT_SECONDS if self._key == "ok" else _SOON_SECONDS)
            return self._key

    async def _ask(self) -> str:
        try:
            with anyio.fail_after(_PATIENCE_SECONDS):
                await self._account.api.get("dashboards", query={"page": 0, "page_size": 1})
        except TimeoutError:
            return "does not answer"
        except BadKey:
            return "refuses the key"
        except TextRequestError:
            return "does not answer"
        except StoreError:
            return "not tried"
        return "ok"

"""Seals what a host carries between a question and its answer, and tells one answer from a copy of it.

The SDK seals each question's state with a key of ours, shared by all processes, so an answer survives a restart. It
does not make a sealed state single-use; so this module notes which state an answer came with, and the gate uses it up.
What is no answer to a question is noted and left out here: the SDK would fail the whole call for it.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.gate import answered_state

_CALL = "tools/call"


class Sealing:
    """The codec and the middleware for one server.

    Args:
        store: where the sealing secret is kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._codec: AESGCMRequestStateCodec | None = None

    def seal(self, payload: bytes) -> str:
        """Part of the SDK's codec protocol."""
        return self._ready().seal(payload)

    def unseal(self, token: str) -> bytes:
        """Part of the SDK's codec protocol; raises `InvalidRequestState`."""
        return self._ready().unseal(token)

    async def middleware(self, ctx: ServerRequestContext[Any, Any], call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        """Runs outside the SDK's own unsealing: reads the key once, and notes the state that came with a call."""
        if ctx.method != _CALL:
            return await call_next(ctx)
        if self._codec is None:
            with suppress(StoreError):  # the call itself meets it, and says it in a sentence
                self._codec = AESGCMRequestStateCodec([await self._store.secret()])
        state = (ctx.params or {}).get("requestState")
        noted = answered_state.set(hashlib.sha256(state.encode()).hexdigest() if isinstance(state, str) else None)
        try:
            return await call_next(ctx)
        finally:
            answered_state.reset(noted)

    def _ready(self) -> AESGCMRequestStateCodec:
        if self._codec is None:
            raise InvalidRequestState("no key yet")
        return self._codec

"""Encrypts the state that a host carries between a question and its answer, and notices when it comes twice.

The SDK seals each question's state with a key of ours, shared by all processes, so an answer survives a restart. It
does not make a sealed state single-use; so this module notes which state an answer came with, and the gate uses it up.
What is no answer to a question is noted and left out here: the SDK would fail the whole call for it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from mcp.server.context import ServerRequestContext
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState
from mcp.shared.exceptions import MCPError

from textrequest_mcp.ground.store import Store, StoreError
from textrequest_mcp.guard.approval.asking import answered_state, badly_answered
from textrequest_mcp.guard.approval.question import is_answer

_CALL = "tools/call"
_BAD_STATE = "Invalid or expired requestState"  # as mcp 2.3.0 says it
_TOO_LATE = (
    "This answer came too late, or with what belongs to another call. Nothing was sent or changed. Call again without "
    "it, and the person is asked afresh."
)


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
        params = ctx.params or {}
        state, answers = params.get("requestState"), params.get("inputResponses")
        are_bad = answers is not None and not _are_answers(answers)
        if are_bad:
            left = {name: value for name, value in params.items() if name not in {"requestState", "inputResponses"}}
            ctx, state = replace(ctx, params=left), None
        bad = badly_answered.set(are_bad)
        noted = answered_state.set(hashlib.sha256(state.encode()).hexdigest() if isinstance(state, str) else None)
        try:
            return await call_next(ctx)
        except MCPError as error:
            if state is not None and error.error.message == _BAD_STATE:
                raise MCPError(code=error.error.code, message=_TOO_LATE) from None
            raise
        finally:
            answered_state.reset(noted)
            badly_answered.reset(bad)

    def _ready(self) -> AESGCMRequestStateCodec:
        if self._codec is None:
            raise InvalidRequestState("no key yet")
        return self._codec


def _are_answers(given: object) -> bool:
    return isinstance(given, Mapping) and all(map(is_answer, cast("Mapping[str, object]", given).values()))

"""Confirmation: a person sees the facts first, and each approval acts once.

A host that can ask (it declares form elicitation) shows the question itself. A host that cannot gets a preview and a
token: sealed, bound to the tool, its exact arguments, the facts shown and the caller, good for ten minutes and one use.
So does a host that says it can ask and does not: it answers with an error, with what is no answer, or not in time.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import anyio
from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, DeclinedElicitation
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp_types import ClientCapabilities
from mcp_types.version import is_version_at_least
from pydantic import BaseModel, Field, StrictBool, StrictStr
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.quoting import same_name
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.outcome import Outcome, confirmation_required, facts_changed, not_confirmed
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

TOKEN_MINUTES = 10
UNANSWERED_SECONDS = 50.0  # many hosts give a call up after 60
_NONCE = 9
_EXPIRY = 4
_MAC = 16
_ROUNDING_SECONDS = 5.0  # a token that would live longer was made by a clock that was wrong
_KEEP_BURNT_SECONDS = 3600.0  # longer than any token or sealed state lives
# The first protocol revision that carries a question's answer in a sealed state that a client could send again.
_SEALED_STATE_ERA = "2026-07-28"

# Which sealed state brought the answer that is being worked on; set where states are unsealed (`sealed_state`).
answered_state: ContextVar[str | None] = ContextVar("answered_state", default=None)
# Whether a sealed state came back with what is no answer to a question; set there too.
badly_answered: ContextVar[bool] = ContextVar("badly_answered", default=False)
_NO_ANSWER = "what came back is no answer to it"


@dataclass(frozen=True)
class Question:
    """What a person is shown before a tool acts.

    Attributes:
        text: the facts and the question; the same facts must give the same text.
        must_type: what the person has to type to agree, instead of ticking a box.
        about: the line and number of each person whom it is about.
    """

    text: str
    must_type: str | None = None
    about: tuple[tuple[int, str], ...] = ()


class Decision(BaseModel):
    """A person's answer to an ordinary question."""

    confirm: StrictBool = Field(
        default=False, title="Yes, do this", description="Tick to go ahead; leave empty to change nothing"
    )


class TypedDecision(BaseModel):
    """A person's answer to a question that must be answered with a name."""

    typed_name: StrictStr = Field(
        default="", title="Type the name to go ahead", description="Exactly as shown; anything else stops it"
    )


_Unconfirmed = DeclinedElicitation | CancelledElicitation


@dataclass(frozen=True)
class Approval:
    """A yes that came with a good token and has not been used yet.

    Attributes:
        burn_id: what makes it single-use.
    """

    burn_id: str


class Gate:
    """Asks, seals and checks approvals for one account.

    Args:
        store: where the sealing secret and the used approvals are kept.
        account: identifies the account to bind tokens to, e.g. a hash of its API key.
        may_preview: whether a host that cannot ask gets the token way, or a refusal.
        clock: seconds since 1970.
        patience: how many seconds a question waits for its answer, before it counts as not shown.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        may_preview: bool = True,
        clock: Callable[[], float] = time.time,
        patience: float = UNANSWERED_SECONDS,
    ) -> None:
        self._store = store
        self.account = account
        self._may_preview = may_preview
        self._clock = clock
        self._patience = patience

    async def ask(
        self, ctx: Context[Any, Any], tool: str, arguments: Mapping[str, Any], question: Question, token: str | None
    ) -> Approval | Outcome | Elicit[Any] | Decision | TypedDecision | _Unconfirmed:
        """How this call can be approved: by asking now, by its token, or not yet.

        Writes nothing: it runs again in every round of a question.

        Raises:
            BadInput: the token is not good for this call.
            TextRequestError: the host cannot ask and the fallback is refused.
        """
        why = ""
        if can_elicit(ctx.client_capabilities):
            # A token was given to this host only if it did not ask, and it still may: another one goes for nothing.
            by_token = token and self._may_preview and await self._by_token(ctx, tool, arguments, question, token)
            if by_token:
                return by_token
            asked = await self._asked(ctx, question)
            if not isinstance(asked, str):
                return asked
            token, why = None, f"This host says that it can ask a person, but {asked}. "
        if not self._may_preview:
            raise TextRequestError(
                f"{why}{tool} needs a person's confirmation{'' if why else ', and this host cannot ask for one'}.",
                todo="Ask the person to use a host with elicitation, or to set TEXTREQUEST_CONFIRM_FALLBACK=token.",
            )
        typed: str | None = arguments.get("typed_name")
        if question.must_type and typed is not None and not same_name(typed, question.must_type):
            raise BadInput("typed_name is not the exact name.", todo="Ask the person to type the name again.")
        secret = await self._store.secret()
        binding = self._binding(ctx, tool, arguments, question)
        if not token:
            return self._preview(secret, tool, binding, question, why)
        if question.must_type and typed is None:
            raise BadInput("typed_name is missing.", todo="Ask the person to type the name, and pass what they typed.")
        return Approval(_opened(secret, token, binding, now=self._clock()))

    async def _by_token(
        self, ctx: Context[Any, Any], tool: str, arguments: Mapping[str, Any], question: Question, token: str
    ) -> Approval | None:
        """The approval that a good token brings; None for any other token."""
        typed: str | None = arguments.get("typed_name")
        if question.must_type and not (typed and same_name(typed, question.must_type)):
            return None
        with suppress(BadInput):
            binding = self._binding(ctx, tool, arguments, question)
            return Approval(_opened(await self._store.secret(), token, binding, now=self._clock()))
        return None

    async def _asked(
        self, ctx: Context[Any, Any], question: Question
    ) -> Elicit[Any] | Decision | TypedDecision | _Unconfirmed | str:
        """What a person answered, or how they are asked; where the host asked nobody, what it did instead."""
        form: type[Decision | TypedDecision] = TypedDecision if question.must_type else Decision
        if _seals_state(ctx):
            return _NO_ANSWER if badly_answered.get() else Elicit(question.text, form)
        try:
            with anyio.fail_after(self._patience):
                answer = await ctx.elicit(question.text, form)
        except TimeoutError:
            return f"nobody answered for {self._patience:g} seconds"
        except MCPError as error:
            return f"it answered the question with an error ({error.error.code})"
        except ValueError:  # accepted without content or with other content, or no answer of the protocol at all
            return _NO_ANSWER
        return answer.data if isinstance(answer, AcceptedElicitation) else answer

    async def settle(
        self, ctx: Context[Any, Any], question: Question, answer: Any, again: Callable[[], Awaitable[Question | None]]
    ) -> Outcome | None:
        """Turn what came of `ask` into None (approved, and used up now) or the outcome to answer with.

        Args:
            ctx: of this call.
            question: what was asked.
            answer: what came back.
            again: makes the question afresh, from the facts as they are now; None where it has become idle.

        Raises:
            BadInput: the approval was used before.
        """
        if not isinstance(answer, AcceptedElicitation):
            return not_confirmed(str(answer.action))
        given = cast("object", answer.data)  # pyright: ignore[reportUnknownMemberType] - any model
        if isinstance(given, Outcome):
            return given
        if isinstance(given, _Unconfirmed):
            return not_confirmed(given.action)
        burn_id: str | None  # None where the answer arrived inside the very call that asked
        if isinstance(given, Approval):
            burn_id = given.burn_id
        else:
            if not _agrees(given, question):
                return not_confirmed("no" if _is_filled_in(given) else "accept, but with nothing filled in")
            burn_id = _answered_by(ctx)
            # Asked and answered inside this call, however long that took; the other ways came back with a call of
            # their own, whose question was made afresh.
            if burn_id is None and await again() != question:
                return facts_changed()
        if burn_id is not None and not await self._store.burn("approval", burn_id, _KEEP_BURNT_SECONDS):
            raise BadInput(
                "This confirmation was used before; each one acts once.",
                changed="This call changed nothing.",
                todo="Look at what the first call did; to act again, ask the person again.",
            )
        return None

    def _preview(self, secret: bytes, tool: str, binding: bytes, question: Question, why: str) -> Outcome:
        expires = int(self._clock() + TOKEN_MINUTES * 60).to_bytes(_EXPIRY, "big")
        nonce = os.urandom(_NONCE)
        token = base64.urlsafe_b64encode(nonce + expires + _mac(secret, nonce + expires + binding)).decode()
        return confirmation_required(
            question.text, tool, token.rstrip("="), TOKEN_MINUTES, types_name=question.must_type is not None, why=why
        )

    def _binding(self, ctx: Context[Any, Any], tool: str, arguments: Mapping[str, Any], question: Question) -> bytes:
        # What the person types arrives only with the token, so it cannot be part of what the token is bound to.
        given = {name: value for name, value in arguments.items() if name != "typed_name" and value is not None}
        bound = [tool, to_jsonable_python(given), question.text, self.account, caller(ctx.session)]
        return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).digest()


def can_elicit(capabilities: ClientCapabilities | None) -> bool:
    """Whether the host declared that it can show a form; a bare `elicitation: {}` counts, url-only does not."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def caller(session: ServerSession) -> str:
    """Which host an approval belongs to, as far as hosts say: the name of the client."""
    return session.client_params.client_info.name if session.client_params else ""


def is_answer(given: object) -> bool:
    """Whether this, as JSON, is what a host may answer to a question; its content may still say no, or nothing."""
    if not isinstance(given, Mapping):
        return False
    answer = cast("Mapping[str, object]", given)
    if answer.get("action") != "accept":
        return answer.get("action") in ("decline", "cancel")
    try:
        Decision.model_validate(answer.get("content"))
        TypedDecision.model_validate(answer.get("content"))
    except ValueError:
        return False
    return True


def _is_filled_in(given: object) -> bool:
    return isinstance(given, BaseModel) and bool(given.model_fields_set)


def _agrees(given: object, question: Question) -> bool:
    if isinstance(given, TypedDecision):
        return question.must_type is not None and same_name(given.typed_name, question.must_type)
    return isinstance(given, Decision) and given.confirm


def _seals_state(ctx: Context[Any, Any]) -> bool:
    return is_version_at_least(ctx.protocol_version or "", _SEALED_STATE_ERA)


def _answered_by(ctx: Context[Any, Any]) -> str | None:
    """The identity of the answer: its sealed state where there is one, else this very call."""
    if not _seals_state(ctx):
        return None
    state = answered_state.get()
    if state is None:
        raise TextRequestError("The confirmation came without the state it was asked with.", todo="Call again.")
    return state


def _opened(secret: bytes, token: str, binding: bytes, *, now: float) -> str:
    """The nonce of a good token.

    Raises:
        BadInput: it is not one of ours, not for this call, or too old.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    head, mac = raw[: _NONCE + _EXPIRY], raw[_NONCE + _EXPIRY :]
    if len(mac) != _MAC or not hmac.compare_digest(mac, _mac(secret, head + binding)):
        raise BadInput(
            "This confirmation does not belong to this call: other arguments, other facts by now, or not a real token.",
            todo="Call without confirmation to see the facts as they are now.",
        )
    if not 0.0 <= int.from_bytes(head[_NONCE:], "big") - now <= TOKEN_MINUTES * 60 + _ROUNDING_SECONDS:
        raise BadInput(
            f"This confirmation is older than {TOKEN_MINUTES} minutes.", todo="Call without confirmation and ask again."
        )
    return head[:_NONCE].hex()


def _mac(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, b"approval:" + message, hashlib.sha256).digest()[:_MAC]

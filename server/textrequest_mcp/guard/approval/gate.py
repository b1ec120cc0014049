"""Confirmation: a person sees the facts first, and each approval acts once.

A host that can ask (it declares form elicitation) shows the question itself. For any other host, and for one that says
it can ask and does not (it answers with an error, with what is no answer, or not in time), the settings decide: the
question waits at the desk, where only a person decides; or the host gets a preview and a token, bound to the tool, its
exact arguments, the facts shown and the caller, good for ten minutes and one use; or the call is refused.
"""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

import anyio
from mcp.server.elicitation import AcceptedElicitation
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit
from pydantic_core import to_jsonable_python

from textrequest_mcp.ground.member import current_id
from textrequest_mcp.ground.quoting import same_name
from textrequest_mcp.ground.store import Store
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.guard.approval.asking import UNANSWERED_SECONDS, Unconfirmed, answered_by, asked_by_host
from textrequest_mcp.guard.approval.at_desk import AtDesk, ByText, decided
from textrequest_mcp.guard.approval.browser import can_be_opened
from textrequest_mcp.guard.approval.desk import Desk
from textrequest_mcp.guard.approval.host import caller, can_elicit, whose
from textrequest_mcp.guard.approval.question import (
    Decision,
    Question,
    TypedDecision,
    WiderDecision,
    agrees,
    is_filled_in,
)
from textrequest_mcp.guard.approval.shown import NOTHING, Beside, Shown
from textrequest_mcp.guard.approval.tokens import TOKEN_MINUTES, opened, sealed
from textrequest_mcp.guard.approval.verdict import Yes
from textrequest_mcp.guard.outcome import Outcome, confirmation_required, facts_changed, not_confirmed
from textrequest_mcp.upstream.errors import BadInput, TextRequestError

_KEEP_BURNT_SECONDS = 3600.0  # longer than any token or sealed state lives

Fallback = Literal["page", "text", "token", "refuse"]


@dataclass(frozen=True)
class Approval:
    """A yes that came with a good token and has not been used yet; `burn_id` makes it single-use."""

    burn_id: str


class Gate:
    """Asks, seals and checks approvals for one account.

    Args:
        store: where the sealing secret and the used approvals are kept.
        account: identifies the account to bind tokens to, e.g. a hash of its API key.
        fallback: how a call is confirmed where the host does not ask: at the desk, by text, by a token or not at all.
            None is the desk where this machine has a browser that can be opened, and not at all where it has none.
        always_desk: whether the desk asks also where a host can.
        with_passkey: whether only a passkey agrees on the page.
        clock: seconds since 1970.
        patience: how many seconds a question waits for its answer, before it counts as not shown.
        of_team: whether the desk is that of a team, at the server's own address.

    Attributes:
        by_text: asks by text; at a team's desk it tells that something waits, unless it is the fallback.
        with_passkey: as given.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        fallback: Fallback | None = "refuse",
        always_desk: bool = False,
        with_passkey: bool = False,
        clock: Callable[[], float] = time.time,
        patience: float = UNANSWERED_SECONDS,
        of_team: bool = False,
    ) -> None:
        self._store = store
        self.account = account
        self._named_fallback: Fallback | None = fallback
        self.desk = Desk(Approvals(store, account, clock=clock), of_team=of_team)
        self.by_text: ByText | None = None
        self._always_desk = always_desk
        self.with_passkey = with_passkey
        self._clock = clock
        self._patience = patience

    @cached_property
    def _fallback(self) -> Fallback:
        return self._named_fallback or ("page" if self.desk.of_team or can_be_opened() else "refuse")

    async def ask(
        self, ctx: Context[Any, Any], tool: str, arguments: Mapping[str, Any], question: Question, token: str | None
    ) -> Approval | AtDesk | Outcome | Elicit[Any] | Decision | TypedDecision | Unconfirmed:
        """How this call can be approved: by asking now, at the desk, by its token, or not yet.

        Writes nothing: it runs again in every round of a question.

        Raises:
            BadInput: the token is not good for this call.
            TextRequestError: the host cannot ask and the fallback is refused.
        """
        why, since = "", anyio.current_time()
        binding = self._binding(ctx, tool, arguments, question)
        if can_elicit(ctx.client_capabilities) and not await self._is_at_desk(binding):
            if token and self._fallback == "token":
                # It was given to this host only if it did not ask, and it still may: another one goes for nothing.
                with suppress(BadInput):
                    return await self._by_token(arguments, question, binding, token)
            asked = await asked_by_host(ctx, question, self._patience)
            if not isinstance(asked, str):
                return asked
            token, why = None, f"This host says that it can ask a person, but {asked}. "
        at_desk = self.away(binding, since, why)
        if at_desk is not None:
            return at_desk
        if self._fallback == "refuse":
            raise TextRequestError(
                f"{why}{tool} needs a person's confirmation{'' if why else ', and this host cannot ask for one'}.",
                todo="Ask the person to use a host with elicitation, or to set TEXTREQUEST_CONFIRM_FALLBACK=page "
                "and answer in a terminal with textrequest-mcp approve.",
            )
        if token:
            return await self._by_token(arguments, question, binding, token)
        fresh = sealed(await self._store.secret(), binding, now=self._clock())
        typed_too = question.must_type is not None
        return confirmation_required(question.text, tool, fresh, TOKEN_MINUTES, types_name=typed_too, why=why)

    def away(self, binding: bytes, since: float, why: str = "") -> AtDesk | None:
        """Where a person decides without a host; None where there is no such place."""
        if self._always_desk or self._fallback == "page":
            return AtDesk(binding, since, why, told_by=self.by_text if self.desk.of_team else None)
        return AtDesk(binding, since, why, self.by_text) if self._fallback == "text" else None

    async def _is_at_desk(self, binding: bytes) -> bool:
        """Whether the desk asks, whatever the host can: by the settings, or because this host did not show it."""
        if self._always_desk or self._fallback not in {"page", "text"}:
            return self._always_desk
        return await self.desk.approvals.asked(binding.hex()) is not None

    async def _by_token(self, arguments: Mapping[str, Any], question: Question, binding: bytes, token: str) -> Approval:
        """The approval that a token brings.

        Raises:
            BadInput: it is not good for this call, or the name that a person types is not there.
        """
        typed: str | None = arguments.get("typed_name")
        if question.must_type and typed is None:
            raise BadInput("typed_name is missing.", todo="Ask the person to type the name, and pass what they typed.")
        if question.must_type and not same_name(typed or "", question.must_type):
            raise BadInput("typed_name is not the exact name.", todo="Ask the person to type the name again.")
        return Approval(opened(await self._store.secret(), token, binding, now=self._clock()))

    async def settle(
        self,
        ctx: Context[Any, Any],
        question: Question,
        answer: Any,
        again: Callable[[], Awaitable[Question | None]],
        *,
        tool: str,
        title: str,
        beside: Callable[[], Awaitable[Beside]] | None = None,
        is_final: bool = False,
        line: int | None = None,
    ) -> Outcome | Yes:
        """Turn what came of `ask` into a yes, which is used up now, or the outcome to answer with.

        Args:
            ctx: of this call.
            question: what was asked.
            answer: what came back.
            again: makes the question afresh, from the facts as they are now; None where it has become idle.
            tool: that was called.
            title: what it does, for a person.
            beside: reads what a person is shown beside the question, at the desk.
            is_final: whether it cannot be undone.
            line: that it is about; None for the whole account.

        Raises:
            BadInput: the approval was used before.
        """
        if not isinstance(answer, AcceptedElicitation):
            return not_confirmed(str(answer.action))
        given = cast("object", answer.data)  # pyright: ignore[reportUnknownMemberType] - any model
        if isinstance(given, Outcome):
            return given
        if isinstance(given, Unconfirmed):
            return not_confirmed(given.action)
        if isinstance(given, AtDesk):

            async def shown() -> Shown:
                read = await beside() if beside is not None else NOTHING
                by_passkey = self.with_passkey and given.by_text is None
                about = (question.text, question.must_type, caller(ctx.session), title, question.why, read)
                return Shown(*about, by_passkey, is_final, line, current_id(), question.rules)

            return await decided(self.desk, ctx, question, given, tool, shown, again)
        return await self._used_up(ctx, question, given, again)

    async def _used_up(
        self, ctx: Context[Any, Any], question: Question, given: object, again: Callable[[], Awaitable[Question | None]]
    ) -> Outcome | Yes:
        """Use up what a host brought: an answer to the question, or the approval of a token."""
        burn_id: str | None  # None where the answer arrived inside the very call that asked
        if isinstance(given, Approval):
            burn_id = given.burn_id
        else:
            if not agrees(given, question):
                return not_confirmed("no" if is_filled_in(given) else "accept, but with nothing filled in")
            burn_id = answered_by(ctx)
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
        for_others = isinstance(given, WiderDecision) and given.same_for_others
        return Yes("token" if isinstance(given, Approval) else "host", for_others)

    def _binding(self, ctx: Context[Any, Any], tool: str, arguments: Mapping[str, Any], question: Question) -> bytes:
        # What the person types arrives only with the token, so it cannot be part of what the token is bound to.
        given = {name: value for name, value in arguments.items() if name != "typed_name" and value is not None}
        bound = [tool, to_jsonable_python(given), question.text, self.account, whose(ctx.session)]
        return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).digest()

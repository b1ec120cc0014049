"""Asks a person through the host, in both eras of the protocol, and notices hosts that say they can ask and do not."""

from contextvars import ContextVar
from typing import Any

import anyio
from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, DeclinedElicitation
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resolve import Elicit
from mcp.shared.exceptions import MCPError

from textrequest_mcp.guard.approval.host import seals_state
from textrequest_mcp.guard.approval.question import Decision, Question, TypedDecision, form_of
from textrequest_mcp.upstream.errors import TextRequestError

UNANSWERED_SECONDS = 50.0  # many hosts give a call up after 60

# Which sealed state brought the answer that is being worked on; set where states are unsealed (`sealed_state`).
answered_state: ContextVar[str | None] = ContextVar("answered_state", default=None)
# Whether a sealed state came back with what is no answer to a question; set there too.
badly_answered: ContextVar[bool] = ContextVar("badly_answered", default=False)
_NO_ANSWER = "what came back is no answer to it"

Unconfirmed = DeclinedElicitation | CancelledElicitation


async def asked_by_host(
    ctx: Context[Any, Any], question: Question, patience: float
) -> Elicit[Any] | Decision | TypedDecision | Unconfirmed | str:
    """What a person answered, or how they are asked; where the host asked nobody, what it did instead.

    Args:
        ctx: of this call.
        question: what is asked.
        patience: how many seconds a question waits for its answer, before it counts as not shown.
    """
    form = form_of(question)
    if seals_state(ctx):
        return _NO_ANSWER if badly_answered.get() else Elicit(question.text, form)
    try:
        with anyio.fail_after(patience):
            answer = await ctx.elicit(question.text, form)
    except TimeoutError:
        return f"nobody answered for {patience:g} seconds"
    except MCPError as error:
        return f"it answered the question with an error ({error.error.code})"
    except ValueError:  # accepted without content or with other content, or no answer of the protocol at all
        return _NO_ANSWER
    return answer.data if isinstance(answer, AcceptedElicitation) else answer


def answered_by(ctx: Context[Any, Any]) -> str | None:
    """The identity of the answer: its sealed state where there is one, else this very call."""
    if not seals_state(ctx):
        return None
    state = answered_state.get()
    if state is None:
        raise TextRequestError("The confirmation came without the state it was asked with.", todo="Call again.")
    return state

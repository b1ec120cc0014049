"""What the gate knows of a host: its name, and how it can bring a person's answer."""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.session import ServerSession
from mcp_types import ClientCapabilities
from mcp_types.version import is_version_at_least

from textrequest_mcp.ground.member import current_id

# The first protocol revision that carries a question's answer in a sealed state that a client could send again.
_SEALED_STATE_ERA = "2026-07-28"


def can_elicit(capabilities: ClientCapabilities | None) -> bool:
    """Whether the host declared that it can show a form; a bare `elicitation: {}` counts, url-only does not."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def caller(session: ServerSession) -> str:
    """Which host calls, as far as hosts say: the name of the client."""
    return session.client_params.client_info.name if session.client_params else ""


def whose(session: ServerSession) -> str:
    """Which host acts for whom: what approvals and readings belong to, so that nobody uses those of a colleague."""
    member = current_id()
    return f"{member}/{caller(session)}" if member else caller(session)


def seals_state(ctx: Context[Any, Any]) -> bool:
    """Whether a question's answer comes back with a sealed state, in a call of its own."""
    return is_version_at_least(ctx.protocol_version or "", _SEALED_STATE_ERA)

"""Decides from an error how an act ended: not sent, or unknown.

Once bytes left, only a complete answer that says no is a no.
"""

import logging

from textrequest_mcp.ground.store import StoreError
from textrequest_mcp.guard.once.ledger_rows import Ending
from textrequest_mcp.guard.rules.forbidden import rule_of
from textrequest_mcp.upstream.errors import NotFound, Refused, TextRequestError

logger = logging.getLogger(__name__)


def ending_of(tool: str, error: Exception, *, left: bool, look_at: float) -> Ending:
    """How an act ended that raised.

    Args:
        tool: its name.
        error: what it raised.
        left: whether any byte may have left.
        look_at: when the act is to be looked for, if it may have happened.
    """
    if not isinstance(error, TextRequestError | StoreError):
        logger.error("%s crashed", tool, exc_info=error)
    if not left:
        known = isinstance(error, TextRequestError | StoreError)
        crashed = f"{tool} failed inside this server before anything left. Nothing was sent or changed."
        return Ending(state="NOT_SENT", said=str(error) if known else crashed, rule=rule_of(error))
    if isinstance(error, Refused | NotFound):
        return Ending(state="NOT_SENT", said=str(error), rule=rule_of(error))
    what = error.what if isinstance(error, TextRequestError) else f"{tool} failed inside this server."
    return _in_doubt(what, look_at, rule=rule_of(error))


def torn(*, left: bool, look_at: float) -> Ending:
    """How an act ended whose call was cancelled; the arguments are those of `ending_of`."""
    if left:
        return _in_doubt("The call was torn off on its way.", look_at)
    return Ending(state="NOT_SENT", said="The call was cancelled before anything left. Nothing was sent or changed.")


def _in_doubt(what: str, look_at: float, *, rule: str | None = None) -> Ending:
    return Ending(state="UNKNOWN", said=f"{what} Whether it took effect is unknown.", look_at=look_at, rule=rule)

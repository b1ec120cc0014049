"""Which scopes a tool needs: worked out from its noun and its risk, in one place."""

from typing import Literal

from textrequest_mcp.ground.member import Scope

_OF_THE_OWNER = frozenset({"dashboards", "setup", "privacy"})  # whose changes are about the business itself


def scopes_of(toolset: str, risk: Literal["reads", "writes", "sends", "destroys"], *, texts: bool) -> frozenset[Scope]:
    """All scopes that a member needs for a tool.

    Args:
        toolset: its noun.
        risk: what it can do to the world.
        texts: whether it makes a text go out.
    """
    if toolset == "sends":  # what became of their own acts; nobody sees another's
        return frozenset()
    if toolset == "later":  # their own texts too, which they could send or not
        return frozenset({"texts:send"})
    needed: set[Scope] = {"texts:send"} if texts else set()
    if toolset == "payments":
        needed.add("payments")
    elif risk == "reads":
        needed.add("texts:read")
    elif toolset == "later":  # takes back what they had scheduled
        needed.add("texts:send")
    elif not texts:
        needed.add("admin" if toolset in _OF_THE_OWNER else "contacts:write")
    return frozenset(needed)

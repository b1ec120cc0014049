"""Switches the rules off for tests of what stands below them; those of the rules themselves use the defaults."""

from typing import Any

from textrequest_mcp.settings.table import Settings

_CAPS = ("texts_per_hour", "texts_per_day", "new_people_per_day", "dollars_per_request", "dollars_per_day")
_SWITCHES = ("consent", "provenance", "visible_only", "if_unanswered")

# As `Settings` takes them.
UNRULED: dict[str, Any] = {
    **dict.fromkeys(_CAPS),
    **dict.fromkeys(_SWITCHES, False),
    "quiet_hours": "off",
    "callback_hosts": frozenset({"shop.example"}),
}
# No browser comes up on a developer's screen, and hosts that cannot ask bring tokens.
BY_TOKEN = {"TEXTREQUEST_CONFIRM_FALLBACK": "token"}
AT_ANY_HOUR = {"TEXTREQUEST_QUIET_HOURS": "off"}  # a process has the machine's clock, and tests run at night too
# As a server's environment has them.
UNRULED_ENVIRONMENT = {
    **{f"TEXTREQUEST_{name.upper()}": "off" for name in (*_CAPS, *_SWITCHES, "quiet_hours")},
    **BY_TOKEN,
}
# What a user has who sets nothing.
RULED: dict[str, Any] = {name: getattr(Settings(api_key=""), name) for name in UNRULED}


def ruled_but(changes: dict[str, Any]) -> dict[str, Any]:
    """What a user has who sets only these."""
    return RULED | changes

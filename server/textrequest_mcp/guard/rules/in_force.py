"""The rules that stand before changes, as the person who runs the server set them."""

from __future__ import annotations

from dataclasses import dataclass, field

from textrequest_mcp.guard.rules.allowlist import Allowlist
from textrequest_mcp.guard.rules.hours import QuietHours
from textrequest_mcp.guard.rules.standing import Wish
from textrequest_mcp.guard.rules.templates import Templates


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules in force; see docs/settings.md."""

    consent: bool = True
    quiet_hours: QuietHours | None = field(default_factory=QuietHours)
    only_to: Allowlist = field(default_factory=lambda: Allowlist(""))
    provenance: bool = True
    visible_only: bool = True
    if_unanswered: bool = True
    callback_hosts: frozenset[str] = frozenset()
    standing: tuple[Wish, ...] = ()
    templates: Templates = field(default_factory=Templates)

"""Counts what the audit is told: acts by how they ended, refusals by their rule, a person's answers by way."""

from textrequest_mcp.ground.telemetry import record
from textrequest_mcp.guard.audit.reader import Entry


def count(entry: Entry) -> None:
    """Count an entry. An act whose outcome is unknown counts as that, and once more when it is known."""
    if entry.kind == "approval":
        way = (entry.approved_by or "").partition(":")[0]
        record("textrequest.approvals", labels={"decision": "yes", "way": way})
    elif entry.outcome == "not_confirmed":
        record("textrequest.approvals", labels={"decision": "no", "way": "any"})
    elif entry.kind == "refusal" and entry.rule is not None:
        record("textrequest.refusals", labels={"rule": entry.rule, "tool": entry.tool})
    if "send_id" in entry.ids:
        record("textrequest.sends", labels={"outcome": entry.outcome, "tool": entry.tool})

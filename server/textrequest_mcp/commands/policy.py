"""The command `textrequest-mcp policy`: prints each rule that is in force, and the setting that governs it."""

from collections.abc import Iterator
from typing import NamedTuple

from textrequest_mcp.settings.table import Settings


class InForce(NamedTuple):
    """One rule, with its setting and the value that is in force."""

    setting: str
    value: str
    what: str
    is_on: bool = True


_CONFIRM = {
    "destructive": "deleting, cancelling and closing are confirmed by a person",
    "sends": "whatever destroys or texts somebody is confirmed by a person",
    "all": "every change is confirmed by a person",
    "off": "nothing is confirmed by a person, unless another rule here has a doubt",
}
_SWITCHES = {
    "consent": "nobody is texted who opted out or is blocked, and what may be a wish for that is asked about",
    "provenance": "what only customers wrote steers no change unless a person saw where it came from",
    "if_unanswered": "no text goes past an answer that nobody has read",
    "visible_only": "no characters leave that nobody would see",
}
_CAPS = {
    "texts_per_hour": "texts of one line in any 60 minutes",
    "texts_per_day": "texts of one line in any 24 hours",
    "new_people_per_day": "new people whom one line texts in any 24 hours",
    "dollars_per_request": "dollars of one payment request",
    "dollars_per_day": "dollars that one line asks for in any 24 hours",
}


def in_force(settings: Settings) -> Iterator[InForce]:
    """Each rule. A rule that only shapes how others work counts as on."""
    yield InForce("read_only", _shown(settings.read_only), "whether tools that change something are left out")
    yield InForce("confirm", settings.confirm, _CONFIRM[settings.confirm], settings.confirm != "off")
    yield InForce("confirm_fallback", settings.confirm_fallback, "how a host confirms that cannot ask by itself")
    for name, what in _SWITCHES.items():
        yield InForce(name, _shown(getattr(settings, name)), what, getattr(settings, name))
    hours = "no outreach in these hours of the recipient; an answer within 24 hours of their text is none"
    yield InForce("quiet_hours", settings.quiet_hours, hours, settings.quiet_hours != "off")
    yield InForce("only_to", settings.only_to or "everybody", "who may be texted at all")
    for name, what in _CAPS.items():
        most = getattr(settings, name)
        yield InForce(name, "off" if most is None else str(most), f"at most so many {what}", most is not None)
    hosts = ",".join(sorted(settings.callback_hosts)) or "none"
    yield InForce("callback_hosts", hosts, "where the service may be asked to send what becomes of a text")
    minutes = settings.duplicate_minutes
    repeated = "how long the same text to the same person counts as a repetition"
    yield InForce("duplicate_minutes", str(minutes), repeated, minutes > 0)
    yield InForce("audit_days", str(settings.audit_days), "how long the audit is kept")
    yield InForce("audit_bodies", _shown(settings.audit_bodies), "whether the audit keeps the words of texts")


def as_table(settings: Settings) -> str:
    """The rules in aligned columns: setting, value, meaning."""
    rows = [
        (_variable(rule), rule.value, f"{rule.what}{'' if rule.is_on else ' (switched off)'}")
        for rule in in_force(settings)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {what}" for name, value, what in rows)


def switched_off(settings: Settings) -> list[str]:
    """The variables of the rules that are switched off."""
    return [_variable(rule) for rule in in_force(settings) if not rule.is_on]


def _variable(rule: InForce) -> str:
    return f"TEXTREQUEST_{rule.setting.upper()}"


def _shown(value: object) -> str:
    return {True: "true", False: "false"}[bool(value)]

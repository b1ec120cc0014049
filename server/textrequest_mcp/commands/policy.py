"""The command `textrequest-mcp policy`: every rule that is in force, and the setting that governs it."""

from collections.abc import Iterator
from typing import NamedTuple

from textrequest_mcp.settings.table import TABLE, Settings, SettingsError


class InForce(NamedTuple):
    """One rule as it stands."""

    setting: str
    value: str
    what: str
    is_on: bool = True


_RULES = (
    *("read_only", "confirm", "confirm_via", "confirm_fallback", "approve_with", "four_eyes", "approvers"),
    *("consent", "provenance", "if_unanswered", "visible_only"),
    *("quiet_hours", "only_to", "standing", "only_templates", "texts_per_hour", "texts_per_day", "new_people_per_day"),
    "member_texts_per_day",
    *("dollars_per_request", "dollars_per_day", "callback_hosts", "duplicate_minutes", "audit_days", "audit_bodies"),
)
_CONFIRM = {
    "destructive": "deleting, cancelling and closing are confirmed by a person",
    "sends": "whatever destroys or texts somebody is confirmed by a person",
    "all": "every change is confirmed by a person",
    "off": "nothing is confirmed by a person, unless another rule here has a doubt",
}
# False of another setting only shapes how other rules work.
_OFF_WHEN_FALSE = {"consent", "provenance", "if_unanswered", "visible_only", "duplicate_minutes"}
_UNSET = {"confirm_fallback": "page or, without a browser here, refuse", "member_texts_per_day": "off"}
_EMPTY = {"approvers": "nobody", "only_to": "everybody", "standing": "none", "callback_hosts": "none"}


def in_force(settings: Settings) -> Iterator[InForce]:
    """Every rule; those that only shape how others work count as on."""
    for name in _RULES:
        value = getattr(settings, name)
        is_on = bool(value) if name in _OFF_WHEN_FALSE else name in _UNSET or value not in (None, "off")
        what = _CONFIRM[settings.confirm] if name == "confirm" else TABLE[name].what
        yield InForce(name, _shown(settings, name), what, is_on)


def as_table(settings: Settings) -> str:
    """The rules in aligned columns: the setting that governs each, its value, what it means."""
    rows = [
        (TABLE[rule.setting].variable, rule.value, f"{rule.what}{'' if rule.is_on else ' (switched off)'}")
        for rule in in_force(settings)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    told = [f"{name:<{widths[0]}}  {value:<{widths[1]}}  {what}" for name, value, what in rows]
    return "\n".join([*told, *_wishes(settings)])


def _wishes(settings: Settings) -> list[str]:
    """Each standing wish in words."""
    if not settings.standing:
        return []
    from textrequest_mcp.guard.rules.standing import read_standing

    return [
        f"Standing wish {wish.name}: to {', '.join(wish.to)}{f' on line {wish.line}' if wish.line else ''}, at most "
        f"{wish.per_day} in 24 hours: {' / '.join(map(repr, wish.texts))}"
        for wish in read_standing(settings.standing)
    ]


def switched_off(settings: Settings) -> list[str]:
    """The settings of the rules that are off."""
    return [TABLE[rule.setting].variable for rule in in_force(settings) if not rule.is_on]


def check_rules(settings: Settings) -> None:
    """Tell a mistake in the rules before anything starts.

    Raises:
        SettingsError: a rule names what is no number, or no hours.
    """
    by_text = settings.approvers or settings.confirm_fallback == "text"
    by_text = by_text or settings.templates is not None or settings.only_templates
    if not (settings.only_to or settings.standing or by_text) and settings.quiet_hours == Settings.quiet_hours:
        return
    from textrequest_mcp.wiring import approvers_of, rules_of  # all that the rules need takes long to load

    try:
        rules_of(settings)
        approvers_of(settings)
    except ValueError as error:
        raise SettingsError([str(error)]) from None


def _shown(settings: Settings, name: str) -> str:
    value = ",".join(sorted(settings.callback_hosts)) if name == "callback_hosts" else getattr(settings, name)
    if value is None:
        return _UNSET.get(name, "off")
    return str(value).lower() if isinstance(value, bool) else str(value) or _EMPTY[name]

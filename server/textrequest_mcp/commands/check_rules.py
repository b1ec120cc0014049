"""Tells a mistake in the rules before anything starts."""

from textrequest_mcp.settings.table import Settings, SettingsError


def check_rules(settings: Settings) -> None:
    """Tell a mistake in the rules before anything starts.

    Raises:
        SettingsError: a rule names what is no number, or no hours.
    """
    if not settings.only_to and settings.quiet_hours == Settings.quiet_hours:
        return
    from textrequest_mcp.wiring import rules_of  # all that the rules need takes long to load

    try:
        rules_of(settings)
    except ValueError as error:
        raise SettingsError([str(error)]) from None

"""Reports a mistake in the settings of the rules before anything starts."""

from textrequest_mcp.settings.table import Settings, SettingsError


def check_rules(settings: Settings) -> None:
    """Check the settings of the rules.

    Raises:
        SettingsError: a setting is not a phone number, or not a time range, where it has to be one.
    """
    if not settings.only_to and settings.quiet_hours == Settings.quiet_hours:
        return
    from textrequest_mcp.wiring import rules_of  # the rules load slowly

    try:
        rules_of(settings)
    except ValueError as error:
        raise SettingsError([str(error)]) from None

"""Which toolsets there are: those that are offered by default, those that are not, and a preset of single tools."""

from textrequest_mcp.settings.reading import Given

BY_DEFAULT = (
    *("dashboards", "contacts", "groups", "tags", "fields", "conversations", "messages", "payments"),
    "daily",
)
NOT_BY_DEFAULT = ("setup", "line_messages", "privacy")
EVERYDAY = "everyday"  # a preset: few tools, with fewer arguments
_ALL, _DEFAULT = "all", "default"
NAMES = (*BY_DEFAULT, *NOT_BY_DEFAULT, EVERYDAY)


def read_toolsets(given: Given) -> tuple[str, ...]:
    """The toolsets that are named; `default` stands for those of the default, `all` for every one."""
    asked = [name.strip().lower() for name in given.text.split(",") if name.strip()]
    unknown = ", ".join(repr(name) for name in asked if name not in {*NAMES, _ALL, _DEFAULT})
    there = ", ".join([*NAMES, _DEFAULT, _ALL])
    if unknown:
        given.problems.append(f"There is no toolset called {unknown}; there are {there}.")
    if not asked and (given.raw or given.flags.get("toolsets") is not None):
        given.wrong(f"names no toolset; name some of {there}, or leave it out.")
    if not asked:
        return BY_DEFAULT
    if _ALL in asked:
        return (*BY_DEFAULT, *NOT_BY_DEFAULT)
    wanted = {*asked, *(BY_DEFAULT if _DEFAULT in asked else ())}
    return tuple(name for name in NAMES if name in wanted)

"""How settings are read: each function makes a value of what is given for a setting, or says what is wrong with it."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, get_args

from textrequest_mcp.settings import kept_key

KEY_FILE = "TEXTREQUEST_API_KEY_FILE"
SECRET_FILE = "TEXTREQUEST_STATE_SECRET_FILE"  # noqa: S105 - the name of a variable
API_KEY = "[!-~]*"
_NO_API_KEY = "holds spaces, line breaks or characters that no API key has."
_SHORTEST_TOKEN = 24
_YES = {"1", "true", "yes", "on"}
HIGHEST_PORT = 65535


class Given(NamedTuple):
    """What flags and environment say of one setting."""

    name: str  # as the person wrote it: TEXTREQUEST_TOOLSETS, or --toolsets
    raw: str
    text: str  # a variable's without the blanks around it
    default: Any
    flags: Mapping[str, Any]
    environment: Mapping[str, str]
    problems: list[str]

    def wrong(self, how: str) -> None:
        self.problems.append(f"{self.name} {how}")


Reader = Callable[[Given], Any]


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    found = address(host)
    return found.is_loopback if found else host.lower() == "localhost"


def address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that this is; None for a name."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]"))
    return None


def _matching(pattern: str, otherwise: str, read: Callable[[str], Any], among: range | None = None) -> Reader:
    """A reader of text that fits the pattern and, as a number, lies in the range; `otherwise` tells the mistake."""

    def reader(given: Given) -> Any:
        if not given.text:
            return given.default
        fits = re.fullmatch(pattern, given.text, re.ASCII | re.IGNORECASE)
        if fits and (among is None or int(given.text) in among):
            return read(given.text)
        return given.wrong(otherwise.format(default=given.default, text=given.text))

    return reader


def choice(literal: Any) -> Reader:
    """A reader of one word of a `Literal`, in any case."""
    by_lower = {word.lower(): word for word in get_args(literal)}
    otherwise = f"is none of {', '.join(by_lower.values())}."
    return _matching("|".join(by_lower), otherwise, lambda text: by_lower[text.lower()])


def _or_off(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text.lower() == "off" else read(text)


def days(most: int) -> Reader:
    return _matching("[0-9]{1,4}", f"is not a number of days from 1 to {most}.", int, range(1, most + 1))


words = _matching("(?s:.*)", "", str)
lower_case = _matching("(?s:.*)", "", str.lower)
yes_or_no = _matching("1|true|yes|on|0|false|no|off", "is neither true nor false.", lambda text: text.lower() in _YES)


def beside_sandbox(given: Given) -> bool:
    """A yes that only the pretend account takes."""
    if given.text == "True" and not given.flags.get("sandbox"):
        given.problems.append("--sandbox-reset begins the pretend account anew, so it needs --sandbox.")
    return given.text == "True"


def time_zone(given: Given) -> str | None:
    """A zone that this machine knows, such as America/New_York."""
    from zoneinfo import ZoneInfo

    if not given.text:
        return None
    try:
        return ZoneInfo(given.text).key
    except (OSError, ValueError):  # also its word for a zone that is not there
        return given.wrong("is no time zone such as America/New_York.")


line_id = _matching("[1-9][0-9]{0,17}", "is not a line's id, which is a whole number such as 121.", int)
minutes = _matching("[0-9]{1,4}", "is not a number of minutes from 0 (off) to 1440.", int, range(1441))
port = _matching("[0-9]+", "{text} is not a port; ports are 0 to 65535.", int, range(HIGHEST_PORT + 1))
seconds = _matching("[0-9]{1,3}", "is not a number of seconds from 0 (off) to 300.", int, range(301))
count_or_off = _matching("off|[0-9]{1,6}", "is neither a whole number from 0 to 999999 nor off.", _or_off(int))
dollars_or_off = _matching(
    r"off|[0-9]{1,8}(\.[0-9]{1,2})?",
    "is neither an amount in dollars such as {default} or 49.50 nor off.",
    _or_off(Decimal),
)
calls_per_seconds = _matching(
    "[1-9][0-9]{0,5}/[1-9][0-9]{0,5}",
    "is not calls/seconds, such as 100/60.",
    lambda text: (int(text.split("/")[0]), float(text.split("/")[1])),
)


def token(given: Given) -> str | None:
    if not re.fullmatch("[A-Za-z0-9_-]*", given.text):
        given.wrong("holds other characters than letters, digits, - and _.")
    elif 0 < len(given.text) < _SHORTEST_TOKEN:
        given.wrong(f"can be guessed; make it {_SHORTEST_TOKEN} characters or longer.")
    return given.text or None


def _path(given: Given, name: str, text: str) -> Path | None:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # pathlib's word for a user it does not find
        user = Path(text).parts[0]
        given.problems.append(f"{name} begins with {user}, a user whose home folder is not known.")
        return None


def api_key(given: Given) -> str:
    name, key = given.name, given.raw
    file = given.environment.get(KEY_FILE, "").strip()
    if key and file:
        given.wrong(f"and {KEY_FILE} are both set; set one.")
    elif file:
        name = f"The file that {KEY_FILE} names"
        try:
            key = kept_key.read(file)
        except kept_key.NoFile as why:
            given.problems.append(f"{KEY_FILE} {why}.")
            return ""
        except kept_key.NoKeyring as why:
            given.problems.append(f"{KEY_FILE} says {file}, and {why}.")
            return ""
    if not key:
        ways = f"set {given.name} (or {KEY_FILE}), or add --sandbox to work with a pretend account"
        given.problems.append(f"There is no API key: {ways}.")
    elif not re.fullmatch(API_KEY, key):
        given.problems.append(f"{name} {_NO_API_KEY}")
    return key


def previous_api_key(given: Given) -> str | None:
    if not re.fullmatch(API_KEY, given.raw):
        given.wrong(_NO_API_KEY)
    return given.raw or None


def state_folder(given: Given) -> Path | None:
    if not given.text and given.flags.get("sandbox"):
        return None  # a pretend account is kept only where a folder is named
    if not given.text:
        import platformdirs  # only a real account keeps state on disk

        try:
            return platformdirs.user_state_path("textrequest-mcp", appauthor=False)
        except RuntimeError:  # its word for a user without a home folder
            given.problems.append(f"There is no home folder to keep state in. Set {given.name} to a folder.")
            return None
    folder = _path(given, given.name, given.text)
    if folder and not folder.is_absolute():
        given.wrong("is not a whole path, so each place would get its own state.")
    for part in (folder, *folder.parents) if folder else ():
        if os.path.exists(part) and not os.path.isdir(part):  # Path's own checks raise where access is denied
            given.wrong(f"cannot be used: {part} is not a folder.")
    return folder


def database_url(given: Given) -> str | None:
    """The address of a PostgreSQL database; it may hold a password, so no sentence repeats it."""
    if given.text and not re.match(r"postgres(ql)?://[^\s/]", given.text):
        given.wrong("is not an address such as postgresql://user@host/database.")
    elif given.text and find_spec("psycopg") is None:
        given.wrong("needs a driver: install textrequest-mcp[postgres].")
    return given.text or None


def state_secrets(given: Given) -> tuple[str, ...]:
    """Keys between commas or line breaks, from the variable or from its file."""
    text, file = given.text, given.environment.get(SECRET_FILE, "").strip()
    if text and file:
        given.wrong(f"and {SECRET_FILE} are both set; set one.")
    elif file:
        try:
            text = kept_key.read(file)
        except (kept_key.NoFile, kept_key.NoKeyring) as why:
            given.problems.append(f"{SECRET_FILE} {why}.")
    keys = tuple(filter(None, (key.strip() for key in re.split(r"[,\r\n]", text))))
    if any(len(key) < _SHORTEST_TOKEN for key in keys):
        given.wrong(f"can be guessed; make each key {_SHORTEST_TOKEN} characters or longer.")
    return keys


def whole_path(given: Given) -> Path | None:
    """A path of a file or folder; what is there is looked at where it is used."""
    path = _path(given, given.name, given.text) if given.text else None
    if path is not None and not path.is_absolute():
        given.wrong("is not a whole path, such as /home/me/replies.txt.")
    return path


def transport(given: Given) -> str:
    chosen: str = given.text or given.default
    ignored = " and ".join(f"--{name}" for name in ("host", "port") if given.flags.get(name) is not None)
    if chosen == "stdio" and ignored:
        mend = "add --transport http (or sse), or leave it out"
        given.problems.append(f"{ignored} would be ignored, because stdio does not listen; {mend}.")
    return chosen

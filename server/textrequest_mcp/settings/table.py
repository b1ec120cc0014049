"""What the person who runs the server decided: the table of all settings, and their reading from flags and variables.

Flags win, and every mistake is named at once.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

from textrequest_mcp.settings import addresses as at
from textrequest_mcp.settings import reading as by
from textrequest_mcp.settings.toolsets import BY_DEFAULT, read_toolsets

DEFAULT_BASE_URL = "https://api.textrequest.com/api/v3"
SANDBOX_BASE_URL = "http://sandbox.invalid/api/v3"  # a name that no network resolves: the sandbox is in this process

Transport = Literal["stdio", "sse", "http"]
Confirm = Literal["destructive", "sends", "all", "off"]
Fallback = Literal["page", "text", "token", "refuse"]
SendLater = Literal["auto", "on", "off"]
ConfirmVia = Literal["host", "page"]
ApproveWith = Literal["button", "passkey"]
HttpAuth = Literal["secret", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_FLAG = False  # of a row that has no variable: its `has_variable`
# Kubernetes sets these in every container beside a service that is called textrequest or textrequest-mcp.
_OF_KUBERNETES = r"\w+_SERVICE_(HOST|PORT)(_\w+)?=|\w+_PORT(_[0-9]+_(TCP|UDP|SCTP)(_\w+)?=|=\w+://)"


class SettingsError(Exception):
    """One or more settings make no sense; nothing was started.

    Attributes:
        problems: a sentence for each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class State(NamedTuple):
    """Where state is kept, as `Store.open` takes it: a folder, or the address of a database; and the keys of it."""

    place: Path | str | None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A row for each setting: its name, its type, how it is read, what it does, its default.

    Its variable is `TEXTREQUEST_` and the name in capitals. The caps hold for one line each; None is no cap. `only_to`
    and `quiet_hours` are as they were written: the guard reads them.
    """

    api_key: Annotated[str, by.api_key, "the account's API key"] = field(repr=False)
    base_url: Annotated[str, at.api_address, "where the API is; https, or this machine"] = DEFAULT_BASE_URL
    sandbox: Annotated[bool, by.yes_or_no, "work with a pretend account", _FLAG] = False
    sandbox_reset: Annotated[bool, by.beside_sandbox, "begin the kept pretend account anew", _FLAG] = False
    dashboard_id: Annotated[int | None, by.line_id, "the line that tools use where none is named"] = None
    time_zone: Annotated[str | None, by.time_zone, "the time zone of lines that have none"] = None
    read_only: Annotated[bool, by.yes_or_no, "whether tools that change something are left out"] = False
    toolsets: Annotated[tuple[str, ...], read_toolsets, "the toolsets that are offered"] = BY_DEFAULT
    confirm: Annotated[Confirm, by.choice(Confirm), "which tools wait for a person's yes"] = "destructive"
    confirm_fallback: Annotated[
        Fallback | None, by.choice(Fallback), "how a call is confirmed where the host does not ask"
    ] = None  # the page where this machine has a browser that can be opened, else refuse
    confirm_via: Annotated[ConfirmVia, by.choice(ConfirmVia), "who asks the person: a host that can, or the page"] = (
        "host"
    )
    approve_with: Annotated[ApproveWith, by.choice(ApproveWith), "how a person agrees on the page"] = "button"
    four_eyes: Annotated[
        bool, by.yes_or_no, "whether somebody else than the member of the team decides what an assistant asks"
    ] = False
    approvers: Annotated[str, by.words, "the numbers of the people who are asked by text"] = ""
    rate_limit: Annotated[tuple[int, float], by.calls_per_seconds, "calls/seconds for one key"] = (100, 60.0)
    state_dir: Annotated[Path | None, by.state_folder, "where state is kept; None keeps it in memory"] = None
    database_url: Annotated[
        str | None, by.database_url, "a PostgreSQL database that keeps the state of servers on several machines"
    ] = field(default=None, repr=False)
    state_secret: Annotated[
        tuple[str, ...],
        by.state_secrets,
        "encrypts the secret of the state; a new key stands before the old",
    ] = field(default=(), repr=False)
    log_level: Annotated[LogLevel, by.choice(LogLevel), "the least that is told on stderr"] = "INFO"
    duplicate_minutes: Annotated[
        int, by.minutes, "how long the same text to the same person counts as a repetition"
    ] = 10
    send_later: Annotated[SendLater, by.choice(SendLater), "whether texts can be scheduled"] = "auto"
    late_minutes: Annotated[int, by.minutes, "how late a scheduled text may leave"] = 15
    undo_seconds: Annotated[int, by.seconds, "how long each text waits before it leaves, to be taken back"] = 0
    tag_sends: Annotated[bool, by.yes_or_no, "mark each text, so that a lost answer is settled for certain"] = False
    texts_per_hour: Annotated[int | None, by.count_or_off, "at most so many texts of one line in any 60 minutes"] = 100
    texts_per_day: Annotated[int | None, by.count_or_off, "at most so many texts of one line in any 24 hours"] = 500
    new_people_per_day: Annotated[
        int | None, by.count_or_off, "at most so many new people whom one line texts in any 24 hours"
    ] = 50
    dollars_per_request: Annotated[
        Decimal | None, by.dollars_or_off, "at most so many dollars of one payment request"
    ] = Decimal(2000)
    dollars_per_day: Annotated[
        Decimal | None, by.dollars_or_off, "at most so many dollars that one line asks for in any 24 hours"
    ] = Decimal(10_000)
    member_texts_per_day: Annotated[
        int | None, by.count_or_off, "at most so many texts of one member of a team in any 24 hours"
    ] = None
    only_to: Annotated[str, by.words, "who may be texted at all"] = ""
    consent: Annotated[
        bool,
        by.yes_or_no,
        "nobody is texted who opted out or is blocked, and what may be a wish for that is asked about",
    ] = True
    quiet_hours: Annotated[
        str,
        by.lower_case,
        "no outreach in these hours of the recipient; an answer within 24 hours of their text is none",
    ] = "21:00-08:00"
    provenance: Annotated[
        bool, by.yes_or_no, "what only customers wrote steers no change unless a person saw where it came from"
    ] = True
    visible_only: Annotated[bool, by.yes_or_no, "no characters leave that nobody would see"] = True
    if_unanswered: Annotated[bool, by.yes_or_no, "no text goes past an answer that nobody has read"] = True
    callback_hosts: Annotated[
        frozenset[str], at.hosts, "where the service may be asked to send what becomes of a text"
    ] = frozenset()
    templates: Annotated[Path | None, by.whole_path, "a file of saved replies"] = None
    only_templates: Annotated[bool, by.yes_or_no, "whether nothing but saved replies may leave"] = False
    pictures: Annotated[Path | None, by.whole_path, "the folder whose files may go with texts"] = None
    standing: Annotated[str, by.words, "the file of texts that are allowed beforehand, so that nobody is asked"] = ""
    resource_links: Annotated[
        bool, by.yes_or_no, "whether results link to the document that they are about; some hosts fail over links"
    ] = False
    audit_days: Annotated[int, by.days(3650), "how long the audit is kept"] = 365
    audit_bodies: Annotated[bool, by.yes_or_no, "whether the audit keeps the words of texts"] = False
    public_url: Annotated[str | None, at.own_address, "where webhooks reach this server"] = None
    webhook_token: Annotated[str | None, by.token, "replaces a webhook's signature"] = field(default=None, repr=False)
    previous_api_key: Annotated[str | None, by.previous_api_key, "the key before this one, of the same account"] = (
        field(default=None, repr=False)
    )
    event_days: Annotated[int, by.days(365), "how long the log of texts is kept"] = 30
    http_auth: Annotated[HttpAuth, by.choice(HttpAuth), "what hosts must bring over HTTP and SSE"] = "secret"
    tokens_file: Annotated[
        Path | None, by.whole_path, "a file of people, by token or sign-in; with it HTTP serves a team"
    ] = None
    issuer: Annotated[str | None, at.issuer, "the identity provider with which the people of that file sign in"] = None
    audience: Annotated[
        tuple[str, ...], at.list_of_words, "what its tokens may be made for, beside this server's address"
    ] = ()
    allowed_hosts: Annotated[frozenset[str], at.hosts, "the names by which a team reaches the server"] = frozenset()
    transport: Annotated[Transport, by.transport, "how hosts connect", _FLAG] = "stdio"
    host: Annotated[str, at.own_host, "where HTTP listens; other machines only for a team", _FLAG] = "127.0.0.1"
    port: Annotated[int, by.port, "the port that HTTP listens on", _FLAG] = 8000

    @property
    def state(self) -> State:
        """Where state is kept."""
        return State(self.database_url or self.state_dir, self.state_secret)


class Row(NamedTuple):
    """One setting of the table; an `Annotated` type of `Settings` holds all but its name and default."""

    name: str
    default: Any
    read: by.Reader
    what: str
    has_variable: bool = True

    @property
    def variable(self) -> str:
        return f"TEXTREQUEST_{self.name.upper()}"


TABLE = {row.name: Row(row.name, row.default, *get_args(row.type)[1:]) for row in fields(Settings)}
VARIABLES = (*(row.variable for row in TABLE.values() if row.has_variable), by.KEY_FILE, by.SECRET_FILE)


def variables_as_text() -> str:
    """Every variable with what it does, in aligned lines."""
    told = {row.variable: row.what for row in TABLE.values() if row.has_variable} | {by.KEY_FILE: "a file with the key"}
    told |= {by.SECRET_FILE: "a file with the keys of TEXTREQUEST_STATE_SECRET"}
    width = max(map(len, told))
    return "\n".join(["variables:", *(f"  {name:<{width}}  {what}" for name, what in sorted(told.items()))])


def read_settings(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (`{"read_only": True, ...}`, None where not given) over `TEXTREQUEST_*` variables.

    Raises:
        SettingsError: naming every problem at once.
    """
    fixed = {"api_key": "", "base_url": SANDBOX_BASE_URL} if flags.get("sandbox") else {}
    return Settings(**fixed, **read_rows([row for row in TABLE.values() if row.name not in fixed], flags, environment))


def read_rows(rows: Iterable[Row], flags: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The values of these rows, as `read_settings`."""
    problems = list(_unknown(environment))
    values: dict[str, Any] = {}
    for row in rows:
        flag = flags.get(row.name)
        name, raw, text = f"--{row.name}", str(flag), str(flag)
        if flag is None:
            name, raw = row.variable, environment.get(row.variable, "") if row.has_variable else ""
            text = raw.strip()
        values[row.name] = row.read(by.Given(name, raw, text, row.default, flags, environment, problems))
    if problems:
        raise SettingsError(problems)
    return values


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if not name.upper().startswith("TEXTREQUEST_") or name in VARIABLES:
            continue
        if not re.match(_OF_KUBERNETES, f"{name}={value}"):
            import difflib  # only a mistake needs it

            nearest = difflib.get_close_matches(name.upper(), VARIABLES, n=1, cutoff=0.8)
            instead = f"did you mean {nearest[0]}?" if nearest else "`textrequest-mcp serve --help` lists them all."
            yield f"{name} is not a setting; {instead}"

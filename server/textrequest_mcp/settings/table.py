"""What the person who runs the server decided, by flags and environment; flags win, and every mistake is named."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast, get_args

from textrequest_mcp.settings.reading import Reading

DEFAULT_BASE_URL = "https://api.textrequest.com/api/v3"
SANDBOX_BASE_URL = "http://sandbox.invalid/api/v3"  # a name that no network resolves: the sandbox is in this process
TOOLSETS = ("dashboards", "contacts", "groups", "tags", "fields", "conversations", "messages", "payments")

Transport = Literal["stdio", "sse", "http"]
Confirm = Literal["destructive", "sends", "all", "off"]
ConfirmFallback = Literal["token", "refuse"]
HttpAuth = Literal["secret", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_VARIABLES = (
    *("api_key", "api_key_file", "base_url", "dashboard_id", "read_only", "toolsets", "confirm", "confirm_fallback"),
    *("rate_limit", "state_dir", "log_level", "duplicate_minutes", "tag_sends"),
    *("texts_per_hour", "texts_per_day", "new_people_per_day", "dollars_per_request", "dollars_per_day", "only_to"),
    *("consent", "quiet_hours", "provenance", "visible_only", "if_unanswered", "callback_hosts"),
    *("audit_days", "audit_bodies"),
    *("public_url", "webhook_token", "previous_api_key", "event_days", "http_auth"),
)
_SHORTEST_TOKEN = 24


class SettingsError(Exception):
    """One or more settings make no sense; nothing was started.

    Attributes:
        problems: a sentence for each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set; the names of the environment variables are in the README's table.

    The caps hold for one line each; None is no cap. `only_to` and `quiet_hours` are as they were written: the guard
    reads them.
    """

    api_key: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    sandbox: bool = False
    dashboard_id: int | None = None
    read_only: bool = False
    toolsets: tuple[str, ...] = TOOLSETS
    confirm: Confirm = "destructive"
    confirm_fallback: ConfirmFallback = "token"
    rate_limit: tuple[int, float] = (100, 60.0)
    state_dir: Path | None = None  # None keeps all state in memory
    log_level: LogLevel = "INFO"
    duplicate_minutes: int = 10
    tag_sends: bool = False
    texts_per_hour: int | None = 100
    texts_per_day: int | None = 500
    new_people_per_day: int | None = 50
    dollars_per_request: Decimal | None = Decimal(2000)
    dollars_per_day: Decimal | None = Decimal(10_000)
    only_to: str = ""
    consent: bool = True
    quiet_hours: str = "21:00-08:00"
    provenance: bool = True
    visible_only: bool = True
    if_unanswered: bool = True
    callback_hosts: frozenset[str] = frozenset()
    audit_days: int = 365
    audit_bodies: bool = False
    public_url: str | None = None
    webhook_token: str | None = field(default=None, repr=False)
    previous_api_key: str | None = field(default=None, repr=False)
    event_days: int = 30
    http_auth: HttpAuth = "secret"  # only of HTTP and SSE
    transport: Transport = "stdio"
    host: str = "127.0.0.1"
    port: int = 8000


def make_state_folder(folder: Path | None) -> None:
    """Make sure that state can be kept, before anything starts; None keeps it in memory.

    Raises:
        SettingsError: the folder cannot be made or written to.
    """
    if folder is None:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "it cannot be written to"
    if reason:
        raise SettingsError(
            [f"The state folder {folder} cannot be used: {reason}. Set TEXTREQUEST_STATE_DIR to another."]
        )


def read_settings(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from flags (`{"read_only": True, ...}`, None where not given) over `TEXTREQUEST_*` variables.

    Raises:
        SettingsError: naming every problem at once.
    """
    reading = Reading(flags, environment)
    reading.unknown_variables(_VARIABLES)
    sandbox = bool(flags.get("sandbox"))
    settings = Settings(
        api_key="" if sandbox else reading.api_key(),
        base_url=SANDBOX_BASE_URL if sandbox else reading.base_url(DEFAULT_BASE_URL),
        sandbox=sandbox,
        dashboard_id=reading.dashboard_id(),
        read_only=reading.yes_or_no("read_only"),
        toolsets=reading.toolsets(TOOLSETS),
        confirm=cast("Confirm", reading.choice("confirm", get_args(Confirm), "destructive")),
        confirm_fallback=cast(
            "ConfirmFallback", reading.choice("confirm_fallback", get_args(ConfirmFallback), "token")
        ),
        rate_limit=reading.rate_limit(),
        state_dir=None if sandbox else reading.state_dir(),
        log_level=cast("LogLevel", reading.choice("log_level", get_args(LogLevel), "INFO")),
        duplicate_minutes=reading.duplicate_minutes(),
        tag_sends=reading.yes_or_no("tag_sends"),
        texts_per_hour=reading.count_or_off("texts_per_hour", default=100),
        texts_per_day=reading.count_or_off("texts_per_day", default=500),
        new_people_per_day=reading.count_or_off("new_people_per_day", default=50),
        dollars_per_request=reading.dollars_or_off("dollars_per_request", default=2000),
        dollars_per_day=reading.dollars_or_off("dollars_per_day", default=10_000),
        only_to=reading.text("only_to"),
        consent=reading.yes_or_no("consent", default="on"),
        quiet_hours=reading.text("quiet_hours").lower() or "21:00-08:00",
        provenance=reading.yes_or_no("provenance", default="on"),
        visible_only=reading.yes_or_no("visible_only", default="on"),
        if_unanswered=reading.yes_or_no("if_unanswered", default="on"),
        callback_hosts=reading.hosts("callback_hosts"),
        audit_days=reading.days("audit_days", default=365, most=3650),
        audit_bodies=reading.yes_or_no("audit_bodies"),
        public_url=reading.public_url(),
        webhook_token=reading.secret("webhook_token", shortest=_SHORTEST_TOKEN),
        previous_api_key=reading.previous_api_key(),
        event_days=reading.days("event_days", default=30, most=365),
        http_auth=cast("HttpAuth", reading.choice("http_auth", get_args(HttpAuth), "secret")),
        transport=cast("Transport", reading.transport()),
        host=reading.host(),
        port=reading.port(),
    )
    if reading.problems:
        raise SettingsError(reading.problems)
    return settings


def read_state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where state is kept, for a command that only reads it: that needs no account, so no key is asked for.

    Raises:
        SettingsError: naming every problem at once.
    """
    reading = Reading({}, environment)
    reading.unknown_variables(_VARIABLES)  # a misspelt TEXTREQUEST_STATE_DIR would read another state
    folder = reading.state_dir()
    if reading.problems or folder is None:
        raise SettingsError(reading.problems)
    return folder

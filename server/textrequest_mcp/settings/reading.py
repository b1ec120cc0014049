"""Reads settings from flags and environment variables, and gathers a sentence for every mistake."""

import contextlib
import ipaddress
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

# Kubernetes sets these in every container beside a service that is called textrequest or textrequest-mcp.
_OF_KUBERNETES = r"\w+_SERVICE_(HOST|PORT)(_\w+)?=|\w+_PORT(_[0-9]+_(TCP|UDP|SCTP)(_\w+)?=|=\w+://)"
_LOOPBACK_NAMES = {"localhost"}
_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}
_API_KEY = r"[!-~]+"
_HIGHEST_PORT = 65535
_DAY_MINUTES = 1440
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Not urlsplit: it drops line breaks, and takes spaces in a host. No user, password, query or fragment has a place here.
_WEB_ADDRESS = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?:/[a-z0-9/._~%!$&'()*+,;=:@-]*)?",
    re.ASCII | re.IGNORECASE,
)


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOOPBACK_NAMES


def _is_host(host: str) -> bool:
    """Whether what looks like an address is one: in brackets, or with a last part that is a number."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host.strip("[]"))
        elif host.rpartition(".")[2].isdecimal():
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


class Reading:
    """One pass over flags and environment that gathers problems instead of stopping at the first.

    What has a problem is answered as its default, or as nothing; who reads looks at `problems` in the end.
    """

    def __init__(self, flags: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.flags = flags
        self.environment = environment
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        flag = self.flags.get(name)
        return str(flag) if flag is not None else self.environment.get(f"TEXTREQUEST_{name.upper()}", "").strip()

    def unknown_variables(self, names: tuple[str, ...]) -> None:
        known = [f"TEXTREQUEST_{name.upper()}" for name in names]
        for name, value in self.environment.items():
            if not name.upper().startswith("TEXTREQUEST_") or name in known:
                continue
            if re.match(_OF_KUBERNETES, f"{name}={value}"):
                continue
            import difflib  # only a mistake needs it

            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
            instead = f"did you mean {nearest[0]}?" if nearest else "the README lists them all."
            self.problems.append(f"{name} is not a setting; {instead}")

    def api_key(self) -> str:
        key = self.environment.get("TEXTREQUEST_API_KEY", "")
        file = self.environment.get("TEXTREQUEST_API_KEY_FILE", "").strip()
        source = "TEXTREQUEST_API_KEY"
        if key and file:
            self.problems.append("TEXTREQUEST_API_KEY and TEXTREQUEST_API_KEY_FILE are both set; set one.")
        elif file:
            source = "The file that TEXTREQUEST_API_KEY_FILE names"
            path = self.path("TEXTREQUEST_API_KEY_FILE", file)
            if path is None:
                return ""
            try:
                key = path.read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                self.problems.append(f"TEXTREQUEST_API_KEY_FILE cannot be read ({type(error).__name__}).")
                return ""
        if not key:
            self.problems.append(
                "There is no API key: set TEXTREQUEST_API_KEY (or TEXTREQUEST_API_KEY_FILE), "
                "or add --sandbox to work with a pretend account."
            )
        elif not re.fullmatch(_API_KEY, key):
            self.problems.append(f"{source} holds spaces, line breaks or characters that no API key has.")
        return key

    def base_url(self, default: str) -> str:
        url = self.text("base_url") or default
        match = _WEB_ADDRESS.fullmatch(url)
        if match is None or not _is_host(match["host"]) or int(match["port"] or 0) > _HIGHEST_PORT:
            self.problems.append(f"TEXTREQUEST_BASE_URL is not a plain web address such as {default}.")
        elif match["scheme"].lower() != "https" and not is_loopback(match["host"]):
            self.problems.append("TEXTREQUEST_BASE_URL is not https, so the API key would travel in the open.")
        return url.rstrip("/")

    def public_url(self) -> str | None:
        url = self.text("public_url").rstrip("/")
        if not url:
            return None
        match = _WEB_ADDRESS.fullmatch(url)
        if match is None or not _is_host(match["host"]) or int(match["port"] or 0) > _HIGHEST_PORT:
            self.problems.append("TEXTREQUEST_PUBLIC_URL is not a plain web address such as https://texts.example.com.")
        elif match["scheme"].lower() != "https" and not is_loopback(match["host"]):
            self.problems.append("TEXTREQUEST_PUBLIC_URL is not https, so texts would travel in the open.")
        return url

    def secret(self, name: str, *, shortest: int) -> str | None:
        text = self.text(name)
        if text and not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            self.problems.append(f"TEXTREQUEST_{name.upper()} holds other characters than letters, digits, - and _.")
        elif text and len(text) < shortest:
            self.problems.append(f"TEXTREQUEST_{name.upper()} can be guessed; make it {shortest} characters or longer.")
        return text or None

    def previous_api_key(self) -> str | None:
        key = self.environment.get("TEXTREQUEST_PREVIOUS_API_KEY", "")
        if key and not re.fullmatch(_API_KEY, key):
            self.problems.append(
                "TEXTREQUEST_PREVIOUS_API_KEY holds spaces, line breaks or characters that no API key has."
            )
        return key or None

    def days(self, name: str, *, default: int, most: int) -> int:
        text = self.text(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= most:
            self.problems.append(f"TEXTREQUEST_{name.upper()} is not a number of days from 1 to {most}.")
            return default
        return int(text)

    def hosts(self, name: str) -> frozenset[str]:
        hosts = {host.strip().lower() for host in self.text(name).split(",") if host.strip()}
        for host in sorted(hosts):
            if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", host, re.ASCII):
                self.problems.append(
                    f"TEXTREQUEST_{name.upper()} holds what is no host name, such as hooks.example.com."
                )
        return frozenset(hosts)

    def dashboard_id(self) -> int | None:
        text = self.text("dashboard_id")
        if not text:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
            self.problems.append("TEXTREQUEST_DASHBOARD_ID is not a line's id, which is a whole number such as 121.")
            return None
        return int(text)

    def yes_or_no(self, name: str, *, default: str = "") -> bool:
        text = self.text(name).lower() or default
        if text not in _YES | _NO:
            self.problems.append(f"TEXTREQUEST_{name.upper()} is neither true nor false.")
        return text in _YES

    def toolsets(self, offered: tuple[str, ...]) -> tuple[str, ...]:
        asked = [name.strip().lower() for name in self.text("toolsets").split(",") if name.strip()]
        unknown = [name for name in asked if name not in {*offered, "all"}]
        if unknown:
            self.problems.append(
                f"There is no toolset called {', '.join(map(repr, unknown))}; there are {', '.join(offered)}."
            )
        flag = self.flags.get("toolsets") is not None
        if not asked and (flag or self.environment.get("TEXTREQUEST_TOOLSETS")):
            self.problems.append(
                f"{'--toolsets' if flag else 'TEXTREQUEST_TOOLSETS'} names no toolset; name some of "
                f"{', '.join(offered)}, or leave it out to offer all."
            )
        return offered if not asked or "all" in asked else tuple(name for name in offered if name in asked)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        text = self.text(name)
        by_lower = {choice.lower(): choice for choice in choices}
        if text and text.lower() not in by_lower:
            self.problems.append(f"TEXTREQUEST_{name.upper()} is none of {', '.join(choices)}.")
        return by_lower.get(text.lower(), default)

    def rate_limit(self) -> tuple[int, float]:
        text = self.text("rate_limit") or "100/60"
        match = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
        if match is None:
            self.problems.append("TEXTREQUEST_RATE_LIMIT is not calls/seconds, such as 100/60.")
            return 100, 60.0
        return int(match[1]), float(match[2])

    def duplicate_minutes(self) -> int:
        text = self.text("duplicate_minutes") or "10"
        if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) > _DAY_MINUTES:
            self.problems.append(
                f"TEXTREQUEST_DUPLICATE_MINUTES is not a number of minutes from 0 (off) to {_DAY_MINUTES}."
            )
            return 10
        return int(text)

    def count_or_off(self, name: str, *, default: int) -> int | None:
        text = self.text(name).lower() or str(default)
        if text == "off":
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text):
            self.problems.append(f"TEXTREQUEST_{name.upper()} is neither a whole number from 0 to 999999 nor off.")
            return default
        return int(text)

    def dollars_or_off(self, name: str, *, default: int) -> Decimal | None:
        text = self.text(name).lower() or str(default)
        if text == "off":
            return None
        if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", text):
            self.problems.append(
                f"TEXTREQUEST_{name.upper()} is neither an amount in dollars such as {default} or 49.50 nor off."
            )
            return Decimal(default)
        return Decimal(text)

    def path(self, name: str, text: str) -> Path | None:
        try:
            return Path(text).expanduser()
        except RuntimeError:  # pathlib's word for a user it does not find
            self.problems.append(f"{name} begins with {Path(text).parts[0]}, a user whose home folder is not known.")
            return None

    def state_dir(self) -> Path | None:
        text = self.text("state_dir")
        if text:
            folder = self.path("TEXTREQUEST_STATE_DIR", text)
            if folder and not folder.is_absolute():
                self.problems.append(
                    "TEXTREQUEST_STATE_DIR is not a whole path, so each place would get its own state."
                )
            for part in (folder, *folder.parents) if folder else ():
                # Not Path's own, which raise where access is denied.
                if os.path.exists(part) and not os.path.isdir(part):
                    self.problems.append(f"TEXTREQUEST_STATE_DIR cannot be used: {part} is not a folder.")
            return folder
        import platformdirs  # only a real account keeps state on disk

        return platformdirs.user_state_path("textrequest-mcp", appauthor=False)

    def transport(self) -> str:
        transport: str = self.flags.get("transport") or "stdio"
        ignored = [f"--{name}" for name in ("host", "port") if self.flags.get(name) is not None]
        if transport == "stdio" and ignored:
            self.problems.append(
                f"{' and '.join(ignored)} would be ignored, because stdio does not listen; "
                "add --transport http (or sse), or leave it out."
            )
        return transport

    def host(self) -> str:
        host = str(self.flags.get("host") or "127.0.0.1").strip("[]").lower()
        with contextlib.suppress(ValueError):  # a name
            host = str(ipaddress.ip_address(host))
        if not is_loopback(host):
            self.problems.append(
                f"--host {host} would open the server to other machines, which it does not protect itself "
                "against yet; use 127.0.0.1."
            )
        return host

    def port(self) -> int:
        port = self.flags.get("port")
        port = 8000 if port is None else int(port)
        if not 0 <= port <= _HIGHEST_PORT:
            self.problems.append(f"--port {port} is not a port; ports are 0 to {_HIGHEST_PORT}.")
        return port

"""How the settings are read that hold web addresses and names of machines."""

import re
from typing import Any

from textrequest_mcp.settings.reading import HIGHEST_PORT, Given, Reader, address, is_loopback

FOR_A_TEAM = ("TEXTREQUEST_TOKENS_FILE", "TEXTREQUEST_ISSUER")
_NAMES = ("TEXTREQUEST_ALLOWED_HOSTS", "TEXTREQUEST_PUBLIC_URL")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Not urlsplit: it drops line breaks, and takes spaces in a host. No user, password, query or fragment has a place here.
_WEB_ADDRESS = (
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f.]*:[0-9a-f:.]*\]|{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?:/[a-z0-9/._~%!$&'()*+,;=:@-]*)?"
)


def _web_address(travelling: str, such_as: str = "") -> Reader:
    """A reader of an address; without an example of its own the default is one."""

    def reader(given: Given) -> Any:
        if not given.text or (given.default is None and not given.text.strip("/")):
            return given.default
        match = re.fullmatch(_WEB_ADDRESS, given.text, re.ASCII | re.IGNORECASE)
        host = match["host"] if match else ""
        is_host = address(host) or not (host.startswith("[") or host.rpartition(".")[2].isdecimal())
        if not match or not is_host or int(match["port"] or 0) > HIGHEST_PORT:
            given.wrong(f"is not a plain web address such as {such_as or given.default}.")
        elif match["scheme"].lower() != "https" and not is_loopback(host):
            given.wrong(f"is not https, so {travelling} would travel in the open.")
        return given.text.rstrip("/")

    return reader


api_address = _web_address("the API key")
own_address = _web_address("texts", "https://texts.example.com")


def issuer(given: Given) -> str | None:
    """An identity provider, exactly as its tokens name it: with its last slash, where it has one."""
    own_address(given._replace(default=None))
    return given.text or None


def list_of_words(given: Given) -> tuple[str, ...]:
    return tuple(each.strip() for each in given.text.split(",") if each.strip())


def hosts(given: Given) -> frozenset[str]:
    names = frozenset(host.strip().lower() for host in given.text.split(",") if host.strip())
    for host in names:
        if not re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", host, re.ASCII):
            given.wrong("holds what is no host name, such as hooks.example.com.")
    return names


def own_host(given: Given) -> str:
    text = (given.text or given.default).strip("[]").lower()
    host = str(address(text) or text)
    if is_loopback(host):
        return host
    if not any(given.environment.get(name, "").strip() for name in FOR_A_TEAM):
        ways = " or ".join(FOR_A_TEAM)
        given.wrong(f"{host} would open the server to other machines, and nobody has to sign in; set {ways}.")
    elif not any(given.environment.get(name, "").strip() for name in _NAMES):
        ways = " or ".join(_NAMES)
        given.wrong(f"{host} opens the server to other machines, and no name of it is allowed; set {ways}.")
    return host

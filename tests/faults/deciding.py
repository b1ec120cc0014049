"""People who decide what waits at the desk: in a terminal, on the page of one's own machine, at a team's desk."""

import http.client
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import anyio
from tests.engines import by_hand, has_state, open_store
from tests.faults.team import APPROVERS, Replicas

from textrequest_mcp.guard.approval.approval_rows import Row
from textrequest_mcp.guard.approval.approvals import Approvals
from textrequest_mcp.upstream.errors import BadInput

Answer = Literal["yes", "no", "silence"]
# "nothing": the button was pressed, and the answer lost, so it may count.
Told = Literal["it counts", "too late", "nothing", "no page"]
Decide = Callable[[str, Answer], Told]
_ROW = re.compile(r'name="row" value="(\S+) ([^"]+)"')
# What the program calls to open a browser: it keeps the address, as a person would see it.
_BROWSER = '#!/bin/sh\necho "$1" >> "{}"\n'


@dataclass(frozen=True)
class Asked:
    """A row of the desk as it is on the disk, whose words may be gone."""

    id: str
    caller: str
    decision: str | None
    expires_at: float
    used: bool

    @property
    def is_owed(self) -> bool:
        """Whether a person agreed, and nothing has come of it yet."""
        return self.decision == "yes" and not self.used and self.expires_at > time.time()


class Rows:
    """The desk's rows, read and aged from outside of any server.

    Args:
        state: the folder.
    """

    def __init__(self, state: Path) -> None:
        self._state = state

    def waiting(self) -> Sequence[Row]:
        """What nobody has decided, oldest first."""
        return self._with(Approvals.waiting) if has_state(self._state) else []

    def all(self) -> list[Asked]:
        """Every row, over or not."""
        found = self._by_hand("SELECT id, caller, decision, expires_at, used FROM approvals ORDER BY asked_at, id")
        return [Asked(*rest, used=bool(used)) for *rest, used in found]

    def decide(self, id_: str, answer: Answer) -> Told:
        """A person in a terminal (`textrequest-mcp approve`)."""
        try:
            if answer == "silence":
                self._with(partial(Approvals.be_silent, id_=id_, by="terminal"))
            else:
                self._with(partial(Approvals.decide, id_=id_, yes=answer == "yes", by="terminal"))
        except BadInput:
            return "too late"
        return "it counts"

    def expire(self, which: str) -> list[str]:
        """Have the ten minutes of the unused rows be over that fulfil a condition; which these were."""
        over = f"UPDATE approvals SET expires_at = asked_at WHERE used = 0 AND {which} RETURNING id"
        return [id_ for (id_,) in self._by_hand(over)]

    def lift_silence(self) -> None:
        """The ten minutes are over in which nobody wanted a question."""
        self._by_hand("DELETE FROM approvals_silence")

    def _by_hand(self, sql: str) -> list[Any]:
        if not has_state(self._state):
            return []
        try:
            return by_hand(self._state, sql)
        except Exception as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return []
            raise

    def _with(self, do: Callable[[Approvals], Any]) -> Any:
        store = open_store(self._state)
        try:
            return anyio.run(do, Approvals(store, None))
        finally:
            store.close()


class Pages:
    """A person's browser on the machine where servers over stdio run.

    Args:
        folder: where the addresses are kept that servers open.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._opened, self.browser = folder / "opened", folder / "browser"
        self.browser.write_text(_BROWSER.format(self._opened))
        self.browser.chmod(0o755)
        self._tried = 0
        self._known: dict[str, str] = {}  # the cookie of each place

    def decide(self, id_: str, answer: Answer) -> Told:
        """Answer on a page that is open, of whichever server."""
        self._enter()
        for place, cookie in list(self._known.items()):
            told = press(place, "/a/", cookie, id_, answer, f"http://{place}")
            if told != "no page":
                return told
        return "no page"

    def _enter(self) -> None:
        """Go where servers have opened the browser since."""
        addresses = self._opened.read_text().splitlines() if self._opened.exists() else []
        for address in map(urlsplit, addresses[self._tried :]):
            with suppress(OSError, http.client.HTTPException):
                cookie, _ = _visit(address.netloc, address.path)
                if cookie:
                    self._known[address.netloc] = cookie
        self._tried = len(addresses)


class TeamPages:
    """The browser of somebody who may approve, at the desk of whichever server takes it."""

    def __init__(self, replicas: Replicas, token: str) -> None:
        self._replicas, self._token = replicas, token
        self._known: dict[str, str] = {}

    def decide(self, id_: str, answer: Answer) -> Told:
        """Sign in where that is not done yet, and answer."""
        found = self._replicas.connected()
        if found is None:
            return "no page"
        replica, wire = found
        wire.close()
        place = f"127.0.0.1:{replica.port}"
        origin = f"http://{place}"
        try:
            if not self._known.get(place):
                entered = urlencode({"token": self._token})
                self._known[place], _ = _visit(place, "/desk/enter", entered, origin=origin)
        except (OSError, http.client.HTTPException):
            return "no page"
        return press(place, "/desk/", self._known[place], id_, answer, origin)


def press(place: str, root: str, cookie: str, id_: str, answer: Answer, origin: str) -> Told:
    """Press a button of a question; what the person is told then."""
    told: Told = "no page"
    with suppress(OSError, http.client.HTTPException):
        _, html = _visit(place, root, cookie=cookie)
        value = dict(_ROW.findall(html)).get(id_)
        if value is None:
            return told
        told = "nothing"
        fields = urlencode({"row": f"{id_} {value}", "answer": answer})
        _, html = _visit(place, f"{root}decide", fields, cookie=cookie, origin=origin)
        if "is over or was decided already" in html:
            told = "too late"
        elif "You said" in html:
            told = "it counts"
    return told


def approvers(replicas: Replicas, tokens: dict[str, str]) -> list[Decide]:
    """Everybody of the team who may approve, each at a browser of their own."""
    return [TeamPages(replicas, tokens[name]).decide for name in APPROVERS]


def _visit(place: str, path: str, fields: str | None = None, *, cookie: str = "", origin: str = "") -> tuple[str, str]:
    """The cookie that was set, and the page."""
    connection = http.client.HTTPConnection(place, timeout=20)
    headers = {"Cookie": cookie} if cookie else {}
    if fields is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
    try:
        connection.request("GET" if fields is None else "POST", path, fields, headers)
        response = connection.getresponse()
        given = response.headers.get("set-cookie", "").partition(";")[0]
        return given, response.read().decode()
    finally:
        connection.close()

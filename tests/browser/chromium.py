"""Drives a real Chromium through its DevTools protocol, over two pipes: no port, and no package beside the browser."""

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Self

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 30.0
_PATIENCE_SECONDS = 10.0
# The browser reads descriptor 3 and writes descriptor 4.
_ON_3_AND_4 = """
import fcntl, os, sys
theirs_in, theirs_out = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(theirs_in, 3)
os.dup2(theirs_out, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def program() -> str | None:
    """The browser of this machine, if it has one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Failed(Exception):
    """The browser answered with an error, or not in time."""


class Chromium:
    """One browser with a profile of its own; used from any thread.

    Args:
        folder: for its profile.
        flags: further ones.
    """

    def __init__(self, folder: Path, *flags: str) -> None:
        ours_out, theirs_out = os.pipe()
        theirs_in, ours_in = os.pipe()
        command = [
            *(
                str(program()),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--remote-debugging-pipe",
                "--no-first-run",
            ),
            *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars", *flags),
            *(f"--user-data-dir={folder}", "about:blank"),
        ]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _ON_3_AND_4, str(theirs_in), str(theirs_out), *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._last = 0
        self._answers: dict[int, Queue[dict[str, Any]]] = {}
        self._turn = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)

    def tell(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One call of the protocol, and its answer."""
        with self._turn:
            self._last += 1
            number, answer = self._last, Queue[dict[str, Any]]()
            self._answers[number] = answer
            message = {"id": number, "method": method, "params": parameters} | (
                {"sessionId": session} if session else {}
            )
            os.write(self._in, json.dumps(message).encode() + b"\0")
        try:
            told = answer.get(timeout=_SECONDS)
        except Empty:
            raise Failed(f"{method} was not answered") from None
        if "error" in told:
            raise Failed(f"{method}: {told['error']['message']}")
        return told.get("result", {})

    def tab(self, address: str = "about:blank", context: str | None = None) -> "Tab":
        """A new tab; `context` names another profile, as `other_profile` gives it."""
        more = {"browserContextId": context} if context else {}
        target = self.tell("Target.createTarget", url="about:blank", **more)["targetId"]
        session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        tab.go(address)
        return tab

    def other_profile(self) -> str:
        """A profile that shares no cookie with the first one."""
        return self.tell("Target.createBrowserContext")["browserContextId"]

    def _listen(self) -> None:
        rest = b""
        while part := os.read(self._out, 65_536):
            *whole, rest = (rest + part).split(b"\0")
            for message in whole:
                told = json.loads(message)
                if told.get("id") in self._answers:
                    self._answers.pop(told["id"]).put(told)
        os.close(self._out)


class Tab:
    """One tab."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self.tell("Page.enable")

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.tell(method, self._session, **parameters)

    def go(self, address: str) -> None:
        """Open an address, and come back when it is loaded."""
        self.tell("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of a script; a promise is waited for."""
        told = self.tell("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in told:
            raise Failed(str(told["exceptionDetails"]))
        return told["result"].get("value")

    def until(self, condition: str) -> None:
        """Come back when a condition holds, over a change of pages too."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            with suppress(Failed):  # the page went while it was looked at
                if self.run(f"Boolean({condition})"):
                    return
            time.sleep(0.02)  # a page tells nobody
        raise Failed(f"{condition}, with {self.text!r}")

    def says(self, words: str) -> None:
        """Come back when these words are on the page."""
        self.until(f"document.body && document.body.innerText.includes({json.dumps(words)})")

    @property
    def text(self) -> str:
        """The words on the page."""
        return self.run("document.body.innerText")

    def press(self, selector: str) -> None:
        """Click as a person does: where it is, with the mouse."""
        place = f"JSON.parse(JSON.stringify(document.querySelector({json.dumps(selector)}).getBoundingClientRect()))"
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})")
        at = self.run(place)
        x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        for kind in ("mousePressed", "mouseReleased"):
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, words: str) -> None:
        self.tell("Input.insertText", text=words)

    def key(self, name: str, code: int) -> None:
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if name == "Enter" and kind == "keyDown" else {}
            self.tell("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **text)

    def picture(self, file: Path, *, width: int = 1200, dark: bool = False) -> None:
        """The whole page as a PNG."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.tell("Emulation.setEmulatedMedia", features=scheme)
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=False)
        high = min(1600, self.run("document.documentElement.scrollHeight"))
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=high, deviceScaleFactor=1, mobile=False)
        taken = self.tell("Page.captureScreenshot", format="png")
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(base64.b64decode(taken["data"]))
        self.tell("Emulation.clearDeviceMetricsOverride")

    def authenticator(self, *, verifies: bool = True) -> str:
        """A passkey device that is always there; one that does not verify its owner only notices a touch."""
        self.tell("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "hasResidentKey": True,
            "automaticPresenceSimulation": True,
        }
        return self.tell("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"]


@contextmanager
def browser(folder: Path, *flags: str) -> Generator[Chromium]:
    """A browser that is ended at the end."""
    with Chromium(folder, *flags) as started:
        yield started

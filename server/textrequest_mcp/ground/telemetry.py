"""The figures that a running server counts and times, by the names that OpenTelemetry gives or that follow its form.

Nothing is kept here. Until somebody listens (`goes_to`), recording costs one comparison. No label holds a number, a
name of a person, words of a text or a key: each is one of a few words of ours.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Name = Literal[
    "mcp.server.operation.duration",
    "http.client.request.duration",
    "textrequest.sends",
    "textrequest.limiter.wait",
    "textrequest.approvals",
    "textrequest.refusals",
]


class Figure(NamedTuple):
    """How a figure is kept: counted up, or as a distribution of values; in which unit; what it says."""

    kind: Literal["counter", "histogram"]
    unit: str
    says: str


FIGURES: Mapping[Name, Figure] = {
    "mcp.server.operation.duration": Figure("histogram", "s", "How long a request of a host took"),
    "http.client.request.duration": Figure("histogram", "s", "How long one call to the service took"),
    "textrequest.sends": Figure("counter", "{send}", "Acts that happen at most once, by how they ended"),
    "textrequest.limiter.wait": Figure("histogram", "s", "How long a call to the service waited for its turn"),
    "textrequest.approvals": Figure("counter", "{approval}", "Questions that a person decided, by way"),
    "textrequest.refusals": Figure("counter", "{call}", "Calls that a rule refused, by the rule's setting"),
}

Listener = Callable[[Name, float, Mapping[str, str]], None]

_listener: list[Listener] = []
_ends: list[Callable[[], None]] = []


def goes_to(listener: Listener | None) -> None:
    """Have all that is recorded from now on go to this function; to nobody for None."""
    _listener[:] = [] if listener is None else [listener]


def is_listened_to() -> bool:
    """Whether anything that is recorded goes anywhere."""
    return bool(_listener)


def record(name: Name, value: float = 1.0, labels: Mapping[str, str] | None = None) -> None:
    """Count something, or note how long it took in seconds."""
    for listener in _listener:
        listener(name, value, labels or {})


def at_end(send_the_rest: Callable[[], None]) -> None:
    """Have this be called by `end`."""
    _ends.append(send_the_rest)


def end() -> None:
    """Send what is still kept, before the process ends; a second call does nothing."""
    goes_to(None)
    while _ends:
        _ends.pop()()

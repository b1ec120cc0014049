"""All failures of Text Request. Each one's text says what happened, what changed, and what to do.

TextRequestError            (the SDK's ToolError and ResourceError: the only texts that reach a model)
├── BadInput                an argument is refused here, before anything left
├── NotFound                the service has no such thing
├── Refused                 a complete answer that says no
│   └── BadKey              the API key is missing or wrong
├── TooBusy                 no call can start in time under our rate limit or the service's
├── Unreachable             no byte of the request left this machine
├── Unreadable              a read's answer got lost, or an answer breaks the contract
└── Uncertain               a change may or may not have happened
"""

import math

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

NOTHING_CHANGED = "Nothing was sent or changed."


class TextRequestError(ToolError, ResourceError):
    """Base of all failures. Its text is safe to show: no key, no body, no whole phone number.

    Args:
        what: one sentence, what happened.
        changed: one sentence, whether anything was sent or changed.
        todo: one sentence, what to do next.
    """

    def __init__(self, what: str, *, changed: str = NOTHING_CHANGED, todo: str = "") -> None:
        super().__init__(" ".join(part for part in (what, changed, todo) if part))
        self.what = what


class BadInput(TextRequestError, ResourceNotFoundError):  # for a resource: invalid parameters, not our own failure
    """An argument is refused before anything left this machine."""


class NotFound(TextRequestError, ResourceNotFoundError):
    """The service does not have such a thing."""


class Refused(TextRequestError):
    """A complete answer of the service that says no (4xx, or 3xx, which is never followed).

    Attributes:
        status: the HTTP status.
        code: the service's own error code, where it gave one.
    """

    def __init__(
        self, what: str, *, status: int, code: str | None = None, changed: str = NOTHING_CHANGED, todo: str = ""
    ) -> None:
        super().__init__(what, changed=changed, todo=todo)
        self.status = status
        self.code = code


class BadKey(Refused):
    """The service does not accept the API key (401; a missing key may be a 400)."""


class TooBusy(TextRequestError):
    """No call could start in time under the rate limit.

    Attributes:
        retry_in: seconds until it makes sense to try again.
    """

    def __init__(self, what: str, *, retry_in: float) -> None:
        seconds = max(1, math.ceil(retry_in))
        super().__init__(what, todo=f"Try again in {seconds} seconds (retry_in={seconds}).")
        self.retry_in = retry_in


class Unreachable(TextRequestError):
    """The service could not be reached; certainly nothing left this machine."""


class Unreadable(TextRequestError):
    """A read's answer was lost, late or a server fault (5xx), or an answer breaks the contract."""


class Uncertain(TextRequestError):
    """A change's outcome is unknown: bytes left, and no readable answer came back."""

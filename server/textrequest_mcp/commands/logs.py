"""Sets up the log: it goes to stderr only, without keys, words of texts or whole phone numbers."""

import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from textrequest_mcp.ground.member import current
from textrequest_mcp.upstream.phone import mask_numbers

# At their lower levels these loggers write request addresses, which hold phone numbers, or tool arguments.
_TALKATIVE = ("httpx2", "httpcore2", "mcp", "sse_starlette", "uvicorn", "uvicorn.access", "asyncio")

_SECONDS_OF_SILENCE = 60.0
_MOST_KEPT_LINES = 1000


class _Masked(logging.Formatter):
    """Writes a record as one line of JSON.

    Of a phone number it writes the last two digits, and of an exception only the type and the place. It does not look
    for keys: our code logs none, and `upstream.scrub` removes them from the service's answers and calls.
    """

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {
            "time": at,
            "level": record.levelname,
            "logger": record.name,
            "message": mask_numbers(record.getMessage()),
        }
        if (member := current()) is not None:
            said["member"] = mask_numbers(member.name)
        if record.exc_info:
            said["exception"] = mask_numbers(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the standard library's name
        kind: type[BaseException] | None = ei[0]
        place: TracebackType | None = ei[2]
        frames: list[str] = []
        while place is not None:
            code = place.tb_frame.f_code
            frames.append(f"{code.co_filename}:{place.tb_lineno} {code.co_name}")
            place = place.tb_next
        return f"{getattr(kind, '__name__', kind)} at " + " < ".join(reversed(frames[-4:]))


class Collapsed(logging.Filter):
    """Lets the same line through once a minute; the next one, or `told`, says how often it came meanwhile.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[object, tuple[float, int, logging.LogRecord]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said, now = record.getMessage(), self._clock()
        except (TypeError, ValueError):
            return True  # a record that cannot be formatted: the handler knows what to do with it
        what = (record.name, record.levelno, said, record.exc_info and record.exc_info[0])
        since, more, _ = self._seen.pop(what, (-math.inf, 0, record))
        if now - since < _SECONDS_OF_SILENCE:
            self._seen[what] = since, more + 1, record
            return False
        self._seen[what] = now, 0, record
        if len(self._seen) > _MOST_KEPT_LINES:
            del self._seen[next(iter(self._seen))]
        if more:
            record.msg, record.args = _counted(said, more), None
        return True

    def told(self) -> Iterator[logging.LogRecord]:
        """A line for each that was held back."""
        for _, more, record in self._seen.values():
            if more:
                record.msg, record.args, record.exc_info = _counted(record.getMessage(), more), None, None
                yield record
        self._seen.clear()


def _counted(said: str, more: int) -> str:
    return f"{said} ({more} more {'time' if more == 1 else 'times'})"


def tell_the_rest() -> None:
    """Log how often each line came that was held back; at the end of the process."""
    for handler in logging.getLogger().handlers:
        for each in handler.filters:
            if isinstance(each, Collapsed):
                for record in each.told():
                    handler.emit(record)


def start_logging(level: str) -> None:
    """Send this process's log to stderr; call it once, before the SDK sets up its own log.

    Args:
        level: DEBUG, INFO, WARNING or ERROR, for this package. Libraries stay at WARNING.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked())
    handler.addFilter(Collapsed())
    logging.raiseExceptions = False  # it would print a record that cannot be formatted, with all its words
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("textrequest_mcp").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR if name == "mcp" else logging.WARNING)

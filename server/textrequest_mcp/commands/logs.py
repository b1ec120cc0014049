"""Sets up the log: it goes to stderr only, without keys, words of texts or whole phone numbers."""

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from textrequest_mcp.upstream.phone import mask_numbers

# At their lower levels these loggers write request addresses, which hold phone numbers, or tool arguments.
_TALKATIVE = ("httpx2", "httpcore2", "mcp", "sse_starlette", "uvicorn", "uvicorn.access", "asyncio")


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


def start_logging(level: str) -> None:
    """Send this process's log to stderr; call it once, before the SDK sets up its own log.

    Args:
        level: DEBUG, INFO, WARNING or ERROR, for this package. Libraries stay at WARNING.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked())
    logging.raiseExceptions = False  # it would print a record that cannot be formatted, with all its words
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("textrequest_mcp").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR if name == "mcp" else logging.WARNING)

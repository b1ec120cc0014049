"""The error of a state file that cannot be used, with a remedy for each of its causes."""

from pathlib import Path

from mcp.server.mcpserver.exceptions import ResourceError, ToolError

_ELSEWHERE = "or set TEXTREQUEST_STATE_DIR to a folder on this computer that you may write to"
_DAMAGED = (
    "it is damaged or not a database. Stop every textrequest-mcp server, move it aside together with the files "
    "beside it that begin with its name, and start again: a new one is made, which knows nothing of earlier sends"
)
_REFUSED = f"it cannot be opened for writing. Give yourself the right to write there, {_ELSEWHERE}"
# By the second word of SQLite's error names, such as SQLITE_IOERR_WRITE. Any other error is a mistake in our own SQL
# and stays the exception that it is.
_ADVICE = {
    "BUSY": "another program has kept it locked. Look for a stuck server or a backup program, then try again",
    "CANTOPEN": _REFUSED,
    "CORRUPT": _DAMAGED,
    "FULL": "the disk is full. Free some space, then try again",
    "IOERR": f"the disk reports an error. Check the disk, {_ELSEWHERE}",
    "NOTADB": _DAMAGED,
    "PERM": _REFUSED,
    "PROTOCOL": "another program has kept it locked. Look for a stuck server or a backup program, then try again",
    "READONLY": _REFUSED,
}


class StoreError(ToolError, ResourceError):
    """The store cannot be used. The text names the file, the cause, the remedy, and that nothing left.

    Once something may have left, another error is raised instead.
    """

    def __init__(self, file: Path | None, reason: str) -> None:
        """`file` is None for a database server."""
        which = "database" if file is None else f"state file {file}"
        super().__init__(f"The {which} cannot be used: {reason}. Nothing was sent or changed by this call.")


def reason_of(error: BaseException) -> str | None:
    """What is the matter with the file, and what to do; None for what is no error of the file."""
    if isinstance(error, OSError):
        return f"{error.strerror}. Give yourself the right to write there, {_ELSEWHERE}"
    return _ADVICE.get(_kind(error))


def is_busy(error: BaseException) -> bool:
    """Whether another process holds the file, so that it may be free in a moment."""
    return _kind(error) in ("BUSY", "PROTOCOL")


def _kind(error: BaseException) -> str:
    """`IOERR` for SQLITE_IOERR_WRITE; empty for an error that is not SQLite's."""
    name: str = getattr(error, "sqlite_errorname", "")
    return "".join(name.split("_")[1:2])

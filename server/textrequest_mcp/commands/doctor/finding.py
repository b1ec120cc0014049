"""What a check found: whether it is well, what it saw, and what to do."""

from typing import Literal, NamedTuple

State = Literal["ok", "note", "problem"]


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        check: its name, the same in every run.
        state: `note` for what works but may surprise, `problem` for what does not work.
        says: what was seen, without a secret or a customer's number.
        todo: what to do; empty where all is well.
        seconds: how long it took, where that tells something.
    """

    check: str
    state: State
    says: str
    todo: str = ""
    seconds: float | None = None


def ok(check: str, says: str, seconds: float | None = None) -> Finding:
    return Finding(check, "ok", says, "", seconds)


def note(check: str, says: str, todo: str) -> Finding:
    return Finding(check, "note", says, todo)


def problem(check: str, says: str, todo: str) -> Finding:
    return Finding(check, "problem", says, todo)

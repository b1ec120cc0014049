"""Keeps the numbers of approvers out of all that is read, and out of all that is changed.

An approver answers a question by text. A model that read that conversation would learn the code, and one that could
write into it could give the answer; so calls about such a number are refused, and rows about it are left out.
"""

from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.phone import from_wire
from textrequest_mcp.upstream.request import Query, Segment

_sees_all: ContextVar[bool] = ContextVar("sees_all", default=False)


@contextmanager
def seeing_all() -> Generator[None]:
    """Within this nothing is hidden: the server's own questions, and their answers."""
    before = _sees_all.set(True)
    try:
        yield
    finally:
        _sees_all.reset(before)


class Hidden:
    """Hides numbers.

    Args:
        numbers: in E.164.
    """

    def __init__(self, numbers: Collection[str] = ()) -> None:
        self.numbers = frozenset(numbers)

    def check(self, path: Sequence[Segment], query: Query | None, body: Any) -> None:
        """Let a call through that is about none of them.

        Raises:
            BadInput: it is about one.
        """
        if self.numbers and not _sees_all.get() and any(map(self._names_one, (list(path), dict(query or {}), body))):
            raise BadInput(
                "This number gives approvals by text, so its conversation and record are kept apart.",
                todo="Leave it to the person you work for.",
            )

    def without(self, answer: Any) -> Any:
        """A service's answer without the rows that are about one of them."""
        if not self.numbers or _sees_all.get():
            return answer
        if isinstance(answer, list):
            rows = cast("list[Any]", answer)
            return [self.without(row) for row in rows if not self._is_about_one(row)]
        if isinstance(answer, dict):
            record = cast("dict[str, Any]", answer)
            return {name: self.without(value) for name, value in record.items()}
        return answer

    def _is_about_one(self, row: Any) -> bool:
        return isinstance(row, dict) and any(map(self._is_one, cast("dict[str, Any]", row).values()))

    def _names_one(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(self._names_one, cast("dict[str, Any]", value).values()))
        if isinstance(value, list | tuple):
            return any(map(self._names_one, cast("Sequence[Any]", value)))
        return self._is_one(value)

    def _is_one(self, value: Any) -> bool:
        return not isinstance(value, bool) and isinstance(value, str | int | float) and from_wire(value) in self.numbers

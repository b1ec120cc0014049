"""Reads several lines where a call names none, and puts their answers together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import anyio
from pydantic import BaseModel

from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.marks import Mark, fields_of
from textrequest_mcp.tools.answers import Listing
from textrequest_mcp.upstream.errors import NotFound, TextRequestError

Read = Callable[[Any], Awaitable[BaseModel]]


class EveryLine:
    """The lines of an account, in place of one.

    Args:
        lines: each with its name.
    """

    id = None

    def __init__(self, lines: Sequence[tuple[Any, str]]) -> None:
        self.lines = [line for line, _ in lines]
        self.names = {line.id: one_line(name) for line, name in lines}

    async def read(self, read: Read) -> BaseModel:
        """The answers of all lines as one; a line that cannot be read is told of, unless none can.

        Raises:
            NotFound: no line has it.
            TextRequestError: no line can be read.
        """
        answers: dict[int, BaseModel] = {}
        troubles: dict[int, TextRequestError] = {}

        async def one(line: Any) -> None:
            try:
                answers[line.id] = await read(line)
            except TextRequestError as trouble:
                troubles[line.id] = trouble

        async with anyio.create_task_group() as tasks:
            for line in self.lines:
                tasks.start_soon(one, line)
        if not answers:
            raise self._none(list(troubles.values()))
        found = {line.id: answers[line.id] for line in self.lines if line.id in answers}
        missed = [
            f"{self._called(line)}: {trouble.what}"
            for line, trouble in sorted(troubles.items())
            if not isinstance(trouble, NotFound)
        ]
        first = next(iter(found.values()))
        if isinstance(first, Listing):
            return self._together(cast("dict[int, Any]", found), missed)
        return _one_of(found)

    def _called(self, line: int) -> str:
        return f"Line {line} ({self.names[line]})"

    def _none(self, troubles: Sequence[TextRequestError]) -> TextRequestError:
        other = [trouble for trouble in troubles if not isinstance(trouble, NotFound)]
        if other:
            return other[0]
        told = ", ".join(f"{line} {name}" for line, name in self.names.items())
        return NotFound("No line of the account has it.", todo=f"Looked at all lines: {told}.")

    def _together(self, answers: dict[int, Any], missed: Sequence[str]) -> Listing:
        """One page: the same page of each line; the newest first where each line gives them so, else line by line."""
        first = next(iter(answers.values()))
        rows: list[Any] = []
        for line, answer in answers.items():
            for row in answer.items:
                row.dashboard_id = line
            rows += answer.items
        if all(map(_is_newest_first, (answer.items for answer in answers.values()))):
            rows = sorted(rows, key=lambda row: _time_of(row) or "", reverse=True)
        without = [line for line, answer in answers.items() if rows and not answer.items]
        notes = [
            *dict.fromkeys(
                f"{self._called(line)}: {answer.note}"
                for line, answer in answers.items()
                if answer.note and line not in without
            ),
            *([f"Nothing on {', '.join(map(self._called, without))}."] if without else []),
            *missed,
        ]
        totals = [answer.total_items for answer in answers.values()]
        further = [answer.next_page for answer in answers.values() if answer.next_page is not None]
        page = {
            "page": first.page,
            "page_size": first.page_size,
            "total_items": None if None in totals else sum(totals),
            "next_page": min(further, default=None),
            "lines": "; ".join(f"{line} {name}" for line, name in self.names.items())
            + ("; page_size rows of each" if further else ""),
            "note": " ".join(notes) or None,
            "items": rows,
        }
        return cast("type[Listing]", type(first)).model_validate(page)


def _is_newest_first(rows: Sequence[BaseModel]) -> bool:
    """Whether a line's rows come in the order of their times; else its page need not hold the newest of it."""
    times = [_time_of(row) or "" for row in rows]
    return times == sorted(times, reverse=True)


def _time_of(row: BaseModel) -> str | None:
    """The time of a text, or of the text inside a row; for sorting."""
    at = getattr(row, next(iter(fields_of(type(row)).names[Mark.AT]), ""), None)
    if at is not None:
        return at.isoformat()
    inside = (getattr(row, name) for name in fields_of(type(row)).inner)
    return next((_time_of(part) for part in inside if isinstance(part, BaseModel)), None)


def _one_of(answers: dict[int, BaseModel]) -> BaseModel:
    """The one record that was found; of several, the one that was last in touch, and where the others are."""
    told: dict[int, Any] = dict(answers)
    lines = sorted(told, key=lambda line: str(getattr(told[line], "last_contact_date_utc", None) or ""), reverse=True)
    answer = told[lines[0]]
    answer.dashboard_id = lines[0]
    if len(lines) > 1:
        answer.also_on = lines[1:]
    return answer

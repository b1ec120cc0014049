"""Writes the times of an answer as people say them: by the clock of the line that they belong to, with the day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_args

from pydantic import BaseModel

from textrequest_mcp.guard.marks import fields_of
from textrequest_mcp.upstream.times import read_time, told

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_NO_ZONE = "UTC, as a line has no known time zone; whoever runs this server can set TEXTREQUEST_TIME_ZONE"


@dataclass(frozen=True)
class LineClocks:
    """The clocks of the account's lines.

    Attributes:
        zones: by the line's id, of the lines that are known; None where a line has no zone.
        now: seconds since 1970.
    """

    zones: "Mapping[int, ZoneInfo | None]"
    now: float

    def local(self, said: Mapping[str, Any], model: type[BaseModel], line: int | None) -> dict[str, Any]:
        """An answer with local times, whose names lose their `_utc`; and which zone that is, under `times`.

        Args:
            said: the answer, with times in UTC.
            model: its type.
            line: where it is from, unless a row says otherwise; of a line that is not known times stay as they are.
        """
        used: dict[str, None] = {}
        local = self._record(said, model, line, used, self.show if line is not None else self._with_zone)
        return ({"times": "; ".join(used)} if used else {}) | local

    def show(self, written: Any, line: int) -> str:
        """A time as `upstream.times.told`; as it is where it is none."""
        moment = read_time(written)
        return str(written) if moment is None else told(moment, self.zones.get(line), self.now)

    def _with_zone(self, written: Any, line: int) -> str:
        """The same where rows can be of lines in several zones."""
        shown, moment, zone = self.show(written, line), read_time(written), self.zones.get(line)
        if moment is None or zone is None or len(set(self.zones.values())) == 1:
            return shown
        return f"{shown} {moment.astimezone(zone):%Z}"

    def _record(
        self,
        record: Mapping[str, Any],
        model: type[BaseModel],
        line: int | None,
        used: dict[str, None],
        show: Callable[[Any, int], str],
    ) -> dict[str, Any]:
        line = record.get("dashboard_id", line)
        times, inner = _times_in(model), fields_of(model).inner
        local: dict[str, Any] = {}
        for name, value in record.items():
            if name in times and line is not None and line in self.zones:
                used[str(self.zones.get(line) or _NO_ZONE)] = None
                local[name.removesuffix("_utc")] = show(value, line)
            elif name in inner and isinstance(value, list):
                rows = cast("list[Mapping[str, Any]]", value)
                local[name] = [self._record(row, inner[name], line, used, show) for row in rows]
            elif name in inner and isinstance(value, Mapping):
                local[name] = self._record(cast("Mapping[str, Any]", value), inner[name], line, used, show)
            else:
                local[name] = value
        return local


def has_times(said: Mapping[str, Any], model: type[BaseModel]) -> bool:
    """Whether an answer, or a record inside it, says a time."""
    if not _times_in(model).isdisjoint(said):
        return True
    for name, inner in fields_of(model).inner.items():
        inside: Any = said.get(name) or []
        rows: list[Any] = inside if isinstance(inside, list) else [inside]  # pyright: ignore[reportUnknownVariableType] - JSON
        if any(has_times(row, inner) for row in rows):
            return True
    return False


@cache
def _times_in(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if field.annotation is datetime or datetime in get_args(field.annotation)
    )

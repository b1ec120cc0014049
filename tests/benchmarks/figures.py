"""Lays figures out as a table, and says which of them miss their target."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure over several runs.

    Attributes:
        what: is measured.
        runs: the figure of each run.
        target: the most that the median may be; None where the figure is only told.
        exactly: whether it may not be less either.
        aside: what the figure comes from.
    """

    what: str
    runs: Sequence[float]
    target: float | None = None
    exactly: bool = False
    aside: str = ""

    @property
    def missed(self) -> bool:
        middle = median(self.runs)
        return self.target is not None and (middle > self.target or (self.exactly and middle < self.target))


_HEAD = ("", "runs", "minimum", "median", "maximum", "target", "", "")


def table(rows: Sequence[Row]) -> str:
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    return "\n".join(_line(row, widths) for row in cells)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *figures, verdict, aside = (
        cell.ljust(width) if column in {0, len(cells) - 2} else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *figures, verdict, aside.strip()]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    target = "" if row.target is None else f"{'=' if row.exactly else '<='} {_show(row.target)}"
    verdict = "" if row.target is None else "missed" if row.missed else "met"
    spread = (_show(figure) for figure in (min(row.runs), median(row.runs), max(row.runs)))
    return row.what, str(len(row.runs)), *spread, target, verdict, row.aside


def _show(figure: float) -> str:
    """A ratio with two decimals, a count without."""
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.2f}"

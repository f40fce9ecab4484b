"""The leaderboard as Markdown and as a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from facefx.errors import OutputError

from .chart import Panel, Point

__all__ = ["OPEN", "SHUT", "markdown", "panels", "write_between_marks"]

OPEN, SHUT = "<!-- leaderboard -->", "<!-- /leaderboard -->"
_ALL = 19
_TEXTS = ("model", "part", "trained on")  # columns that are not figures
_MEANS = ("mean_f1", "miou", "accuracy")


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Three tables from the rows of `compare`: scores; costs and data; F1 by class, end to end."""
    parts = [
        f"Measured on {rows[0]['on']}; percent.",
        _table(
            ["model", "F1 end to end", "mIoU", "accuracy", "F1 given crops", "mIoU", "accuracy"],
            ([_flagged(row), *_means(row, "end_to_end"), *_means(row, "given_crops")] for row in rows),
        ),
        *([_FLAG] if any(row["classes"] < _ALL for row in rows) else []),
        _table(
            ["model", "parameters", "multiply-adds", "input", "file", "time", "trained on"],
            ([_flagged(row), *_costs(row)] for row in rows),
        ),
        "Time is that of one network pass on one core, as a multiple of that of a fixed network (six 3 × 3 convolutions of 32 "
        "channels at 160 px) in the same minute.",
        "F1 of each part, end to end:",
        _classes(rows),
    ]
    return "\n\n".join(parts)


_FLAG = "¹ Means over the few parts that the model knows; not to be compared with those over all 19."


def _flagged(row: dict[str, Any]) -> str:
    return row["name"] if row["classes"] == _ALL else f"{row['name']} ({row['classes'] - 1} parts¹)"


def _means(row: dict[str, Any], way: str) -> list[str]:
    scores = row["measured"][way]
    return [f"{scores[name]:.1f}" if scores else "–" for name in _MEANS]


def _costs(row: dict[str, Any]) -> list[str]:
    return [
        f"{row['parameters'] / 1e6:.2f} M",
        f"{row['measured']['multiply_adds'] / 1e9:.2f} G",
        f"{row['size']} px",
        f"{row['bytes'] / 1e6:.1f} MB",
        f"{row['measured']['time']:.1f} ×",
        ", ".join(f"{name} ({pictures})" if pictures else name for name, pictures in row["trained_on"].items()) or "not said",
    ]


def _classes(rows: Sequence[dict[str, Any]]) -> str:
    by_model = [row["measured"]["end_to_end"]["f1"] for row in rows]
    names = list(dict.fromkeys(name for scores in by_model for name in scores))
    lines = ([name.replace("_", " "), *(f"{s[name]:.1f}" if name in s else "–" for s in by_model)] for name in names)
    return _table(["part", *(row["name"] for row in rows)], lines)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---" if name in _TEXTS else "---:" for name in head]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])


def panels(rows: Sequence[dict[str, Any]]) -> list[Panel]:
    """F1 end to end against file size and against multiply-adds, from the rows of `compare`."""
    costs = {
        "file, MB": [row["bytes"] / 1e6 for row in rows],
        "multiply-adds, G": [row["measured"]["multiply_adds"] / 1e9 for row in rows],
    }

    def point(row: dict[str, Any], cost: float) -> Point:
        return Point(row["name"], cost, row["measured"]["end_to_end"]["mean_f1"], hollow=row["classes"] < _ALL)

    return [
        Panel(name, "mean F1 end to end, %", [point(row, cost) for row, cost in zip(rows, values, strict=True)])
        for name, values in costs.items()
    ]


def write_between_marks(path: Path, text: str) -> None:
    """Replace what a page holds between the lines `OPEN` and `SHUT`.

    Raises
    ------
    OutputError
        The page is not there, or has no such lines; it stays as it is.
    """
    page = path.read_text("utf-8") if path.exists() else ""
    before, opened, rest = page.partition(OPEN)
    _, shut, after = rest.partition(SHUT)
    if not opened or not shut:
        raise OutputError(f"{path} has no lines {OPEN!r} and {SHUT!r} to write between; put them where the tables shall stand")
    path.write_text(f"{before}{OPEN}\n\n{text}\n\n{SHUT}{after}", "utf-8")

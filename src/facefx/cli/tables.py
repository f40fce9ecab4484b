"""Measurements as files: a JSON line for each frame, or a CSV row for each face."""

from __future__ import annotations

import csv
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any

import typer

from ..errors import FacefxError, OutputError

__all__ = ["MeasurementFiles", "flat"]


class MeasurementFiles:
    """Writes what was measured as it comes. A context manager.

    The files have their names once it is left, unless that is by an interruption or a fault.
    The CSV has a column for each number that any face had, so it is written at the end, from lines kept in a temporary file.

    Raises
    ------
    OutputError
        If a file is there already and `force` is not given, or cannot be written.
    """

    def __init__(self, jsonl: Path | None, table: Path | None, *, force: bool) -> None:
        from ..image.files import check_target

        self._targets = {path: path.with_name(f".facefx-{secrets.token_hex(8)}.tmp") for path in (jsonl, table) if path}
        for path in self._targets:
            check_target(path, force=force)
        self._jsonl, self._table = jsonl, table
        try:
            for writing in self._targets.values():
                writing.open("x").close()  # now, not after an hour of measuring
            self._lines: IO[str] | None = self._targets[jsonl].open("w", encoding="utf-8") if jsonl else None
            self._rows: IO[str] | None = TemporaryFile("w+", encoding="utf-8") if table else None  # noqa: SIM115
        except OSError as error:
            refused = next((path for path, writing in self._targets.items() if str(writing) == error.filename), error.filename)
            for writing in self._targets.values():
                writing.unlink(missing_ok=True)
            raise OutputError(f"{str(refused)!r} cannot be written: {error.strerror}") from None
        self._columns: dict[str, None] = {}

    def __enter__(self) -> MeasurementFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        keep = kind is None or issubclass(kind, FacefxError | typer.Exit)
        try:
            if self._lines:
                self._lines.close()
            if keep and self._table:
                self._write_table(self._targets[self._table])
            for path, writing in self._targets.items() if keep else ():
                writing.replace(path)
        except OSError as failure:
            raise OutputError(f"the measurements cannot be written: {failure.strerror}") from None
        finally:
            if self._rows:
                self._rows.close()
            for writing in self._targets.values():
                writing.unlink(missing_ok=True)

    def add(self, entry: Mapping[str, Any]) -> None:
        """One picture's or frame's faces: ``{"file": ..., "frame": ..., "time": ..., "faces": [...]}``."""
        try:
            if self._lines:
                self._lines.write(json.dumps(entry) + "\n")
            if self._rows:
                common = {name: value for name, value in entry.items() if name != "faces"}
                for face in entry["faces"]:
                    row = flat(common | face)
                    self._columns |= dict.fromkeys(row)
                    self._rows.write(json.dumps(row) + "\n")
        except OSError as error:
            raise OutputError(f"the measurements cannot be written: {error.strerror}") from None

    def _write_table(self, path: Path) -> None:
        assert self._rows
        self._rows.seek(0)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self._columns), restval="")
            writer.writeheader()
            writer.writerows(json.loads(line) for line in self._rows)


def flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested dicts and lists as one dict: ``{"box": {"x0": 1}, "tip": [2, 3]}`` becomes ``{"box.x0": 1, "tip.0": 2, "tip.1": 3}``.

    Lists of more than 8 values, such as contours, have no place in a row and are left out; None stays an empty cell.
    """
    return dict(_cells(values, before))


def _cells(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner: Mapping[Any, Any]
    if isinstance(value, Mapping):
        inner = value
    elif isinstance(value, list) and len(value) <= 8:
        inner = dict(enumerate(value))
    elif isinstance(value, list):
        return
    else:
        yield name, value
        return
    for key, deeper in inner.items():
        yield from _cells(deeper, f"{name}.{key}" if name else str(key))

"""The report: a JSON line for every file that was tried, which is also what a batch is resumed from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ..errors import OutputError
from ..image.locking import try_lock
from .records import Record

__all__ = ["REPORT", "ReportFile", "read_report"]

REPORT = "facefx-batch.jsonl"


def read_report(path: str | Path) -> Iterator[Record]:
    """The records in a report, oldest first; a file that was tried again has several, of which the last counts.

    A last line that was cut off, as a killed process leaves it, is passed over. Raises `OutputError` for anything else that is no
    record.
    """
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Record.from_json(line.decode())
            except (ValueError, TypeError, KeyError):
                raise OutputError(
                    f"line {number} of the report {str(path)!r} is not a record of facefx batch; restore the file, or start over "
                    "with force=True (--force)"
                ) from None


class ReportFile:
    """The report, open for writing by this process alone.

    Parameters
    ----------
    folder : the folder of results.
    seen : its size in bytes when the batch was planned; 0 to start it anew.

    Raises
    ------
    OutputError
        If another batch has it open, it has changed since, is a link, or cannot be written.
    """

    def __init__(self, folder: Path, seen: int) -> None:
        self.path = folder / REPORT
        self._file = self._open(seen)

    def append(self, record: Record) -> None:
        """Write one line, so that it is there if this process is killed right after; none of it if the disk is full."""
        line, start = record.to_json().encode() + b"\n", self._file.seek(0, os.SEEK_END)
        try:
            while line:  # the last bytes of a disk take a part of it without an error
                line = line[self._file.write(line) :]
        except OSError as error:
            self._file.truncate(start)
            raise OutputError(f"the report {str(self.path)!r} cannot be written: {error.strerror or error}.") from error

    def __enter__(self) -> ReportFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def _open(self, seen: int) -> BinaryIO:
        if self.path.is_symlink():
            raise OutputError(
                f"the report {str(self.path)!r} is a symbolic link, and facefx does not write through links; remove it."
            )
        try:
            file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise OutputError(f"the report {str(self.path)!r} cannot be written: {error.strerror or error}.") from error
        try:
            if not try_lock(file):
                raise OutputError(
                    f"another batch is writing to {str(self.path.parent)!r} right now; wait for it, or give another folder."
                )
            if seen and file.seek(0, os.SEEK_END) != seen:
                raise OutputError(f"the report {str(self.path)!r} has changed since this batch was planned; plan it again.")
            file.truncate(_whole_lines(self.path) if seen else 0)
        except BaseException:
            file.close()
            raise
        return file


def _whole_lines(path: Path) -> int:
    """How many bytes of a file belong to lines that have an end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        while size:
            start = max(size - 65536, 0)
            file.seek(start)
            end = file.read(size - start).rfind(b"\n")
            if end >= 0:
                return start + end + 1
            size = start
        return 0

"""The hidden folder beside a film's result, by which a run that was killed can go on.

It holds the parts that are finished, and what was known of the film after the last of them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from ..errors import OutputError
from ..image.locking import try_lock

__all__ = ["finished_parts", "memory_after", "put_part", "start_over", "unfinished_part", "work_folder"]

_NOTE = "job.txt"
#: The first line of the note; by it the folder is known to be facefx's, and its parts may be thrown away.
_OURS = "facefx video: unfinished work, to go on with by the same command"


@contextmanager
def work_folder(target: Path, job: Mapping[str, Any]) -> Iterator[Path]:
    """The folder ``.NAME.partial`` beside `target`, for this run alone, with the parts that a run of the same job has finished.

    It stays if the body raises, and goes when the body is done.

    Parameters
    ----------
    job : all that the parts depend on, as JSON can hold it. Parts of another job are thrown away.

    Raises
    ------
    OutputError
        If the folder is a link or not facefx's, or if another run is at work in it.
    """
    folder = target.with_name(f".{target.name}.partial")
    if folder.is_symlink():
        raise OutputError(f"{str(folder)!r}, the folder for unfinished work, is a symbolic link; remove it")
    folder.mkdir(exist_ok=True)
    if not _is_ours(folder):
        raise OutputError(f"{str(folder)!r}, the folder for unfinished work, holds files that this facefx has not made; rename it")
    note = folder / _NOTE
    key = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()
    with note.open("a+", encoding="utf-8") as file:
        if not try_lock(file) or not _is_there_still(file, note):
            raise OutputError(f"another run is writing {str(target)!r} right now; wait for it, or give another name")
        file.seek(0)
        _remove(folder, "part-*.writing", "part-*.remembering", "whole.*")
        if file.read().splitlines() != [_OURS, key]:
            start_over(folder)
            file.truncate(0)
            file.write(f"{_OURS}\n{key}\n")
            file.flush()
        yield folder
        start_over(folder)
        _remove(folder, "whole.*")
        if os.name != "nt":
            note.unlink()
    if os.name == "nt":  # where a file that is open cannot be removed
        note.unlink()
    with suppress(OSError):  # somebody has put a file of their own there
        folder.rmdir()


def unfinished_part(folder: Path, number: int) -> Path:
    """Where a part is written, to be put in its place by `put_part`."""
    return folder / f"part-{number:06d}.writing"


def put_part(folder: Path, number: int, memory: bytes) -> None:
    """Put a part that is written whole in its place, with what must be known to go on after it."""
    part = folder / f"part-{number:06d}.film"
    remembering = part.with_suffix(".remembering")
    remembering.write_bytes(memory)
    remembering.replace(part.with_suffix(".memory"))
    unfinished_part(folder, number).replace(part)
    if number:
        (folder / f"part-{number - 1:06d}.memory").unlink(missing_ok=True)


def finished_parts(folder: Path) -> list[Path]:
    """The parts, in order."""
    return sorted(folder.glob("part-*.film"))


def memory_after(part: Path) -> bytes:
    """What was known after a part that is finished; empty if that is lost."""
    path = part.with_suffix(".memory")
    return path.read_bytes() if path.exists() else b""


def start_over(folder: Path) -> None:
    """Throw all parts away."""
    _remove(folder, "part-*.film", "part-*.memory")


def _is_ours(folder: Path) -> bool:
    """Whether there is nothing in it, or the note that only facefx writes."""
    names = {path.name for path in folder.iterdir()}
    text = (folder / _NOTE).read_text("utf-8", errors="replace") if _NOTE in names else ""
    return text.startswith(f"{_OURS}\n") or (names <= {_NOTE} and not text)


def _is_there_still(file: IO[str], note: Path) -> bool:
    """Whether the open file is the note; a run that ended this moment has removed its own."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), note.stat())
    except FileNotFoundError:
        return False


def _remove(folder: Path, *patterns: str) -> None:
    for path in (found for pattern in patterns for found in folder.glob(pattern)):
        path.unlink()

"""``-`` in place of a file: a picture from stdin, a result to stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

__all__ = ["PIPE", "as_given", "check_stdout", "name_of", "put", "with_stdin"]

#: What stands for stdin among the inputs, and for stdout as an output. A file of that name is given with its folder's whole path.
PIPE = Path("-")
#: Under which name what came through stdin is held in memory.
_HELD = "stdin"


@contextmanager
def with_stdin(inputs: Sequence[Path]) -> Iterator[list[Path]]:
    """The inputs, with what stdin holds, read once, as a held file in place of ``-``. Raises `ImageError` if it is too long."""
    if PIPE not in inputs:
        yield list(inputs)
        return
    from ..held_files import PREFIX, HeldFiles
    from ..image.picture import max_pixels_of
    from ..image.reading import read_object

    if sys.stdin.isatty():
        raise typer.BadParameter("- is what comes through stdin, and that is the keyboard; pipe a picture in", param_hint="'IN'")
    with HeldFiles({_HELD: read_object(sys.stdin.buffer, max_pixels_of(None))}):
        yield [Path(PREFIX + _HELD) if path == PIPE else path for path in inputs]


def name_of(path: Path) -> str:
    """How an input was called on the command line."""
    from ..held_files import PREFIX

    return str(PIPE if str(path) == PREFIX + _HELD else path)


def as_given(text: str) -> str:
    """A message in which what came through stdin is called as on the command line."""
    from ..held_files import PREFIX

    return text.replace(PREFIX + _HELD, str(PIPE))


def check_stdout(targets: Sequence[Path]) -> None:
    """Raise `typer.BadParameter` if ``-`` is among the targets and nothing takes what would be written, or others too."""
    if PIPE not in targets:
        return
    if targets.count(PIPE) > 1:
        raise typer.BadParameter("stdout takes one result; give the others files", param_hint="'-o'")
    if sys.stdout.isatty():
        raise typer.BadParameter("- is stdout, and that is the screen; pipe it on, or name a file", param_hint="'-o'")


def put(data: bytes, target: Path, *, force: bool, date_of: Path | None = None) -> None:
    """Write a result to its file, whole or not at all, or to stdout. Raises `OutputError`."""
    from ..image.files import write_file

    if target != PIPE:
        write_file(data, target, force=force, date_of=date_of)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()

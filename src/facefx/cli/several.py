"""Doing the same to several pictures: a progress bar, and one bad picture does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from ..errors import FacefxError, NoFaceFound
from .exit_codes import ExitCode
from .messages import progress, say

__all__ = ["for_each", "no_face"]


def for_each(inputs: Sequence[Path], work: Callable[[Path], None]) -> None:
    """Call `work` with each input.

    The error of a single input is raised. Of several, those that failed are listed on stderr at the end, then `typer.Exit` is
    raised.
    """
    if len(inputs) == 1:
        work(inputs[0])
        return
    from ..plugins.checked import message_of

    failed: list[tuple[Path, str]] = []
    with progress() as bar:
        for path in bar.track(inputs, description="facefx"):
            try:
                work(path)
            except (typer.Exit, typer.Abort, typer.BadParameter):
                raise
            except Exception as error:
                if not getattr(error, "of_one_picture", True) or isinstance(error, BrokenPipeError):
                    raise
                failed.append(
                    (path, str(error) if isinstance(error, FacefxError) else f"{type(error).__name__}: {message_of(error)}")
                )
    if failed:
        rest = "" if len(failed) == len(inputs) else ", the others are done"
        say(f"{len(failed)} of {len(inputs)} pictures failed{rest}:")
        for path, why in failed:
            say(f"{path}: {why}")
        raise typer.Exit(ExitCode.SOME_FAILED)


def no_face(path: Path, advice: str = "") -> NoFaceFound:
    """The error for a picture without a face, in the words of the command line."""
    return NoFaceFound(
        f"no face was found in {str(path)!r}; "
        f"try --detector whole_frame if it is a portrait cut out upright, or shows hair from behind{advice}"
    )

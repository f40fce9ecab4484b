"""Which pictures a command takes, and where their results go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from ..errors import ImageError, OutputError
from .pipes import PIPE, name_of

__all__ = ["make_folder", "pictures_in", "targets_of"]


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def pictures_in(inputs: Sequence[Path]) -> list[Path]:
    """The inputs, with the pictures right inside it, by name, in place of each folder. Raises `ImageError` if it has none."""
    from ..image.files import picture_suffixes

    pictures: list[Path] = []
    for path in inputs:
        if not path.is_dir():
            pictures.append(path)
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in picture_suffixes() and file.is_file())
        if not inside:
            raise ImageError(f"the folder {str(path)!r} has no pictures right in it; known are {', '.join(picture_suffixes())}")
        pictures += inside
    return pictures


def targets_of(inputs: Sequence[Path], output: str, option: str = "-o", suffix: str | None = None) -> dict[Path, Path]:
    """The file that each input's result goes to.

    `output` is a file, or, if it exists as one or ends in a slash, a folder, in which results have their inputs' names, with
    `suffix` if one is given. Raises `typer.BadParameter`, which names the `option`, if several inputs would go to one file,
    `OutputError` if two inputs have the same name.
    """
    if not _is_folder(output):
        if len(inputs) > 1:
            raise typer.BadParameter(
                f"several pictures need a folder: {output!r} is none; end it in a slash to have it made",
                param_hint=repr(option),
            )
        return {inputs[0]: Path(output)}
    targets: dict[Path, Path] = {}
    sources: dict[Path, Path] = {}
    for path in inputs:
        if name_of(path) == str(PIPE):
            raise typer.BadParameter("what comes through stdin has no name in a folder; name a file", param_hint=repr(option))
        target = Path(output, path.name if suffix is None else path.stem + suffix)
        if target in sources:
            raise OutputError(f"{str(sources[target])!r} and {str(path)!r} would both go to {str(target)!r}; give them two folders")
        sources[target], targets[path] = path, target
    return targets


def make_folder(output: str) -> None:
    """Make the folder that `output` names, if it names one. Raises `OutputError`."""
    if not _is_folder(output):
        return
    try:
        Path(output).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {output!r} cannot be made: {error.strerror}") from None

"""``facefx-train pseudo-label``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["pseudo_label"]


def pseudo_label(
    folders: Annotated[list[Path], typer.Argument(help="Folders with images/ and hair/.")],
    into: Annotated[Path, typer.Option(help="Folder to write, for train's --extra.")],
    held_out: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs; copies of those in its val.txt are left out.")],
    license: Annotated[str, typer.Option(help="Terms of the photos, for the cards of models trained on them.")],
    model: Annotated[Path | None, typer.Option(help="Teacher, a model folder; without one only hair is labelled.")] = None,
    size: Annotated[int, typer.Option(help="Input size for the teacher.")] = 256,
    sure: Annotated[float, typer.Option(help="Probability below which the teacher is not believed.")] = 0.85,
) -> None:
    """Label photos of which only the hair is known, to train on with others."""
    from ..data import picture_path, read_names
    from ..data.pseudo_labels import pseudo_label as run

    photos = [picture_path(held_out, name) for name in read_names(held_out / "val.txt")]
    about = run(folders, into, model=model, held_out=photos, license=license, size=size, sure=sure)
    typer.echo(f"{into}: {about['pictures']} pictures; {about['left_out_as_copies']} left out as copies of held-out ones")

"""``facefx-train visualize``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["visualize"]


def visualize(
    model: Annotated[str, typer.Argument(help="Model folder; FOLDER+FOLDER for an ensemble.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs; those in val.txt are shown.")],
    into: Annotated[Path, typer.Option(help="Folder to write the pictures to.")],
    worst: Annotated[int | None, typer.Option(help="Only so many, the worst.")] = None,
    limit: Annotated[int | None, typer.Option(help="Look at the first so many pictures only.")] = None,
) -> None:
    """Show each picture with its label, the model's prediction, overlay and errors, the worst first."""
    from ..data import read_celebamask, read_names
    from ..judge.entrant import Entrant
    from ..judge.visualize import visualize as run

    pictures = read_celebamask(data, read_names(data / "val.txt")[:limit])
    written = run(Entrant.read(model), pictures, into, worst)
    typer.echo(f"{into}: {len(written)} pictures, the worst is {written[0].name}")

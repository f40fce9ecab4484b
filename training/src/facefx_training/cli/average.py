"""``facefx-train average``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["average"]


def average(
    models: Annotated[list[str], typer.Argument(help="FOLDER=SHARE of each model; the one that went on from others last.")],
    into: Annotated[Path, typer.Argument(help="Model folder to write.")],
    version: str = "1.0.0",
    colours: Annotated[
        Path | None, typer.Option(help="Of pix2pix's, the one to paint in the colours of; by default the last.")
    ] = None,
) -> None:
    """Write the mean of several models' weights, which come from one and the same, as a model folder."""
    from ..export.average import average_models

    average_models(dict(map(_share, models)), into, version=version, colours=colours)
    typer.echo(f"{into}: the mean of {len(models)} models; judge it with facefx-train evaluate --into-card")


def _share(text: str) -> tuple[Path, float]:
    folder, _, share = text.rpartition("=")
    try:
        return Path(folder or text), float(share)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not FOLDER=SHARE, such as models/unet-lite0=0.5") from None

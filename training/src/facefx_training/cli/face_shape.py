"""``facefx-train face-shape``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["face_shape"]


def face_shape(
    data: Annotated[Path, typer.Option(help="Folder of photos, one sub-folder a shape.")],
    into: Annotated[Path, typer.Option(help="Model folder to write.")] = Path("models/face-shape"),
    outlines: Annotated[
        Path | None,
        typer.Option(help="File (.npz) of what was measured: written if missing, else read in place of the photos."),
    ] = None,
    waves: Annotated[int, typer.Option(min=1, help="How many Fourier features.")] = 300,
    gamma: Annotated[float, typer.Option(min=0, help="Of the Gaussian kernel they stand for.")] = 0.01,
    ridge: Annotated[float, typer.Option(min=0, help="Weight of the squared weights.")] = 0.00015,
    folds: Annotated[int, typer.Option(min=2, help="Of the cross-validation.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="How many times it is done, with other folds.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the waves and the folds.")] = 0,
) -> None:
    """Fit the classifier of face shapes, and judge it by cross-validation that keeps copies of a photo together."""
    from ..shapes import Outlines, Settings, judged, read_outlines, write_model

    if outlines is not None and outlines.exists():
        photos = Outlines.load(outlines)
    else:
        photos = read_outlines(data)
        if outlines is not None:
            photos.save(outlines)
    settings = Settings(waves, gamma, ridge, seed)
    judgement = judged(photos, settings, folds=folds, repeats=repeats, seed=seed)
    command = f"facefx-train face-shape --data {data.name.upper()} --waves {waves} --gamma {gamma:g} --ridge {ridge:g}"
    command += f" --folds {folds} --repeats {repeats} --seed {seed}"
    kept = f"{data.name}, {len(photos.labels)} photos, {folds} folds that keep copies together, mean of {repeats} ways to make them"
    write_model(into, photos, settings, judgement, command, kept)
    typer.echo(f"{into}: {100 * judgement.accuracy:.1f} ± {100 * judgement.spread:.1f} % right; {kept}")

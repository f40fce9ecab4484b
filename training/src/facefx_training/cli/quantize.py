"""``facefx-train quantize``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["quantize"]


def quantize(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs: train.txt to calibrate on, val.txt to judge on.")],
    pictures: Annotated[int, typer.Option(min=1, help="How many pictures to calibrate on.")] = 64,
    limit: Annotated[int | None, typer.Option(help="Judge on the first so many pictures only.")] = None,
) -> None:
    """Put a model's network in 8-bit integers beside its weights, for quality fast and balanced on processors."""
    import logging

    from ..data import read_celebamask, read_names
    from ..export.quantize import quantize as run

    logging.getLogger().setLevel(logging.WARNING)  # onnxruntime tells of every weight through the root logger
    calibration = read_celebamask(data, read_names(data / "train.txt")[:pictures]).images
    judged = read_celebamask(data, read_names(data / "val.txt")[:limit])
    said = run(model, calibration, judged, on=f"{data.name}/val.txt, {len(judged)} pictures")
    typer.echo(
        f"{model}: the same label at {said['same_labels']} % of the pixels, mean F1 lower by {said['lost_f1']} on given crops; "
        "measure the qualities again: facefx-train evaluate --quality balanced --into-card"
    )

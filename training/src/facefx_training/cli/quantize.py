"""``facefx-train quantize``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["quantize"]


def quantize(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    into: Annotated[Path, typer.Argument(help="Model folder to write.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs: train.txt to calibrate on, val.txt to judge on.")],
    pictures: Annotated[int, typer.Option(min=1, help="How many pictures to calibrate on.")] = 64,
    limit: Annotated[int | None, typer.Option(help="Judge on the first so many pictures only.")] = None,
) -> None:
    """Write a model's version in 8-bit integers, with its own scores on its card."""
    import logging

    from ..data import read_celebamask, read_names
    from ..export.quantize import quantize as run

    logging.getLogger().setLevel(logging.WARNING)  # onnxruntime tells of every weight through the root logger
    calibration = read_celebamask(data, read_names(data / "train.txt")[:pictures]).images
    judged = read_celebamask(data, read_names(data / "val.txt")[:limit])
    card = run(model, into, calibration, judged, on=f"{data.name}/val.txt, {len(judged)} pictures")
    compared, megabytes = card["quantization"], (into / "model.onnx").stat().st_size / 1e6
    typer.echo(
        f"{into}: {megabytes:.1f} MB; the same label at {compared['same_labels']} % of the pixels, "
        f"mean F1 lower by {compared['lost_f1']} on given crops"
    )

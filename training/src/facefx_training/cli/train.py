"""``facefx-train train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from .pairs import pairs

__all__ = ["train"]


def train(
    into: Annotated[Path, typer.Option(help="Folder of the run; one that holds a checkpoint is gone on with.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs with train.txt and val.txt.")],
    minutes: Annotated[float | None, typer.Option(help="Train for so long by the clock.")] = None,
    steps: Annotated[int | None, typer.Option(help="Train for so many steps of a batch.")] = None,
    family: Annotated[str, typer.Option(help="Kind of network.")] = "unet",
    encoder: Annotated[str | None, typer.Option(help="Its encoder, if it takes one.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=NUMBER of the family, such as stem=0.")] = None,
    start: Annotated[Path | None, typer.Option(help="Start from the weights of that run, as far as they fit.")] = None,
    size: Annotated[list[str] | None, typer.Option(help="FROM=PIXELS: side of the crops from that share of the run on.")] = None,
    rate: Annotated[float, typer.Option(help="Multiplies the learning rates.")] = 1.0,
    extra: Annotated[list[str] | None, typer.Option(help="FOLDER=SHARE: draw that share of the pictures from there.")] = None,
    threads: Annotated[int, typer.Option(help="Processor cores for the network.")] = 2,
    seed: int = 0,
) -> None:
    """Train a segmenter."""
    from ..config import Config
    from ..train import train as run

    given: dict[str, Any] = {"extra": tuple((folder, float(share)) for folder, share in pairs(extra))}
    given["options"] = {name: float(value) if "." in value else int(value) for name, value in pairs(option)}
    if encoder:
        given["options"]["encoder"] = encoder
    if size:
        given["sizes"] = tuple((float(share), int(side)) for share, side in pairs(size))
    plain = Config(
        data=str(data), minutes=minutes, steps=steps, family=family, threads=threads, seed=seed, start=str(start) if start else None
    )
    rates = {name: rate * getattr(plain, name) for name in ("encoder_rate", "decoder_rate")}
    run(replace(plain, **given, **rates), into)

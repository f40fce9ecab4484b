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
    data: Annotated[Path, typer.Option(help="Folder of pairs with train.txt and val.txt, or of A|B pictures.")],
    minutes: Annotated[float | None, typer.Option(help="Train for so long by the clock.")] = None,
    steps: Annotated[int | None, typer.Option(help="Train for so many steps of a batch.")] = None,
    scheme: Annotated[str, typer.Option(help="Label scheme to learn; labels in another one are translated.")] = "celebamask",
    family: Annotated[str, typer.Option(help="Kind of network.")] = "unet",
    encoder: Annotated[str | None, typer.Option(help="Its encoder, if it takes one.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="NAME=NUMBER of the family, such as stem=0.")] = None,
    start: Annotated[
        Path | None, typer.Option(help="Start from the weights of that run, as far as they fit, or of that model folder.")
    ] = None,
    size: Annotated[list[str] | None, typer.Option(help="FROM=PIXELS: side of the crops from that share of the run on.")] = None,
    batch: Annotated[int, typer.Option(help="Pictures a step, on each device.")] = 8,
    rate: Annotated[float, typer.Option(help="Multiplies the learning rates.")] = 1.0,
    schedule: Annotated[
        str, typer.Option(help="Of the rates: cosine, or plateau, which halves them when nothing improves.")
    ] = "cosine",
    patience: Annotated[int | None, typer.Option(help="End after so many validations without a better mean F1.")] = None,
    loss: Annotated[str, typer.Option(help="ce, weighted-ce, dice, ce+dice, focal or boundary.")] = "ce+dice",
    critic: Annotated[str, typer.Option(help="Adversarial loss of pix2pix: lsgan or bce.")] = "lsgan",
    critic_width: Annotated[int, typer.Option(help="Channels of pix2pix's critic: 64 in the paper, slow on a CPU.")] = 32,
    l1: Annotated[float, typer.Option(help="What the distance to the mask picture weighs in pix2pix.")] = 100.0,
    supervision: Annotated[float, typer.Option(help="What --loss on the decoded labels weighs in pix2pix; 0 leaves it out.")] = 1.0,
    extra: Annotated[list[str] | None, typer.Option(help="FOLDER=SHARE: draw that share of the pictures from there.")] = None,
    augment: Annotated[
        str | None, typer.Option(help="Where pictures are varied: cpu, or gpu, which is usual where CUDA is.")
    ] = None,
    precision: Annotated[str, typer.Option(help="32, 16-mixed or bf16-mixed.")] = "32",
    accelerator: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
    devices: Annotated[int, typer.Option(help="GPUs, or processes on a CPU, that train together on each machine.")] = 1,
    num_nodes: Annotated[int, typer.Option(help="Machines that train together.")] = 1,
    workers: Annotated[int, typer.Option(help="Processes that prepare pictures, for each device.")] = 1,
    threads: Annotated[int, typer.Option(help="Processor cores for the network.")] = 2,
    seed: int = 0,
) -> None:
    """Train a segmenter."""
    from ..run.config import Config, usual_augment
    from ..run.train import train as run

    given: dict[str, Any] = {"extra": tuple((folder, float(share)) for folder, share in pairs(extra))}
    given["options"] = {name: float(value) if "." in value else int(value) for name, value in pairs(option)}
    if encoder:
        given["options"]["encoder"] = encoder
    if size:
        given["sizes"] = tuple((float(share), int(side)) for share, side in pairs(size))
    plain = Config(
        data=str(data), minutes=minutes, steps=steps, scheme=scheme, family=family, start=str(start) if start else None,
        batch=batch, schedule=schedule, patience=patience, loss=loss, critic=critic, critic_width=critic_width,
        l1=l1, supervision=supervision,
        augment=augment or usual_augment(), precision=precision, accelerator=accelerator, devices=devices, num_nodes=num_nodes,
        workers=workers, threads=threads, seed=seed,
    )  # fmt: skip
    rates = {name: rate * getattr(plain, name) for name in ("encoder_rate", "decoder_rate", "critic_rate")}
    run(replace(plain, **given, **rates), into)

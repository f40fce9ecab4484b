"""The command `facefx-train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the weights of facefx's segmenters.")


@app.callback()
def main() -> None:
    """Make the weights of facefx's segmenters."""


@app.command()
def train(
    into: Annotated[Path, typer.Option(help="Folder of the run; one that holds a checkpoint is gone on with.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs with train.txt and val.txt.")],
    minutes: Annotated[float | None, typer.Option(help="Train for so long by the clock.")] = None,
    steps: Annotated[int | None, typer.Option(help="Train for so many steps of a batch.")] = None,
    threads: Annotated[int, typer.Option(help="Processor cores for the network.")] = 2,
    seed: int = 0,
) -> None:
    """Train a segmenter."""
    from .config import Config
    from .train import train as run

    run(Config(data=str(data), minutes=minutes, steps=steps, threads=threads, seed=seed), into)


if __name__ == "__main__":
    app()

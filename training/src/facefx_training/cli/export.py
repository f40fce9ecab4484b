"""``facefx-train export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    model: Annotated[Path, typer.Argument(help="Model folder to write.")],
    version: str = "1.0.0",
    size: Annotated[int, typer.Option(help="Input size for the card, pixels.")] = 320,
) -> None:
    """Write a run's averaged weights as a model folder, after comparing onnxruntime with torch."""
    import torch

    from ..card import draft_card
    from ..data import read_celebamask, read_names
    from ..export import export_model
    from ..train import load_averaged

    torch.set_num_threads(1)
    config, network, reached = load_averaged(run)
    names = read_names(Path(config.data) / "train.txt")
    card = draft_card(config, reached, name=model.name, version=version, size=size, pictures=len(names))
    face = read_celebamask(Path(config.data), names[:1]).images[0]
    export_model(network, model, card, face)
    typer.echo(f"{model}: {(model / 'model.onnx').stat().st_size / 1e6:.1f} MB after {reached['epochs']} epochs")

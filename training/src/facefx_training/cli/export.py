"""``facefx-train export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run; or of a model, whose graph is written anew with the same weights.")],
    model: Annotated[Path, typer.Argument(help="Model folder to write.")],
    version: str = "1.0.0",
    size: Annotated[int, typer.Option(help="Input size for the card, pixels.")] = 320,
    license: Annotated[str, typer.Option(help="Of the weights; what the data's terms allow is for you to judge.")] = "CC-BY-NC-4.0",
    outlook: Annotated[str, typer.Option(help="What a longer run would likely bring, for the card.")] = "",
    best: Annotated[bool, typer.Option(help="The weights that validated best, not the last ones.")] = False,
) -> None:
    """Write a run's averaged weights as a model folder, after comparing onnxruntime with torch.

    Where the same weights were exported to before, the card keeps their scores. A model folder instead of a run is written as it
    would be today, after comparing both: its weights and its card stay.
    """
    import torch

    from facefx.inference.cards import weights_in

    from ..data import read_pictures, split_names
    from ..export.card import draft_card
    from ..export.model_folder import export_model, rewrite_model
    from ..run.checkpoints import load_averaged
    from ..run.published import is_model

    torch.set_num_threads(1)
    if is_model(run):
        worst = rewrite_model(run, model)
        typer.echo(f"{model}: written anew; no probability differs by more than {worst:.1g}")
        return
    config, network, reached = load_averaged(run, best=best)
    data = Path(config.data)
    pictures = len(split_names(data, "train"))
    card = draft_card(
        config, reached, name=model.name, version=version, size=size, pictures=pictures, license=license, outlook=outlook
    )
    face = read_pictures(data, "train", config.labels, limit=1).images[0]
    export_model(network, model, card, config.labels, face)
    typer.echo(f"{model}: {(model / weights_in(model)).stat().st_size / 1e6:.1f} MB after {reached['epochs']} epochs")

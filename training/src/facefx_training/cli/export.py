"""``facefx-train export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run; or of a model, whose graph is written anew with the same weights.")],
    model: Annotated[Path, typer.Argument(help="Folder to write.")],
    version: str = "1.0.0",
    size: Annotated[
        int | None, typer.Option(help="Input size, pixels: for the card, by default 320; with --to, by default that of fast.")
    ] = None,
    license: Annotated[str, typer.Option(help="Of the weights; what the data's terms allow is for you to judge.")] = "CC-BY-NC-4.0",
    outlook: Annotated[str, typer.Option(help="What a longer run would likely bring, for the card.")] = "",
    best: Annotated[bool, typer.Option(help="The weights that validated best, not the last ones.")] = False,
    to: Annotated[str | None, typer.Option(help="Write it for phones: tflite, ncnn or coreml.")] = None,
    precision: Annotated[str, typer.Option(help="With --to: float32, float16 or int8.")] = "float16",
    photos: Annotated[Path, typer.Option(help="With --to: photos to fit int8 to and to compare on.")] = Path("samples"),
) -> None:
    """Write a run's averaged weights as a model folder, after comparing onnxruntime with torch.

    Where the same weights were exported to before, the card keeps their scores. A model folder instead of a run is written as it
    would be today, after comparing both: its weights and its card stay.

    --to writes a run or a model for a phone's runtime, of one size and up to the logits, and compares it with onnxruntime.
    """
    if to is not None:
        _for_phones(run, model, to=to, precision=precision, size=size, photos=photos, best=best)
        return
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
    size = 320 if size is None else size
    config, network, reached = load_averaged(run, best=best)
    data = Path(config.data)
    pictures = len(split_names(data, "train"))
    card = draft_card(
        config, reached, name=model.name, version=version, size=size, pictures=pictures, license=license, outlook=outlook
    )
    face = read_pictures(data, "train", config.labels, limit=1).images[0]
    export_model(network, model, card, config.labels, face)
    typer.echo(f"{model}: {(model / weights_in(model)).stat().st_size / 1e6:.1f} MB after {reached['epochs']} epochs")


def _for_phones(source: Path, into: Path, *, to: str, precision: str, size: int | None, photos: Path, best: bool) -> None:
    from tempfile import TemporaryDirectory

    import torch

    from facefx.inference.cards import ModelCard

    from ..export.phones import write_for_phones
    from ..run.published import is_model

    torch.set_num_threads(1)
    with TemporaryDirectory() as work:
        folder = source
        if not is_model(source):
            folder = Path(work) / source.name
            export(source, folder, best=best)
        card = write_for_phones(ModelCard.read(folder), into, to=to, precision=precision, size=size, photos=photos)
    megabytes = sum(file["bytes"] for file in card["files"].values()) / 1e6
    compared = card["compared"]
    said = compared if isinstance(compared, str) else f"onnxruntime's label at {compared['same_labels_percent']} % of the pixels"
    typer.echo(f"{into}: {megabytes:.1f} MB, {card['input']['size']} px, {precision}; {said}")

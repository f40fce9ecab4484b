"""The command `facefx-train`."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from facefx.errors import FacefxError, ParameterError

__all__ = ["main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the weights of facefx's segmenters.")


@app.command()
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
    from .config import Config
    from .train import train as run

    given: dict[str, Any] = {"extra": tuple((folder, float(share)) for folder, share in _pairs(extra))}
    given["options"] = {name: float(value) if "." in value else int(value) for name, value in _pairs(option)}
    if encoder:
        given["options"]["encoder"] = encoder
    if size:
        given["sizes"] = tuple((float(share), int(side)) for share, side in _pairs(size))
    plain = Config(
        data=str(data), minutes=minutes, steps=steps, family=family, threads=threads, seed=seed, start=str(start) if start else None
    )
    rates = {name: rate * getattr(plain, name) for name in ("encoder_rate", "decoder_rate")}
    run(replace(plain, **given, **rates), into)


def _pairs(texts: list[str] | None) -> list[tuple[str, str]]:
    """`A=B` as (A, B)."""
    split = [text.rpartition("=") for text in texts or []]
    for left, _, right in split:
        if not left or not right:
            raise ParameterError(f"{left or right!r} is not of the form A=B.")
    return [(left, right) for left, _, right in split]


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    model: Annotated[Path, typer.Argument(help="Model folder to write.")],
    version: str = "1.0.0",
    size: Annotated[int, typer.Option(help="Input size for the card, pixels.")] = 320,
) -> None:
    """Write a run's averaged weights as a model folder, after comparing onnxruntime with torch."""
    import torch

    from .card import draft_card
    from .data import read_celebamask, read_names
    from .export import export_model
    from .train import load_averaged

    torch.set_num_threads(1)
    config, network, reached = load_averaged(run)
    names = read_names(Path(config.data) / "train.txt")
    card = draft_card(config, reached, name=model.name, version=version, size=size, pictures=len(names))
    face = read_celebamask(Path(config.data), names[:1]).images[0]
    export_model(network, model, card, face)
    typer.echo(f"{model}: {(model / 'model.onnx').stat().st_size / 1e6:.1f} MB after {reached['epochs']} epochs")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs; those in val.txt count.")],
    size: Annotated[list[int] | None, typer.Option(help="Give whole frames at this size; several times for several.")] = None,
    end_to_end: Annotated[bool, typer.Option(help="Also through facefx: detect, crop, parse, paste back.")] = False,
    hair: Annotated[list[Path] | None, typer.Option(help="Folder with images/ and hair/ to score hair on, end to end.")] = None,
    landmarks: Annotated[Path | None, typer.Option(help="Folder with images/ and landmarks.csv (68 points).")] = None,
    raw_sides: Annotated[bool, typer.Option(help="Take left and right as labelled, inverted masks and all.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only the first so many pictures of each set.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the scores here.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet (PNG) of the last set of predictions.")] = None,
    into_card: Annotated[bool, typer.Option(help="Write the scores into the model's card.")] = False,
) -> None:
    """Score a model."""
    import json

    from . import evaluate as judge
    from .data import read_celebamask, read_names
    from .export import set_scores
    from .sheet import contact_sheet

    pictures = read_celebamask(data, read_names(data / "val.txt")[:limit], correct_sides=not raw_sides)
    ways = {f"whole_frame_{side}": judge.whole_frame(model, side) for side in size or []}
    if end_to_end:
        ways["end_to_end"] = judge.through_facefx(model)
    found: dict[str, object] = {}
    for way, predict in ways.items():
        matrix, predictions = judge.evaluate(predict, pictures)
        found[way] = {"on": f"{data.name}/val.txt, {len(pictures)} pictures", **judge.report(matrix)}
        if sheet:
            contact_sheet(pictures, predictions, sheet)
        typer.echo(json.dumps({way: found[way]}))
    for folder in hair or []:
        way = f"hair_{folder.parent.name}_{folder.name}"
        found[way] = judge.hair_scores(judge.through_facefx(model), folder, limit)
        typer.echo(json.dumps({way: found[way]}))
    if landmarks:
        found["landmarks"] = judge.landmark_hits(judge.through_facefx(model), landmarks, limit)
        typer.echo(json.dumps({"landmarks": found["landmarks"]}))
    if json_file:
        json_file.write_text(json.dumps(found, indent=2) + "\n")
    if into_card:
        set_scores(model, found)


@app.command("pseudo-label")
def pseudo_label(
    folders: Annotated[list[Path], typer.Argument(help="Folders with images/ and hair/.")],
    into: Annotated[Path, typer.Option(help="Folder to write, for train's --extra.")],
    held_out: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs; copies of those in its val.txt are left out.")],
    license: Annotated[str, typer.Option(help="Terms of the photos, for the cards of models trained on them.")],
    model: Annotated[Path | None, typer.Option(help="Teacher, a model folder; without one only hair is labelled.")] = None,
    size: Annotated[int, typer.Option(help="Input size for the teacher.")] = 256,
    sure: Annotated[float, typer.Option(help="Probability below which the teacher is not believed.")] = 0.85,
) -> None:
    """Label photos of which only the hair is known, to train on with others."""
    from .data import read_names
    from .pseudo import pseudo_label as run

    photos = [held_out / "images" / f"{name}.jpg" for name in read_names(held_out / "val.txt")]
    about = run(folders, into, model=model, held_out=photos, license=license, size=size, sure=sure)
    typer.echo(f"{into}: {about['pictures']} pictures; {about['left_out_as_copies']} left out as copies of held-out ones")


def main() -> None:
    """Entry point: facefx's own errors become one line and exit status 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        app()
    except FacefxError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

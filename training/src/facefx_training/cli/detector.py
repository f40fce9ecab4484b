"""``facefx-train detector``: training, exporting and scoring face detectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..detection.config import DetectorConfig
from .settings import takes_settings

__all__ = ["detector"]

detector = typer.Typer(no_args_is_help=True, help="Train, export and score a detector of faces.")


@detector.command()
@takes_settings(DetectorConfig)
def train(into: Path, config: DetectorConfig) -> None:
    """Train a detector on composed pictures."""
    from ..detection.train import train as run

    run(config, into)


@detector.command()
def export(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    model: Annotated[Path, typer.Argument(help="Model folder to write.")],
    version: str = "1.0.0",
    license: Annotated[str, typer.Option(help="Of the weights; what the data's terms allow is for you to judge.")] = "CC-BY-NC-4.0",
) -> None:
    """Write a run's averaged weights as a model folder, after comparing onnxruntime with torch."""
    from ..detection.export import export_detector
    from ..detection.train import load_averaged

    config, network, reached = load_averaged(run)
    export_detector(config, network, reached, model, version=version, license=license)
    typer.echo(f"{model}: {(model / 'detector.onnx').stat().st_size / 1e6:.2f} MB after {reached['steps']} steps")


@detector.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    faces: Annotated[Path, typer.Option(help="Folder of pairs; pictures are composed of those in val.txt.")],
    frames: Annotated[
        Path | None, typer.Option(help="Folder of photos with landmarks.csv; those of held-out people count.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures to compose.")] = 40,
    limit: Annotated[int, typer.Option(min=1, help="At most so many frames.")] = 200,
    false: Annotated[float, typer.Option(min=0, max=1, help="Share of the boxes that may be false.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Of the composed pictures; benchmarks/detectors.py takes 0.")] = 1,
    into_card: Annotated[bool, typer.Option(help="Write the threshold and the scores into the model's card.")] = False,
) -> None:
    """Score a detector by size, tilt and light of the faces, at a share of false alarms."""
    import json

    from ..detection.evaluate import evaluate as judge
    from ..detection.export import set_threshold

    threshold, scores = judge(model, faces, frames=frames, pictures=pictures, limit=limit, seed=seed, false=false)
    typer.echo(json.dumps(scores, indent=1))
    if into_card:
        set_threshold(model, threshold, scores)

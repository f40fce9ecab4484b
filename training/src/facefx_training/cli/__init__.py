"""The command `facefx-train`. One file per command.

Nothing heavy is imported here or at the top of a command's file, so that ``facefx-train --help`` does not wait for torch.
"""

from __future__ import annotations

import logging

import typer

from facefx.errors import FacefxError

from .ab_pairs import ab_pairs
from .average import average
from .balance import balance
from .compare import compare
from .detector import detector
from .evaluate import evaluate
from .export import export
from .face_shape import face_shape
from .prepare import prepare
from .pseudo_label import pseudo_label
from .quantize import quantize
from .small_eyes import small_eyes
from .train import train
from .visualize import visualize

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the weights of facefx's segmenters and detectors.")
for command in (
    prepare, train, export, average, balance, small_eyes, quantize, evaluate, compare, visualize, pseudo_label, face_shape
):  # fmt: skip
    app.command()(command)
app.command("pairs")(ab_pairs)
app.add_typer(detector, name="detector")


def main() -> None:
    """Entry point: facefx's own errors become one line and exit status 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        app()
    except FacefxError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None

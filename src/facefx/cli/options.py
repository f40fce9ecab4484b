"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["DetectorOption", "ForceOption", "SegmenterOption"]

SegmenterOption = Annotated[
    str | None,
    typer.Option(
        "--segmenter",
        metavar="NAME|FOLDER",
        help="What parses the faces: a name that `facefx models` lists, or a model's folder (write ./NAME for one right here). "
        "By default the U-Net that comes with facefx.",
    ),
]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="NAME",
        help="What finds the faces: cascade (the default), whole_frame for portraits that are already cut out and upright, "
        "or one that a plugin offers.",
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace output files that are there already.")]

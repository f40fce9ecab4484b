"""``facefx-train pairs``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["ab_pairs"]


def ab_pairs(
    data: Annotated[Path, typer.Argument(help="Folder of pairs with train.txt and val.txt.")],
    into: Annotated[Path, typer.Option(help="Folder to write, for train's --data or --extra.")],
    scheme: Annotated[str, typer.Option(help="Label scheme that the mask pictures show.")] = "eyes_lips",
    size: Annotated[int, typer.Option(help="Side of each half, pixels.")] = 256,
) -> None:
    """Write A|B pictures, as pix2pix is taught with: the photo on the left, its mask in colours on the right."""
    from facefx.labels import scheme as find_scheme

    from ..data.ab import write_ab

    counts = write_ab(data, into, find_scheme(scheme), size=size)
    typer.echo(f"{into}: {counts['train']} pictures in train, {counts['val']} in val")

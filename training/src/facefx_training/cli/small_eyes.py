"""``facefx-train small-eyes``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["small_eyes"]


def small_eyes(
    model: Annotated[Path, typer.Argument(help="Model folder, whose card is written anew.")],
    data: Annotated[
        Path, typer.Option(help="Folder of pairs whose val.txt names others than the model learnt from or will be judged by.")
    ],
    version: Annotated[str, typer.Option(help="Of the model from now on, since it answers otherwise.")],
    limit: Annotated[int | None, typer.Option(help="The first so many of them only.")] = None,
) -> None:
    """Measure how much more readily eyes are to be said on faces that are small in their picture, for the highest F1 of eyes."""
    from ..data import read_celebamask, read_names
    from ..export.small_eyes import small_eyes as run

    pictures = read_celebamask(data, read_names(data / "val.txt")[:limit])
    found = run(model, pictures, version=version, command=f"facefx-train small-eyes models/{model.name} --data {data.name.upper()}")
    for (times, jpeg), before in found.before.items():
        kind = "as small JPEGs" if jpeg else "as they are"
        typer.echo(f"enlarged {times:g} times, {kind}: F1 of eyes {before:.1f}, then {found.after[times, jpeg]:.1f}")
    typer.echo(f"{model}: {found.per_doubling:g} is added to the logits of eyes for each doubling; {len(pictures)} pictures")

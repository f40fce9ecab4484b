"""`facefx-train prepare`: a data set as shipped to one that can be trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["prepare"]


def prepare(
    source: Annotated[Path, typer.Argument(help="Folder of a data set, laid out as its authors ship it.")],
    into: Annotated[Path, typer.Option(help="Folder to write, for train's --data or --extra.")],
    layout: Annotated[
        str | None,
        typer.Option(
            help="celebamask-hq, lapa, helen, fasseg, figaro1k, hair, person, plain, pairs or photos; found out if not given."
        ),
    ] = None,
    scheme: Annotated[str, typer.Option(help="Label scheme to write.")] = "celebamask",
    size: Annotated[int, typer.Option(help="Side of the written pictures, pixels.")] = 512,
    split: Annotated[
        str | None,
        typer.Option(help="TRAIN:VAL:TEST by name and seed; if not given, the authors' split, or 7:2:1 where there is none."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 0,
    license: Annotated[str | None, typer.Option(help="Terms of the data, for the cards of models trained on it.")] = None,
    raw_sides: Annotated[bool, typer.Option(help="Leave left and right as labelled, inverted masks and all.")] = False,
    force: Annotated[bool, typer.Option(help="Write over what is in the folder.")] = False,
) -> None:
    """Make pairs to train on from a data set, and list what is missing, broken, empty or misaligned in it."""
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    from ..data.prepare import prepare as run
    from ..data.split import SPLITS, parse_ratio

    prepared = run(
        source, into, layout=layout, scheme=scheme, size=size, ratio=parse_ratio(split) if split else None, seed=seed,
        license=license, correct_sides=not raw_sides, force=force,
    )  # fmt: skip
    about = prepared.about
    counts = ", ".join(f"{about[part]} {part}" for part in SPLITS)
    typer.echo(f"{into}: {about['pictures']} pictures ({counts}) from the layout {about['layout']}, labels {about['scheme']}")
    if prepared.problems:
        table = Table("problem", "pictures", "for example")
        for fault, count in Counter(bad.fault for bad in prepared.problems).most_common():
            table.add_row(fault, str(count), next(str(bad) for bad in prepared.problems if bad.fault == fault))
        Console().print(table)
        typer.echo(f"All are listed in {into / 'problems.txt'}.")
    if not about["pictures"]:
        typer.echo(f"error: nothing in {source} can be used.", err=True)
        raise typer.Exit(1)

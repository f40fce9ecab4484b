"""``facefx-train compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["compare"]


def compare(
    models: Annotated[list[str], typer.Argument(help="Model folders; FOLDER+FOLDER for an ensemble.")],
    data: Annotated[Path, typer.Option(help="Folder of CelebAMask-HQ pairs; those in val.txt count.")],
    markdown: Annotated[Path | None, typer.Option(help="Page to write the tables into, between its marks.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write a chart (PNG) of F1 against size and multiply-adds.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write all models' answers to the same photos side by side (PNG).")] = None,
    photos: Annotated[Path, typer.Option(help="Folder of the photos of --sheet.")] = Path("samples"),
    limit: Annotated[int | None, typer.Option(help="Only the first so many pictures.")] = None,
    anew: Annotated[bool, typer.Option(help="Measure again what the cards or the kept file say.")] = False,
) -> None:
    """Judge models on the same pictures: the leaderboard.

    Scores that the models' cards hold are taken from there. What is measured is kept in a JSON file beside the page (or else beside
    the chart), so only new models take time.
    """
    from ..data import read_celebamask, read_names
    from ..judge.chart import chart
    from ..judge.compare import compare as run
    from ..judge.entrant import Entrant
    from ..judge.leaderboard import markdown as tables
    from ..judge.leaderboard import panels, write_between_marks
    from ..judge.sheet import photos_in, side_by_side

    entrants = [Entrant.read(model) for model in models]
    pictures = read_celebamask(data, read_names(data / "val.txt")[:limit])
    kept_beside = markdown or png
    rows = run(
        entrants,
        pictures,
        on=f"{data.name}/val.txt, {len(pictures)} pictures",
        cache=kept_beside.with_suffix(".json") if kept_beside else None,
        anew=anew,
    )
    if markdown:
        write_between_marks(markdown, tables(rows))
    else:
        typer.echo(tables(rows))
    if png:
        chart(panels(rows), png)
    if sheet:
        side_by_side(entrants, photos_in(photos), sheet)

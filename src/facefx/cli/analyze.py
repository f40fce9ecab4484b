"""``facefx analyze``: what can be measured of the faces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import FacefxError
from .messages import console
from .options import DetectorOption, PluginOption, QualityOption, SegmenterOption
from .several import for_each, no_face

__all__ = ["analyze"]


def analyze(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN", help="The pictures.", show_default=False)],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: a list with one entry per picture, even for one; the numbers are not rounded."),
    ] = False,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    quality: QualityOption = None,
    plugin: PluginOption = None,
) -> None:
    """Measure the faces in pictures with every analyzer that is installed.

    Boxes and points are in pixels from the upper left corner. Left and right are the subject's.
    """
    from ..chains import reports
    from ..parsing.parser import Parser

    parser = Parser.of(segmenter, detector, quality)
    entries: list[dict[str, Any]] = []

    def work(path: Path) -> None:
        entry: dict[str, Any] = {"file": str(path), "faces": []}
        entries.append(entry)
        try:
            found = reports.analyze(path, segmenter=parser.segmenter, detector=parser.detector)
            entry["faces"] = [report.to_dict() for report in found]
            if not entry["faces"]:
                raise no_face(path)
        except FacefxError as error:
            entry["error"] = str(error)
            raise

    try:
        for_each(inputs, work)
    finally:  # what was measured is shown, whatever else went wrong
        if as_json:
            import json

            typer.echo(json.dumps(entries, indent=2))
        else:
            _show(entries)


def _show(entries: list[dict[str, Any]]) -> None:
    from rich.table import Table

    out = console()
    for entry in entries:
        for face in entry["faces"]:
            table = Table(title=f"{entry['file']}, face {face['face']}", title_justify="left")
            table.add_column("analyzer")
            table.add_column("value")
            table.add_column("measured")
            for name, values in face.items():
                if name == "face":
                    continue
                for row, (key, value) in enumerate(values.items()):
                    table.add_row("" if row else name, key, _words(value))
            out.print(table)


def _words(value: Any) -> str:
    """A measurement in a few words: long lists are only counted."""
    match value:
        case None:
            return "not seen"
        case {"x0": x0, "y0": y0, "x1": x1, "y1": y1}:
            return f"x {x0:.1f} to {x1:.1f}, y {y0:.1f} to {y1:.1f} ({x1 - x0:.1f} wide, {y1 - y0:.1f} high)"
        case dict():
            return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
        case list() if len(value) > 8:
            return f"{len(value)} values (see them with --json)"
        case list():
            return ", ".join(map(_words, value))
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}"
    return str(value)

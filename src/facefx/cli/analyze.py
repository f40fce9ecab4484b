"""``facefx analyze``: what can be measured of the faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import FacefxError, ParameterError
from .messages import console, progress, say
from .options import (
    DetectorOption,
    FirstFrameOption,
    ForceOption,
    PluginOption,
    QualityOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    tuned,
)
from .pipes import as_given, name_of, with_stdin
from .several import for_each, no_face
from .tables import MeasurementFiles

if TYPE_CHECKING:
    from ..face.values import Detector
    from ..video.analysis import Film

__all__ = ["analyze"]


def analyze(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="IN", help="The pictures and films; - is a picture from stdin.", show_default=False)
    ],
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON: a list with one entry per picture, even for one; the numbers are not rounded."),
    ] = False,
    jsonl: Annotated[
        Path | None,
        typer.Option(
            "--jsonl", metavar="FILE", help="Write a line of JSON for each picture or frame, also for those without a face."
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write a row for each face, with all numbers but the long lists of points."),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", min=1, metavar="FRAMES", help="Measure only every so many frames of a film.")
    ] = 1,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    quality: QualityOption = None,
    first_frame: FirstFrameOption = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Measure the faces in pictures and films with every analyzer that is installed.

    Boxes and points are in pixels from the upper left corner. Left and right are the subject's. Films and animations need
    --jsonl or --csv: their faces have numbers (track) that stay with them from frame to frame, and times in seconds. For example:

    facefx analyze talk.mp4 --csv talk.csv --jsonl talk.jsonl
    """
    from ..chains import reports
    from ..image.picture import open_image
    from ..parsing.parser import Parser
    from ..video.analysis import film_in

    seeker = tuned(detector, detector_threshold, smallest_face)
    parser = Parser.of(segmenter, seeker, quality)
    entries: list[dict[str, Any]] = []

    def work(path: Path) -> None:
        film = None if first_frame else film_in(path)
        if film is not None:
            if not (jsonl or csv):
                raise ParameterError(
                    f"{str(path)!r} is a film: say where its frames' measurements go with --csv FILE or --jsonl FILE"
                )
            _measure_film(path, film, files, every, segmenter, seeker)
            return
        entry: dict[str, Any] = {"file": name_of(path), "faces": []}
        entries.append(entry)
        try:
            found = reports.analyze(open_image(path, first_frame=first_frame), segmenter=parser.segmenter, detector=parser.detector)
            entry["faces"] = [report.to_dict() for report in found]
            if not entry["faces"]:
                raise no_face(path)
        except FacefxError as error:
            entry["error"] = as_given(str(error))
            raise
        finally:
            files.add(entry)

    with with_stdin(inputs) as sources, MeasurementFiles(jsonl, csv, force=force) as files:
        try:
            for_each(sources, work)
        finally:  # what was measured is shown, whatever else went wrong
            if as_json:
                import json

                typer.echo(json.dumps(entries, indent=2))
            elif not (jsonl or csv):
                _show(entries)


def _measure_film(
    path: Path, film: Film, files: MeasurementFiles, every: int, segmenter: str | None, detector: str | Detector | None
) -> None:
    """Write what is measured in each frame, with a progress bar. Raises `NoFaceFound` if there is no face in any."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("facefx"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    faces = 0
    with film, progress(*columns) as bar:
        task = bar.add_task("facefx", total=film.expected_frames)
        for measured in film.measured(segmenter=segmenter, detector=detector, every=every):
            files.add({"file": str(path), **measured.to_dict()})
            faces += len(measured.faces)
            bar.update(task, completed=measured.frame + 1)
    for problem in film.problems:
        say(f"{str(path)!r} at {problem.seconds:.3f} s: {problem.what}")
    if not faces:
        raise no_face(path)


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

"""``facefx batch``: run a look on all pictures of a folder."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..batch.settings import Settings
from .effect_text import chain_from_options
from .exit_codes import ExitCode
from .messages import progress, say
from .options import (
    DetectorOption,
    EffectOption,
    FileQualityOption,
    FirstFrameOption,
    ForceOption,
    KeepDateOption,
    KeepGpsOption,
    LookOption,
    MinConfidenceOption,
    PersonOption,
    PluginOption,
    QualityOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    of_parsing_and_file,
    tuned,
)

if TYPE_CHECKING:
    from ..batch import Batch, Record

__all__ = ["batch"]

_NAMED_FAILURES = 10


class NoFace(str, Enum):
    """What to do with a picture without a face."""

    ERROR = "error"
    COPY = "copy"
    SKIP = "skip"


_NO_FACE = NoFace(Settings.no_face)


class Engine(str, Enum):
    """What the work runs on."""

    LOCAL = "local"
    RAY = "ray"


def batch(
    folder_in: Annotated[Path, typer.Argument(metavar="IN", help="The folder of pictures.", show_default=False)],
    folder_out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder for the results; made if it is missing.", show_default=False)
    ],
    look: LookOption = None,
    effect: EffectOption = None,
    glob: Annotated[
        list[str] | None,
        typer.Option(
            "--glob",
            metavar="PATTERN",
            help="Only files of such names, '*.jpg'; with a slash, such paths in IN, '2019/*'. May be repeated. "
            "By default all pictures.",
        ),
    ] = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    person: PersonOption = None,
    no_face: Annotated[
        NoFace,
        typer.Option("--no-face", help="A picture without a face fails, is written to OUT without effects, or is passed over."),
    ] = _NO_FACE,
    min_confidence: MinConfidenceOption = Settings.min_confidence,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="SUFFIX", help="The format of all results, such as png. By default each keeps its own."),
    ] = Settings.format,
    quality: QualityOption = None,
    file_quality: FileQualityOption = str(Settings.file_quality),
    keep_gps: KeepGpsOption = Settings.keep_gps,
    keep_date: KeepDateOption = Settings.keep_date,
    first_frame: FirstFrameOption = Settings.first_frame,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, metavar="N", help="How many processes, each with its own model. By default one for each core."
        ),
    ] = None,
    engine: Annotated[Engine, typer.Option("--engine", help="Processes on this machine, or Ray.")] = Engine.LOCAL,
    address: Annotated[
        str | None, typer.Option("--address", help="Of a Ray cluster that sees both folders. By default Ray runs here.")
    ] = None,
    sheet: Annotated[
        bool,
        typer.Option(
            "--contact-sheet/--no-contact-sheet",
            help="Make facefx-batch.jpg in OUT: before and after, small; after alone if people are hidden.",
        ),
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a batch was stopped or files failed: what is finished is left alone.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Go on with whatever comes into IN, each file once it is complete, until Ctrl-C."),
    ] = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Run a look on all pictures of a folder and its folders.

    OUT gets the same tree, and facefx-batch.jsonl with a line for each file: status, faces, seconds, error. A bad file does not
    stop the others. For example:

    facefx batch photos done --look plum.json --workers 4 --resume

    facefx batch inbox done --effect anonymize --watch --resume
    """
    from ..batch import prepare
    from ..batch import watch as watched
    from ..batch.running import RunOptions
    from ..batch.settings import SettingsOptions

    quality, written = of_parsing_and_file(quality, file_quality)
    chain, patterns = chain_from_options(look, effect), glob or ()
    asked: SettingsOptions = {
        "segmenter": segmenter, "detector": tuned(detector, detector_threshold, smallest_face), "person": person,
        "no_face": no_face.value,
        "min_confidence": min_confidence, "format": format, "file_quality": written, "quality": quality,
        "keep_gps": keep_gps, "keep_date": keep_date, "first_frame": first_frame,
    }  # fmt: skip
    how: RunOptions = {"workers": workers, "engine": engine.value, "address": address, "sheet": sheet}
    if watch:
        _tell(watched(folder_in, folder_out, chain, glob=patterns, resume=resume, force=force, run=how, **asked))
        return
    plan = prepare(folder_in, folder_out, chain, glob=patterns, resume=resume, force=force, **asked)
    _show(plan, plan.run(**how))


def _tell(records: Generator[Record, None, None]) -> None:
    """Say a line for each file, until Ctrl-C, which is how watching ends."""
    from ..batch import Status

    failed = 0
    try:
        with closing(records):
            for record in records:
                if record.status is Status.FAILED:
                    failed += 1
                    say(f"{record.file}: {record.error}")
                else:
                    typer.echo(f"{record.file}: {record.status.value}, {record.faces} faces")
                    sys.stdout.flush()  # whoever reads along waits for it
    except KeyboardInterrupt:
        say("stopped; go on with --watch --resume")
    if failed:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _show(plan: Batch, records: Generator[Record, None, None]) -> None:
    """Take the records, with a progress bar; then say what became of the files."""
    from collections import Counter

    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from ..batch import REPORT, Status

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"))
    counts: Counter[Status] = Counter()
    failures: list[Record] = []
    try:
        with closing(records), progress(*columns, TimeRemainingColumn()) as bar:
            running = bar.add_task("facefx", total=len(plan.files))
            for record in records:
                counts[record.status] += 1
                if record.status is Status.FAILED:
                    failures += [record][: _NAMED_FAILURES - len(failures)]
                    bar.update(running, description=f"facefx, {counts[Status.FAILED]} failed")
                bar.advance(running)
    except KeyboardInterrupt:
        say(f"stopped after {counts.total()} of {len(plan.files)} files; go on with --resume")
        raise
    before = f", {plan.finished} were finished before" if plan.finished else ""
    summary = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status]) or "nothing to do"
    typer.echo(f"{summary}{before}; the report is {plan.folder_out / REPORT}")
    for record in failures:
        say(f"{plan.folder_in / record.file}: {record.error}")
    if failures:
        if counts[Status.FAILED] > len(failures):
            say(f"and {counts[Status.FAILED] - len(failures)} more, which the report names")
        raise typer.Exit(ExitCode.SOME_FAILED)

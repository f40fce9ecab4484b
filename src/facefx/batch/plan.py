"""What there is to do: which files of a folder, where their results go, and what is finished already. Everything that can be
refused is refused here, before any work."""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Unpack

from ..chains.sequence import Chain, check_confidence, load_look
from ..errors import ImageError, OutputError, ParameterError
from ..image.compression import check_quality
from ..image.files import check_suffix, check_target, picture_suffixes
from ..parsing.parser import Parser
from ..shown import shown
from .outputs import checked_folder, exists, is_whole
from .records import Record, Status
from .report import REPORT, read_report
from .running import Batch, RunOptions
from .settings import Settings, SettingsOptions
from .sheet import SHEET

__all__ = ["Options", "prepare", "run"]

_VOID = -1  # no file has this size


class Options(SettingsOptions, RunOptions, total=False):
    """All keyword arguments of `run`: those of `prepare` and of `Batch.run`."""

    glob: str | Sequence[str]
    resume: bool
    force: bool
    may_be_empty: bool


def run(
    folder_in: str | Path, folder_out: str | Path, look: Chain | str | Path, **options: Unpack[Options]
) -> Generator[Record, None, None]:
    """Run a look on all pictures of a folder: `prepare` and `Batch.run` in one, which say what the options mean.

    Refuses at once what `prepare` refuses; the work is done while the records are taken.
    """
    running: dict[str, Any] = {name: value for name, value in options.items() if name in RunOptions.__annotations__}
    planning: dict[str, Any] = {name: value for name, value in options.items() if name not in running}
    return prepare(folder_in, folder_out, look, **planning).run(**running)


def prepare(
    folder_in: str | Path,
    folder_out: str | Path,
    look: Chain | str | Path,
    *,
    glob: str | Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
    may_be_empty: bool = False,
    **options: Unpack[SettingsOptions],
) -> Batch:
    """Plan a batch: find the files, read the report, refuse what cannot work. Writes nothing.

    Parameters
    ----------
    folder_in : all pictures in it and its folders are done, but for hidden ones; links to folders are not followed, and folders
        that hold the results of a batch are passed over.
    folder_out : gets the same tree of results, made if it is missing. May lie in `folder_in`, but not the other way round.
    look : a chain, or the file of a saved look.
    glob : patterns, of which a file must match one; case does not count. One without a slash is for the name, one with a slash
        for the path in `folder_in`, where ``*`` stands for any number of folders too. By default, whatever has the suffix of a
        picture format.
    resume : leave alone what the report in `folder_out` says is finished. Without a report, starts at the beginning.
    force : replace files that are there; without `resume`, start over.
    may_be_empty : plan nothing where there is nothing to do, which is an error otherwise.
    options : what is asked of every file: the fields of `Settings`.

    Raises
    ------
    ImageError
        If `folder_in` is no folder or there is nothing to do in it.
    OutputError
        If two files would become one, a result is there that the report does not know, a folder of results is a link, the folders
        lie in each other, or there is a report and neither `resume` nor `force`, or one of other settings.
    ParameterError, UnknownName, LookError, ModelError
        If what is asked of every file cannot be done.
    """
    settings = Settings(look if isinstance(look, Chain) else load_look(look), **options)
    digest = settings.digest(_checked_parser(settings).identity)
    source, target = Path(folder_in), Path(folder_out)
    _check_folders(source, target)
    patterns = [glob] if isinstance(glob, str) else list(glob)
    files = sorted(_pictures(source, target, [p.lower() for p in patterns]))
    if not files and not may_be_empty:
        wanted = f"that matches {' or '.join(map(repr, patterns))}" if patterns else f"of {', '.join(picture_suffixes())}"
        raise ImageError(f"there is no file {wanted} in {str(source)!r} or its folders")
    _check_outputs_differ(files, settings)
    seen, made = _so_far(target, digest, resume=resume, force=force)
    finished = {file for file in files if file in made and is_whole(target / settings.output_of(file), made[file])}
    left = tuple(file for file in files if file not in finished)
    batch = Batch(source, target, settings, digest, left, len(finished), None if force else frozenset(made), seen)
    _check_targets(batch)
    return batch


def _checked_parser(settings: Settings) -> Parser:
    """Try everything that each file would stumble over; what parses them, if that works."""
    if settings.no_face not in ("error", "copy", "skip"):
        raise ParameterError(f"no_face={shown(settings.no_face)} is not allowed; give 'error', 'copy' or 'skip'")
    if not settings.look.steps:
        raise ParameterError("the look has no steps, so there is nothing to do")
    check_confidence(settings.min_confidence)
    check_quality(settings.file_quality, "file_quality")
    parser = Parser.of(settings.segmenter, settings.detector, settings.quality, settings.person)
    try:
        pickle.dumps(settings)
    except Exception as error:  # whatever an object's own __reduce__ raises
        raise ParameterError(
            f"the segmenter or detector cannot be sent to worker processes: {error}; give its name, or one that can be pickled"
        ) from error
    if settings.suffix is not None:
        check_suffix(settings.suffix)
    return parser


def _check_folders(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise ImageError(f"{str(source)!r} is not a folder; for single pictures there is facefx apply")
    if target.exists() and not target.is_dir():
        raise OutputError(f"{str(target)!r} is not a folder; give one, or the name of one to make")
    if source.resolve().is_relative_to(target.resolve()):
        raise OutputError(
            f"the results cannot go to {str(target)!r}, where the pictures of {str(source)!r} are: they would become the next "
            "run's pictures; give another folder"
        )


def _pictures(source: Path, target: Path, patterns: Sequence[str]) -> Iterator[str]:
    """Paths in `source` of the files to do, with forward slashes; folders of results, of this batch or others, are passed over."""
    suffixes, results = picture_suffixes(), target.resolve()

    def is_wanted(folder: Path) -> bool:
        return not (folder.name.startswith(".") or exists(folder / REPORT) or folder.resolve() == results)

    def refuse(error: OSError) -> None:
        raise ImageError(f"the folder {error.filename!r} cannot be read: {error.strerror}") from error

    for folder, folders, names in os.walk(source, onerror=refuse):
        folders[:] = [name for name in folders if is_wanted(Path(folder, name))]
        inner = PurePosixPath(Path(folder).relative_to(source).as_posix())
        for name in names:
            path = str(inner / name)
            wanted = _matches(path.lower(), patterns) if patterns else Path(name).suffix.lower() in suffixes
            if wanted and not name.startswith("."):
                yield path


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns)


def _check_outputs_differ(files: Sequence[str], settings: Settings) -> None:
    sources: dict[str, str] = {}
    for file in files:
        output = os.path.normcase(settings.output_of(file))
        if output in (REPORT, SHEET):
            raise OutputError(f"{file!r} would become {output!r}, which is the batch's own file; rename the picture")
        if output in sources:
            raise OutputError(
                f"{sources[output]!r} and {file!r} would both become {output!r}; rename one, take one with glob, or give no format"
            )
        sources[output] = file


def _so_far(target: Path, digest: str, *, resume: bool, force: bool) -> tuple[int, dict[str, int | None]]:
    """The size of the report, and for each file that it says had a result how large it is: None where none was wanted, `_VOID`
    where it failed when it was done again."""
    report = target / REPORT
    if not exists(report):
        return 0, {}
    if not resume:
        if force:
            return 0, {}
        raise OutputError(
            f"there is a report of a batch already: {str(report)!r}; go on with resume=True (--resume), or start over with "
            "force=True (--force)"
        )
    made: dict[str, int | None] = {}
    for record in read_report(report):
        if record.settings != digest:
            raise OutputError(
                f"the batch in {str(target)!r} was begun with another look or other options; resume it with the same, or give "
                "another folder, or start over with force=True (--force) alone"
            )
        if record.status is not Status.FAILED:
            made[record.file] = record.bytes
        elif record.file in made:
            made[record.file] = _VOID
    return report.stat().st_size, made


def _check_targets(batch: Batch) -> None:
    """Refuse links among the folders of results, and results that nobody allowed to be replaced."""
    new = not batch.report_size and batch.replaceable is not None
    taken = [SHEET] if new and exists(batch.folder_out / SHEET) else []
    folders: set[PurePosixPath] = set()
    for task in batch.tasks():
        inner = PurePosixPath(task.output).parent
        if inner not in folders:
            checked_folder(batch.folder_out, task.output)
            folders.add(inner)
        path = batch.folder_out / task.output
        if not exists(path):
            continue
        if not task.replace:
            taken.append(task.output)
        else:
            check_target(path, force=True)
    if taken:
        raise OutputError(
            f"{len(taken)} of the results are in {str(batch.folder_out)!r} already, and no report says that a batch made them "
            f"({taken[0]!r} is the first); give another folder, or replace them with force=True (--force)"
        )

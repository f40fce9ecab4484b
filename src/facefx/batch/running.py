"""A planned batch, and doing it: an engine has the files done; here alone the report is written and results get to their places."""

from __future__ import annotations

import secrets
import shutil
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypedDict, Unpack

from ..errors import OutputError, ParameterError
from ..shown import shown
from .local_engine import run_local
from .outputs import make_folder_for, publish
from .records import Record, Setup, Status, Task
from .report import ReportFile
from .settings import Settings
from .sheet import contact_sheet
from .worker import core_count, thread_count

__all__ = ["Batch", "RunOptions", "run_batch"]

_STAGING = ".facefx-batch-"


class RunOptions(TypedDict, total=False):
    """The keyword arguments of `Batch.run`."""

    workers: int | None
    engine: Literal["local", "ray"]
    address: str | None
    sheet: bool


@dataclass(frozen=True)
class Batch:
    """What there is to do, as `facefx.batch.prepare` plans it; `run` does it.

    Attributes
    ----------
    folder_in, folder_out : where the pictures are and the results go.
    settings : what is asked of every file.
    digest : what tells these settings, and the models behind them, from others; it stands in each line of the report.
    files : paths in `folder_in` of the files to do, sorted, with forward slashes.
    finished : how many files are not among them because they are finished.
    """

    folder_in: Path
    folder_out: Path
    settings: Settings
    digest: str
    files: tuple[str, ...] = field(repr=False)
    finished: int
    replaceable: frozenset[str] | None = field(repr=False)  # files whose results may be replaced; None: all
    report_size: int  # bytes of the report that were taken into account; 0: none, it starts anew

    def tasks(self) -> Iterator[Task]:
        """One for every file, in order."""
        for index, file in enumerate(self.files):
            replace = self.replaceable is None or file in self.replaceable
            yield Task(index, file, self.settings.output_of(file), replace)

    def run(
        self,
        *,
        workers: int | None = None,
        engine: Literal["local", "ray"] = "local",
        address: str | None = None,
        sheet: bool = True,
    ) -> Generator[Record, None, None]:
        """Do what was planned, and yield the record of each file once it is in the report and its result in its place.

        Stopping early (closing the iterator, Ctrl-C, ``kill -9``) leaves what is done; `prepare` with ``resume=True`` plans the
        rest. Results do not depend on the engine or the number of workers.

        Parameters
        ----------
        workers : how many processes, each with a model of its own; by default as many as there are cores. The cores are shared out
            among them, unless FACEFX_THREADS says how many threads each may use.
        engine : ``"local"``, or ``"ray"`` for Ray Data, which needs the extra ``facefx[ray]``.
        address : of a Ray cluster, whose machines must all see both folders under these names; by default Ray is started here.
        sheet : whether to make a contact sheet at the end, ``facefx-batch.jpg``; of results alone if the look hides people.

        Raises
        ------
        OutputError
            If another batch is writing to the folder, or the report cannot be written.
        MissingExtra
            If Ray is asked for and not installed.
        FacefxError
            What every file would meet, such as a broken model or a full disk.
        """
        if workers is not None and workers < 1:
            raise ParameterError(f"workers={workers} is not allowed; give a whole number, at least 1")
        if engine not in ("local", "ray"):
            raise ParameterError(f"engine={shown(engine)} is not allowed; give 'local' or 'ray'")
        if address is not None and engine != "ray":
            raise ParameterError("an address is for the Ray engine; give engine='ray' (--engine ray) with it")
        return _run(self, workers, engine, address, sheet)


def run_batch(batch: Batch, **options: Unpack[RunOptions]) -> Generator[Record, None, None]:
    """The old name of `Batch.run`; it goes away with 1.0."""
    warnings.warn("run_batch(batch, ...) is batch.run(...) now; it goes away in 1.0", DeprecationWarning, stacklevel=2)
    return batch.run(**options)


def _run(batch: Batch, workers: int | None, engine: str, address: str | None, sheet: bool) -> Generator[Record, None, None]:
    _make_folder(batch.folder_out)
    with ReportFile(batch.folder_out, batch.report_size) as report:
        with _staging(batch.folder_out) as staging:
            setup = Setup(batch.settings, batch.digest, batch.folder_in.resolve(), staging.resolve(), 1)
            for task, record in _outcomes(setup, batch, workers, engine, address):
                yield _kept(report, batch.folder_out, staging / str(task.index), task, record)
        if sheet:
            contact_sheet(batch.folder_in, batch.folder_out, before=not batch.settings.look.private)


def _outcomes(setup: Setup, batch: Batch, workers: int | None, engine: str, address: str | None) -> Iterator[tuple[Task, Record]]:
    if engine == "ray":
        from .ray_engine import run_ray

        return run_ray(setup, batch.tasks(), len(batch.files), workers, address)
    count = min(workers or core_count(), max(len(batch.files), 1))
    return run_local(replace(setup, threads=thread_count(count)), batch.tasks(), count)


def _kept(report: ReportFile, root: Path, staged: Path, task: Task, record: Record) -> Record:
    """Write the record, then move the result: so there is never a result that the report does not know."""
    if record.output is None:
        report.append(record)
        return record
    try:
        make_folder_for(root, record.output, replace=task.replace)
        report.append(record)
        publish(staged, root, record.output)
    except OutputError as error:
        record = replace(record, status=Status.FAILED, output=None, bytes=None, error=str(error))
        report.append(record)
    return record


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {str(folder)!r} cannot be made: {error.strerror or error}.") from error


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden folder for results that are not in their place yet. Those of runs that were killed go; a worker of theirs that
    lives on then has nowhere to write."""
    for old in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(old, ignore_errors=True)
    staging = folder / f"{_STAGING}{secrets.token_hex(8)}"
    try:
        staging.mkdir()
        yield staging
    finally:
        try:
            shutil.rmtree(staging, ignore_errors=True)
        except BaseException:  # Ctrl-C comes when it will; nothing of the folder may stay
            shutil.rmtree(staging, ignore_errors=True)
            raise

"""The same work on Ray Data: actors on this machine or on a cluster, each with a model of its own.

Ray restarts an actor that died and gives its block of files to one again. So that no file of the block is done twice, each
worker keeps notes in the staging folder, which all machines share: how often a file was begun, and its record once it is done.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from ..errors import FacefxError, MissingExtra
from .records import Record, Setup, Task
from .worker import MAX_DEATHS, Worker, core_count, death_record, thread_count

__all__ = ["run_ray"]

#: Files that are handed out together: enough that Ray's own work per block does not count, few enough that all are kept busy.
_MOST_PER_BLOCK, _BLOCKS_PER_WORKER = 16, 8
#: Ray's store of objects holds only names and records here; by default it would take a third of the memory.
_STORE_BYTES = 200 << 20


def run_ray(
    setup: Setup, tasks: Iterable[Task], count: int, workers: int | None, address: str | None
) -> Iterator[tuple[Task, Record]]:
    """Have `count` tasks done, each once, in no particular order. See `facefx.batch.Batch.run` for the rest."""
    try:
        import pyarrow
        import ray
        import ray.data
    except ImportError:
        raise MissingExtra("Ray, which runs batches past one machine,", "ray") from None

    with _session(ray, workers, address):
        cores = int(ray.cluster_resources().get("CPU", 1))
        workers = max(1, min(workers or cores, count))
        setup = replace(setup, threads=1 if address else thread_count(workers))
        size = max(1, min(_MOST_PER_BLOCK, count // (workers * _BLOCKS_PER_WORKER)))
        blocks = [pyarrow.table({"task": [pickle.dumps(task) for task in some]}) for some in _chunks(tasks, size)]
        if not blocks:
            return
        done = ray.data.from_arrow(blocks).map_batches(
            _RayWorker,
            fn_constructor_args=(setup,),
            batch_size=None,
            num_cpus=min(setup.threads, cores / workers),
            compute=ray.data.ActorPoolStrategy(size=workers),
        )
        for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
            for packed in batch["answer"]:
                answer = pickle.loads(packed)
                if isinstance(answer, FacefxError):
                    raise answer
                task, record = answer
                yield task, record
                _Notes(setup, task).remove()


class _RayWorker:
    """An actor's state: one worker with its model."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.worker: Worker | None = None

    def __call__(self, block: dict[str, Any]) -> dict[str, list[bytes]]:
        answers: list[bytes] = []
        for packed in block["task"]:
            task: Task = pickle.loads(packed)
            try:
                answers.append(pickle.dumps((task, self._record(task))))
            except FacefxError as error:  # Ray would wrap it, and try again
                return {"answer": [pickle.dumps(error)]}
        return {"answer": answers}

    def _record(self, task: Task) -> Record:
        notes = _Notes(self.setup, task)
        record = notes.record()
        if record is None:
            self.worker = self.worker or Worker(self.setup)
            record = self.worker(task) if notes.begin() <= MAX_DEATHS else death_record(self.setup, task)
            notes.done(record)
        return record


class _Notes:
    """What workers of one run leave to each other about a task, as files in the staging folder."""

    def __init__(self, setup: Setup, task: Task) -> None:
        self.begun = setup.staging / f"{task.index}.begun"
        self.finished = setup.staging / f"{task.index}.json"

    def begin(self) -> int:
        """Note that the task is begun, and say how often it has been."""
        with self.begun.open("ab") as file:
            file.write(b".")
            return file.tell()

    def done(self, record: Record) -> None:
        unfinished = self.finished.with_suffix(".part")
        unfinished.write_text(record.to_json())
        unfinished.replace(self.finished)

    def record(self) -> Record | None:
        """The task's record if it is done."""
        try:
            return Record.from_json(self.finished.read_text())
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        self.finished.unlink(missing_ok=True)
        self.begun.unlink(missing_ok=True)


def _chunks(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    waiting = iter(tasks)
    while some := list(islice(waiting, size)):
        yield some


@contextmanager
def _session(ray: Any, workers: int | None, address: str | None) -> Iterator[None]:
    """A connection to Ray, quiet; one that the caller has made already is used and left open."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # facefx does not use the network for itself
    here = {"num_cpus": max(workers or 0, core_count()), "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **({} if address else here))
    except Exception as error:  # Ray raises errors of many kinds, plain Exception too
        where = f"reached at {address!r}" if address else "started on this machine"
        raise FacefxError(f"Ray cannot be {where}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()

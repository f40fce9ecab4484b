"""Several worker processes on this machine. One that dies is replaced, and the file it had is tried once more."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from ..errors import FacefxError
from .records import Record, Setup, Task
from .worker import MAX_DEATHS, Worker, death_record

__all__ = ["run_local"]

#: After so many workers in a row that died before they were ready, there is no use in starting another.
_MAX_FALSE_STARTS = 3
_READY = "ready"


def run_local(setup: Setup, tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Record]]:
    """Have the tasks done, each once, in no particular order.

    Raises
    ------
    FacefxError
        What a worker raised, or if workers die as they start.
    """
    waiting, again = iter(tasks), deque[Task]()
    deaths, false_starts = Counter[int](), 0
    started = [_WorkerProcess.start(setup, task) for task in islice(waiting, workers)]
    try:
        while started:
            for pipe in wait([worker.pipe for worker in started]):
                worker = next(worker for worker in started if worker.pipe is pipe)
                task, answer = worker.task, worker.answer()
                if isinstance(answer, FacefxError):
                    raise answer
                if answer == _READY:
                    worker.ready, false_starts = True, 0
                    continue
                if answer is None and worker.ready:
                    deaths[task.index] += 1
                    if deaths[task.index] == MAX_DEATHS:
                        answer = death_record(setup, task)
                elif answer is None:
                    false_starts += 1
                    if false_starts == _MAX_FALSE_STARTS:
                        raise _cannot_start(worker)
                if answer is None:
                    again.append(task)
                _next_task(setup, started, worker, again.popleft() if again else next(waiting, None))
                if isinstance(answer, Record):
                    yield task, answer
    finally:
        for worker in started:
            worker.stop()


def _next_task(setup: Setup, started: list[_WorkerProcess], worker: _WorkerProcess, task: Task | None) -> None:
    """Give a worker something to do, or send it away; a dead one is replaced."""
    if task is not None and not worker.dead:
        worker.give(task)
        return
    worker.stop()
    started.remove(worker)
    if task is not None:
        started.append(_WorkerProcess.start(setup, task))


@dataclass
class _WorkerProcess:
    """A worker process, seen from this one, with the task it has."""

    process: BaseProcess
    pipe: Connection
    task: Task
    ready: bool = False
    dead: bool = False

    @classmethod
    def start(cls, setup: Setup, task: Task) -> _WorkerProcess:
        # spawned, not forked: a fork of a process with threads (OpenCV's, onnxruntime's) may hang
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, setup.threads), daemon=True)
        with _without_ctrl_c():
            process.start()
        theirs.close()  # or its end would not be noticed
        worker = cls(process, ours, task)
        worker.send(setup)
        worker.give(task)
        return worker

    def give(self, task: Task) -> None:
        self.task = task
        self.send(task)

    def send(self, what: Setup | Task) -> None:
        with suppress(OSError):  # it died this moment: the pipe will say so
            self.pipe.send(what)

    def answer(self) -> object:
        """What the worker sent; None if it is dead."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self.dead = True
            self.process.join(5)  # it is on its way out, and its exit code is of interest
            return None

    def stop(self) -> None:
        self.process.kill()  # its results count only once they are in their place, so there is nothing to lose
        self.process.join()
        self.pipe.close()


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, which goes to the whole group; this one sees it once they are whole."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # the first process starts it, and that lifts the mask
    came: list[int] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit it
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))  # another thread may still be interrupted
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if came:
            signal.raise_signal(signal.SIGINT)


def _serve(pipe: Connection, threads: int) -> None:
    """The life of a worker process; ends when the other side of the pipe is gone."""
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)  # numpy reads it as it loads: with the setup
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where no mask is inherited, as on Windows
    with suppress(EOFError, OSError):
        try:
            worker = Worker(pipe.recv())
            pipe.send(_READY)
            while True:
                pipe.send(worker(pipe.recv()))
        except FacefxError as error:
            pipe.send(error)


def _cannot_start(worker: _WorkerProcess) -> FacefxError:
    return FacefxError(
        f"worker processes end as they start (the last with exit code {worker.process.exitcode}): there may be too little memory "
        "for so many, or a script calls facefx.batch outside of `if __name__ == '__main__':`"
    )

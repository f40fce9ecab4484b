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
from .work import MAX_DEATHS, Worker, death_record

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
    hands = [_Hand.hire(setup, task) for task in islice(waiting, workers)]
    try:
        while hands:
            for pipe in wait([hand.pipe for hand in hands]):
                hand = next(hand for hand in hands if hand.pipe is pipe)
                task, answer = hand.task, hand.answer()
                if isinstance(answer, FacefxError):
                    raise answer
                if answer == _READY:
                    hand.ready, false_starts = True, 0
                    continue
                if answer is None and hand.ready:
                    deaths[task.index] += 1
                    if deaths[task.index] == MAX_DEATHS:
                        answer = death_record(setup, task)
                elif answer is None:
                    false_starts += 1
                    if false_starts == _MAX_FALSE_STARTS:
                        raise _cannot_start(hand)
                if answer is None:
                    again.append(task)
                _next_task(setup, hands, hand, again.popleft() if again else next(waiting, None))
                if isinstance(answer, Record):
                    yield task, answer
    finally:
        for hand in hands:
            hand.dismiss()


def _next_task(setup: Setup, hands: list[_Hand], hand: _Hand, task: Task | None) -> None:
    """Give a worker something to do, or send it away; a dead one is replaced."""
    if task is not None and not hand.dead:
        hand.give(task)
        return
    hand.dismiss()
    hands.remove(hand)
    if task is not None:
        hands.append(_Hand.hire(setup, task))


@dataclass
class _Hand:
    """A worker process, seen from this one, with the task it has."""

    process: BaseProcess
    pipe: Connection
    task: Task
    ready: bool = False
    dead: bool = False

    @classmethod
    def hire(cls, setup: Setup, task: Task) -> _Hand:
        # spawned, not forked: a fork of a process with threads (OpenCV's, onnxruntime's) may hang
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, setup.threads), daemon=True)
        with _holding_ctrl_c_back():
            process.start()
        theirs.close()  # or its end would not be noticed
        hand = cls(process, ours, task)
        hand.send(setup)
        hand.give(task)
        return hand

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

    def dismiss(self) -> None:
        self.process.kill()  # its results count only once they are in their place, so there is nothing to lose
        self.process.join()
        self.pipe.close()


@contextmanager
def _holding_ctrl_c_back() -> Iterator[None]:
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


def _cannot_start(hand: _Hand) -> FacefxError:
    return FacefxError(
        f"worker processes end as they start (the last with exit code {hand.process.exitcode}): there may be too little memory for "
        "so many, or a script calls facefx.batch outside of `if __name__ == '__main__':`"
    )

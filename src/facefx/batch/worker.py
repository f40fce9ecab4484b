"""The work on one file, in a worker process."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ..errors import FacefxError, NoFaceFound, OutputError
from .records import Record, Setup, Status, Task

if TYPE_CHECKING:
    from ..image.animation import Animation

__all__ = ["MAX_DEATHS", "Worker", "core_count", "death_record", "thread_count"]

#: A file at which this many workers died is given up.
MAX_DEATHS = 2
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def core_count() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_count(workers: int) -> int:
    """Threads for each of so many workers on this machine: FACEFX_THREADS if set, else an equal share of the cores."""
    from ..inference import runtime

    given = os.environ.get("FACEFX_THREADS")
    return runtime.thread_count(given) if given else max(1, core_count() // workers)


class Worker:
    """Does one file after the other, with one session of the model.

    Raises
    ------
    FacefxError
        What every file would meet: an unknown name, a broken model, a full disk.
    """

    def __init__(self, setup: Setup) -> None:
        import cv2

        from ..parsing.parser import Parser

        os.environ["FACEFX_THREADS"] = str(setup.threads)
        cv2.setNumThreads(setup.threads)
        self.setup = setup
        asked = setup.settings
        self.parser = Parser.of(asked.segmenter, asked.detector, asked.quality, asked.person)

    def __call__(self, task: Task) -> Record:
        """What became of the file; its result, if there is one, lies in the staging folder under the task's index."""
        start = perf_counter()
        try:
            status, faces, size, declined, dropped = self._work(task)
        except Exception as error:  # a plugin or a decoder may raise anything at all, and the next file may be good
            if not getattr(error, "of_one_picture", True):
                raise
            if isinstance(error, OutputError) and getattr(error.__cause__, "errno", None) in _DISK_FULL:
                raise
            text = str(error) if isinstance(error, FacefxError) else f"{type(error).__name__}: {error}"
            return self._record(task, Status.FAILED, perf_counter() - start, error=text)
        return self._record(task, status, perf_counter() - start, faces=faces, size=size, declined=declined, dropped=dropped)

    def _work(self, task: Task) -> tuple[Status, int, int | None, tuple[str, ...], tuple[str, ...]]:
        """Status, number of faces, bytes written, what was declined, what was left out beside the picture."""
        from ..image.animation import open_animation
        from ..image.files import format_of
        from ..image.picture import open_image, save_image

        settings, source = self.setup.settings, self.setup.folder_in / task.file
        format = format_of(Path(task.output))
        animation = None if settings.first_frame else open_animation(source)
        if animation is not None:
            return self._work_on_frames(animation, task)
        picture = open_image(source, first_frame=True)
        result = settings.look.run(
            picture,
            segmenter=self.parser.segmenter,
            detector=self.parser.detector,
            person=self.parser.person,
            require_face=False,
            min_confidence=settings.min_confidence,
        )
        faces, has_work = len(result.scene.everyone), settings.look.finds_work(result.scene)
        if self._is_passed_over(has_work, source):
            return Status.SKIPPED, 0, None, (), ()
        staged = self.setup.staging / str(task.index)
        save_image(
            result.picture, staged, force=True, format=format, quality=settings.file_quality, keep_gps=settings.keep_gps,
            date_of=source if settings.keep_date else None,
        )  # fmt: skip
        done = Status.DONE if has_work else Status.COPIED
        return done, faces, staged.stat().st_size, tuple(map(str, result.declined)), result.dropped

    def _work_on_frames(self, animation: Animation, task: Task) -> tuple[Status, int, int | None, tuple[str, ...], tuple[str, ...]]:
        """The same of a file of several pictures; its faces are those of the frame with the most."""
        from ..image.files import write_file
        from ..video.animation import edit_animation

        asked = self.setup.settings
        data, done = edit_animation(
            animation, Path(task.output), asked.look, self.parser, asked.min_confidence, asked.file_quality, keep_gps=asked.keep_gps
        )
        if self._is_passed_over(done.has_work, self.setup.folder_in / task.file):
            return Status.SKIPPED, 0, None, (), ()
        staged = self.setup.staging / str(task.index)
        write_file(data, staged, force=True, date_of=self.setup.folder_in / task.file if asked.keep_date else None)
        status = Status.DONE if done.has_work else Status.COPIED
        return status, done.most_faces, len(data), tuple(map(str, done.declined)), done.dropped

    def _is_passed_over(self, has_work: bool, source: Path) -> bool:
        """Whether nothing is written for want of a face. Raises `NoFaceFound` if that is an error."""
        if not has_work and self.setup.settings.no_face == "error":
            raise NoFaceFound(
                f"no face was found in {str(source)!r}; pass such pictures through with no_face='copy' (--no-face copy), "
                "or over with 'skip'"
            )
        return not has_work and self.setup.settings.no_face == "skip"

    def _record(
        self,
        task: Task,
        status: Status,
        seconds: float,
        *,
        faces: int = 0,
        size: int | None = None,
        error: str | None = None,
        declined: tuple[str, ...] = (),
        dropped: tuple[str, ...] = (),
    ) -> Record:
        output = None if size is None else task.output
        return Record(task.file, status, output, size, faces, round(seconds, 4), error, self.setup.digest, declined, dropped)


def death_record(setup: Setup, task: Task) -> Record:
    """The record of a file at which too many workers died."""
    error = (
        f"{MAX_DEATHS} worker processes died while they had this file, the last one without a word: it may need more memory "
        "than there is, or crash a decoder"
    )
    return Record(task.file, Status.FAILED, None, None, 0, 0.0, error, setup.digest)

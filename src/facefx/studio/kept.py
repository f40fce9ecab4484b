"""What a page has begun and not ended: a page that is closed says nothing, so there are only so many, and only for so long."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar

from ..errors import ParameterError

__all__ = ["Kept"]


class Endable(Protocol):
    """A job with something on disk."""

    @property
    def is_busy(self) -> bool:
        """Whether it is at work, so that only its page or its age may end it."""
        ...

    def end(self) -> None:
        """Stop, and free what it holds. Called once."""
        ...


Job = TypeVar("Job", bound=Endable)


class Kept(Generic[Job]):
    """Jobs by names that nobody guesses.

    Parameters
    ----------
    most : so many; the one that was not asked for longest, and is not busy, makes room for another.
    seconds : so long after it was last asked for one is ended.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._jobs: OrderedDict[str, tuple[Job, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def make_room(self) -> None:
        """Raise `ParameterError` if there is no room for another one, and nothing that could make it."""
        with self._lock:
            while len(self._jobs) >= self._most:
                idle = next((key for key, (job, _) in self._jobs.items() if not job.is_busy), None)
                if idle is None:
                    raise ParameterError(f"{self._most} are at work already, which is as many as there may be; end one, or wait")
                self._jobs.pop(idle)[0].end()

    def add(self, job: Job) -> str:
        """Keep it, and give its name. Raises `ParameterError`, see `make_room`, having ended it."""
        try:
            self.make_room()
        except ParameterError:
            job.end()
            raise
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._jobs[key] = job, time.monotonic()
            self._look_again()
        return key

    def __getitem__(self, key: str) -> Job:
        """The one of that name, which begins to age anew. Raises `ParameterError`."""
        with self._lock:
            if key not in self._jobs:
                raise ParameterError("this is not there any more: it was ended, or the studio was started again; start it again")
            job, _ = self._jobs.pop(key)
            self._jobs[key] = job, time.monotonic()
            return job

    def end(self, key: str) -> None:
        """End the one of that name, if it is there."""
        with self._lock:
            found = self._jobs.pop(key, None)
        if found:
            found[0].end()

    def end_old(self) -> None:
        """End those that nobody asked for in a long time."""
        with self._lock:
            old = [key for key, (_, asked) in self._jobs.items() if time.monotonic() - asked >= self._seconds]
            ended = [self._jobs.pop(key)[0] for key in old]
            self._timer = None
            self._look_again()
        for job in ended:
            job.end()

    def close(self) -> None:
        """End all of them: the studio stops."""
        with self._lock:
            ended = [job for job, _ in self._jobs.values()]
            self._jobs.clear()
            if self._timer:
                self._timer.cancel()
        for job in ended:
            job.end()

    def _look_again(self) -> None:
        """See to it that `end_old` is called when the oldest will be old."""
        if self._timer is None and self._jobs:
            asked = next(iter(self._jobs.values()))[1]
            self._timer = threading.Timer(max(asked + self._seconds - time.monotonic(), 0.05), self.end_old)
            self._timer.daemon = True
            self._timer.start()

"""The probabilities of a crop that follows a face: what the network says of it, quietened by what it said of the frames before."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np

from .mask_smoothing import Change

__all__ = ["Steadied"]

#: So many frames are remembered for what nobody has asked of them yet: more than are parsed before the first of them is edited.
REMEMBERED = 4


class Steadied:
    """`Probabilities`, (C, S, S), of which each class is made when it is first asked for, and kept.

    A frame's effects ask for a few of nineteen classes, and those alone are carried from frame to frame.

    Parameters
    ----------
    parsed : (C, S, S) float32, what the network says of a face's first frame.
    """

    def __init__(self, parsed: np.ndarray) -> None:
        self.shape = parsed.shape
        self._parsed: np.ndarray | None = parsed
        self._before: tuple[Steadied, Change, float] | None = None
        self._made: dict[int, np.ndarray] = {}
        self._lock = Lock()

    def next(self, change: Change, parsed: np.ndarray | None = None, smoothing: float = 0.0) -> Steadied:
        """Those of the next frame.

        Parameters
        ----------
        change : what became of this frame's crop on that one's.
        parsed : (C, S, S) float32, what the network says of it; None if it is not asked and all is carried along.
        smoothing : the share of what is carried in what is new where nothing changed; the change must tell where that is.
        """
        after = Steadied.__new__(Steadied)
        after.shape = self.shape
        after._parsed, after._before = parsed, (self, change, smoothing)
        after._made, after._lock = {}, Lock()
        after._forget()
        return after

    def __getitem__(self, classes: Any) -> np.ndarray:
        wanted = np.arange(self.shape[0])[classes]
        if wanted.ndim == 0:
            return self._of(int(wanted))
        return np.stack([self._of(int(index)) for index in wanted]) if wanted.size else np.zeros((0, *self.shape[1:]), np.float32)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self._of(index) for index in range(self.shape[0]))

    def make_all(self) -> None:
        """Make all classes now, for those who may ask for any, and much later."""
        for index in range(self.shape[0]):
            self._of(index)

    def copy(self) -> np.ndarray:
        """All classes, as an array of one's own."""
        return self[:]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (self[:],)  # what a lock cannot be sent along with

    def _of(self, index: int) -> np.ndarray:
        with self._lock:  # asked by the threads that edit this frame and by that which parses the next ones
            if index not in self._made:
                self._made[index] = self._steadied(index)
            return self._made[index]

    def _steadied(self, index: int) -> np.ndarray:
        if self._before is None:
            assert self._parsed is not None
            return self._parsed[index]
        before, change, smoothing = self._before
        if self._parsed is None:
            return change.carried(before._of(index))
        new = self._parsed[index]
        if not smoothing or change.same is None:
            return new
        steadied = change.carried(before._of(index))
        steadied -= new
        steadied *= np.float32(smoothing) * change.same
        steadied += new
        return steadied

    def _forget(self) -> None:
        """Let go of the frames of long ago; what was asked of them lives on in what came after."""
        frames = [self]
        while (link := frames[-1]._before) is not None:
            frames.append(link[0])
        last = next((frame for frame in frames[REMEMBERED:] if frame._parsed is not None), None)
        if last is not None and last._before is not None:
            _ = last[sorted(set().union(*(tuple(frame._made) for frame in frames[frames.index(last) + 1 :])))]
            last._before = None

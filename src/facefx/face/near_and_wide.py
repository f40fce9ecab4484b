"""What the network says of a near crop and of one twice as wide, as one; the wide one is looked at once it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from threading import RLock
from typing import Any

import cv2
import numpy as np

from .values import FaceParsing, Probabilities

__all__ = ["NearAndWide", "merged", "near_parsing"]


class NearAndWide:
    """`Probabilities`, (C, 2 S, 2 S), of a crop and of one twice as wide, with the near one in its middle.

    The wide one shows no parts of a face beyond the near one, so lips, eyes and skin are answered by the near one alone. The
    network looks at the wide one when hair, neck, clothing or background are asked for, once. Classes are put together when they
    are asked for: all of them would take twice the memory of the two crops, for each face of a picture.

    Parameters
    ----------
    near : (C, S, S) float32; also an attribute.
    ending : the classes that end within the near crop.
    wide : gives (C, S, S) float32 of the wide one; asked once.
    down : how much farther down the wide one reaches than with the near one in its middle, in pixels of both together.
    """

    def __init__(self, near: Probabilities, ending: frozenset[int], wide: Callable[[], np.ndarray], down: int = 0) -> None:
        self.near, self._ending, self._look, self.down = near, ending, wide, down
        self._middle = near
        self._unwanted: Callable[[Probabilities], np.ndarray] | None = None
        self._wide: np.ndarray | None = None
        self._emptied: np.ndarray | None = None
        self._lock = RLock()
        classes, size, _ = near.shape
        self.shape = classes, 2 * size, 2 * size

    def emptied(self, near: np.ndarray, unwanted: Callable[[Probabilities], np.ndarray]) -> NearAndWide:
        """The same with another near crop, and some of the pixels of the whole made background as soon as they are needed.

        Parameters
        ----------
        unwanted : is given the whole, (C, 2 S, 2 S), and says where, (2 S, 2 S) bool.
        """
        other = NearAndWide(near, self._ending, self._look, self.down)
        other._middle, other._unwanted = self._middle, unwanted
        return other

    def ends_near(self, classes: Iterable[int]) -> bool:
        """Whether these classes are answered by the near crop alone."""
        return self._ending.issuperset(classes)

    def __getitem__(self, classes: Any) -> np.ndarray:
        if isinstance(classes, list) and self.ends_near(classes):
            return self._in_the_middle(self.near[classes])
        indices = np.arange(self.shape[0])[classes]
        return self._both(indices) if indices.ndim else self._both(indices[None])[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self.shape[0]))

    def copy(self) -> np.ndarray:
        """All classes, as an array of one's own."""
        return np.array(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with what the network says of the wide crop, since another process cannot ask it."""
        wide = self._seen()
        return _looked_at, (self.near, self._ending, self._middle, wide, self._emptied, self.down)

    def total(self, classes: list[int]) -> np.ndarray:
        """The sum of some classes, (2 S, 2 S): summed before they are put together, which is enlarging them."""
        if self.ends_near(classes):
            return self._in_the_middle(self.near[classes].sum(axis=0)[None])[0]
        wide = self._seen()
        result = merged(self._middle[classes].sum(axis=0)[None], wide[classes].sum(axis=0)[None], self.down)[0]
        if self._emptied is not None:
            result[self._emptied] = 0 in classes
        return result

    def _in_the_middle(self, values: np.ndarray) -> np.ndarray:
        """(K, S, S) of the near crop as (K, 2 S, 2 S), with nothing around."""
        result = np.zeros((len(values), *self.shape[1:]), np.float32)
        result[:, *_place(values.shape[-1], self.down)] = values
        return result

    def _both(self, indices: np.ndarray) -> np.ndarray:
        """(K, 2 S, 2 S) of K classes."""
        wide, which = self._seen(), indices.tolist()
        result = merged(self._middle[which], wide[which], self.down)
        if self._emptied is not None:
            for classified, index in zip(result, which, strict=True):
                classified[self._emptied] = index == 0
        return result

    def _seen(self) -> np.ndarray:
        """What the network says of the wide crop; it looks at the first call."""
        with self._lock:
            if self._wide is None:
                wide = self._look()
                if self._unwanted:
                    where = self._unwanted(NearAndWide(self._middle, frozenset(), lambda: wide, self.down))
                    self._emptied = where if where.any() else None
                self._wide = wide
            return self._wide


def merged(near: np.ndarray, wide: np.ndarray, down: int = 0) -> np.ndarray:
    """Probabilities of some classes on a crop, and on one twice as wide, (K, S, S) each, as (K, 2 S, 2 S) of the wide one.

    `down` as for `NearAndWide`.
    """
    size = wide.shape[-1]
    result = np.empty((len(wide), 2 * size, 2 * size), np.float32)
    for index, values in enumerate(wide):
        result[index] = cv2.resize(values, (2 * size, 2 * size), interpolation=cv2.INTER_LINEAR)
    # Where the picture itself ends the near crop needs no second opinion, but a fade there does no harm either.
    inner = (slice(None), *_place(size, down))
    result[inner] += _faded(size) * (near - result[inner])
    return result


def _place(size: int, down: int) -> tuple[slice, slice]:
    """Where a near crop of that size lies in the wide one."""
    top, left = size // 2 - down, size // 2
    return slice(top, top + size), slice(left, left + size)


@lru_cache(maxsize=4)
def _faded(size: int) -> np.ndarray:
    """How much the near crop counts: (S, S) float32, 1 but for its border."""
    fade = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5) / (0.12 * size)
    return np.clip(np.minimum(fade[:, None], fade[None, :]), 0, 1).astype(np.float32)


def near_parsing(parsing: FaceParsing) -> FaceParsing:
    """The near crop alone, of a parsing that has one; else the parsing itself."""
    if not isinstance(parsing.probabilities, NearAndWide):
        return parsing
    affine = parsing.affine.copy()
    affine[:, 2] -= parsing.size // 4
    affine[1, 2] += parsing.probabilities.down
    return FaceParsing(parsing.probabilities.near, parsing.scheme, affine)


def _looked_at(
    near: Probabilities, ending: frozenset[int], middle: Probabilities, wide: np.ndarray, emptied: np.ndarray | None, down: int
) -> NearAndWide:
    """One whose wide crop has been looked at."""
    both = NearAndWide(near, ending, lambda: wide, down)
    both._middle, both._wide, both._emptied = middle, wide, emptied
    return both

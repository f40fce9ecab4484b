"""A close look at a face and a wide one, as one parsing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np

from ..face.values import FaceParsing
from ..parsing.wide import widened

__all__ = ["both"]


class _TwoLooks:
    """Probabilities, (C, 2 S, 2 S), that are put together class by class when they are asked for.

    A frame's effects ask for a few classes; making all nineteen took longer than any other step but the network.
    """

    def __init__(self, near: FaceParsing, wide: np.ndarray) -> None:
        self._near, self._wide = near, wide
        classes, size, _ = wide.shape
        self.shape = classes, 2 * size, 2 * size
        self.dtype = wide.dtype

    def __getitem__(self, classes: Any) -> np.ndarray:
        if isinstance(classes, int | np.integer):
            return np.asarray(self[[classes]][0])
        near = FaceParsing(self._near.probabilities[classes], self._near.scheme, self._near.affine)
        if not len(near.probabilities):
            return np.zeros((0, *self.shape[1:]), np.float32)
        return widened(near, self._wide[classes]).probabilities

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self.shape[0]))

    def copy(self) -> np.ndarray:
        return self[:]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def both(near: FaceParsing, wide: np.ndarray) -> FaceParsing:
    """A parsing twice as large as `near`: `wide`, (C, S, S) on a crop twice as wide, with `near` in its middle."""
    affine = near.affine.copy()
    affine[:, 2] += near.size // 2
    return FaceParsing(cast(np.ndarray, _TwoLooks(near, wide)), near.scheme, affine)

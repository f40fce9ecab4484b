"""A near crop of a face and a wide one as one parsing, whose classes are put together only when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..face.values import FaceParsing
from ..parsing.wide import merged, widened_affine

__all__ = ["NearAndWide", "near_and_wide"]


class NearAndWide:
    """`Probabilities`, (C, 2 S, 2 S), of a crop and of one twice as wide: those of the near one in the wide one's middle.

    A frame's effects ask for a few classes; making all nineteen took longer than any other step but the network.

    Parameters
    ----------
    near, wide : (C, S, S) float32.
    """

    def __init__(self, near: np.ndarray, wide: np.ndarray) -> None:
        self._near, self._wide = near, wide
        classes, size, _ = wide.shape
        self.shape = classes, 2 * size, 2 * size

    def __getitem__(self, classes: Any) -> np.ndarray:
        if isinstance(classes, int | np.integer):
            return np.asarray(self[[classes]][0])
        return merged(self._near[classes], self._wide[classes])

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self.shape[0]))

    def copy(self) -> np.ndarray:
        """All classes, as an array."""
        return self[:]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def near_and_wide(near: FaceParsing, wide: np.ndarray) -> FaceParsing:
    """A parsing twice as large as `near`: `wide`, (C, S, S) on a crop twice as wide, with `near` in its middle."""
    return FaceParsing(NearAndWide(np.asarray(near.probabilities), wide), near.scheme, widened_affine(near))

"""Several faces in a frame: what lies nearer to another one, in face sides, is the other's hair or neck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..face.face import Face
from ..face.values import Box, FaceParsing, Probabilities
from ..pixels import geometry

__all__ = ["without_others"]


def without_others(face: Face, others: Sequence[Box]) -> Face:
    """As `facefx.face.postprocessing.without_others`, but for the classes only that are asked for, and when they are."""
    where = _nearer_to(others, face.box, face.parsing)
    if not where.any():
        return face
    return replace(face, parsing=replace(face.parsing, probabilities=_Emptied(face.parsing.probabilities, where)))


class _Emptied:
    """`Probabilities`, (C, S, S), with nothing but background where an (S, S) bool says so."""

    def __init__(self, before: Probabilities, where: np.ndarray) -> None:
        self._before, self._where = before, where
        self.shape = before.shape

    def __getitem__(self, classes: Any) -> np.ndarray:
        wanted = np.arange(self.shape[0])[classes]
        if wanted.ndim == 0:
            return np.asarray(self[[int(wanted)]][0])
        values = np.array(self._before[wanted.tolist()])
        values[:, self._where] = 0
        for place in np.flatnonzero(wanted == 0):
            values[place, self._where] = 1
        return values

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self.shape[0]))

    def copy(self) -> np.ndarray:
        """All classes, as an array."""
        return self[:]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)


def _nearer_to(others: Sequence[Box], own: Box, parsing: FaceParsing) -> np.ndarray:
    """Which pixels of a crop are nearer to another face's middle than to its own: (S, S) bool."""
    middles = geometry.apply(parsing.affine, np.array([box.center for box in (own, *others)])) - 0.5
    place = np.arange(parsing.size, dtype=np.float32)

    def distance(middle: np.ndarray, side: float) -> np.ndarray:
        x, y = ((place - np.float32(v)) / np.float32(side) for v in middle)
        return np.asarray(x**2 + (y**2)[:, None])

    mine = distance(middles[0], own.side)
    return np.any([distance(middle, box.side) < mine for middle, box in zip(middles[1:], others, strict=True)], axis=0)

"""A second crop, twice as wide, for hair that runs out of the first one; the network looks at it once it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import Any

import cv2
import numpy as np

from ..face.values import FaceParsing
from ..image.canvas import Canvas
from ..labels import Label, LabelScheme, Region
from ..pixels import geometry
from .crop import parse_crop
from .parser import Parser

__all__ = ["NearAndWide", "hair_runs_out", "merged", "near_affine", "runs_out", "surroundings", "widen", "widened_affine"]


def hair_runs_out(parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether hair or a hat goes on past the crop while the picture does too."""
    known = [parsing.region(label) for label in (Label.HAIR, Label.HAT) if parsing.scheme.indices_of(label)]
    return runs_out(np.asarray(sum(known, np.zeros((parsing.size,) * 2, np.float32)) > 0.5), parsing, shape)


def runs_out(inside: np.ndarray, parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether something, (S, S) bool, goes on past the crop while the picture does too."""
    size = parsing.size
    steps = np.arange(size) + 0.5
    ends = [
        np.column_stack(pair) for end in (0.5, size - 0.5) for pair in ((steps, np.full(size, end)), (np.full(size, end), steps))
    ]
    border = np.concatenate(ends)
    points = geometry.apply(geometry.invert(parsing.affine), border)
    within = ((points > 1) & (points < np.array([shape[1], shape[0]]) - 1)).all(axis=1)
    columns, rows = border.astype(int).T
    return bool((within & inside[rows, columns]).sum() > 0.03 * size)


class NearAndWide:
    """`Probabilities`, (C, 2 S, 2 S), of a crop and of one twice as wide, with the near one in its middle.

    The wide one shows no parts of a face beyond the near one (see `surroundings`), so lips, eyes and skin are answered by the near
    one alone. The network looks at the wide one when hair, neck, clothing or background are asked for, once.

    Parameters
    ----------
    near : (C, S, S) float32.
    ending : the classes that end within the near crop.
    all_classes : makes the whole, (C, 2 S, 2 S) float32.
    """

    def __init__(self, near: np.ndarray, ending: frozenset[int], all_classes: Callable[[], np.ndarray]) -> None:
        self._near, self._ending, self._all_classes = near, ending, all_classes
        self._whole: np.ndarray | None = None
        self._lock = Lock()
        classes, size, _ = near.shape
        self.shape = classes, 2 * size, 2 * size

    def changed(self, near: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> NearAndWide:
        """The same with another near crop, and the whole changed as soon as it is made."""
        return NearAndWide(near, self._ending, lambda: change(np.asarray(self)))

    @property
    def near(self) -> np.ndarray:
        """(C, S, S) float32, the near crop."""
        return self._near

    def __getitem__(self, classes: Any) -> np.ndarray:
        if not isinstance(classes, list) or not self._ending.issuperset(classes):
            return np.asarray(np.asarray(self)[classes])
        size = self._near.shape[-1]
        inner = slice(size // 2, size // 2 + size)
        result = np.zeros((len(classes), *self.shape[1:]), np.float32)
        result[:, inner, inner] = self._near[classes]
        return result

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(np.asarray(self))

    def copy(self) -> np.ndarray:
        """All classes, as an array of one's own."""
        return np.array(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        with self._lock:
            if self._whole is None:
                self._whole = self._all_classes()
        return np.array(self._whole, dtype) if copy else np.asarray(self._whole, dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (np.asarray(self),)


def widen(picture: Canvas, parsing: FaceParsing, parser: Parser) -> FaceParsing:
    """A parsing twice as large, with the sharper one in its middle; the network looks at the rest of it when that is asked for."""
    near = np.asarray(parsing.probabilities)
    ending = frozenset(index for index, labels in enumerate(parsing.scheme.members) if labels <= Region.FACE.labels)
    return FaceParsing(
        NearAndWide(near, ending, partial(_looked_at_widely, picture, parsing, parser)), parsing.scheme, widened_affine(parsing)
    )


def _looked_at_widely(picture: Canvas, parsing: FaceParsing, parser: Parser) -> np.ndarray:
    wide = parse_crop(picture, geometry.expand(parsing.affine, 2, parsing.size), parser).probabilities
    return merged(np.asarray(parsing.probabilities), surroundings(np.asarray(wide), parsing.scheme))


def surroundings(wide: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """The wide crop's probabilities, (C, S, S), without parts of a face outside of the near one, where shoulders pass for cheeks.

    Their probability goes to the other classes in proportion.
    """
    face = [index for index, labels in enumerate(scheme.members) if labels <= Region.FACE.labels]
    size = wide.shape[-1]
    inside = np.zeros((size, size), bool)
    inside[size // 4 : size - size // 4, size // 4 : size - size // 4] = True
    result = wide.copy()
    result[face] *= inside
    result[0] += 1e-6  # where there was nothing but face, background
    result /= result.sum(axis=0)
    return result


def widened_affine(parsing: FaceParsing) -> np.ndarray:
    """Takes picture points to a crop of the same resolution that has the parsing's own in its middle and is twice as large."""
    affine = parsing.affine.copy()
    affine[:, 2] += parsing.size // 2
    return affine


def near_affine(parsing: FaceParsing) -> np.ndarray:
    """Takes picture points to the near crop in the middle of a parsing that was widened."""
    affine = parsing.affine.copy()
    affine[:, 2] -= parsing.size // 4
    return affine


def merged(near: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Probabilities of some classes on a crop, and on one twice as wide, (K, S, S) each, as (K, 2 S, 2 S) of the wide one."""
    size = wide.shape[-1]
    result = np.empty((len(wide), 2 * size, 2 * size), np.float32)
    for index, values in enumerate(wide):
        result[index] = cv2.resize(values, (2 * size, 2 * size), interpolation=cv2.INTER_LINEAR)
    fade = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5) / (0.12 * size)
    weight = np.clip(np.minimum(fade[:, None], fade[None, :]), 0, 1).astype(np.float32)
    # Where the picture itself ends the near crop needs no second opinion, but a fade there does no harm either.
    inner = (slice(None), slice(size // 2, size // 2 + size), slice(size // 2, size // 2 + size))
    result[inner] += weight * (near - result[inner])
    return result

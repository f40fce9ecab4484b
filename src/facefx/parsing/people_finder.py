"""Whole people in a whole picture, asked of the network that finds them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..face.values import Segmenter
from ..labels import Region
from ..pixels import geometry
from ..plugins.checked import checked_probabilities
from ..plugins.resolve import resolve_person

__all__ = ["PeopleFinder"]

#: What is beside a picture that is not square, where people are sought in it, as in training.
_GREY = 128 / 255


class PeopleFinder:
    """`facefx.face.values.FindsPeople`. A scene keeps one, so it can be sent to another process, whatever its parser is.

    Parameters
    ----------
    person : what finds whole people, as it was asked for: see `facefx.parse`. It is not loaded before it is needed.
    """

    def __init__(self, person: str | Path | Segmenter | None) -> None:
        self.person = person

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as it was asked for: each process loads it once, for all scenes."""
        return PeopleFinder, (self.person,)

    @cached_property
    def segmenter(self) -> Segmenter | None:
        """None where nothing is there that finds people. Raises `UnknownName`, `ModelError` or `PluginError`."""
        return resolve_person(self.person)

    def __call__(self, picture: geometry.Windows) -> np.ndarray | None:
        """How surely each place of a whole picture is part of a person: (h, w) float32 in [0, 1], as large as the network sees it.

        It is shown without being squeezed, in the middle of the network's square, grey beside it. None where nothing is there
        that finds people. Raises `UnknownName`, `ModelError` or `PluginError`.
        """
        if self.segmenter is None:
            return None
        height, width = picture.shape[:2]
        rows, columns = self.segmenter.input_size
        scale = min(rows / height, columns / width)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        top, left = (rows - size[1]) // 2, (columns - size[0]) // 2
        inner = slice(top, top + size[1]), slice(left, left + size[0])
        seen = np.full((1, rows, columns, 3), _GREY, np.float32)
        seen[0][inner] = geometry.reduced(picture, (0, 0, width, height), size)
        (answer,) = checked_probabilities(self.segmenter, seen)
        return np.asarray(answer[list(self.segmenter.scheme.indices_of(Region.PERSON))].sum(axis=0)[inner])

"""Whole people in a film: what the network says of each frame, carried along and quietened like the parsing of faces."""

from __future__ import annotations

import numpy as np

from ..parsing.parser import Parser
from ..pixels import geometry
from .mask_smoothing import Glimpse, change

__all__ = ["SteadyPeople"]


class SteadyPeople:
    """Remembers the last frame of one film.

    Parameters
    ----------
    smoothing, every : as `Tracking.smoothing` and `Tracking.parse_every` have it for faces.
    """

    def __init__(self, smoothing: float, every: int) -> None:
        self._smoothing, self._every = smoothing, every
        self._before: tuple[Glimpse, np.ndarray] | None = None
        self._age = 0

    def next(self, picture: geometry.Windows, parser: Parser, *, fresh: bool) -> np.ndarray | None:
        """What `Parser.people` says of the next frame, steadied; `fresh` if it begins a new shot."""
        before = None if fresh else self._before
        self._age = self._age + 1 if before else 0
        if before and self._age % self._every:
            shown, values = before
            now = _glimpse(picture, values)
            values = change(shown, now, compared=False).carried(values)
        else:
            new = parser.people(picture)
            if new is None:
                return None
            now, values = _glimpse(picture, new), new
            if before and before[1].shape == new.shape:
                moved = change(before[0], now)
                assert moved.same is not None  # it was asked for
                values = new + self._smoothing * moved.same * (moved.carried(before[1]) - new)
        self._before = now, values
        return values

    def forget(self) -> None:
        """A frame passed by unseen."""
        self._before = None


def _glimpse(picture: geometry.Windows, values: np.ndarray) -> Glimpse:
    height, width = picture.shape[:2]
    return Glimpse.of(geometry.reduced(picture, (0, 0, width, height), values.shape[::-1]))

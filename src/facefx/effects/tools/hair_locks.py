"""The light of a head's locks, which colour and loudness follow: cameras record colour coarsely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from .hair_scales import Where, quantiles

__all__ = ["Locks", "bent", "looked_up"]

#: Over how much of the hair a lock's light is a mean, as a standard deviation, in face units.
_LOCK = 0.02
#: At which shares of that light what follows from it is read.
KNOTS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Steps of the tables that stand for curves.
_STEPS = 2048


@dataclass(frozen=True, eq=False)
class Locks:
    """What follows from the light of a head's locks: curves, of five numbers at the light's knots, straight in between.

    Attributes
    ----------
    light : (h, w) float32, perceived lightness over a lock.
    """

    light: np.ndarray
    where: Where

    @classmethod
    def of(cls, light: np.ndarray, where: Where, unit: float) -> Locks:
        """From the lightness of each pixel."""
        return cls(where.mean(light, _LOCK * unit), where)

    def read(self, *values: np.ndarray) -> np.ndarray:
        """Means of values, each (N,) where it is surely hair, whose lock's light lies near each knot: (values, 5)."""
        total = self._total
        summed = np.array([self._shares @ some for some in values], np.float64)
        means = np.array([[some.mean()] for some in values], np.float64)
        return np.where(total > 0, summed / np.maximum(total, 1e-9), means)

    def at_sure(self, curve: np.ndarray) -> np.ndarray:
        """A curve, (5,), where it is surely hair: (N,) float32."""
        return np.asarray(curve.astype(np.float32) @ self._shares)

    def everywhere(self, curve: np.ndarray) -> np.ndarray:
        """A curve, (5,), at each pixel: (h, w) float32."""
        return np.take(_table(self.knots, curve), self._steps)

    @cached_property
    def knots(self) -> np.ndarray:
        """The light at KNOTS, (5,), no two of them equal."""
        return np.asarray(np.maximum.accumulate(quantiles(self._sure, KNOTS) + 1e-4 * np.arange(len(KNOTS))))

    @cached_property
    def _sure(self) -> np.ndarray:
        return self.where.at_sure(self.light)

    @cached_property
    def _shares(self) -> np.ndarray:
        """How much of each pixel belongs to each knot, (5, N) float32."""
        past = np.zeros((len(KNOTS) + 1, len(self._sure)), np.float32)
        past[0] = 1
        for way, (low, high) in zip(past[1:-1], pairwise(self.knots), strict=True):
            np.clip((self._sure - np.float32(low)) * np.float32(1 / (high - low)), np.float32(0), np.float32(1), out=way)
        return past[:-1] - past[1:]

    @cached_property
    def _total(self) -> np.ndarray:
        return np.asarray(self._shares.sum(axis=1, dtype=np.float64))

    @cached_property
    def _steps(self) -> np.ndarray:
        return _steps(self.light, self.knots)


def bent(values: np.ndarray, places: np.ndarray, to: np.ndarray) -> np.ndarray:
    """`numpy.interp` for pictures: by a table of many steps, in float32."""
    return np.take(_table(places, to), _steps(values, places))


def looked_up(values: np.ndarray, places: np.ndarray, to: np.ndarray) -> np.ndarray:
    """The same where places are evenly spread, and many: what is at the nearest below."""
    return np.take(to.astype(np.float32), _steps(values, places, len(places)))


def _table(places: np.ndarray, to: np.ndarray) -> np.ndarray:
    return np.interp(np.linspace(float(places[0]), float(places[-1]), _STEPS), places, to).astype(np.float32)


def _steps(values: np.ndarray, places: np.ndarray, many: int = _STEPS) -> np.ndarray:
    low, high = float(places[0]), float(places[-1])
    steps = (values - np.float32(low)) * np.float32((many - 1) / max(high - low, 1e-6))
    return np.clip(steps, np.float32(0), np.float32(many - 1), out=steps).astype(np.int32)

"""How light and colour are spread in a head of hair, in eighty numbers: what tells hair that grew in a colour from a coat of paint.

Lightness and colour are taken apart into five scales, from single hairs to the broad light on the head. Hair of one colour differs
from that of another in how strong each scale is, in how colour follows light there, and in how far light goes above and below
the middle. What real hair of a given colour has was learnt from labelled photos; benchmarks/hair_spread.py writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np

from ...pixels.cells import in_cells

__all__ = [
    "OF_COLOR",
    "QUANTILES",
    "SCALES",
    "TAILS",
    "HairStatistics",
    "Where",
    "bent",
    "by_light",
    "covariance",
    "hue_axis",
    "knots_of",
    "levels",
    "lock_light",
    "loudness",
    "statistics_of",
    "turned",
]

#: Standard deviations that part single hairs, strands, locks, waves and the broad light, in face units.
SCALES = (0.004, 0.010, 0.024, 0.06)
#: Where light's distribution is read, in shares of the hair's pixels; the fourth is the median.
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
#: At which shares of light, taken over _LOCK, colour and loudness are read as functions of it.
KNOTS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Where the distribution of single hairs and of strands is read.
TAILS = (0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998)
#: The light that colour follows is that of a lock: cameras record colour coarsely. In face units.
_LOCK = 0.02
#: Of how many scales, from single hairs on, the distribution is read.
_SHAPED = 2
#: Over how much of the hair the loudness of its texture is gathered, in face units.
_AROUND = 0.03
#: Where hair has little colour of its own, its hue is taken to be near this: orange, OKLab (a, b).
_WARM = 0.02 * np.array([0.5, 0.866])


@dataclass(frozen=True, eq=False)
class HairStatistics:
    """One head's.

    Colours are (light, along, across): perceived lightness, and OKLab's chroma along the hair's own hue and across it.

    Attributes
    ----------
    light : (7,) float64, perceived lightness at QUANTILES.
    along, across : (5,) float64, mean colour at KNOTS of light.
    spread : (5, 3, 3) float64, covariance within each scale, of colour what does not follow light over a lock.
    shape : (2, 9) float64, TAILS of the lightness of single hairs and of strands, over what is usual round about.
    loud : (3, 5) float64, logarithm of the usual lightness of single hairs, strands and locks at KNOTS of light.
    uneven : (3,) float64, logarithm of how far that differs from place to place.
    """

    light: np.ndarray
    along: np.ndarray
    across: np.ndarray
    spread: np.ndarray
    shape: np.ndarray
    loud: np.ndarray
    uneven: np.ndarray

    def numbers(self) -> np.ndarray:
        """All as (82,) float64 that may be averaged: logarithms of lengths, and correlations spread over all numbers."""
        middle, color = self.light[3], max(float(self.along[2]), _LEAST_CHROMA)
        reach = np.log(np.maximum(np.abs(np.delete(self.light, 3) - middle), 2e-3))
        deviation = np.sqrt(self.spread.diagonal(axis1=1, axis2=2) + 1e-9)
        correlation = self.spread / (deviation[:, :, None] * deviation[:, None])
        ties = np.arctanh(np.clip(correlation[:, *_PAIRS], -0.95, 0.95))
        colors = np.concatenate([self.along - self.along[2], self.across]) / color
        scales = np.hstack([np.log(deviation), ties]).ravel()
        return np.concatenate([reach, colors, scales, self.shape.ravel(), self.loud.ravel(), self.uneven])

    @classmethod
    def of_numbers(cls, numbers: np.ndarray, lightness: float, chroma: float) -> HairStatistics:
        """What such numbers mean for hair whose median has this perceived lightness and this chroma, OKLab."""
        reach, colors, scales, shape, loud, uneven = np.split(numbers, (6, 16, 46, 64, 79))
        below, above = np.exp(reach[:3]), np.exp(reach[3:])
        low, high = np.maximum.accumulate(below[::-1])[::-1], np.maximum.accumulate(above)
        light = np.concatenate([lightness - low, [lightness], lightness + high])
        deviation, ties = np.exp(scales.reshape(5, 6)[:, :3]), np.tanh(scales.reshape(5, 6)[:, 3:])
        spread = np.stack([_covariance(*pair) for pair in zip(deviation, ties, strict=True)])
        color = max(chroma, _LEAST_CHROMA)
        along, across = color * colors[:5] + chroma, color * colors[5:]
        return cls(light, along, across, spread, np.sort(shape.reshape(2, 9)), loud.reshape(3, 5), uneven)


#: Chroma over which colour's differences are taken as shares of it.
_LEAST_CHROMA = 0.01
#: Which of `HairStatistics.numbers` tell of colour: its curves, and at each scale its deviations and its ties.
OF_COLOR = np.concatenate([np.arange(6, 16), *(np.arange(17, 22) + 6 * k for k in range(5))])
#: Light with along, light with across, along with across.
_PAIRS = (0, 0, 1), (1, 2, 2)


def _covariance(deviation: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """The (3, 3) covariance with these deviations and, as near as one can be, these correlations."""
    correlation = np.eye(3)
    correlation[_PAIRS] = correlation[_PAIRS[::-1]] = ties
    values, vectors = np.linalg.eigh(correlation)
    possible = (vectors * np.maximum(values, 0.02)) @ vectors.T
    root = np.sqrt(possible.diagonal())
    return np.asarray(possible / np.outer(root, root) * np.outer(deviation, deviation))


@dataclass(frozen=True, eq=False)
class Where:
    """How surely each pixel is hair and nothing else, and what is found of that once and used by many means.

    Attributes
    ----------
    weight : (h, w) float32 in [0, 1].
    """

    weight: np.ndarray
    _totals: dict[float, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def sure(self) -> np.ndarray:
        """Where it is hair and nothing else, or most surely: (h, w) bool."""
        return np.asarray(self.weight >= min(0.8, float(self.weight.max())))

    def mean(self, values: np.ndarray, sigma: float) -> np.ndarray:
        """Gaussian mean of what the weight picks; broad ones are found on cells, of which they need no more."""
        height, width = self.weight.shape
        cell = max(min(int(sigma / 3), height, width), 1)
        some, channels = self._some, 1 if values.ndim == 2 else values.shape[2]
        if sigma not in self._totals:
            self._totals[sigma] = np.maximum(_blurred(some, cell, sigma), np.float32(1e-9))
        total = self._totals[sigma]
        summed = _blurred(values * (some if channels == 1 else cv2.merge([some] * channels)), cell, sigma)
        mean = summed / (total if channels == 1 else total[..., None])
        if cell == 1:
            return np.asarray(mean)
        full = cv2.resize(mean, (mean.shape[1] * cell, mean.shape[0] * cell), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full[:height, :width])

    @cached_property
    def _some(self) -> np.ndarray:
        return self.weight + np.float32(1e-5)  # where no hair is near, whatever is


def _blurred(values: np.ndarray, cell: int, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(in_cells(values, cell), (0, 0), max(sigma / cell, 0.3))


def statistics_of(colors: np.ndarray, where: Where, unit: float) -> tuple[HairStatistics, np.ndarray]:
    """The statistics of a head of hair, and its colours less what follows from the light of their lock.

    Parameters
    ----------
    colors : (h, w, 3) float32, its colours as `turned` gives them.
    where : how surely each pixel is hair and nothing else.
    unit : the face's size in pixels of these.
    """
    sure = where.sure
    lock = where.mean(colors[..., 0], lock_light(unit))
    knots = knots_of(lock[sure])
    along, across = (by_light(lock[sure], colors[..., c][sure], knots) for c in (1, 2))
    own = _without_light(colors, lock, knots, along, across)
    shape, loud, uneven, spread = [], [], [], []
    for k, level in enumerate(levels(own, where, unit)):
        spread.append(covariance(level[sure]))
        if k < len(SCALES) - 1:
            volume = loudness(level[..., 0], where, unit)
            logs = np.log(volume[sure])
            usual = by_light(lock[sure], logs, knots)
            loud.append(usual)
            uneven.append(np.log((logs - np.interp(lock[sure], knots, usual)).std() + 0.05))
            if k < _SHAPED:
                shape.append(np.quantile((level[..., 0] / volume)[sure], TAILS))
    light = np.quantile(colors[..., 0][sure], QUANTILES)
    return HairStatistics(light, along, across, np.array(spread), np.array(shape), np.array(loud), np.array(uneven)), own


def covariance(values: np.ndarray) -> np.ndarray:
    """Of values, (N, 3), that may all be the same: (3, 3), a little of which no eight bits can show."""
    return np.asarray(np.cov(values.T, bias=True) + 1e-8 * np.eye(values.shape[1]))


def lock_light(unit: float) -> float:
    """Over how many pixels a lock's light is a mean, as a standard deviation."""
    return _LOCK * unit


def hue_axis(middle: np.ndarray) -> np.ndarray:
    """The direction, (2,) float64, of the hue of hair whose median is this OKLab colour."""
    axis = np.asarray(middle, np.float64)[1:] + _WARM
    return np.asarray(axis / max(float(np.hypot(*axis)), 1e-6))


def turned(a: np.ndarray, b: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OKLab's a and b as chroma along an axis and across it; with ``axis * (1, -1)`` the way back."""
    x, y = (np.float32(v) for v in axis)
    return a * x + b * y, b * x - a * y


def knots_of(lock: np.ndarray) -> np.ndarray:
    """Light at KNOTS, (5,), no two of them equal."""
    return np.asarray(np.maximum.accumulate(np.quantile(lock, KNOTS) + 1e-4 * np.arange(len(KNOTS))))


def by_light(lock: np.ndarray, values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Means of values, (N,), whose light lies near each knot: (5,)."""
    place = np.interp(lock, knots, np.arange(len(knots)))
    low = np.minimum(place.astype(np.intp), len(knots) - 2)
    share = place - low
    total = np.bincount(low, 1 - share, len(knots)) + np.bincount(low + 1, share, len(knots))
    summed = np.bincount(low, (1 - share) * values, len(knots)) + np.bincount(low + 1, share * values, len(knots))
    return np.asarray(np.where(total > 0, summed / np.maximum(total, 1e-9), float(values.mean())))


def _without_light(colors: np.ndarray, lock: np.ndarray, knots: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """The colours less what follows from the light of their lock."""
    follows = [bent(lock, knots, values) for values in (along, across)]
    return np.asarray(cv2.merge([colors[..., 0], colors[..., 1] - follows[0], colors[..., 2] - follows[1]]))


def bent(values: np.ndarray, places: np.ndarray, to: np.ndarray, many: int = 4096) -> np.ndarray:
    """`numpy.interp` for pictures: by a table of many steps, in float32."""
    low, high = float(places[0]), float(places[-1])
    table = np.interp(np.linspace(low, high, many), places, to).astype(np.float32)
    steps = np.clip((values - np.float32(low)) * np.float32((many - 1) / max(high - low, 1e-6)), 0, many - 1)
    return np.asarray(table[steps.astype(np.int32)])


def levels(colors: np.ndarray, where: Where, unit: float) -> list[np.ndarray]:
    """Single hairs, strands, locks, waves and the broad light, which add up to the colours less their mean: five of (h, w, 3)."""
    smooth = [colors, *(where.mean(colors, scale * unit) for scale in SCALES)]
    return [*(fine - coarse for fine, coarse in pairwise(smooth)), smooth[-1] - smooth[-1][where.sure].mean(axis=0)]


def loudness(light: np.ndarray, where: Where, unit: float) -> np.ndarray:
    """How far the lightness of one scale usually goes, round about each pixel: (h, w) float32, above 0."""
    return np.sqrt(np.maximum(where.mean(light * light, _AROUND * unit), 0) + np.float32(4e-7))

"""How light and colour are spread in a head of hair, in eighty numbers: what tells hair that grew in a colour from a coat of paint.

Lightness and colour are taken apart into five scales, from single hairs to the broad light on the head. Hair of one colour differs
from that of another in how strong each scale is, in how colour follows light there, and in how far light goes above and below
the middle. What real hair of a given colour has was learnt from labelled photos; benchmarks/hair_spread.py writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .hair_locks import Locks
from .hair_scales import SCALES, Where, levels, loudness, quantiles

__all__ = ["OF_COLOR", "QUANTILES", "TAILS", "HairStatistics", "Measured", "covariance", "hue_axis", "measured", "turned"]

#: Where light's distribution is read, in shares of the hair's pixels; the fourth is the median.
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
#: Where the distribution of single hairs and of strands is read.
TAILS = (0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998)
#: Of how many scales, from single hairs on, the distribution is read.
_SHAPED = 2
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
        spread = _covariances(deviation, ties)
        color = max(chroma, _LEAST_CHROMA)
        along, across = color * colors[:5] + chroma, color * colors[5:]
        return cls(light, along, across, spread, np.sort(shape.reshape(2, 9)), loud.reshape(3, 5), uneven)


#: Chroma over which colour's differences are taken as shares of it.
_LEAST_CHROMA = 0.01
#: Which of `HairStatistics.numbers` tell of colour: its curves, and at each scale its deviations and its ties.
OF_COLOR = np.concatenate([np.arange(6, 16), *(np.arange(17, 22) + 6 * k for k in range(5))])
#: Light with along, light with across, along with across.
_PAIRS = (0, 0, 1), (1, 2, 2)


def _covariances(deviation: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """The covariances, (5, 3, 3), with these deviations, (5, 3), and, as near as one can be, these correlations."""
    correlation = np.tile(np.eye(3), (len(ties), 1, 1))
    correlation[:, *_PAIRS] = correlation[:, *_PAIRS[::-1]] = ties
    values, vectors = np.linalg.eigh(correlation)
    possible = (vectors * np.maximum(values, 0.02)[:, None]) @ vectors.swapaxes(1, 2)
    scale = deviation / np.sqrt(possible.diagonal(axis1=1, axis2=2))
    return np.asarray(possible * scale[:, :, None] * scale[:, None])


@dataclass(frozen=True, eq=False)
class Measured:
    """A head's statistics, and what else was found on the way.

    Attributes
    ----------
    tints : of each scale, chroma along and across that does not follow light, (h, w) float32 each.
    finest : how loud single hairs are round about, (h, w) float32.
    """

    statistics: HairStatistics
    tints: tuple[tuple[np.ndarray, np.ndarray], ...]
    finest: np.ndarray


def measured(light: np.ndarray, along: np.ndarray, across: np.ndarray, where: Where, unit: float) -> Measured:
    """A head of hair, measured.

    Parameters
    ----------
    light, along, across : (h, w) float32 each, its colours as `turned` gives them.
    where : how surely each pixel is hair and nothing else.
    unit : the face's size in pixels of these.
    """
    locks = Locks.of(light, where, unit)
    follows = locks.read(*map(where.at_sure, (along, across)))
    bare = (v - locks.everywhere(curve) for v, curve in zip((along, across), follows, strict=True))
    tints = tuple(zip(*(levels(v, where, unit) for v in bare), strict=True))
    shape, loud, uneven, spread, volumes = [], [], [], [], []
    for k, (level, tint) in enumerate(zip(levels(light, where, unit), tints, strict=True)):
        sure = where.at_sure(level)
        spread.append(covariance(sure, *map(where.at_sure, tint)))
        if k < len(SCALES) - 1:
            volumes.append(loudness(level, where, unit))
            volume = where.at_sure(volumes[-1])
            logs = np.log(volume)
            (usual,) = locks.read(logs)
            loud.append(usual)
            uneven.append(np.log(float((logs - locks.at_sure(usual)).std()) + 0.05))
            if k < _SHAPED:
                shape.append(quantiles(sure / volume, TAILS))
    statistics = HairStatistics(quantiles(where.at_sure(light), QUANTILES), *follows, *map(np.array, (spread, shape, loud, uneven)))
    return Measured(statistics, tints, volumes[0])


def covariance(*values: np.ndarray) -> np.ndarray:
    """Of values, (N,) each, that may all be the same: a square, a little of which no eight bits can show."""
    centred = np.array([v - v.mean() for v in values])
    return np.asarray((centred @ centred.T) / len(values[0]) + 1e-8 * np.eye(len(values)), np.float64)


def hue_axis(middle: np.ndarray) -> np.ndarray:
    """The direction, (2,) float64, of the hue of hair whose median is this OKLab colour."""
    axis = np.asarray(middle, np.float64)[1:] + _WARM
    return np.asarray(axis / max(float(np.hypot(*axis)), 1e-6))


def turned(a: np.ndarray, b: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """OKLab's a and b as chroma along an axis and across it; with ``axis * (1, -1)`` the way back."""
    x, y = (np.float32(v) for v in axis)
    return a * x + b * y, b * x - a * y

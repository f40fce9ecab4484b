"""Curves that move one distribution of light onto another."""

from __future__ import annotations

import numpy as np

from .hair_locks import bent, looked_up

__all__ = ["bent_tails", "toned"]


def bent_tails(values: np.ndarray, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values whose distribution at TAILS is moved; beyond, at most 0.7 of the distance stays."""
    own = own + 1e-4 * np.arange(len(own))
    reach = 4.0
    places = np.concatenate([[own[0] - reach], own, [own[-1] + reach]])
    return bent(values, places, np.concatenate([[wanted[0] - 0.7 * reach], wanted, [wanted[-1] + 0.7 * reach]]))


def toned(light: np.ndarray, own: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Light whose quantiles are moved by a smooth curve that never falls; beyond them it bends towards black and white.

    Cubic pieces with the slopes of Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5 (1984).
    """
    x = np.maximum.accumulate(own) + 1e-4 * np.arange(len(own))
    y = np.maximum.accumulate(np.clip(wanted, 0.005, 0.99)) + 1e-5 * np.arange(len(own))
    wide, steep = np.diff(x), np.diff(y) / np.diff(x)
    inner = (wide[1:] + 2 * wide[:-1], 2 * wide[1:] + wide[:-1])
    slopes = np.concatenate([steep[:1], (inner[0] + inner[1]) / (inner[1] / steep[:-1] + inner[0] / steep[1:]), steep[-1:]])
    places = np.linspace(-0.2, 1.2, 2048)
    k = np.clip(np.searchsorted(x, places) - 1, 0, len(wide) - 1)
    t = np.clip((places - x[k]) / wide[k], 0, 1)
    curve = (1 + 2 * t) * (1 - t) ** 2 * y[k] + t * (1 - t) ** 2 * wide[k] * slopes[k]
    curve += t**2 * (3 - 2 * t) * y[k + 1] - t**2 * (1 - t) * wide[k] * slopes[k + 1]
    below, above = np.maximum(x[0] - places, 0), np.maximum(places - x[-1], 0)
    low, high = np.clip(slopes[[0, -1]], 0.3, 4)
    curve -= y[0] * (1 - np.exp(-below * low / max(y[0], 1e-3)))
    curve += (1 - y[-1]) * (1 - np.exp(-above * high / max(1 - y[-1], 1e-3)))
    return looked_up(light, places, curve)

"""What the statistics of real hair usually are, by its colour: learnt from 1,839 labelled heads by benchmarks/hair_spread.py."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

import numpy as np

__all__ = ["features_of_color", "usual"]


@cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """What is usual, as numbers that follow from a colour: weights of the mean, and of the logarithm of the deviation."""
    text = resources.files(__package__).joinpath("hair_spread.json").read_text("utf-8")
    table = json.loads(text)
    return np.array(table["mean"]), np.array(table["deviation"])


def usual(middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`HairStatistics.numbers` of heads whose median colour is this, OKLab with perceived lightness: mean and deviation, (82,)."""
    mean, deviation = _table()
    known = features_of_color(middle)
    return known @ mean, np.exp(known[: len(deviation)] @ deviation)


def features_of_color(middle: np.ndarray) -> np.ndarray:
    """What hair's statistics follow from, (10,) float64; for colours that do not grow, as of the nearest that do."""
    light = np.log(np.clip(float(middle[0]), 0.03, 0.85))
    chroma = float(np.hypot(middle[1], middle[2]))
    color = np.log(np.clip(chroma, 0.004, 0.1))
    hue = np.clip(np.arctan2(middle[2], middle[1]) - np.pi / 3, -0.6, 0.6) * np.clip(chroma / 0.03, 0, 1)
    return np.array([1, light, light**2, light**3, color, color * light, color**2, hue, hue * light, color * light**2])

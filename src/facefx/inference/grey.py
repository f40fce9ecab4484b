"""One grey picture read as parts that lie in one another: the lighter, the deeper. See docs/grey_mask.md.

With K classes, class k is drawn in the grey k / (K - 1), 0 black and 1 white, and pixels count as what they are nearest to. So a
soft edge between a part and what it lies in shows these two and nothing else. An edge from an eye to the background would pass for
a line of face, but there is face between them.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

__all__ = ["decoded", "drawn", "odds_of_edges", "sided", "steepness"]

#: A second eye has at least this share of the first one's pixels, and is so many of its widths away.
_SECOND, _APART = 0.1, 1.2


def odds_of_edges(classes: int) -> np.ndarray:
    """Grey half way between the levels of two neighbours, as odds g / (1 - g): (classes - 1,) float64, rising."""
    edges = (np.arange(1, classes) - 0.5) / (classes - 1)
    return np.asarray(edges / (1 - edges))


def steepness(classes: int) -> float:
    """How fast a class gives way to the next one, with the logarithm of the grey's odds; 1 for two classes, a plain sigmoid.

    So much that the middle of every level is nearly all of its own class: 0.98 with four.
    """
    return classes * (classes - 1) / 2


def decoded(grey: np.ndarray, classes: int) -> np.ndarray:
    """The grey of (N, H, W) pixels, 0 to 1 → (N, classes, H, W) float32 probabilities, summing to 1.

    At least class k is, at odds o of the grey, as likely as 1 / (1 + (o_k / o)^s) with the odds o_k of its edge and the `steepness`
    s: McCullagh, "Regression Models for Ordinal Data", J. R. Statist. Soc. B 42 (1980), the proportional odds model.
    """
    light = np.clip(np.asarray(grey, np.float32), 1e-6, 1 - 1e-6)
    darkness = (1 - light) / light
    at_least: list[np.ndarray] = [np.ones_like(light)]
    with np.errstate(over="ignore"):
        at_least += [1 / (1 + (np.float32(odds) * darkness) ** np.float32(steepness(classes))) for odds in odds_of_edges(classes)]
    at_least.append(np.zeros_like(light))
    return np.stack([more - less for more, less in pairwise(at_least)], axis=1)


def drawn(labels: np.ndarray, classes: int) -> np.ndarray:
    """Labels, (..., H, W) integers, as the picture of them: float32 grey, 0 to 1."""
    return np.asarray(labels, np.float32) / np.float32(classes - 1)


def sided(probabilities: np.ndarray) -> np.ndarray:
    """(N, 4, H, W) of the scheme ``face`` on upright crops → (N, 6, H, W) of ``face_sides``.

    Each eye and iris is as a whole the subject's left or right one: by the line half way between two eyes or, where one alone is
    seen, by the side of the face that it lies on.
    """
    back, face, eyes, irises = np.moveaxis(probabilities, 1, 0)
    left = np.array([_is_left(one) for one in probabilities], bool).reshape(back.shape)
    parts = [back, face, *(np.where(side, part, np.float32(0)) for part in (eyes, irises) for side in (left, ~left))]
    return np.stack(parts, axis=1)


def _is_left(probabilities: np.ndarray) -> np.ndarray:
    """Where on one crop, (H, W) bool, eyes are the subject's left: towards the right, as one looks at it."""
    inside = 1 - probabilities[0]
    eyes = (probabilities[2] + probabilities[3] >= 0.5) & (_middle_part(inside >= 0.5) > 0)
    count, _, stats, centers = cv2.connectedComponentsWithStats(eyes.astype(np.uint8))
    height, width = inside.shape
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])
    axis = float(np.average(columns, weights=inside + 1e-6))
    if count < 2:
        return np.asarray(columns > axis)
    first = order[0]
    for other in order[1:]:
        way = centers[other] - centers[first]
        large = stats[other, cv2.CC_STAT_AREA] >= _SECOND * stats[first, cv2.CC_STAT_AREA]
        if large and np.hypot(*way) >= _APART * stats[first, cv2.CC_STAT_WIDTH]:
            way = way if way[0] >= 0 else -way
            middle = (centers[other] + centers[first]) / 2
            return np.asarray((columns - middle[0]) * way[0] + (rows - middle[1]) * way[1] > 0)
    return np.full(inside.shape, bool(centers[first][0] > axis))


def _middle_part(inside: np.ndarray) -> np.ndarray:
    """(H, W) bool: the connected part of a mask that most of the middle of the crop belongs to; all of it if none does."""
    _, parts = cv2.connectedComponents(inside.astype(np.uint8))
    height, width = inside.shape
    votes = np.bincount(parts[height // 4 : -height // 4, width // 4 : -width // 4].ravel())[1:]
    return np.asarray(parts == 1 + int(votes.argmax())) if votes.any() else inside

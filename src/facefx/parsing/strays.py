"""Eyes, brows, a nose or lips where no face has any: an ear seen from the side passes for an eye, an Adam's apple for lips."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ..face.values import FaceParsing
from ..labels import Label, Region

__all__ = ["without_strays"]

#: What is farther from the nose than so many times the mouth is, and than that share of the face's size, is no feature.
#: Of 5,000 eyes and brows one in a hundred is farther than 1.9 times, and beyond 2.1 all that were looked at were wrong; from above
#: and below, where nose and mouth lie close to each other, the size of the face decides.
_FAR, _AWAY = 2.1, 0.45
#: Where features are less likely than this, all together, none is seen.
_UNLIKELY = 0.1
#: A nose and a mouth that are smaller than this share of the face say nothing of where the others are.
_SEEN = 0.003
#: Strays are looked for on a grid of about so many points a side.
_GRID = 100


def without_strays(parsing: FaceParsing) -> FaceParsing:
    """The parsing with features that lie far from nose and mouth made what else is likeliest there; the same one if none does.

    Parameters
    ----------
    parsing : (C, S, S) float32 probabilities on a crop.
    """
    scheme, probabilities = parsing.scheme, np.asarray(parsing.probabilities)
    nose, lips, face = (list(scheme.indices_of(part)) for part in (Label.NOSE, Region.LIPS, Region.FACE))
    others = (Region.EYES, Region.EYEBROWS, Label.INNER_MOUTH)
    features = [*nose, *lips, *(index for part in others for index in scheme.indices_of(part))]
    if not (nose and lips and face):
        return parsing
    step = max(probabilities.shape[1] // _GRID, 1)
    coarse = probabilities[:, ::step, ::step]
    seen = sum(coarse[index] for index in features) > _UNLIKELY
    _, parts, _, centers = cv2.connectedComponentsWithStats(seen.astype(np.uint8))
    area = np.count_nonzero(sum(coarse[index] for index in face) > 0.5)
    middles = [_middle(sum(coarse[index] for index in part), parts, _SEEN * area) for part in (nose, lips)]
    if middles[0] is None or middles[1] is None:
        return parsing
    farthest = max(_FAR * float(np.hypot(*(middles[1] - middles[0]))), _AWAY * area**0.5)
    is_stray = np.hypot(*(centers - middles[0]).T) > farthest
    is_stray[0] = False  # what is no feature
    if not is_stray.any():
        return parsing
    stray = cv2.dilate(is_stray[parts].astype(np.uint8), np.ones((3, 3), np.uint8))
    where = np.kron(stray, np.ones((step, step), np.uint8))[: probabilities.shape[1], : probabilities.shape[2]] > 0
    probabilities = probabilities.copy()
    rest = probabilities[:, where]
    rest[features] = 0
    probabilities[:, where] = rest / np.maximum(rest.sum(axis=0), np.finfo(np.float32).tiny)
    return replace(parsing, probabilities=probabilities)


def _middle(likely: np.ndarray, parts: np.ndarray, least: float) -> np.ndarray | None:
    """(x, y) of the middle of a feature in the connected part that holds most of it; None where that is `least` points or fewer."""
    rows, columns = np.nonzero(likely > 0.5)
    held = parts[rows, columns]
    points = np.bincount(held, minlength=1)
    most = int(points.argmax())
    if points[most] <= least:
        return None
    return np.array([columns[held == most].mean(), rows[held == most].mean()])

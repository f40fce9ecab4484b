"""Irises drawn into hand-made labels of eyes, since no data set labels them: the circles that facefx finds in the photo."""

from __future__ import annotations

import numpy as np

from facefx.face.iris import find_irises, is_open
from facefx.face.landmarks import landmarks_of
from facefx.face.values import FaceParsing
from facefx.labels import IGNORE, IRISES, Label, LabelScheme, scheme

from .translate import translated

__all__ = ["can_draw_irises", "with_irises"]

_SIDES = scheme("face_sides")
_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def can_draw_irises(source: LabelScheme, target: LabelScheme) -> bool:
    """Whether `target` has irises and `source` each eye as a whole."""
    drawn = set(IRISES) & set(target.classes) and not set(IRISES) & set(source.classes)
    return bool(drawn) and all(source.indices_of(label) for label in (Label.LEFT_EYE, Label.RIGHT_EYE))


def with_irises(image: np.ndarray, labels: np.ndarray, source: LabelScheme, target: LabelScheme) -> np.ndarray:
    """Labels of `source` in the order of `target`, which has irises: an iris is where its circle lies in its eye.

    A shut eye has none. An open one in which none is found is unknown, 255: a lid, a reflection or a shadow may hide it.

    Parameters
    ----------
    image : (H, W, 3) uint8, RGB, upright
    labels : (H, W) uint8, indices of `source`, sides put right

    Returns
    -------
    (H, W) uint8
    """
    shares = np.stack([labels == index for index in range(len(source))]).astype(np.float32)
    points = landmarks_of(FaceParsing(shares, source, _UPRIGHT))
    drawn = translated(labels, source, _SIDES)
    rows, columns = np.indices(labels.shape) + 0.5
    for side, strip, iris in zip(("left", "right"), (points.left_eye, points.right_eye), find_irises(image, points), strict=True):
        eye = labels == source.indices_of(f"{side}_eye")[0]
        if iris is not None:
            inside = np.hypot(columns - iris.center[0], rows - iris.center[1]) <= iris.radius
            drawn[eye] = np.where(inside, *(_SIDES.classes.index(f"{side}_{part}") for part in ("iris", "eye")))[eye]
        else:
            shut = strip is not None and not is_open(strip)
            drawn[eye] = _SIDES.classes.index(f"{side}_eye") if shut else IGNORE
    return translated(drawn, _SIDES, target)

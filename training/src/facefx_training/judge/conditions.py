"""What makes a face hard to parse, told from its labels and pixels by plain rules.

Each rule is a function of the picture (H, W, 3) uint8 RGB, its labels (H, W) uint8 and their scheme. One whose parts the scheme
does not tell apart is never met.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from facefx.image.modes import LUMA
from facefx.labels import Label, LabelScheme, Region

__all__ = ["CONDITIONS", "conditions"]

Rule = Callable[[np.ndarray, np.ndarray, LabelScheme], bool]
#: A part of fewer pixels of a picture, as a share, counts as absent.
_PRESENT = 2e-4
_INNER = (Region.EYEBROWS, Region.EYES, Label.NOSE, Region.LIPS)


def conditions(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> frozenset[str]:
    """Names of the conditions that a picture meets."""
    return frozenset(name for name, rule in CONDITIONS.items() if rule(image, labels, scheme))


def _mask(labels: np.ndarray, scheme: LabelScheme, *regions: Region | Label) -> np.ndarray:
    return np.isin(labels, [index for region in regions for index in scheme.indices_of(region)])


def _labelled(part: Label) -> Rule:
    """The part is there, and no speck."""
    return lambda image, labels, scheme: bool(_mask(labels, scheme, part).mean() >= _PRESENT)


CONDITIONS: dict[str, Rule] = {
    "glasses": _labelled(Label.EYEGLASSES),
    "hat": _labelled(Label.HAT),
    "earring": _labelled(Label.EARRING),
    "necklace": _labelled(Label.NECKLACE),
}


def _condition(rule: Rule) -> Rule:
    CONDITIONS[rule.__name__] = rule
    return rule


@_condition
def hair_over_face(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> bool:
    """Of the convex hull of brows, eyes, nose and lips, 2 % or more are hair."""
    hair, ys_xs = _mask(labels, scheme, Label.HAIR), np.argwhere(_mask(labels, scheme, *_INNER))
    if not len(ys_xs):
        return False
    hull = np.zeros(labels.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(ys_xs[:, ::-1].astype(np.int32)), 1)
    return bool(hair[hull > 0].mean() >= 0.02)


@_condition
def dark(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> bool:
    """The face's median luma is below 0.35 of white."""
    return _face_luma(image, labels, scheme) < 0.35


@_condition
def bright(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> bool:
    """The face's median luma is above 0.75 of white."""
    return _face_luma(image, labels, scheme) > 0.75


@_condition
def turned(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> bool:
    """The nose's middle lies more than 15 % of the face's width off the middle between the face's sides."""
    face, nose = _mask(labels, scheme, Region.FACE), _mask(labels, scheme, Label.NOSE)
    if not face.any() or not nose.any():
        return False
    across = np.flatnonzero(face.any(0))
    left, right = across[0], across[-1] + 1
    return bool(abs(np.nonzero(nose)[1].mean() + 0.5 - (left + right) / 2) > 0.15 * (right - left))


def _face_luma(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> float:
    """Median luma of the pixels labelled as face, 0 to 1; nan where there is none, which is neither dark nor bright."""
    pixels = image[_mask(labels, scheme, Region.FACE)]
    return float(np.median(pixels @ LUMA) / 255) if len(pixels) else float("nan")

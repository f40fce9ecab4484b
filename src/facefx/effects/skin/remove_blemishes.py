"""Spots taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ..tools.brush import stroke
from ..tools.skin import Skin, added, away_from_features, local_mean, skin_of

__all__ = ["remove_blemishes"]

#: Face units in the small picture: spots are smaller than what other effects look at.
_CELLS = 360.0
#: A spot's least contrast in OKLab (redness counts double), and how many times the skin's own roughness it must exceed.
_CONTRAST, _ROUGHNESS = 0.028, 3.2
#: Spots of which more than this many lie close together are freckles or stubble.
_CROWD = 7


@effect(region="skin+nose", margin=0.05)
def remove_blemishes(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much of each spot goes"] = 1.0,
    radius: Annotated[float, Range(0.005, 0.05), "the largest spots that go, in face units; larger moles stay"] = 0.02,
) -> np.ndarray:
    """Take away small spots and fill in skin from around them.

    A spot is redder or darker than the skin round it, small and round. Freckles and stubble, which come in crowds, stay, and so
    does whatever lies at lashes, brows, nostrils, lips, beard and glasses.
    """
    skin = skin_of(image, mask, face, _CELLS)
    reach = radius * skin.unit
    skin = replace(skin, weight=_without_holes(skin.weight, 1.6 * reach))  # dark moles look like holes in the skin
    spots = _spots(skin, _allowed(face, skin, reach), reach)
    if not spots.any():
        return image
    # At a dark mole the skin's mask is a little less than sure, and the core would blend in only so much of the filling.
    blended = cv2.resize(mask, spots.shape[::-1], interpolation=cv2.INTER_AREA)[..., None]
    return added(image, np.float32(strength) * _filling(skin, spots, reach) / np.maximum(blended, 0.3))


def _without_holes(weight: np.ndarray, radius: float) -> np.ndarray:
    size = 2 * round(radius) + 1
    return np.asarray(cv2.morphologyEx(weight, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))))


def _allowed(face: FaceView, skin: Skin, reach: float) -> np.ndarray:
    """Where to look for spots: on bare skin, not at the features' edges, and not at the nostrils; (h, w) bool."""
    unbearded = _without_holes(1 - skin.beard, 1.6 * reach)  # a dark mole on the jaw is no beard
    allowed = (away_from_features(face, skin, 0.04) > 0.85) & (skin.weight > 0.8) & (unbearded > 0.5)
    nose = face.landmarks.nose
    if nose is not None:
        scale = skin.weight.shape[1] / face.shape[1]
        path = np.array([nose.left_wing, nose.tip, nose.right_wing]) * scale
        allowed &= stroke((skin.weight.shape[0], skin.weight.shape[1]), path, 0.05 * skin.unit) < 0.4
    return np.asarray(allowed)


def _spots(skin: Skin, allowed: np.ndarray, reach: float) -> np.ndarray:
    """Where there are spots: (h, w) int32, 0 for none and a number for each."""
    fine = local_mean(skin.lab, skin.weight, 0.12 * reach)
    weight, around = skin.weight, fine
    for _ in range(2):  # the second time without the spots themselves
        around = local_mean(fine, weight, 1.6 * reach)
        weight = skin.weight * (_darker_or_redder(fine, around) < _CONTRAST)
    contrast = _darker_or_redder(fine, around)
    rough = np.sqrt(local_mean(np.minimum(contrast, 2 * _CONTRAST) ** 2, weight, 4 * reach))
    raised = (contrast > np.maximum(_CONTRAST, _ROUGHNESS * rough)) & (skin.weight > 0.5)

    count, parts, stats, centers = cv2.connectedComponentsWithStats(raised.astype(np.uint8), connectivity=8)
    least = max(np.pi * (0.003 * skin.unit) ** 2, 3)
    found = [n for n in range(1, count) if _is_round_and_small(contrast, stats[n], parts, n, least, reach)]
    places = centers[found]
    kept = np.zeros(count, np.int32)
    for n, place in zip(found, places, strict=True):
        x, y = (int(v) for v in place)
        crowd = int((np.hypot(*(places - place).T) < 5 * reach).sum()) - 1
        if allowed[y, x] and crowd <= _CROWD:
            kept[n] = n
    return np.asarray(kept[parts])


def _darker_or_redder(lab: np.ndarray, around: np.ndarray) -> np.ndarray:
    darker = np.maximum(around[..., 0] - lab[..., 0], 0)
    redder = np.maximum(lab[..., 1] - around[..., 1], 0)
    return np.asarray(np.hypot(darker, 2 * redder), np.float32)


def _is_round_and_small(
    contrast: np.ndarray, stats: np.ndarray, parts: np.ndarray, number: int, least: float, reach: float
) -> bool:
    """Whether a connected part has the size and the shape of a spot, not of a hair, a crease or a mole that is to stay.

    Its core counts, where it has half its contrast: a strong spot's soft edge reaches far.
    """
    x, y, width, height, area = (int(v) for v in stats)
    if area < least or max(width, height) > 3.2 * reach:
        return False
    box = slice(y, y + height), slice(x, x + width)
    own = contrast[box] * (parts[box] == number)
    rows, columns = np.nonzero(own >= 0.5 * own.max())
    if len(rows) < 3:
        return False
    spread = np.linalg.eigvalsh(np.cov(np.stack([rows, columns]))) + 1 / 12  # a pixel's own variance
    long, short = 4 * np.sqrt(spread[1]), 4 * np.sqrt(spread[0])
    solid = len(rows) > 0.6 * np.pi / 4 * long * short
    return bool(len(rows) <= np.pi * reach**2 and long < min(2.3 * short, 2.2 * reach) and solid)


def _filling(skin: Skin, spots: np.ndarray, reach: float) -> np.ndarray:
    """The change that makes spots look like the skin round them: its colour, and the pores of a clean place nearby; OKLab."""
    margin = 2 * max(round(0.3 * reach), 1) + 1
    wide = cv2.dilate((spots > 0).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (margin, margin))) > 0
    clean = skin.weight * ~wide
    color = local_mean(skin.lab, clean, 0.8 * reach)
    pores = skin.lab - local_mean(skin.lab, skin.weight, 0.35 * reach)
    filled = color.copy()
    for number in np.unique(spots[spots > 0]):
        rows, columns = np.nonzero(spots == number)
        box = _box(rows, columns, margin, spots.shape)
        donor = _clean_place(clean, box, reach)
        if donor is not None:
            filled[box] += pores[donor]
    soft = cv2.GaussianBlur(wide.astype(np.float32), (0, 0), max(0.15 * reach, 0.5))
    return np.asarray(soft[..., None] * (filled - skin.lab), np.float32)


Box = tuple[slice, slice]


def _box(rows: np.ndarray, columns: np.ndarray, margin: int, shape: tuple[int, ...]) -> Box:
    return (
        slice(max(int(rows.min()) - margin, 0), min(int(rows.max()) + margin + 1, shape[0])),
        slice(max(int(columns.min()) - margin, 0), min(int(columns.max()) + margin + 1, shape[1])),
    )


def _clean_place(clean: np.ndarray, box: Box, reach: float) -> Box | None:
    """The nearest box of the same size that shows nothing but bare skin, if there is one."""
    height, width = box[0].stop - box[0].start, box[1].stop - box[1].start
    for distance in (1.0, 1.4, 2.0):
        for angle in np.arange(8) * np.pi / 4:
            top = box[0].start + round(distance * np.sin(angle) * (height + reach))
            left = box[1].start + round(distance * np.cos(angle) * (width + reach))
            place = slice(top, top + height), slice(left, left + width)
            if top >= 0 and left >= 0 and clean[place].shape == (height, width) and clean[place].min() > 0.8:
                return place
    return None

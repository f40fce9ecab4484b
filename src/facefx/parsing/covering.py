"""Cloth over nose and mouth, which networks that never saw any take for skin, and a veil, which they take for hair."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..labels import Label, LabelScheme, Region
from ..pixels import color

__all__ = ["uncovered"]

#: Lips of which the segmenter is surer than this are seen: so are those of 199 in 200 faces of CelebAMask-HQ.
_SEEN = 0.8
#: Skin below the nose whose hue and chroma are so far, in OKLab, from those about the eyes is none. Of bare faces of CelebAMask-HQ
#: they are 0.008 apart in the median and 0.055 at most in 199 of 200, beards among them; of drawn masks of nine colours 0.09.
#: Doubtful lips that differ as much from what is round them are lips.
_OTHER = 0.035
#: Cloth hides this share of the skin below the nose at least; a microphone hides less.
_MOST = 0.6
#: A veil that passes for hair has its colour, and leaves less than this of the face's height, over the width of the eyes.
_SLIT = 0.75
#: Pixels that a colour is taken from, at least.
_FEWEST = 30


def uncovered(probabilities: np.ndarray, scheme: LabelScheme, crop: Callable[[], np.ndarray]) -> np.ndarray:
    """The probabilities with what covers nose and mouth made clothing, and a veil with it; the same array where nothing does.

    Parameters
    ----------
    probabilities : (C, S, S) float32, in the index order of `scheme`.
    crop : gives what was parsed, upright: (S, S, 3) float32 RGB in [0, 1]. Asked only where no lips are sure.
    """
    if not all(scheme.indices_of(part) for part in (Label.SKIN, Label.CLOTHING, Label.HAIR, Region.LIPS, Region.EYES)):
        return probabilities

    def claimed_by(part: Region | Label) -> np.ndarray:
        return np.asarray(probabilities[list(scheme.indices_of(part))].sum(axis=0))

    lips, eyes = claimed_by(Region.LIPS), claimed_by(Region.EYES)
    if ((lips > 0.5).any() and lips[lips > 0.5].mean() > _SEEN) or not (eyes > 0.5).any():
        return probabilities
    claimed = {part: claimed_by(part) for part in (Label.SKIN, Label.HAIR, Region.FACE)}
    found = _cloth(claimed | {Region.LIPS: lips, Region.EYES: eyes}, crop())
    if found is None:
        return probabilities
    where, is_veil = found
    soft = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 0.8)
    return _made_clothing(probabilities, scheme, soft, is_veil)


def _cloth(claimed: dict[Region | Label, np.ndarray], crop: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """(S, S) bool: where the lower half of what is taken for a face is cloth; and whether what is taken for hair is, too."""
    skin, hair, eyes, face = (claimed[part] > 0.5 for part in (Label.SKIN, Label.HAIR, Region.EYES, Region.FACE))
    whole = _part_with(face | eyes, eyes)
    if whole is None:
        return None
    skin, face = skin & whole, face & whole
    rows, columns = np.indices((face.shape[0], face.shape[1]))
    eye, chin = float(rows[eyes].mean()), float(np.percentile(rows[face | eyes], 99))
    reach = 2 * round(0.15 * (chin - eye)) + 3
    around = cv2.dilate(eyes.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
    about, below = skin & around & (rows < eye + 0.12 * (chin - eye)), skin & (rows > eye + 0.55 * (chin - eye))
    if min(about.sum(), below.sum()) < _FEWEST:
        return None
    oklab = color.to_oklab(crop)
    bare, cloth = np.median(oklab[about], axis=0), np.median(oklab[below], axis=0)
    way = (cloth - bare)[1:]  # of hue and chroma: light and shade change lightness
    if np.hypot(*way) < _OTHER:
        return None
    lips = claimed[Region.LIPS] > 0.5
    if lips.sum() >= _FEWEST and np.hypot(*(np.median(oklab[lips], axis=0) - cloth)[1:]) > _OTHER:
        return None
    like_cloth = face & ((oklab - bare)[..., 1:] @ way / float(way @ way) > 0.5)
    mask = _largest_part(like_cloth & (rows > eye), below)
    if mask is None or mask[below].mean() < _MOST:
        return None
    low, high = np.percentile(rows[face & ~like_cloth], [2, 98])
    same = hair.any() and float(np.abs(np.median(oklab[hair], axis=0) - cloth).max()) < 2 * _OTHER
    is_veil = bool(same and high - low < _SLIT * float(np.ptp(columns[eyes])))
    return mask | like_cloth if is_veil else mask, is_veil


def _largest_part(like_cloth: np.ndarray, below: np.ndarray) -> np.ndarray | None:
    """(S, S) bool: the connected part that most of the lower face belongs to, with its folds, and lips that were seen in them."""
    opened = cv2.morphologyEx(like_cloth.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    part = _part_with(opened, below)
    if part is None:
        return None
    return np.asarray(cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) > 0)


def _part_with(inside: np.ndarray, most_of: np.ndarray) -> np.ndarray | None:
    """(S, S) bool: the connected part that holds most of something; None if none holds any."""
    parts = np.empty(inside.shape, np.int32)
    cv2.connectedComponents(inside.astype(np.uint8), parts)
    votes = np.bincount(parts[most_of], minlength=2)[1:]
    return np.asarray(parts == 1 + int(votes.argmax())) if votes.any() else None


def _made_clothing(probabilities: np.ndarray, scheme: LabelScheme, share: np.ndarray, is_veil: bool) -> np.ndarray:
    """With so much, (S, S), of the face's probabilities given to clothing, and of a veil all of what passes for hair or a hat."""
    result = probabilities.copy()
    clothing = scheme.indices_of(Label.CLOTHING)[0]
    for index, labels in enumerate(scheme.members):
        on_head = bool(labels) and labels <= {Label.HAIR, Label.HAT}
        if (labels and labels <= Region.FACE.labels) or (is_veil and on_head):
            moved = result[index] * (1 if on_head else share)
            result[index] -= moved
            result[clothing] += moved
    return result

"""Who among the training faces wears what, and how each face is turned and lit: looked up before anything is pasted (`data.paste`).

Positions are complex numbers, x + iy in pixels, so that to turn and scale is to multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facefx.labels import Label, LabelScheme, Region

from .celebamask import Pictures

__all__ = ["LEAST", "PARTS", "Wardrobe"]

#: What is pasted, and how often each is drawn: the rarer and the worse found the oftener.
PARTS = {Label.NECKLACE: 0.4, Label.EARRING: 0.3, Label.EYEGLASSES: 0.15, Label.HAT: 0.15}
#: Share of the picture that a part takes at least; less is a fragment, or what is left of one behind hair.
LEAST = {Label.NECKLACE: 5e-4, Label.EARRING: 8e-4, Label.EYEGLASSES: 0.015, Label.HAT: 0.06}
#: How differently two faces may be turned, as `Wardrobe.turned` says it, and how differently lit, as the quotient of their skins.
_TURN, _LIGHT = 0.08, 1.7


@dataclass(frozen=True)
class Wardrobe:
    """Of N faces who wears what, and how each is turned and lit.

    Attributes
    ----------
    right, left : (N,) complex, where the eyes are; not a number where one of them is not known
    turned : (N,) float, how far the nose is from the middle of the eyes towards the left one, by their distance: 0 from the front
    skin : (N, 3) float, mean RGB of the face's skin
    shares : part → (N,) float, what it takes of each picture
    """

    right: np.ndarray
    left: np.ndarray
    turned: np.ndarray
    skin: np.ndarray
    shares: dict[Label, np.ndarray]

    @classmethod
    def of(cls, pictures: Pictures, scheme: LabelScheme) -> Wardrobe:
        """Look at each label map once, at half its size. Parts that the scheme does not tell apart are worn by nobody."""
        rows = [
            _seen(image[::2, ::2], labels[::2, ::2], scheme) for image, labels in zip(pictures.images, pictures.labels, strict=True)
        ]
        right, left = (np.array([row[k] for row in rows], complex) for k in range(2))
        shares = np.array([row[4] for row in rows]).reshape(len(rows), len(PARTS))
        return cls(
            right,
            left,
            np.array([_turn(*row[:3]) for row in rows]),
            np.array([row[3] for row in rows]).reshape(len(rows), 3),
            {part: shares[:, k] for k, part in enumerate(PARTS)},
        )

    def lenders(self, part: Label, to: int) -> tuple[np.ndarray, np.ndarray]:
        """Who wears a part and is turned and lit like face `to`: (K,) indices, and (K,) bool, whether mirrored they are."""
        able = (self.shares[part] >= LEAST[part]) & np.isfinite(self.turned)
        able[to] = False
        quotient = self.skin.mean(1) / max(self.skin[to].mean(), 1)
        able &= (quotient < _LIGHT) & (quotient > 1 / _LIGHT)
        fitting = [np.flatnonzero(able & (np.abs(sign * self.turned - self.turned[to]) < _TURN)) for sign in (1, -1)]
        return np.concatenate(fitting), np.repeat([False, True], [len(fitting[0]), len(fitting[1])])


def _seen(
    image: np.ndarray, labels: np.ndarray, scheme: LabelScheme
) -> tuple[complex, complex, complex, Sequence[float], list[float]]:
    """Both eyes and the nose, mean colour of the skin, share of each part."""
    right, left, nose = (_middle(labels, scheme.indices_of(part)) for part in (Label.RIGHT_EYE, Label.LEFT_EYE, Label.NOSE))
    if np.isnan(right) or np.isnan(left):
        right, left = _behind_glasses(labels, scheme)
    skin = cv2.mean(np.ascontiguousarray(image), np.isin(labels, scheme.indices_of(Region.ALL_SKIN)).astype(np.uint8))[:3]
    shares = [float(np.isin(labels, scheme.indices_of(part)).mean()) for part in PARTS]
    return 2 * right, 2 * left, 2 * nose, skin, shares


def _turn(right: complex, left: complex, nose: complex) -> float:
    return ((nose - (right + left) / 2) / (left - right)).real if left != right else np.nan


def _middle(labels: np.ndarray, indices: tuple[int, ...]) -> complex:
    moments = cv2.moments(np.isin(labels, indices).astype(np.uint8), binaryImage=True)
    return complex(moments["m10"], moments["m01"]) / moments["m00"] if moments["m00"] else complex(np.nan, np.nan)


def _behind_glasses(labels: np.ndarray, scheme: LabelScheme) -> tuple[complex, complex]:
    """Where dark lenses hide the eyes, they lie about the middle of each half."""
    glasses = np.isin(labels, scheme.indices_of(Label.EYEGLASSES))
    middle = _middle(glasses.astype(np.uint8), (1,))
    if np.isnan(middle):
        return middle, middle
    column = round(middle.real)
    right, left = (_middle(half.astype(np.uint8), (1,)) for half in (glasses[:, :column], glasses[:, column:]))
    return right, left + column

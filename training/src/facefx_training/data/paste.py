"""Rare parts of some training faces put onto others, where they would be worn.

Copy-paste as in Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method" (CVPR 2021), but not at random places:
glasses and hats go by the eyes, earrings by the lobe of the ear, necklaces by the neck (`data.places`). Necklaces, of which few
are lent and fewer fit, are also drawn (`data.drawn`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from facefx.labels import Label, LabelScheme

from .celebamask import Pictures
from .drawn import draw_necklace
from .places import Face, Fit, by_ear, by_eyes, by_neck
from .soft import UNKNOWN
from .wardrobe import LEAST, PARTS, Wardrobe

__all__ = ["Paste"]

Rng = np.random.Generator
#: A picture, its labels and where they are new.
Worn = tuple[np.ndarray, np.ndarray, np.ndarray]
#: Faces that are asked for their part before a picture stays as it is.
_TRIES = 6
#: So many necklaces are drawn before anybody is asked for one; the others, where nobody's fits.
_DRAWN = 0.5


@dataclass(frozen=True)
class _Way:
    """How a part is pasted.

    Attributes
    ----------
    fits : where it goes, a piece for each place
    over : what it may hide; the rest stays before it
    little : what it may hide, but with hardly more than a quarter of it
    kept : the share of it that must not be hidden
    inset : how soon it is seen through near its outline: 0.5 has the middle of the edge there, 0 leaves thin chains whole
    """

    fits: Callable[[Face, Face, bool, Label, Rng], list[Fit]]
    over: tuple[Label, ...]
    little: tuple[Label, ...]
    kept: float
    inset: float = 0.5


_EARS = (Label.LEFT_EAR, Label.RIGHT_EAR)
_EYES = (Label.LEFT_EYE, Label.RIGHT_EYE)
_BROWS = (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW)
_WAYS = {
    Label.EYEGLASSES: _Way(by_eyes, (Label.BACKGROUND, Label.SKIN, Label.NOSE, *_EYES, *_BROWS, *_EARS), (Label.BACKGROUND,), 0.75),
    Label.HAT: _Way(by_eyes, (Label.BACKGROUND, Label.SKIN, Label.HAIR, *_BROWS, *_EARS), (), 0.9),
    Label.EARRING: _Way(by_ear, (Label.BACKGROUND, Label.SKIN, Label.HAIR, Label.NECK, Label.CLOTHING, *_EARS), (Label.SKIN,), 0.8),
    Label.NECKLACE: _Way(by_neck, (Label.NECK, Label.CLOTHING), (Label.CLOTHING,), 0.6, 0.0),
}
#: Hair that a hat leaves above its middle is at most so much of what it hides.
_LEFT_ABOVE = 0.15
_LITTLE = 0.25
#: Around a necklace, so much of both necks is alike bare or hidden.
_ALIKE = 0.75
#: Beyond so many distances of the eyes from their middle, glasses are behind an ear or not worn.
_BESIDE = 1.0


class Paste:
    """Puts a rare part that another face wears onto some faces.

    Parameters
    ----------
    pictures : whose parts are lent, and onto which they are put
    scheme : of the labels; parts that it does not tell apart are left where they are
    share : of the pictures drawn, that something is tried on
    """

    def __init__(self, pictures: Pictures, scheme: LabelScheme, share: float) -> None:
        self.pictures, self.scheme, self.share = pictures, scheme, share
        self.wardrobe = Wardrobe.of(pictures, scheme)
        self.parts = [part for part in PARTS if self.wardrobe.shares[part].max(initial=0) >= LEAST[part]]

    def __call__(self, index: int, soft: np.ndarray | None, rng: Rng) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The picture, labels and soft labels at `index`, themselves or copies with something more worn.

        What a teacher said of a place where something was pasted is not known any more.
        """
        image, labels = self.pictures.images[index], self.pictures.labels[index]
        if not self.parts or rng.random() >= self.share or np.isnan(self.wardrobe.turned[index]):
            return image, labels, soft
        chances = np.array([PARTS[part] for part in self.parts])
        part = self.parts[rng.choice(len(self.parts), p=chances / chances.sum())]
        if self.wardrobe.shares[part][index] > 0:
            return image, labels, soft
        draw_first = part is Label.NECKLACE and rng.random() < _DRAWN
        worn = self._drawn(part, index, rng) if draw_first else None
        worn = worn or self._lent(part, index, rng)
        worn = worn or (None if draw_first else self._drawn(part, index, rng))
        if worn is None:
            return image, labels, soft
        image, labels, changed = worn
        return image, labels, None if soft is None else _unknown_where(changed, soft)

    def _drawn(self, part: Label, index: int, rng: Rng) -> Worn | None:
        return draw_necklace(self._face(index), rng) if part is Label.NECKLACE else None

    def _lent(self, part: Label, index: int, rng: Rng) -> Worn | None:
        lenders, mirrored = self.wardrobe.lenders(part, index)
        for k in rng.permutation(len(lenders))[:_TRIES]:
            worn = self._wear(part, index, int(lenders[k]), bool(mirrored[k]), rng)
            if worn is not None:
                return worn
        return None

    def _wear(self, part: Label, index: int, lender: int, mirrored: bool, rng: Rng) -> Worn | None:
        """As another wears it; None if it does not fit."""
        target, source = self._face(index), self._face(lender)
        worn = target.image.copy(), target.labels.copy(), np.zeros(target.labels.shape, bool)
        fits = _WAYS[part].fits(source, target, mirrored, part, rng)
        laid = [_lay(worn, source, target, fit, part) for fit in fits]
        return worn if any(laid) else None

    def _face(self, index: int) -> Face:
        known, pictures = self.wardrobe, self.pictures
        eyes = complex(known.right[index]), complex(known.left[index])
        return Face(pictures.images[index], pictures.labels[index], self.scheme, *eyes, known.skin[index])


def _lay(worn: Worn, source: Face, target: Face, fit: Fit, part: Label) -> bool:
    """Put a piece into a picture, its labels and the map of what is new. False if it does not fit there, and nothing is changed."""
    way = _WAYS[part]
    place = _box(fit, len(target.labels))
    if place is None:
        return False
    rows, columns = place
    matrix = fit.matrix.copy()
    matrix[:, 2] -= columns.start, rows.start
    frame = (columns.stop - columns.start, rows.stop - rows.start)
    piece = _warped(255 * fit.piece, matrix, frame) > 127
    shown = piece & (_room(target, part)[place] > 0)
    on_bad = piece & (target.where(*way.little)[place] > 0)
    if shown.sum() < way.kept * max(piece.sum(), 1) or on_bad.sum() > _LITTLE * piece.sum():
        return False
    if part is Label.HAT and _hair_stays_above(piece, target, place):
        return False
    if part is Label.NECKLACE and _ends_in_the_open(piece, _warped(source.where(Label.NECK), matrix, frame), target, place):
        return False
    colours = _warped(source.image, matrix, frame)
    alpha = np.clip(2 * cv2.GaussianBlur(shown.astype(np.float32), (0, 0), 0.8) - way.inset, 0, 1)
    image, labels, changed = (a[place] for a in worn)
    lit = np.minimum(colours * fit.gains.astype(np.float32), 255)
    image[:] = np.rint(image + alpha[..., None] * (lit - image))
    new = shown & (alpha > 0.5)
    table = np.arange(256, dtype=np.uint8)
    if fit.mirrored:
        table[: len(source.scheme)] = source.scheme.mirror
    # next to the outline the nearest pixel may be none of it
    lent = np.where(fit.piece, source.labels, np.uint8(source.scheme.indices_of(part)[0]))
    labels[new] = table[_warped(lent, matrix, frame, cv2.INTER_NEAREST)[new]]
    changed |= alpha > 0
    return bool(new.any())


def _room(target: Face, part: Label) -> np.ndarray:
    """(S, S) uint8, 1 where a part may be seen on a face. Rims stand out beside a turned face, but their ends do not."""
    room = target.where(*_WAYS[part].over)
    if part is Label.EYEGLASSES:
        beside = round(_BESIDE * target.wide)
        left, right = (max(round(target.middle.real) + side * beside, 0) for side in (-1, 1))
        behind = target.where(Label.BACKGROUND)
        room[:, :left] &= 1 - behind[:, :left]
        room[:, right:] &= 1 - behind[:, right:]
    return room


def _warped(picture: np.ndarray, matrix: np.ndarray, frame: tuple[int, int], sample: int = cv2.INTER_LINEAR) -> np.ndarray:
    """What the border of a picture cuts goes on beyond it."""
    return cv2.warpAffine(picture, matrix, frame, flags=sample, borderMode=cv2.BORDER_REPLICATE)


def _box(fit: Fit, size: int) -> tuple[slice, slice] | None:
    """Rows and columns of a `size`-pixel picture where a piece comes to lie, and a little around; None if it lies outside."""
    x, y, width, height = cv2.boundingRect(fit.piece)
    last = fit.piece.shape[0] - 1
    # what touches the border may go on to the border of the other picture
    xs = [x if x > 0 else x - last, x + width if x + width <= last else x + width + last]
    ys = [y if y > 0 else y - last, y + height if y + height <= last else y + height + last]
    corners = fit.matrix @ np.array([[a, b, 1] for a in xs for b in ys]).T
    left, top = np.maximum(np.floor(corners.min(1)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(corners.max(1)).astype(int) + 3, size)
    return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None


def _hair_stays_above(hat: np.ndarray, target: Face, place: tuple[slice, slice]) -> bool:
    """Whether more than a little hair of a face would stick out above the middle of a hat."""
    hair = target.where(Label.HAIR)
    hidden = int(hair[place][hat].sum())
    hair[place][hat] = 0
    middle = place[0].start + int(np.flatnonzero(hat.any(1)).mean())
    return int(hair[:middle].sum()) > _LEFT_ABOVE * max(hidden, 1)


def _ends_in_the_open(necklace: np.ndarray, neck: np.ndarray, target: Face, place: tuple[slice, slice]) -> bool:
    """Whether a necklace would end where no hair or clothing hides the rest: around it, one neck is not as bare as the other."""
    around = cv2.dilate(necklace.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    around &= ~necklace
    same = neck == target.where(Label.NECK)[place]
    return bool(same[around].mean() < _ALIKE)


def _unknown_where(changed: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Soft labels of any size without those that a change of the picture touches."""
    touched = cv2.resize(changed.astype(np.float32), soft.shape[1::-1], interpolation=cv2.INTER_AREA) > 0
    return np.where(touched[..., None], np.array(UNKNOWN, np.uint8), soft)

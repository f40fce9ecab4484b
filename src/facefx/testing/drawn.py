"""Portraits drawn in known colours: what the right answer is, is known at every pixel, and no network is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..face.face import Face
from ..face.values import Box, Detection, FaceParsing
from ..image.canvas import Canvas
from ..labels import Label, scheme
from ..pixels.geometry import apply, crop_affine

__all__ = ["COLORS", "INDEX", "PALETTE", "PORTRAIT", "SIZE", "Head", "drawn_face", "label_picture", "painted"]

INDEX = {label: index for index, label in enumerate(Label)}

#: RGB of each part. Any two are at least 39 apart, and the grey that crops are padded with is nearest to the background.
PALETTE = {
    Label.BACKGROUND: (130, 145, 160),
    Label.SKIN: (228, 188, 160),
    Label.NOSE: (250, 215, 185),
    Label.EYEGLASSES: (40, 60, 120),
    Label.LEFT_EYE: (70, 130, 90),
    Label.RIGHT_EYE: (60, 120, 170),
    Label.LEFT_EYEBROW: (95, 60, 30),
    Label.RIGHT_EYEBROW: (120, 75, 60),
    Label.LEFT_EAR: (225, 160, 120),
    Label.RIGHT_EAR: (250, 150, 150),
    Label.INNER_MOUTH: (250, 250, 245),
    Label.UPPER_LIP: (170, 50, 60),
    Label.LOWER_LIP: (205, 80, 95),
    Label.HAIR: (55, 35, 25),
    Label.HAT: (30, 110, 40),
    Label.EARRING: (240, 215, 60),
    Label.NECKLACE: (190, 160, 30),
    Label.NECK: (190, 150, 140),
    Label.CLOTHING: (120, 40, 130),
}
COLORS = np.array([PALETTE[label] for label in Label], np.float32)


@dataclass(frozen=True)
class Head:
    """Where a head is painted: the middle and side of the box that a detector should give, in pixels, and its tilt in degrees."""

    center: tuple[float, float]
    side: float
    roll: float = 0.0
    hair_to: float = 0.5  # how far down the hair hangs, in box sides below the middle
    hat: bool = False
    eyeglasses: bool = False

    @property
    def detection(self) -> Detection:
        return Detection(Box.square(self.center, self.side), self.roll)


PORTRAIT = Head((93.5, 98.0), 96.0)
SIZE = (189, 187)


def label_picture(heads: Sequence[Head] = (PORTRAIT,), size: tuple[int, int] = SIZE) -> np.ndarray:
    """The right answer: (height, width) uint8 in CelebAMask-HQ's order. Later heads are in front."""
    height, width = size
    labels = np.zeros(size, np.uint8)
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    for head in heads:
        turn = np.deg2rad(head.roll)
        dx, dy = (x - head.center[0]) / head.side, (y - head.center[1]) / head.side
        _draw(labels, head, dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn))
    return labels


def _draw(labels: np.ndarray, head: Head, u: np.ndarray, v: np.ndarray) -> None:
    """Paint from the back to the front. `u` (to the right) and `v` (down) are in box sides; the subject's left is at u > 0."""

    def ellipse(cu: float, cv: float, ru: float, rv: float) -> np.ndarray:
        return np.asarray(((u - cu) / ru) ** 2 + ((v - cv) / rv) ** 2 < 1)

    def paint(label: Label, where: np.ndarray) -> None:
        labels[where] = INDEX[label]

    paint(Label.HAIR, ellipse(0, -0.12, 0.58, 0.68))
    paint(Label.NECK, (np.abs(u) < 0.22) & (v > 0.3) & (v < 0.9))
    paint(Label.CLOTHING, ellipse(0, 1.1, 0.85, 0.5))
    paint(Label.HAIR, (np.abs(u) > 0.22) & (np.abs(u) < 0.58) & (v > -0.12) & (v < head.hair_to))
    paint(Label.NECKLACE, (np.abs(u) < 0.22) & (v > 0.56) & (v < 0.63))
    for side, ear in ((1, Label.LEFT_EAR), (-1, Label.RIGHT_EAR)):
        paint(ear, ellipse(0.43 * side, 0.02, 0.08, 0.15))
        paint(Label.EARRING, ellipse(0.47 * side, 0.2, 0.045, 0.045))
    paint(Label.SKIN, ellipse(0, 0, 0.41, 0.53))
    for side, eye, brow in ((1, Label.LEFT_EYE, Label.LEFT_EYEBROW), (-1, Label.RIGHT_EYE, Label.RIGHT_EYEBROW)):
        paint(brow, ellipse(0.19 * side, -0.21, 0.13, 0.045))
        paint(eye, ellipse(0.19 * side, -0.06, 0.1, 0.06))
        if head.eyeglasses:
            paint(Label.EYEGLASSES, ellipse(0.19 * side, -0.06, 0.17, 0.13) & ~ellipse(0.19 * side, -0.06, 0.12, 0.08))
    paint(Label.NOSE, ellipse(0, 0.09, 0.08, 0.15))
    paint(Label.UPPER_LIP, ellipse(0, 0.34, 0.2, 0.11) & (v < 0.34))
    paint(Label.LOWER_LIP, ellipse(0, 0.34, 0.2, 0.11) & (v >= 0.34))
    paint(Label.INNER_MOUTH, ellipse(0, 0.34, 0.14, 0.04))
    if head.hat:
        paint(Label.HAT, ellipse(0, -0.45, 0.62, 0.4) & (v < -0.32))


def painted(labels: np.ndarray, noise: float = 2.0) -> np.ndarray:
    """A label picture in its colours, with a little noise that is always the same: (H, W, 3) uint8 RGB."""
    grain = np.random.default_rng(0).normal(0, noise, (*labels.shape, 1))
    return np.clip(COLORS[labels] + grain + 0.5, 0, 255).astype(np.uint8)


def drawn_face(head: Head, picture: np.ndarray, labels: np.ndarray | None = None) -> Face:
    """The `Face` that a good segmenter would find where a head was drawn.

    Parameters
    ----------
    picture : (H, W, 3) float32 RGB in [0, 1], whatever it shows.
    labels : (64, 64) uint8, what the segmenter says of the upright crop; the head's own parts if left out.
    """
    size = 64
    affine = crop_affine(head.center, 1.6 * head.side, head.roll, size)
    if labels is None:
        (middle,) = apply(affine, np.array([head.center]))
        upright = Head((middle[0], middle[1]), size / 1.6, 0.0, head.hair_to, head.hat, head.eyeglasses)
        labels = label_picture([upright], (size, size))
    classes = np.stack([cv2.GaussianBlur((labels == i).astype(np.float32), (0, 0), 0.6) for i in range(len(Label))])
    parsing = FaceParsing(classes / classes.sum(axis=0), scheme("celebamask"), affine)
    return Face(Box.square(head.center, head.side), head.roll, 1.0, parsing, Canvas.of(picture))

"""Portraits painted in known colours, and a segmenter and a detector that read those colours: faces without a network.

Each of the nineteen parts has a colour of its own, so what the right answer is, is known at every pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facefx.labels import Label, LabelScheme, Region, scheme
from facefx.types import Box, Detection

CELEBAMASK = scheme("celebamask")
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


class FakeSegmenter:
    """Reads the parts off the colours, and which side an eye, a brow or an ear is on off its place in the crop, as a network would.

    In a crop where the lips are not below the eyes it sees no features, since networks learn upright faces.
    """

    name = "fake"
    scheme: LabelScheme = CELEBAMASK

    def __init__(self, size: int = 128) -> None:
        self.input_size = (size, size)
        self.calls = 0

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.calls += len(crops)
        return np.stack([self._one(crop) for crop in crops])

    def _one(self, crop: np.ndarray) -> np.ndarray:
        distance = ((crop[:, :, None] * 255 - COLORS) ** 2).sum(axis=-1)
        likely = np.exp((distance.min(axis=-1, keepdims=True) - distance) / 150)
        classes = np.moveaxis(likely / likely.sum(axis=-1, keepdims=True), -1, 0).astype(np.float32)
        classes = _sides_by_place(_without_seams(classes))
        return classes if _is_upright(classes) else _featureless(classes)


def _without_seams(classes: np.ndarray) -> np.ndarray:
    """Where two colours mix they may look like a third: drop what is thinner than three pixels, and let the neighbours fill in."""
    square = np.ones((3, 3), np.uint8)
    kept = np.stack([cv2.morphologyEx(c, cv2.MORPH_OPEN, square) for c in classes])
    kept += np.float32(0.01) * np.stack([cv2.blur(c, (5, 5)) for c in kept]) + np.float32(1e-6)
    return np.asarray(kept / kept.sum(axis=0))


def _sides_by_place(classes: np.ndarray) -> np.ndarray:
    classes = classes.copy()
    middle = classes.shape[-1] // 2
    for left, right in (
        (Label.LEFT_EYE, Label.RIGHT_EYE),
        (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW),
        (Label.LEFT_EAR, Label.RIGHT_EAR),
    ):
        pair = classes[INDEX[left]] + classes[INDEX[right]]
        classes[INDEX[left]], classes[INDEX[right]] = pair, 0
        classes[INDEX[right], :, :middle], classes[INDEX[left], :, :middle] = pair[:, :middle], 0
    return classes


_FEATURES = [INDEX[label] for label in (*Region.EYES.labels, *Region.EYEBROWS.labels, *Region.MOUTH.labels, Label.NOSE)]


def _is_upright(classes: np.ndarray) -> bool:
    eyes = np.argwhere(sum(classes[INDEX[label]] for label in Region.EYES.labels) > 0.5)
    lips = np.argwhere(sum(classes[INDEX[label]] for label in Region.LIPS.labels) > 0.5)
    if not len(eyes) or not len(lips):
        return True
    down, aside = lips.mean(axis=0) - eyes.mean(axis=0)
    return bool(down > abs(aside))


def _featureless(classes: np.ndarray) -> np.ndarray:
    classes = classes.copy()
    classes[INDEX[Label.SKIN]] += classes[_FEATURES].sum(axis=0)
    classes[_FEATURES] = 0
    return classes


class FakeDetector:
    """Finds the connected patches of face colours, and puts the box where a cascade would. It does not see the tilt."""

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        self.calls += 1
        nearest = ((rgb[:, :, None] * 255 - COLORS) ** 2).sum(axis=-1).argmin(axis=-1)
        face = np.isin(nearest, [INDEX[label] for label in Region.FACE.labels - {Label.EYEGLASSES}]).astype(np.uint8)
        face = cv2.morphologyEx(face, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(face)
        return [
            Detection(Box.square((x + w / 2, y + h / 2), 1.07 * float(np.sqrt(w * h))))
            for x, y, w, h, area in stats[1:].tolist()
            if area > 200
        ]


class ScriptedDetector:
    """Finds what it was told to find."""

    def __init__(self, *found: Detection) -> None:
        self.found = list(found)

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        return list(self.found)


class HairSegmenter:
    """Knows hair from all else, and nothing more."""

    name = "fake-hair"
    scheme: LabelScheme = scheme("hair")
    input_size = (128, 128)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        hair = FakeSegmenter().probabilities(crops)[:, INDEX[Label.HAIR]]
        return np.stack([1 - hair, hair], axis=1)

"""A segmenter and a detector that read the colours of drawn portraits: faces without a network."""

from __future__ import annotations

import cv2
import numpy as np

from facefx.face.values import Box, Detection
from facefx.labels import IRISES, Label, LabelScheme, Region, scheme
from facefx.testing.drawn import COLORS, INDEX, PALETTE, PORTRAIT, SIZE, Head, label_picture, painted

__all__ = [
    "CELEBAMASK",
    "COLORS",
    "INDEX",
    "PALETTE",
    "PORTRAIT",
    "SIZE",
    "CoarseSegmenter",
    "FakeDetector",
    "FakeSegmenter",
    "HairSegmenter",
    "Head",
    "ScriptedDetector",
    "distances",
    "label_picture",
    "painted",
]

CELEBAMASK = scheme("celebamask")


def distances(rgb: np.ndarray) -> np.ndarray:
    """How far the colours of an image in 0–1 are from that of each part: the sum of squares, (parts, height, width)."""
    red, green, blue = np.moveaxis(rgb * 255, -1, 0)
    return np.stack([(red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 for r, g, b in COLORS])


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
        distance = distances(crop)
        likely = np.exp((distance.min(axis=0) - distance) / 150)
        classes = (likely / likely.sum(axis=0)).astype(np.float32)
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
        nearest = distances(rgb).argmin(axis=0)
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


class CoarseSegmenter:
    """Knows the parts of another label scheme alone; what it has no name for is background, and all of an eye white."""

    input_size = (128, 128)

    def __init__(self, scheme: LabelScheme) -> None:
        self.name, self.scheme = f"fake-{scheme.name}", scheme

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        fine = FakeSegmenter().probabilities(crops)
        named = list(zip(self.scheme.classes, self.scheme.members, strict=True))[1:]
        parts = [[] if name in IRISES else [INDEX[label] for label in labels] for name, labels in named]
        known = np.stack([fine[:, part].sum(axis=1) for part in parts], axis=1)
        return np.concatenate([1 - known.sum(axis=1, keepdims=True), known], axis=1)


class HairSegmenter(CoarseSegmenter):
    """Knows hair from all else, and nothing more."""

    scheme = scheme("hair")

    def __init__(self) -> None:
        super().__init__(self.scheme)

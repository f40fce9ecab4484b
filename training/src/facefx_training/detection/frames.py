"""Photos of one face with 68 landmarks, as a detector learns them: cut out and laid, at any size and tilt, onto another picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facefx.face.values import Box

from ..data.landmarks import read_landmarks, read_points
from ..data.readers.points import part_of
from .compose import MIRRORED, Composed, Face, similarity

__all__ = ["Frame", "face_of", "on_scene", "read_frames"]

#: The detector's square from the bounding box of 68 landmarks: its side, and how far up the face its middle lies, in square roots
#: of that box's area. Medians over 128 frontal frames of ytfaces68 in which OpenCV's cascade finds the face.
LANDMARK_SIDE, LANDMARK_UP = 1.23, 0.185


@dataclass(frozen=True, eq=False)
class Frame:
    """A photo, (H, W, 3) uint8 RGB, and the face in it. Others may be in it too."""

    image: np.ndarray
    face: Face


def read_frames(folder: Path, split: str) -> list[Frame]:
    """The photos of the people of one part, "train", "val" or "test", of a folder with images/ and landmarks.csv."""
    names = [name for name, _ in read_points(folder)]
    last = dict(zip(names, read_landmarks(folder), strict=True))  # of several rows, the earlier ones are often beside the face
    return [Frame(image, face_of(points)) for name, (image, points) in last.items() if part_of(_person(name)) == split]


def _person(name: str) -> str:
    stem = Path(name).stem
    return stem.rpartition("_")[0] or stem


def face_of(points: np.ndarray) -> Face:
    """The face of (68, 2) landmarks in iBUG's order."""
    left, right = points[42:48].mean(axis=0), points[36:42].mean(axis=0)
    turn = float(np.arctan2(*(left - right)[::-1]))
    low, high = points.min(axis=0), points.max(axis=0)
    side = float(np.sqrt(np.prod(high - low)))
    middle = (low + high) / 2 - LANDMARK_UP * side * np.array([-np.sin(turn), np.cos(turn)])
    five = np.stack([left, right, points[30], points[54], points[48]])
    box = Box.square((float(middle[0]), float(middle[1])), LANDMARK_SIDE * side)
    return Face(box, float(np.degrees(turn)), five, visible=1.0, light=0.0)


def on_scene(
    frames: Sequence[Frame], scene: np.ndarray, rng: np.random.Generator, *, sizes: tuple[float, float], turned: float
) -> Composed:
    """One of the photos, mirrored or not, scaled and turned, laid onto a picture so that its face's middle is inside.

    `sizes` and `turned` as for `compose`.
    """
    height, width = scene.shape[:2]
    image, face = _mirrored(frames[int(rng.integers(len(frames)))], rng)
    side = float(np.exp(rng.uniform(np.log(sizes[0]), np.log(max(sizes[1] * min(height, width), sizes[0])))))
    turn = float(rng.uniform(-180, 180) if rng.random() < turned else rng.normal(0, 12))
    reach = min(0.3 * side, 0.5 * min(height, width))
    middle = rng.uniform((reach, reach), (width - reach, height - reach))
    ratio = min(side / face.box.side, 1.0)  # averaged down first, so that nothing aliases
    image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    affine = similarity(side / (ratio * face.box.side), np.deg2rad(turn), ratio * np.array(face.box.center), middle)
    points = (ratio * face.points) @ affine[:, :2].T + affine[:, 2]
    affine[:, 2] += affine[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV has a pixel's middle at 0
    canvas = scene.copy()
    cv2.warpAffine(image, affine, (width, height), dst=canvas, borderMode=cv2.BORDER_TRANSPARENT)
    roll = (face.roll + turn + 180) % 360 - 180
    return Composed(
        canvas, (Face(Box.square((float(middle[0]), float(middle[1])), side), roll, points, 1.0, float(canvas.mean())),)
    )


def _mirrored(frame: Frame, rng: np.random.Generator) -> tuple[np.ndarray, Face]:
    image, face = frame.image, frame.face
    if rng.random() < 0.5:
        return image, face
    width = image.shape[1]
    points = (face.points * (-1, 1) + (width, 0))[MIRRORED]
    box = Box.square((width - face.box.center[0], face.box.center[1]), face.box.side)
    return np.ascontiguousarray(image[:, ::-1]), Face(box, -face.roll, points, face.visible, face.light)

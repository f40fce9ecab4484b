"""Group pictures composed of labelled heads: every face's box and points are known, since the masks say where its parts are.

    heads = [head for image, labels in pairs if (head := cut_head(image, labels))]
    patches = [patch for image, labels in pairs if (patch := faceless_patch(image, labels)) is not None]
    rng = np.random.default_rng(seed)
    picture = compose(heads, background(patches, (720, 960), rng), rng)

Everything is drawn from the generator that is given, so a seed tells a picture. Labels are indices of CelebAMask-HQ's scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from facefx.face.values import Box
from facefx.labels import Label, Region, scheme

__all__ = ["MIRRORED", "POINTS", "Composed", "Face", "Head", "background", "compose", "cut_head", "faceless_patch", "similarity"]

#: The points of a face, in this order, each the subject's own left or right.
POINTS = ("left_eye", "right_eye", "nose", "left_mouth_corner", "right_mouth_corner")
#: What becomes of them in the mirror.
MIRRORED = [1, 0, 2, 4, 3]

_CELEBAMASK = scheme("celebamask")
#: A detector's box is this much larger than the square of the face's area; `facefx.parsing.pipeline` measures faces by it.
_BOX_PER_FACE = 1.07
#: A part of fewer pixels than this share of the face's is not seen well enough to say where it is.
_LEAST_PART = 0.001
#: Width, in heads, of the zone in which a head fades out where its photo cut it off.
_FADE = 0.08


@dataclass(frozen=True, eq=False)
class Head:
    """A head cut out of its photo.

    Attributes
    ----------
    image : (S, S, 3) uint8 RGB, the photo.
    matte : (S, S) float32 in [0, 1], how much of each pixel is head, neck or clothes.
    face : (S, S) bool, the face from the forehead to the chin.
    center, side : middle (x, y) and side of the detector's box, in pixels.
    roll : degrees, clockwise, by which the head is tilted in its photo.
    points : (5, 2) float64 (x, y), in the order of `POINTS`; NaN where a part cannot be seen.
    """

    image: np.ndarray
    matte: np.ndarray
    face: np.ndarray
    center: tuple[float, float]
    side: float
    roll: float
    points: np.ndarray


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a composed picture: `box`, `roll` and `points` as for `Head`, but in the picture.

    `visible` is the share of it that is inside the picture and behind no other head, 0 to 1; `light` its mean lightness, 0 to 255.
    """

    box: Box
    roll: float
    points: np.ndarray
    visible: float
    light: float


@dataclass(frozen=True, eq=False)
class Composed:
    """A picture, (H, W, 3) uint8 RGB, and all faces in it."""

    image: np.ndarray
    faces: tuple[Face, ...]


def cut_head(image: np.ndarray, labels: np.ndarray) -> Head | None:
    """The head of a portrait; None if its labels show no face, or neither both eyes nor a nose and a mouth.

    Parameters
    ----------
    image : (S, S, 3) uint8 RGB
    labels : (S, S) uint8, indices of CelebAMask-HQ's scheme
    """
    face = np.isin(labels, _CELEBAMASK.indices_of(Region.FACE))
    if face.mean() < 0.01:
        return None
    (x0, y0), (x1, y1) = np.percentile(_pixels(face), (0.5, 99.5), axis=0)
    points = _points(labels, face)
    seen = ~np.isnan(points[:, 0])
    if not (seen[:2].all() or seen[2:].all()):
        return None
    matte = cv2.GaussianBlur((labels != _CELEBAMASK.indices_of(Label.BACKGROUND)[0]).astype(np.float32), (0, 0), 1)
    rows, columns = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (_FADE * n) for n in labels.shape)
    matte *= np.clip(np.minimum(rows[:, None], columns[None]), 0, 1).astype(np.float32)
    side = _BOX_PER_FACE * float(np.sqrt((x1 - x0) * (y1 - y0)))
    return Head(image, matte, face, (float(x0 + x1) / 2, float(y0 + y1) / 2), side, _roll(points), points)


def _pixels(where: np.ndarray) -> np.ndarray:
    """Middles (x, y) of the pixels of a mask, (N, 2)."""
    rows, columns = np.nonzero(where)
    return np.column_stack([columns, rows]) + 0.5


def _points(labels: np.ndarray, face: np.ndarray) -> np.ndarray:
    least = max(_LEAST_PART * face.sum(), 4)
    points = np.full((5, 2), np.nan)
    for place, label in enumerate((Label.LEFT_EYE, Label.RIGHT_EYE, Label.NOSE)):
        pixels = _pixels(labels == _CELEBAMASK.indices_of(label)[0])
        if len(pixels) >= least:
            points[place] = pixels.mean(axis=0)
    mouth = _pixels(np.isin(labels, _CELEBAMASK.indices_of(Region.MOUTH)))
    if len(mouth) >= least:
        turn = np.deg2rad(_roll(points))
        along = mouth @ [np.cos(turn), np.sin(turn)]
        points[3], points[4] = mouth[along.argmax()], mouth[along.argmin()]
    return points


def _roll(points: np.ndarray) -> float:
    """Degrees, clockwise, of the line through the eyes; 0 if one cannot be seen."""
    dx, dy = points[0] - points[1]
    return 0.0 if np.isnan(dx) else float(np.degrees(np.arctan2(dy, dx)))


def faceless_patch(image: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """The largest square of a portrait that shows background, hair or clothes alone; None if it is under an eighth as wide."""
    free = np.isin(labels, [_CELEBAMASK.indices_of(label)[0] for label in (Label.BACKGROUND, Label.HAIR, Label.CLOTHING)])
    reach = cv2.distanceTransform(np.pad(free, 1).astype(np.uint8), cv2.DIST_C, 3)[1:-1, 1:-1]
    half = int(reach.max()) - 1
    if 2 * half < labels.shape[0] / 8:
        return None
    row, column = np.unravel_index(int(reach.argmax()), reach.shape)
    return image[row - half : row + half + 1, column - half : column + half + 1]


def background(patches: Sequence[np.ndarray], size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """(height, width, 3) uint8 without a face: patches of photos, enlarged, turned and set beside one another, and some noise."""
    height, width = size
    canvas = np.full((height, width, 3), rng.uniform(20, 235, 3), np.float32)
    for _ in range(int(rng.integers(4, 13))):
        patch = patches[int(rng.integers(len(patches)))]
        scale, turn = rng.uniform(0.3, 1.5) * max(size) / len(patch), rng.uniform(0, 2 * np.pi)
        middle = rng.uniform(0, 1, 2) * (width, height)
        affine = similarity(scale, turn, np.full(2, len(patch) / 2), middle)
        cover = np.ones(patch.shape[:2], np.float32)
        where = _warp(cover, affine, size)[..., None] * np.float32(rng.uniform(0.6, 1))
        canvas += where * (_warp(patch.astype(np.float32), affine, size) - canvas)
    coarse = rng.normal(0, rng.uniform(0, 12), (height // 8 + 1, width // 8 + 1, 3)).astype(np.float32)
    canvas += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def compose(
    heads: Sequence[Head],
    scene: np.ndarray,
    rng: np.random.Generator,
    *,
    count: int = 8,
    sizes: tuple[float, float] = (24.0, 0.6),
    turned: float = 0.3,
) -> Composed:
    """Paste heads onto a picture, large ones over small ones, and light it.

    Parameters
    ----------
    heads : to choose from.
    scene : (H, W, 3) uint8, without a face.
    count : heads at most; those for which there is no room are left out.
    sizes : least side of a face's box in pixels, and largest as a share of the picture's shorter side; even on a logarithmic scale.
    turned : share of faces that are tilted to any side, upside down too; the others by some 12 degrees.
    """
    height, width = scene.shape[:2]
    smallest, largest = sizes[0], max(sizes[1] * min(height, width), sizes[0])
    canvas = scene.astype(np.float32)
    faces: list[Face] = []
    owner = np.full((height, width), -1)  # whose face each pixel shows
    for side in sorted(np.exp(rng.uniform(np.log(smallest), np.log(largest), count)).tolist()):
        head = _dimmed(_mirrored(heads[int(rng.integers(len(heads)))], rng), rng)
        turn = rng.uniform(-180, 180) if rng.random() < turned else rng.normal(0, 12)
        middle = _free_place(side, [face.box for face in faces], (height, width), rng)
        if middle is None:
            continue
        shrunk = _shrunk(head, side / head.side)
        affine = similarity(side / shrunk.side, np.deg2rad(turn), np.array(shrunk.center), middle)
        points = shrunk.points @ affine[:, :2].T + affine[:, 2]
        roll = (head.roll + turn + 180) % 360 - 180
        area = float(shrunk.face.sum()) * (side / shrunk.side) ** 2
        _paste(shrunk, affine, canvas, owner, len(faces))
        faces.append(Face(Box.square((float(middle[0]), float(middle[1])), side), float(roll), points, area, 0.0))
    image = _lit(canvas, rng)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return Composed(image, tuple(_seen(face, owner == number, grey) for number, face in enumerate(faces)))


def _paste(head: Head, affine: np.ndarray, canvas: np.ndarray, owner: np.ndarray, number: int) -> None:
    """Draw a head, moved by `affine`, onto `canvas`, and note in `owner` which pixels show its face and which hide others'."""
    size = head.image.shape[0]
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) @ affine[:, :2].T + affine[:, 2]
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int), canvas.shape[1::-1])
    if x0 >= x1 or y0 >= y1:
        return
    window, moved = (slice(y0, y1), slice(x0, x1)), affine - [[0, 0, x0], [0, 0, y0]]
    image, matte, face = (
        _warp(picture.astype(np.float32), moved, (y1 - y0, x1 - x0)) for picture in (head.image, head.matte, head.face)
    )
    canvas[window] += matte[..., None] * (image - canvas[window])
    owner[window][matte >= 0.5] = -1
    owner[window][face >= 0.5] = number


def _seen(face: Face, mask: np.ndarray, grey: np.ndarray) -> Face:
    """The face with the share of it that can be seen, where `visible` was its area so far, and its light."""
    light = float(grey[mask].mean()) if mask.any() else 0.0
    return replace(face, visible=min(float(mask.sum()) / max(face.visible, 1), 1.0), light=light)


def _mirrored(head: Head, rng: np.random.Generator) -> Head:
    if rng.random() < 0.5:
        return head
    width = head.image.shape[1]
    points = (head.points * (-1, 1) + (width, 0))[MIRRORED]
    image, matte, face = (np.ascontiguousarray(picture[:, ::-1]) for picture in (head.image, head.matte, head.face))
    return Head(image, matte, face, (width - head.center[0], head.center[1]), head.side, -head.roll, points)


def _dimmed(head: Head, rng: np.random.Generator) -> Head:
    """The head in a light of its own: darker or brighter, and from one side."""
    gain = np.exp(rng.normal(0, 0.2))
    slope = rng.uniform(-0.4, 0.4) * np.linspace(-1, 1, head.image.shape[1], dtype=np.float32)[None, :, None]
    return replace(head, image=np.clip(head.image * (gain * (1 + slope)), 0, 255).astype(np.uint8))


def _shrunk(head: Head, scale: float) -> Head:
    """The head at about the size that it is pasted at, averaged down so that nothing aliases."""
    size = head.image.shape[0]
    smaller = max(round(size * min(scale, 1.0)), 8)
    ratio = smaller / size
    image, matte, face = (
        cv2.resize(picture, (smaller, smaller), interpolation=cv2.INTER_AREA)
        for picture in (head.image, head.matte, head.face.astype(np.float32))
    )
    center = (head.center[0] * ratio, head.center[1] * ratio)
    return Head(image, matte, face >= 0.5, center, head.side * ratio, head.roll, head.points * ratio)


def _free_place(side: float, taken: Sequence[Box], size: tuple[int, int], rng: np.random.Generator) -> np.ndarray | None:
    """A middle (x, y) for a box of that side that covers no other's middle third; its own middle and most of it lie inside."""
    height, width = size
    reach = min(0.35 * side, 0.5 * min(size))
    for _ in range(20):
        middle = rng.uniform((reach, reach), (width - reach, height - reach))
        if all(max(abs(middle - box.center)) > 0.55 * (side + box.side) for box in taken):
            return np.asarray(middle)
    return None


def _lit(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture in some light: a third are dark, with the noise that a camera then has; all have a cast."""
    dark = rng.random() < 0.33
    gain = np.exp(rng.uniform(np.log(0.12), np.log(0.6))) if dark else rng.uniform(0.7, 1.15)
    lit = canvas * (gain * rng.normal(1, 0.05, 3)).astype(np.float32)
    lit += rng.normal(0, rng.uniform(2, 7) if dark else rng.uniform(0, 3), canvas.shape).astype(np.float32)
    return np.clip(lit, 0, 255).astype(np.uint8)


def similarity(scale: float, turn: float, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(2, 3) map of points (x, y) that scales, turns clockwise as one looks at it, and takes `source` to `target`."""
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, target - linear @ source])


def _warp(picture: np.ndarray, affine: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture moved by a map of points whose pixel centres are at +0.5, which OpenCV puts at 0; nothing around it."""
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(picture, shifted, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)

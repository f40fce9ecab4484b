"""From a picture to a `Scene`: detect, cut an upright crop, parse, look again where the first look was off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from . import geometry
from .belonging import without_islands, without_others
from .detectors.whole_frame import FACE_PER_CROP, LIFT, WholeFrame
from .errors import ParameterError
from .image import Picture, Source, open_image
from .labels import Label, LabelScheme, Region
from .plugins import registry
from .scene import Face, Scene
from .segmenters.ensemble import Ensemble
from .segmenters.onnx import OnnxSegmenter
from .types import Box, Detection, Detector, FaceParsing, Segmenter

__all__ = [
    "DEFAULT_DETECTOR",
    "DEFAULT_SEGMENTER",
    "parse",
    "parse_rgb",
    "resolve_detector",
    "resolve_segmenter",
]

DEFAULT_SEGMENTER = "unet-lite0"
DEFAULT_DETECTOR = "finder"
_ENSEMBLE = "ensemble:"

#: What a face is known by.
_FEATURES = (Region.EYES, Region.EYEBROWS, Label.NOSE, Region.LIPS)
#: A parsed crop in which the features of a face are less sure than this, on average, shows no face.
MIN_SCORE = 0.5
#: Of the faces that the cascades found, right ones were surer than the first (131 looked at); below the second were a collar, a
#: patch of a suit, an ear, one parsed the wrong way up, and heads seen from the side and behind, whose hair may be right and whose
#: mouth is not (7 looked at). With today's default detector: docs/limits.md.
SURE, DOUBTFUL = 0.9, 0.8
#: The crop is cut again if the parsed face turns out to lie this far from where the detector said.
MAX_TURN, MAX_SHIFT, MAX_RESIZE = 10.0, 0.2, 1.35
#: At most so often. A face that leaves its crop is larger than can be measured there, by about this factor at a time.
MAX_LOOKS, ENLARGE = 4, 1.5
#: So many faces of a picture go through the network in one call: a GPU is hardly busy with one, and memory is not endless.
BATCH = 8
#: A detector's box is this much larger than the square of the parsed face's area (median over CelebAMask-HQ).
BOX_PER_FACE = 1.07


def parse(
    image: Source | Picture, *, segmenter: str | Path | Segmenter | None = None, detector: str | Detector | None = None
) -> Scene:
    """Find every face in a picture and parse it into soft regions.

    Parameters
    ----------
    image : a path, bytes, a file object, a PIL image or an array.
    segmenter : the name of an installed one, the path of a model folder, ``"ensemble:NAME+NAME"`` for the mean of several, or a
        `Segmenter`; by default facefx's own U-Net.
    detector : the name of an installed one or a `Detector`; by default facefx's own. ``"whole_frame"`` for aligned portraits.

    Returns
    -------
    Scene
        With the faces, largest first; with none if there is none.

    Raises
    ------
    ImageError
        If the picture cannot be read.
    UnknownName, ModelError
        If there is no such segmenter or detector, or its model is damaged.
    """
    return parse_rgb(open_image(image).rgb, resolve_segmenter(segmenter), resolve_detector(detector))


def resolve_segmenter(segmenter: str | Path | Segmenter | None) -> Segmenter:
    """A segmenter by name, by its model's folder, several as an ensemble, or as it is; models are loaded once."""
    match segmenter:
        case None:
            return registry().segmenter(DEFAULT_SEGMENTER)
        case Path():
            return _from_folder(segmenter.resolve())
        case str() if segmenter.startswith(_ENSEMBLE):
            return Ensemble([resolve_segmenter(name) for name in segmenter.removeprefix(_ENSEMBLE).split("+")])
        case str():
            return (
                _from_folder(Path(segmenter).resolve())
                if "/" in segmenter or "\\" in segmenter
                else registry().segmenter(segmenter)
            )
    if not hasattr(segmenter, "probabilities"):
        raise ParameterError(f"segmenter={segmenter!r} is not allowed; give a name, the path of a model folder, or a Segmenter")
    return segmenter


@lru_cache(maxsize=8)
def _from_folder(folder: Path) -> Segmenter:
    return OnnxSegmenter.from_folder(folder)


def resolve_detector(detector: str | Detector | None) -> Detector:
    """A detector by name, or as it is."""
    if detector is None or isinstance(detector, str):
        return registry().detector(detector or DEFAULT_DETECTOR)
    if not hasattr(detector, "detect"):
        raise ParameterError(f"detector={detector!r} is not allowed; give a name or a Detector")
    return detector


def parse_rgb(rgb: np.ndarray, segmenter: Segmenter, detector: Detector) -> Scene:
    """`parse` for a decoded picture: (H, W, 3) float32 RGB in [0, 1]."""
    aligned = isinstance(detector, WholeFrame)
    detections = detector.detect(rgb)
    first = first_looks(rgb, detections, segmenter)
    looks = (look(rgb, found, segmenter, aligned, parsing) for found, parsing in zip(detections, first, strict=True))
    faces = distinct(face for face in looks if face)
    if not aligned and knows_faces(segmenter):
        if not any(face.score >= SURE for face in faces):
            more = (look(rgb, found, segmenter) for found in search_by_parsing(rgb, segmenter))
            faces = distinct(
                [*faces, *(face for face in more if face and face.score >= DOUBTFUL)]
            )  # only one witness, so a sure one
        faces = believable(faces)
    own = [without_islands(without_others(face, [other.box for other in faces if other is not face])) for face in faces]
    return Scene(rgb, tuple(sorted(own, key=lambda face: -face.box.area)))


def distinct(faces: Iterable[Face]) -> list[Face]:
    """The surest faces, without those that are the same one found twice."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if not any(face.box.intersection(k.box).area > 0.4 * min(face.box.area, k.box.area) for k in kept):
            kept.append(face)
    return kept


def believable(faces: Sequence[Face]) -> list[Face]:
    """Those that are not doubtful, if one is sure; else all, since a doubtful face is better than none."""
    sure = any(face.score >= SURE for face in faces)
    return [face for face in faces if face.score >= DOUBTFUL or not sure]


def knows_faces(segmenter: Segmenter) -> bool:
    """Whether it can be told from what the segmenter sees that there is a face, and where: not by a mask alone."""
    return all(segmenter.scheme.indices_of(part) for part in (Region.FACE, *_FEATURES))


def parse_crop(rgb: np.ndarray, affine: np.ndarray, segmenter: Segmenter) -> FaceParsing:
    crop = geometry.cut(rgb, affine, segmenter.input_size[0])
    return FaceParsing(segmenter.probabilities(crop[None])[0], segmenter.scheme, affine)


def first_looks(rgb: np.ndarray, detections: Sequence[Detection], segmenter: Segmenter) -> Iterator[FaceParsing]:
    """Parse the head crops of several detections, `BATCH` in each call of the network."""
    size = segmenter.input_size[0]
    for start in range(0, len(detections), BATCH):
        affines = [head_crop(found, size) for found in detections[start : start + BATCH]]
        answers = segmenter.probabilities(np.stack([geometry.cut(rgb, affine, size) for affine in affines]))
        yield from (FaceParsing(answer, segmenter.scheme, affine) for answer, affine in zip(answers, affines, strict=True))


def head_crop(found: Detection, size: int) -> np.ndarray:
    """The affine of the crop that holds a detected face's whole head."""
    turn = np.deg2rad(found.roll)
    up = LIFT * found.box.side
    center = found.box.center[0] + up * np.sin(turn), found.box.center[1] - up * np.cos(turn)
    return geometry.crop_affine(center, FACE_PER_CROP * found.box.side, found.roll, size)


def look(
    rgb: np.ndarray, found: Detection, segmenter: Segmenter, trust: bool = False, first: FaceParsing | None = None
) -> Face | None:
    """Parse a detected face; None if there is none after all. `trust` takes the detector at its word; `first` is its first look."""
    parsing = first or parse_crop(rgb, head_crop(found, segmenter.input_size[0]), segmenter)
    measured = measure(parsing, found) if knows_faces(segmenter) else None
    for _ in range(MAX_LOOKS - 1):
        if measured is None or trust:
            break
        leaves = _leaves(measured.face, parsing, rgb.shape)
        if not leaves and not is_off(found, measured):
            break
        found = measured.detection
        if leaves:
            found = replace(found, box=Box.square(found.box.center, ENLARGE * found.box.side))
        parsing = parse_crop(rgb, head_crop(found, segmenter.input_size[0]), segmenter)
        measured = measure(parsing, found)
    if measured is None and knows_faces(segmenter) and not trust:
        return None
    if not trust and hair_leaves(parsing, rgb.shape):
        parsing = _widen(rgb, parsing, segmenter)
    if measured is None:
        return Face(found.box, found.roll, found.score, parsing, rgb)
    return Face(measured.box, measured.detection.roll, measured.detection.score, parsing, rgb)


@dataclass(frozen=True)
class Measured:
    face: np.ndarray  # (S, S) bool, on the crop
    box: Box  # round the face itself
    detection: Detection  # where a detector should have put it


def measure(parsing: FaceParsing, found: Detection) -> Measured | None:
    """Where the parsed face really lies; None if the crop shows none."""
    face = _central_part(parsing.region(Region.FACE) >= 0.5)
    score = _feature_score(parsing, face)
    if score < MIN_SCORE:
        return None
    rows, columns = np.nonzero(face)
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns, rows]) + 0.5)
    (x0, y0), (x1, y1) = np.percentile(points, 0.5, axis=0), np.percentile(points, 99.5, axis=0)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    box = Box(float(x0), float(y0), float(x1), float(y1))
    roll = found.roll + _roll_on_crop(parsing)
    return Measured(face, box, Detection(Box.square(box.center, BOX_PER_FACE * box.side), (roll + 180) % 360 - 180, score))


def _central_part(inside: np.ndarray) -> np.ndarray:
    """The connected part that most of the middle of the crop belongs to."""
    count, parts = cv2.connectedComponents(inside.astype(np.uint8))
    if count <= 1:
        return inside
    size = inside.shape[0]
    middle = parts[size // 4 : -size // 4, size // 4 : -size // 4]
    votes = np.bincount(middle.ravel(), minlength=count)[1:]
    return np.asarray(parts == 1 + int(votes.argmax()))


def _feature_score(parsing: FaceParsing, face: np.ndarray) -> float:
    """How surely the crop shows eyes, brows, a nose and lips where the face is: mean of their most certain pixels, 0 to 1."""
    needed = max(int(face.sum()) // 400, 4)  # pixels that a feature must have
    if face.sum() < 16 * needed:
        return 0.0
    peaks = [np.partition(parsing.region(f)[face], -needed)[-needed] for f in _FEATURES]
    return float(np.mean(sorted(peaks)[1:]))  # one of them may be covered: glasses, a fringe, a hand


def _roll_on_crop(parsing: FaceParsing) -> float:
    """Degrees by which the line through the eyes is still turned; 0 if only one eye can be seen."""
    left, right = parsing.region(Label.LEFT_EYE), parsing.region(Label.RIGHT_EYE)
    if min(left.max(), right.max()) < 0.5:
        return 0.0
    (lx, ly), (rx, ry) = _middle(left), _middle(right)
    return float(np.degrees(np.arctan2(ly - ry, lx - rx)))  # the subject's left eye lies to the right


def _middle(values: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(values >= 0.5)
    return float(columns.mean()), float(rows.mean())


def is_off(found: Detection, measured: Measured) -> bool:
    better = measured.detection
    shift = np.hypot(found.box.center[0] - better.box.center[0], found.box.center[1] - better.box.center[1])
    resize = max(found.box.side / better.box.side, better.box.side / found.box.side)
    turn = abs((found.roll - better.roll + 180) % 360 - 180)
    return bool(turn > MAX_TURN or shift > MAX_SHIFT * better.box.side or resize > MAX_RESIZE)


def hair_leaves(parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether hair or a hat goes on past the crop while the picture does too."""
    known = [parsing.region(label) for label in (Label.HAIR, Label.HAT) if parsing.scheme.indices_of(label)]
    return _leaves(np.asarray(sum(known, np.zeros((parsing.size,) * 2, np.float32)) > 0.5), parsing, shape)


def _leaves(inside: np.ndarray, parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether something, (S, S) bool, goes on past the crop while the picture does too."""
    size = parsing.size
    steps = np.arange(size) + 0.5
    ends = [
        np.column_stack(pair) for end in (0.5, size - 0.5) for pair in ((steps, np.full(size, end)), (np.full(size, end), steps))
    ]
    border = np.concatenate(ends)
    points = geometry.apply(geometry.invert(parsing.affine), border)
    within = ((points > 1) & (points < np.array([shape[1], shape[0]]) - 1)).all(axis=1)
    columns, rows = border.astype(int).T
    return bool((within & inside[rows, columns]).sum() > 0.03 * size)


def _widen(rgb: np.ndarray, parsing: FaceParsing, segmenter: Segmenter) -> FaceParsing:
    """Parse once more with a crop twice as wide, and set the sharper first look into its middle."""
    wide = parse_crop(rgb, geometry.expand(parsing.affine, 2, parsing.size), segmenter).probabilities
    return widened(parsing, surroundings(wide, parsing.scheme))


def surroundings(wide: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """The wide look, (C, S, S), without parts of a face outside of the close one, where shoulders pass for cheeks.

    Their probability goes to the other classes in proportion.
    """
    face = [index for index, labels in enumerate(scheme.members) if labels <= Region.FACE.labels]
    size = wide.shape[-1]
    inside = np.zeros((size, size), bool)
    inside[size // 4 : size - size // 4, size // 4 : size - size // 4] = True
    result = wide.copy()
    result[face] *= inside
    result[0] += 1e-6  # where there was nothing but face, background
    result /= result.sum(axis=0)
    return result


def widened(parsing: FaceParsing, wide: np.ndarray) -> FaceParsing:
    """A parsing twice as large: `wide`, (C, S, S) probabilities on a crop twice as wide, with the sharper one in its middle."""
    size = parsing.size
    enlarged = np.stack([cv2.resize(c, (2 * size, 2 * size), interpolation=cv2.INTER_LINEAR) for c in wide])
    fade = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5) / (0.12 * size)
    weight = np.clip(np.minimum(fade[:, None], fade[None, :]), 0, 1).astype(np.float32)
    # Where the picture itself ends the first look needs no second opinion, but a fade there does no harm either.
    inner = (slice(None), slice(size // 2, size // 2 + size), slice(size // 2, size // 2 + size))
    enlarged[inner] += weight * (parsing.probabilities - enlarged[inner])
    shift = np.array([[1, 0, size // 2], [0, 1, size // 2], [0, 0, 1.0]])
    return FaceParsing(enlarged, parsing.scheme, (shift @ np.vstack([parsing.affine, [0, 0, 1]]))[:2])


def search_by_parsing(rgb: np.ndarray, segmenter: Segmenter) -> list[Detection]:
    """Where a detector found nothing: parse the whole picture coarsely, upright and turned, and take the likeliest face in it."""
    (frame,) = WholeFrame().detect(rgb)
    best: Measured | None = None
    turns = [Detection(frame.box, roll, 0.0) for roll in (0.0, 90.0, -90.0, 180.0)]
    for turned, parsing in zip(turns, first_looks(rgb, turns, segmenter), strict=True):
        measured = measure(parsing, turned)
        if measured and (best is None or measured.detection.score > best.detection.score + 0.05):
            best = measured
    return [best.detection] if best else []

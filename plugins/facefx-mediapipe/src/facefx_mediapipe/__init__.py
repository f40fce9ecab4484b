"""MediaPipe's face detectors (BlazeFace; Bazarevsky et al. 2019, arXiv:1907.05047) as facefx detectors, and its people; offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import local
from typing import Any

import numpy as np

from facefx import Box, Detection, Detector, Segmenter, hookimpl

from .installed import solutions
from .selfie import MediaPipePeople

__all__ = ["FAR", "NEAR", "MediaPipeDetector", "MediaPipePeople", "Model", "facefx_detectors", "facefx_person_segmenters"]


@dataclass(frozen=True)
class Model:
    """One of MediaPipe's two models, and where in its box the face of facefx's convention lies.

    The lengths are medians over 110 faces whose parts are known (100 of CelebAMask-HQ, 10 samples), in sides of MediaPipe's box.
    """

    selection: int
    side: float
    """Side of facefx's box."""
    up: float
    """How far its middle lies above that of MediaPipe's box, along the face."""


#: For faces within two metres: those that fill a good part of the picture.
NEAR = Model(selection=0, side=1.07, up=0.09)
#: For faces up to five metres away.
FAR = Model(selection=1, side=1.00, up=0.04)


#: Pieces are not cut smaller than this many pixels: MediaPipe would enlarge them.
SMALLEST_PIECE = 192


class MediaPipeDetector:
    """Faces as one of MediaPipe's models finds them, at whatever roll it does.

    MediaPipe scales what it is given to 128 (`NEAR`) or 192 pixels (`FAR`), and misses faces that are small by then. So it is given
    the whole picture, then pieces half as large that overlap by half, and so on: `levels` sizes altogether.
    """

    def __init__(self, model: Model = FAR, min_score: float = 0.5, levels: int = 3) -> None:
        self.model, self.min_score, self.levels = model, min_score, levels
        self._mine = local()  # MediaPipe's graphs keep state, so each thread has its own
        self._graph()  # what is not installed is told when the detector is made

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) float32 RGB in [0, 1], the surest first."""
        pixels = np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8)
        height, width = rgb.shape[:2]
        found: list[Detection] = []
        for x0, y0, x1, y1 in _pieces(height, width, self.levels):
            for one in self._graph().process(np.ascontiguousarray(pixels[y0:y1, x0:x1])).detections or []:
                if not _is_cut(one.location_data.relative_bounding_box, x0 > 0, y0 > 0, x1 < width, y1 < height):
                    face = self._detection(one, x1 - x0, y1 - y0)
                    box = face.box
                    found.append(replace(face, box=Box(box.x0 + x0, box.y0 + y0, box.x1 + x0, box.y1 + y0)))
        return _distinct(found)

    def _detection(self, found: Any, width: int, height: int) -> Detection:
        """A face in a piece of that size, in the piece's pixels."""
        box, points = found.location_data.relative_bounding_box, found.location_data.relative_keypoints
        right_eye, left_eye = points[0], points[1]  # the subject's own
        turn = np.arctan2((left_eye.y - right_eye.y) * height, (left_eye.x - right_eye.x) * width)
        side = float(np.sqrt(box.width * width * box.height * height))
        up = self.model.up * side
        middle = (
            (box.xmin + box.width / 2) * width + up * float(np.sin(turn)),
            (box.ymin + box.height / 2) * height - up * float(np.cos(turn)),
        )
        return Detection(Box.square(middle, self.model.side * side), float(np.degrees(turn)), float(found.score[0]))

    def _graph(self) -> Any:
        if not hasattr(self._mine, "graph"):
            made = solutions().face_detection.FaceDetection
            self._mine.graph = made(model_selection=self.model.selection, min_detection_confidence=self.min_score)
        return self._mine.graph


def _pieces(height: int, width: int, levels: int) -> Iterator[tuple[int, int, int, int]]:
    """(x0, y0, x1, y1) of the whole picture, of pieces half as large that overlap by half, and so on down to `SMALLEST_PIECE`."""
    for level in range(levels):
        parts = 2**level
        if level and max(height, width) / parts < SMALLEST_PIECE:
            return
        for row in range(2 * parts - 1):
            for column in range(2 * parts - 1):
                y0, x0 = row * height // (2 * parts), column * width // (2 * parts)
                yield x0, y0, x0 + -(-width // parts), y0 + -(-height // parts)


def _is_cut(box: Any, left: bool, top: bool, right: bool, bottom: bool) -> bool:
    """Whether a face leaves its piece on a side where the picture goes on: another piece, or the whole, shows it better."""
    return bool(
        (left and box.xmin < 0)
        or (top and box.ymin < 0)
        or (right and box.xmin + box.width > 1)
        or (bottom and box.ymin + box.height > 1)
    )


def _distinct(found: list[Detection]) -> list[Detection]:
    """The surest of boxes that share more than 0.3 of their union, or of which one lies mostly in the other; the surest first."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        shared = [(one.box.intersection(other.box).area, one.box.iou(other.box), other.box.area) for other in kept]
        if not any(iou > 0.3 or area > 0.6 * min(one.box.area, size) for area, iou, size in shared):
            kept.append(one)
    return kept


@hookimpl
def facefx_detectors() -> Mapping[str, Callable[[], Detector]]:
    return {"mediapipe": partial(MediaPipeDetector, FAR), "mediapipe-near": partial(MediaPipeDetector, NEAR)}


@hookimpl
def facefx_person_segmenters() -> Mapping[str, Callable[[], Segmenter]]:
    return {"mediapipe-selfie": MediaPipePeople}

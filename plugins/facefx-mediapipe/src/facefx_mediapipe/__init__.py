"""MediaPipe's face detectors (BlazeFace; Bazarevsky et al. 2019, arXiv:1907.05047) as facefx detectors, offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import local
from typing import Any

import numpy as np

from facefx import Box, Detection, Detector, ModelError, hookimpl

__all__ = ["FAR", "NEAR", "MediaPipeDetector", "Model", "facefx_detectors"]


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


class MediaPipeDetector:
    """Faces as one of MediaPipe's models finds them, at whatever roll it does.

    MediaPipe scales the whole picture to 128 (`NEAR`) or 192 pixels (`FAR`), so small faces in large pictures are missed.
    """

    def __init__(self, model: Model = FAR, min_score: float = 0.5) -> None:
        self.model, self.min_score = model, min_score
        self._mine = local()  # MediaPipe's graphs keep state, so each thread has its own
        self._graph()  # what is not installed is told when the detector is made

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) float32 RGB in [0, 1], the surest first."""
        pixels = np.ascontiguousarray(np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8))
        found = self._graph().process(pixels).detections or []
        height, width = rgb.shape[:2]
        return sorted((self._detection(one, width, height) for one in found), key=lambda detection: -detection.score)

    def _detection(self, found: Any, width: int, height: int) -> Detection:
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
            self._mine.graph = _face_detection()(model_selection=self.model.selection, min_detection_confidence=self.min_score)
        return self._mine.graph


def _face_detection() -> Any:
    """MediaPipe's class. Raises `ModelError` where there is no MediaPipe, or one without its models."""
    try:
        import mediapipe
    except ImportError as error:
        raise ModelError(f"MediaPipe cannot be imported ({error}); install it: pip install mediapipe==0.10.21") from error
    if not hasattr(mediapipe, "solutions"):
        version = getattr(mediapipe, "__version__", "unknown")
        raise ModelError(f"MediaPipe {version} has no models inside; install the last one that has: pip install mediapipe==0.10.21")
    return mediapipe.solutions.face_detection.FaceDetection


@hookimpl
def facefx_detectors() -> Mapping[str, Callable[[], Detector]]:
    return {"mediapipe": partial(MediaPipeDetector, FAR), "mediapipe-near": partial(MediaPipeDetector, NEAR)}

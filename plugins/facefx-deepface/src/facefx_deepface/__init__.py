"""deepface's face detectors as facefx detectors, `deepface-NAME` each. Nothing is ever downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from facefx import Box, Detection, Detector, hookimpl

from .offline import offline

__all__ = ["SIDES", "DeepFaceDetector", "facefx_detectors"]

#: The detectors that are offered, and the side of facefx's square, from the brows to the chin, in sides (square roots of the area)
#: of their box.
#: Measured for opencv and mtcnn over 110 faces whose parts are known; ssd, retinaface, yunet, centerface and fastmtcnn learnt
#: from boxes that were drawn by the same rule as mtcnn's (WIDER FACE), dlib's box is as tight as the cascade's.
SIDES: Mapping[str, float] = {
    "opencv": 1.0,
    "mtcnn": 1.06,
    "ssd": 1.06,
    "retinaface": 1.06,
    "yunet": 1.06,
    "centerface": 1.06,
    "fastmtcnn": 1.06,
    "dlib": 1.0,
}


class DeepFaceDetector:
    """Faces as one of deepface's detectors finds them; one thread at a time.

    Raises `ModelError` when it is made if deepface, what that detector needs, or its weights are not there.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        with offline(name):
            from deepface.modules import modeling

            self._client = modeling.build_model(task="face_detector", model_name=name)

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) float32 RGB in [0, 1], the surest first."""
        bgr = np.ascontiguousarray(np.clip(rgb[..., ::-1] * 255 + 0.5, 0, 255).astype(np.uint8))
        with offline(self.name):
            found = self._client.detect_faces(bgr)
        faces = [self._detection(area) for area in found if area.w > 0 and area.h > 0]
        return sorted(faces, key=lambda detection: -detection.score)

    def _detection(self, area: Any) -> Detection:
        """The square round the middle of deepface's box; roll from the eyes, which are the subject's own left and right."""
        middle = area.x + area.w / 2, area.y + area.h / 2
        roll = 0.0
        if area.left_eye is not None and area.right_eye is not None:
            dx, dy = np.subtract(area.left_eye, area.right_eye)
            roll = float(np.degrees(np.arctan2(dy, dx)))
        if self.name == "opencv" and abs(roll) > 30:
            roll = 0.0  # its eyes are sometimes nostrils; a face turned that far its cascade would not have seen
        side = SIDES[self.name] * float(np.sqrt(area.w * area.h))
        return Detection(Box.square(middle, side), roll, float(np.clip(area.confidence or 0.0, 0, 1)))


@hookimpl
def facefx_detectors() -> Mapping[str, Callable[[], Detector]]:
    return {f"deepface-{name}": partial(DeepFaceDetector, name) for name in SIDES}

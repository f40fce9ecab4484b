"""MediaPipe's selfie segmenter (Google, "MediaPipe Selfie Segmentation", model card, 2021) as what finds whole people, offline."""

from __future__ import annotations

from threading import local
from typing import Any

import numpy as np

from facefx.labels import scheme

from .installed import solutions

__all__ = ["MediaPipePeople"]


class MediaPipePeople:
    """Whole people, as MediaPipe's model for selfies and calls sees them in a picture squeezed into a square of 256 pixels.

    Attributes
    ----------
    name, scheme, input_size : as a `facefx.Segmenter` has them.
    """

    name = "mediapipe-selfie"
    scheme = scheme("person")
    input_size = (256, 256)

    def __init__(self) -> None:
        self._mine = local()  # MediaPipe's graphs are not to be shared by threads
        self._graph()  # what is not installed is told when it is made

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, H, W, 3) float32 RGB in [0, 1] → (N, 2, H, W) float32: background and person."""
        pixels = np.clip(crops * 255 + 0.5, 0, 255).astype(np.uint8)
        people = np.stack([self._graph().process(np.ascontiguousarray(one)).segmentation_mask for one in pixels])
        people = np.clip(people.astype(np.float32), 0, 1)
        return np.stack([1 - people, people], axis=1)

    def _graph(self) -> Any:
        if not hasattr(self._mine, "graph"):
            self._mine.graph = solutions().selfie_segmentation.SelfieSegmentation(model_selection=0)
        return self._mine.graph

"""The detector for models that `facefx-train detector` made: onnxruntime on pieces of the picture at several scales."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ModelError
from ...face.values import Box, Detection
from ..cards import DetectorCard
from ..runtime import open_session, run_session
from .decode import CHANNELS, Faces, cells, decode, without_doubles
from .tiles import Tile, tiles

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxDetector"]


class OnnxDetector:
    """Finds faces of any tilt, from 24 pixels to the whole frame, and their eyes, nose and mouth.

    The session is made at the first use, once, and may be shared by threads. Time grows with the picture up to 12.6 million pixels
    and no further; the memory needed, beside that of a scaled copy of the picture, is that of one piece.

    Parameters
    ----------
    card : the model's card.
    threshold : score, 0 to 1, from which a face is believed in; the card's by default. A lower one finds more, false ones too.
    """

    def __init__(self, card: DetectorCard, threshold: float | None = None) -> None:
        self.card = card
        self.threshold = card.threshold if threshold is None else threshold
        self._lock = Lock()

    @classmethod
    def from_folder(cls, folder: str | Path) -> OnnxDetector:
        """The detector of a model folder. Raises `ModelError` if its card cannot be read."""
        return cls(DetectorCard.read(Path(folder)))

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) float32 RGB in [0, 1], the surest first."""
        found = without_doubles(Faces.joined([self._in_tile(tile) for tile in tiles(rgb)]))
        rows = zip(found.squares.tolist(), found.rolls.tolist(), found.scores.tolist(), found.points.tolist(), strict=True)
        return [
            Detection(Box.square((x, y), side), roll, score, tuple((a, b) for a, b in points))
            for (x, y, side), roll, score, points in rows
        ]

    def _in_tile(self, tile: Tile) -> Faces:
        height, width = tile.rgb.shape[:2]
        codes = self._run(np.ascontiguousarray(np.moveaxis(tile.rgb, -1, 0)[None], np.float32))
        expected = (1, len(cells(height, width)), CHANNELS)
        if codes.shape != expected:
            raise ModelError(
                f"the detector {self.card.name!r} gave an array of shape {codes.shape} for {height} x {width} pixels; "
                f"allowed: {expected}. Export the model again."
            )
        return without_doubles(decode(codes[0], height, width, self.threshold)).moved(tile.scale, tile.x, tile.y)

    def _run(self, image: np.ndarray) -> np.ndarray:
        """(1, 3, H, W) → (1, A, 16)."""
        with self._lock:
            session = self._session
        return run_session(session, self.card.name, image)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        session = open_session(self.card.name, self.card.model_bytes())
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
            taken, given = [(i.name, i.shape) for i in inputs], [(o.name, o.shape) for o in outputs]
            raise ModelError(
                f"the detector {self.card.name!r} takes {taken} and gives {given}; "
                f"allowed: one input (1, 3, H, W) and one output (1, A, {CHANNELS})"
            )
        return session

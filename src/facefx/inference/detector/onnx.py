"""The detector for models that `facefx-train detector` made: onnxruntime on pieces of the picture at several scales."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ModelError
from ...face.values import Box, Detection
from ..cards import DetectorCard
from ..runtime import open_session, run_session
from .decode import CHANNELS, Faces, cells, decode, doubles, without_doubles
from .tiles import Copy, Tile, copies, default_smallest, tiles, window

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxDetector"]

#: Score from which something is worth a second look, and from which it needs none, ...
SUSPECTED, SURE = 0.1, 0.5
#: ... if its side is within these, in the pixels that the network saw: of others it does not know the box well.
CLEAR = (24.0, 160.0)
SEEN, DOUBTED = (16.0, 250.0), 0.3
#: Windows that go through the network at once.
BATCH = 8


class OnnxDetector:
    """Finds faces of any tilt, from 24 pixels to the whole frame, and their eyes, nose and mouth.

    The session is made at the first use, once, and may be shared by threads. Time grows with the picture up to 12.6 million pixels
    and no further; the memory needed, beside that of a scaled copy of the picture, is that of one piece.

    Parameters
    ----------
    card : the model's card.
    threshold : score, 0 to 1, from which a face is believed in; the card's by default. A lower one finds more, false ones too.
    """

    takes_bytes = True

    def __init__(self, card: DetectorCard, threshold: float | None = None, smallest_face: float | None = None) -> None:
        self.card = card
        self.smallest_face = smallest_face
        self.threshold = card.threshold if threshold is None else threshold
        self._lock = Lock()

    @classmethod
    def from_folder(cls, folder: str | Path) -> OnnxDetector:
        """The detector of a model folder. Raises `ModelError` if its card cannot be read."""
        return cls(DetectorCard.read(Path(folder)))

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) RGB, float32 in [0, 1] or uint8, the surest first."""
        height, width = rgb.shape[:2]
        looked_at = copies(rgb, self.smallest_face or default_smallest(height, width))
        sure, unsure = self._at_a_glance(looked_at)
        found = without_doubles(Faces.joined([sure, *self._closer([Copy(rgb, 1.0), *looked_at], unsure)]))
        found = found.chosen(found.scores >= self.threshold)
        rows = zip(found.squares.tolist(), found.rolls.tolist(), found.scores.tolist(), found.points.tolist(), strict=True)
        return [
            Detection(Box.square((x, y), side), roll, score, tuple((a, b) for a, b in points))
            for (x, y, side), roll, score, points in rows
        ]

    def _at_a_glance(self, looked_at: list[Copy]) -> tuple[Faces, Faces]:
        """What is a face, and what may be one and must be looked at once more."""
        sure, unsure = [], []
        for copy in looked_at:
            for tile in tiles(copy):
                (faces,) = self._in_tiles([tile], SUSPECTED)
                sides = faces.squares[:, 2]
                clear = (faces.scores >= SURE) & (sides >= CLEAR[0]) & (sides <= CLEAR[1])
                plain = (sides >= SEEN[0]) & (sides <= SEEN[1])
                for which, chosen in ((sure, clear), (unsure, ~clear & (faces.scores >= np.where(plain, DOUBTED, SUSPECTED)))):
                    which.append(without_doubles(faces.chosen(chosen)).moved(tile.scale, tile.x, tile.y))
        settled, doubtful = without_doubles(Faces.joined(sure)), without_doubles(Faces.joined(unsure))
        return settled, doubtful.chosen(~doubles(doubtful, settled))

    def _closer(self, among: list[Copy], unsure: Faces) -> list[Faces]:
        """The faces in windows on what may be one."""
        windows = []
        left = np.ones(len(unsure), bool)
        for index in range(len(unsure)):
            if not left[index]:
                continue
            made = window(among, *unsure.squares[index].tolist())
            windows.append(made)
            left &= ~_shown(made, unsure)
            left[index] = False
        found = []
        for start in range(0, len(windows), BATCH):
            some = windows[start : start + BATCH]
            for tile, faces in zip(some, self._in_tiles(some, self.threshold), strict=True):
                moved = faces.moved(tile.scale, tile.x, tile.y)
                found.append(without_doubles(moved.chosen(_whole(tile, moved, among[0].rgb.shape))))
        return found

    def _in_tiles(self, some: Sequence[Tile], threshold: float) -> list[Faces]:
        """What is found in each of some pieces of one size, in their own pixels; several boxes of each face."""
        height, width = some[0].rgb.shape[:2]
        codes = self._run(np.ascontiguousarray(np.stack([np.moveaxis(tile.rgb, -1, 0) for tile in some]), np.float32))
        expected = (len(some), len(cells(height, width)), CHANNELS)
        if codes.shape != expected:
            raise ModelError(
                f"the detector {self.card.name!r} gave an array of shape {codes.shape} for {height} x {width} pixels; "
                f"allowed: {expected}. Export the model again."
            )
        return [decode(code, height, width, threshold) for code in codes]

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


def _shown(tile: Tile, faces: Faces) -> np.ndarray:
    """Which faces are as well seen in a window as the one that it was made for: they are in it, at a similar size."""
    low, high = faces.squares[:, :2] - faces.squares[:, 2:] / 2, faces.squares[:, :2] + faces.squares[:, 2:] / 2
    start = np.array([tile.x, tile.y])
    end = start + np.array(tile.rgb.shape[1::-1]) * tile.scale
    seen = faces.squares[:, 2] / tile.scale
    return ((low >= start) & (high <= end)).all(axis=1) & (seen >= 20) & (seen <= 90)


def _whole(tile: Tile, faces: Faces, shape: tuple[int, ...]) -> np.ndarray:
    """Which faces do not end where a window does, unless the picture ends there, too."""
    slack = 0.1 * faces.squares[:, 2:]
    low, high = faces.squares[:, :2] - faces.squares[:, 2:] / 2, faces.squares[:, :2] + faces.squares[:, 2:] / 2
    start = np.array([tile.x, tile.y])
    end = start + np.array(tile.rgb.shape[1::-1]) * tile.scale
    return (((low >= start - slack) | (start <= 0)) & ((high <= end + slack) | (end >= (shape[1], shape[0])))).all(axis=1)

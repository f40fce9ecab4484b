"""The detector for models that `facefx-train detector` made: onnxruntime on pieces of the picture at several scales."""

from __future__ import annotations

import copy
import math
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ModelError, ParameterError
from ...face.values import Box, Detection
from ...pixels import geometry
from ...shown import shown
from ..cards import DetectorCard
from ..runtime import check_ends, open_session, run_session
from .careful import CarefulDetector
from .decode import CHANNELS, Faces, cells, decode, doubles, without_doubles
from .tiles import Copy, Tile, copies, default_smallest, tiles, window

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxDetector"]

#: Score from which something needs no second look, if its side is within these, in the pixels that the network saw: of others it
#: does not know the box well.
SURE, CLEAR = 0.5, (28.0, 96.0)
#: Score from which something is worth one: of the sizes that the network sees well, and of others.
DOUBTED, SEEN = 0.3, (16.0, 250.0)
SUSPECTED = 0.1
#: Memory is kept from run to run for pieces of at most so many pixels: 80 MB, and a third less time for the small ones.
KEPT = 640 * 640
#: Where no face may be missed: from which side on, in pixels of the picture however large it is, and from which score on. Chosen
#: on 40 composed pictures with 275 faces: at 0.3 each of the looks misses one, not the same; the second takes five times as long.
CAREFUL = ((24.0, 0.25), (12.0, 0.3))


class OnnxDetector:
    """Finds faces of any tilt, up to the whole frame, and their eyes, nose and mouth.

    It looks at the whole picture so small that the smallest face that is sought can just be suspected, and once more, in a small
    window, at what may be one. So time does not grow with the picture, but with the ratio of its side to that of the smallest face.
    The session is made at the first use, once, and may be shared by threads.

    Parameters
    ----------
    card : the model's card.
    threshold : score, 0 to 1, from which a face is believed in; the card's by default. A lower one finds more, false ones too.
    smallest_face : the side, in pixels of the picture, from which on faces are looked for; by default 24, and in large pictures
        a fiftieth of their longer side. Smaller ones may be found, too.

    Raises
    ------
    ParameterError
        If `smallest_face` is not a number of 4 or more, or `threshold` not above 0 and up to 1.
    """

    takes_windows = True

    def __init__(self, card: DetectorCard, threshold: float | None = None, *, smallest_face: float | None = None) -> None:
        if smallest_face is not None and not 4 <= smallest_face < math.inf:
            raise ParameterError(f"smallest_face={shown(smallest_face)} is not allowed; give a side in pixels, 4 or more, or None")
        if threshold is not None and not 0 < threshold <= 1:
            raise ParameterError(f"threshold={shown(threshold)} is not allowed; give a score above 0, up to 1, or None")
        self.card = card
        self.smallest_face = smallest_face
        self.threshold = card.threshold if threshold is None else threshold
        self._lock = Lock()

    @classmethod
    def from_folder(cls, folder: str | Path, threshold: float | None = None, *, smallest_face: float | None = None) -> OnnxDetector:
        """The detector of a model folder. Raises `ModelError` if its card cannot be read."""
        return cls(DetectorCard.read(Path(folder)), threshold, smallest_face=smallest_face)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the folder that it was read from, and its settings."""
        return _from_folder, (self.card.folder, self.threshold, self.smallest_face)

    def tuned(self, threshold: float | None = None, smallest_face: float | None = None) -> OnnxDetector:
        """The same of another threshold or smallest face; None leaves one as it is. Raises `ParameterError`."""
        return OnnxDetector(
            self.card,
            self.threshold if threshold is None else threshold,
            smallest_face=self.smallest_face if smallest_face is None else smallest_face,
        )

    def carefully(self, film: bool = False) -> CarefulDetector:
        """One that hardly misses a face, see `CAREFUL`; for a film, in which there are other frames, in a fraction of the time."""
        chosen = CAREFUL[:1] if film else CAREFUL
        return CarefulDetector([self._with(min(self.threshold, score), side) for side, score in chosen])

    def _with(self, threshold: float, smallest_face: float) -> OnnxDetector:
        """The same with other settings; both share one session."""
        other = copy.copy(self)
        other.threshold = threshold
        other.smallest_face = min(self.smallest_face or smallest_face, smallest_face)
        other.__dict__["_session"] = self._session
        return other

    def detect(self, rgb: geometry.Windows) -> list[Detection]:
        """Faces in (H, W, 3) RGB, float32 in [0, 1] or uint8, or what gives windows of such; the surest first."""
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
        sure: list[Faces] = []
        unsure: list[Faces] = []
        for shrunk in looked_at:
            for tile in tiles(shrunk):
                faces = self._in_tile(tile, min(SUSPECTED, self.threshold))
                sides = faces.squares[:, 2]
                clear = (faces.scores >= SURE) & (sides >= CLEAR[0]) & (sides <= CLEAR[1])
                well_seen = (sides >= SEEN[0]) & (sides <= SEEN[1])
                worth = faces.scores >= np.where(well_seen, min(DOUBTED, self.threshold), 0)
                for which, chosen in ((sure, clear), (unsure, ~clear & worth)):
                    which.append(without_doubles(faces.chosen(chosen)).moved(tile.scale, tile.x, tile.y))
        settled, doubtful = without_doubles(Faces.joined(sure)), without_doubles(Faces.joined(unsure))
        # A cheek may be taken for a small face surely; the face round it, too large to be clear, is worth a look still. A box
        # within another shares all of itself with it, give or take what is rounded off, so that no share of it may tell.
        return settled, doubtful.chosen(~doubles(doubtful, settled, within=np.inf))

    def _closer(self, among: list[Copy], unsure: Faces) -> list[Faces]:
        """The faces in windows on what may be one."""
        found = []
        left = np.ones(len(unsure), bool)
        for index in range(len(unsure)):
            if not left[index]:
                continue
            tile = window(among, *unsure.squares[index].tolist())
            left &= ~_shown(tile, unsure)
            faces = self._in_tile(tile, self.threshold).moved(tile.scale, tile.x, tile.y)
            found.append(without_doubles(faces.chosen(_whole(tile, faces, among[0].rgb.shape))))
        return found

    def _in_tile(self, tile: Tile, threshold: float) -> Faces:
        """What is found in a piece, in its own pixels; several boxes of each face."""
        height, width = tile.rgb.shape[:2]
        codes = self._run(np.ascontiguousarray(np.moveaxis(tile.rgb, -1, 0)[None], np.float32))
        expected = (1, len(cells(height, width)), CHANNELS)
        if codes.shape != expected:
            raise ModelError(
                f"the detector {self.card.name!r} gave an array of shape {codes.shape} for {height} x {width} pixels; "
                f"allowed: {expected}. Export the model again."
            )
        if not np.isfinite(codes).all():
            raise ModelError(f"the detector {self.card.name!r} gave NaN or infinity; export the model again.")
        if (codes == codes[:, :1]).all() and np.ptp(tile.rgb):  # a network that sees anything tells its three grids apart
            raise ModelError(f"the detector {self.card.name!r} says the same of every place; export the model again.")
        return decode(np.asarray(codes[0], np.float32), height, width, threshold)

    def _run(self, image: np.ndarray) -> np.ndarray:
        """(1, 3, H, W) → (1, A, 16)."""
        with self._lock:
            session = self._session
        return run_session(session, self.card.name, image, give_back=image[0, 0].size > KEPT)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        session = open_session(self.card.name, self.card.model_bytes(), keep_memory=True)
        allowed = f"one input (1, 3, H, W) and one output (1, A, {CHANNELS}), both of floats"
        check_ends(session, f"the detector {self.card.name!r}", allowed)
        return session


def _shown(tile: Tile, faces: Faces) -> np.ndarray:
    """Which faces are as well seen in a window as the one that it was made for: they are in it, at a similar size."""
    low, high = faces.squares[:, :2] - faces.squares[:, 2:] / 2, faces.squares[:, :2] + faces.squares[:, 2:] / 2
    start = np.array([tile.x, tile.y])
    end = start + np.array(tile.rgb.shape[1::-1]) * tile.scale
    seen = faces.squares[:, 2] / tile.scale
    return ((low >= start) & (high <= end)).all(axis=1) & (seen >= 28) & (seen <= 96)


def _whole(tile: Tile, faces: Faces, shape: tuple[int, ...]) -> np.ndarray:
    """Which faces do not end where a window does, unless the picture ends there, too."""
    slack = 0.1 * faces.squares[:, 2:]
    low, high = faces.squares[:, :2] - faces.squares[:, 2:] / 2, faces.squares[:, :2] + faces.squares[:, 2:] / 2
    start = np.array([tile.x, tile.y])
    end = start + np.array(tile.rgb.shape[1::-1]) * tile.scale
    inside = ((low >= start - slack) | (start <= 0)) & ((high <= end + slack) | (end >= (shape[1], shape[0])))
    return np.asarray(inside.all(axis=1))


def _from_folder(folder: Path, threshold: float, smallest_face: float | None) -> OnnxDetector:
    return OnnxDetector.from_folder(folder, threshold, smallest_face=smallest_face)

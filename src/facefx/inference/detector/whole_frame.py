"""For portraits that are already cut and aligned, one face that fills the frame, as in CelebA: no search at all."""

from __future__ import annotations

from ...face.values import Box, Detection
from ...pixels import geometry

__all__ = ["FACE_PER_CROP", "LIFT", "WholeFrame"]

#: The crop that a segmenter sees is a square this many face boxes wide, ...
FACE_PER_CROP = 1.6
#: ... its middle this many face boxes above the box's, because hair needs more room than the neck.
LIFT = 0.05


class WholeFrame:
    """Says that there is one upright face, placed so that the segmenter's crop is the smallest square round the picture."""

    takes_windows = True

    def detect(self, rgb: geometry.Windows) -> list[Detection]:
        height, width = rgb.shape[:2]
        side = max(height, width) / FACE_PER_CROP
        return [Detection(Box.square((width / 2, height / 2 + LIFT * side), side))]

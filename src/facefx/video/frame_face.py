"""Faces of a film: masks fit for one frame of many, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..face.face import Face, edges_of
from ..labels import Label, Region, labels_of
from ..pixels import full_size, geometry

__all__ = ["FrameFace"]

#: The edges of hair, much the largest part, are fitted on a picture this much smaller than for a photo.
COARSE = 2.0
#: Width of the zone in which hair thins out, in face units.
FUZZ = 0.08
#: A face larger than this, in pixels, gets its masks on a smaller copy of the frame; they are enlarged again.
FINE = 200.0

Window = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class FrameFace(Face):
    """A face in a frame. Its masks are made more coarsely than a photo's; nobody looks at one frame for long.

    Attributes
    ----------
    steady : confidence in some regions, by their names, that takes the frames before into account.
    """

    steady: Mapping[str, float] = field(default_factory=dict, repr=False)

    def confidence(self, region: Region | Label | str) -> float:
        """How sure the segmenter is of a region, see `Face.confidence`; of those in `steady`, over the last frames."""
        name = str(getattr(region, "value", region))
        return self.steady[name] if name in self.steady else super().confidence(region)

    def _find(self, region: Region | Label | str) -> tuple[Window, np.ndarray]:
        shrink = self.box.side / FINE
        if shrink <= 1:
            return self._mask_on(self.picture, self.parsing.affine, self.box.side, region)
        x0, y0, x1, y1 = geometry.crop_window(self.parsing.affine, self.parsing.size, self.picture.shape)
        width, height = round((x1 - x0) / shrink), round((y1 - y0) / shrink)
        if width < 1 or height < 1:
            return (0, 0, 0, 0), np.zeros((0, 0), np.float32)
        small = cv2.resize(self.picture[y0:y1, x0:x1], (width, height), interpolation=cv2.INTER_AREA)
        across, down = (x1 - x0) / width, (y1 - y0) / height
        affine = self.parsing.affine @ np.array([[across, 0, x0], [0, down, y0], [0, 0, 1]])
        (left, top, right, bottom), mask = self._mask_on(small, affine, FINE, region)
        if not mask.size:
            return (0, 0, 0, 0), mask
        there = np.array([[1 / across, 0, -x0 / across - left], [0, 1 / down, -y0 / down - top]])
        window = (
            max(int(x0 + across * (left - 1)), x0),
            max(int(y0 + down * (top - 1)), y0),
            min(int(x0 + across * (right + 1)) + 1, x1),
            min(int(y0 + down * (bottom + 1)) + 1, y1),
        )
        return window, geometry.warp_to_window(mask, there, window)

    def _mask_on(
        self, picture: np.ndarray, affine: np.ndarray, side: float, region: Region | Label | str
    ) -> tuple[Window, np.ndarray]:
        """A region's mask on a picture that shows the face `side` pixels large, and that `affine` takes to the parsing's crop."""
        values = self.parsing.region(region)
        if Label.HAIR not in labels_of(region) or not self.parsing.scheme.indices_of(Label.BACKGROUND):
            refine, by_colour = edges_of(region)
            return full_size.to_picture(values, affine, picture, refine=refine, by_colour=by_colour)
        others = 1 - self.parsing.region(Label.BACKGROUND) - values
        return full_size.to_picture(values, affine, picture, coarse=COARSE, fuzz=FUZZ * side, neighbours=others)

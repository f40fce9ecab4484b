"""Faces of a film: masks fit for one frame of many, in a third of the time."""

from __future__ import annotations

import numpy as np

from .. import masks
from ..labels import Label, Region, labels_of
from ..scene import Face

__all__ = ["FrameFace"]

#: The edges of hair, much the largest part, are fitted on a picture this much smaller than for a photo.
COARSE = 2.0
#: Width of the zone in which hair thins out, in face units.
FUZZ = 0.08


class FrameFace(Face):
    """A face in a frame. Its hair's edges are fitted more coarsely than a photo's; nobody looks at one frame for long."""

    def _find(self, region: Region | Label | str) -> tuple[tuple[int, int, int, int], np.ndarray]:
        values = self.parsing.region(region)
        if Label.HAIR not in labels_of(region) or not self.parsing.scheme.indices_of(Label.BACKGROUND):
            return masks.to_picture(values, self.parsing.affine, self.picture)
        others = 1 - self.parsing.region(Label.BACKGROUND) - values
        fuzz = FUZZ * self.box.side
        return masks.to_picture(values, self.parsing.affine, self.picture, coarse=COARSE, fuzz=fuzz, neighbours=others)

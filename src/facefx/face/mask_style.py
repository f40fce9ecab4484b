"""How a face's masks are carried from the crop that it was parsed on to the picture, and how finely."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .. import labels as label_names
from ..labels import Label, Region
from ..pixels import full_size, geometry
from ..pixels.cells import Enlarged
from .values import FaceParsing

__all__ = ["PHOTO", "MaskStyle", "Patch", "edges_of"]

#: A window, (x0, y0, x1, y1) in whole pixels of the picture, and a mask of its size, float32 in [0, 1].
Patch = tuple[tuple[int, int, int, int], np.ndarray]

#: Width of the zone in which hair thins out, in face units.
_FUZZ = 0.08


@dataclass(frozen=True)
class MaskStyle:
    """How finely the masks of a face are made.

    Attributes
    ----------
    coarse : the edges of hair, much the largest part, are fitted on cells of at least so many of the crop's own pixels.
    largest : a face whose side is longer than this, in pixels, gets its masks on a copy of the picture that is smaller by a whole
        number, so that it is about as long; they are enlarged again.
    """

    coarse: float = 1.0
    largest: float = math.inf

    def cell(self, side: float) -> int:
        """Of how many pixels a side one is made on the copy, for a face's box of such a side."""
        return max(round(side / self.largest), 1)

    def patch(self, region: Region | Label | str, parsing: FaceParsing, picture: geometry.Windows, side: float) -> Patch:
        """A region's mask where it is not zero; of zero size if that is nowhere.

        Parameters
        ----------
        picture : (H, W, 3) float32 RGB in [0, 1], to whose edges the mask is fitted.
        side : of the face's box, in pixels of the picture.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        cell = self.cell(side)
        if cell == 1:
            return self._fitted(region, parsing, parsing.affine, picture, side)
        # Whole pixels become one, which is much faster than other factors; less than one of them is left out at the far borders.
        x0, y0, x1, y1 = geometry.crop_window(parsing.affine, parsing.size, picture.shape)
        width, height = (x1 - x0) // cell, (y1 - y0) // cell
        if width < 1 or height < 1:
            return (0, 0, 0, 0), np.zeros((0, 0), np.float32)
        small = _InCells(picture, (x0, y0), cell, (height, width, 3))
        affine = parsing.affine @ np.array([[cell, 0, x0], [0, cell, y0], [0, 0, 1]])
        (left, top, right, bottom), mask = self._fitted(region, parsing, affine, small, side / cell)
        if not mask.size:
            return (0, 0, 0, 0), mask
        beside, above = x0 + cell * (left - 1), y0 + cell * (top - 1)  # it fades out within a cell
        window = max(beside, x0), max(above, y0), min(x0 + cell * (right + 1), x1), min(y0 + cell * (bottom + 1), y1)
        faded = np.asarray(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT))
        part = slice(window[1] - above, window[3] - above), slice(window[0] - beside, window[2] - beside)
        return window, np.ascontiguousarray(Enlarged(faded, cell)[part])

    def _fitted(
        self, region: Region | Label | str, parsing: FaceParsing, affine: np.ndarray, picture: geometry.Windows, side: float
    ) -> Patch:
        """The mask on a picture that shows the face `side` pixels large, and that `affine` takes to the parsing's crop."""
        values = parsing.region(region)
        if Label.HAIR not in label_names.labels_of(region) or not parsing.scheme.indices_of(Label.BACKGROUND):
            refine, by_colour = edges_of(region)
            return full_size.to_picture(values, affine, picture, refine=refine, by_colour=by_colour)
        # towards the background hair thins out, towards the face it ends
        others = 1 - parsing.region(Label.BACKGROUND) - values
        return full_size.to_picture(values, affine, picture, coarse=self.coarse, fuzz=_FUZZ * side, neighbours=others)


@dataclass(frozen=True, eq=False)
class _InCells:
    """A part of a picture, from (x, y) on, with each square of pixels averaged: windows of it, made when they are asked for."""

    picture: geometry.Windows
    origin: tuple[int, int]
    cell: int
    shape: tuple[int, int, int]

    def __getitem__(self, where: tuple[slice, slice]) -> np.ndarray:
        (top, bottom, _), (left, right, _) = (axis.indices(length) for axis, length in zip(where, self.shape, strict=False))
        (x, y), cell = self.origin, self.cell
        window = x + cell * left, y + cell * top, x + cell * right, y + cell * bottom
        return geometry.reduced(self.picture, window, (right - left, bottom - top))


#: As fine as can be.
PHOTO = MaskStyle()


def edges_of(region: Region | Label | str) -> tuple[bool, bool]:
    """How a region's edge is found at the picture's own resolution: whether by the picture's edges, and whether by colour, too.

    Hair has a colour of its own, strand by strand. Lips, nose, brows and skin fade into each other: by colour, lips in the shade
    would become skin. In an eye the dark iris stands out more than the eye itself, so there the segmenter's own edge is best.
    `benchmarks/mattes.py` measures all three ways.
    """
    labels = label_names.labels_of(region)
    return not labels <= Region.EYES.labels, Label.HAIR in labels

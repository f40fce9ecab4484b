"""A picture and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from . import geometry, masks
from . import labels as label_names
from .errors import RegionUnavailable
from .labels import Label, LabelScheme, Region
from .types import Box, FaceParsing, Mask

__all__ = ["Face", "Scene"]

#: Width of the zone in which hair thins out, in face units.
_FUZZ = 0.08


@dataclass(frozen=True, eq=False)
class Face:
    """One face in a picture.

    Attributes
    ----------
    box : from the brows to the chin, in pixels of the picture; its `Box.side` is the unit of lengths.
    roll : tilt of the head in degrees, positive when it is turned clockwise as one looks at the picture.
    score : how sure we are that this is a face, 0 to 1.
    parsing : the segmenter's answer.
    picture : (H, W, 3) float32 RGB in [0, 1], the picture it was found in.
    """

    box: Box
    roll: float
    score: float
    parsing: FaceParsing
    picture: np.ndarray = field(repr=False)

    def patch(self, region: Region | Label | str, refine: bool = True) -> tuple[tuple[int, int, int, int], np.ndarray]:
        """A region's mask where it is not zero.

        Returns
        -------
        window : (x0, y0, x1, y1) in whole pixels, inside the picture; of zero size if the face has none of that region.
        mask : (y1 - y0, x1 - x0) float32 in [0, 1].
        """
        values = self.parsing.region(region)
        if Label.HAIR not in label_names.labels_of(region) or not self.parsing.scheme.indices_of(Label.BACKGROUND):
            return masks.to_picture(values, self.parsing.affine, self.picture, refine=refine)
        # towards the background hair thins out, towards the face it ends
        others = 1 - self.parsing.region(Label.BACKGROUND) - values
        fuzz = _FUZZ * self.box.side
        return masks.to_picture(values, self.parsing.affine, self.picture, refine=refine, fuzz=fuzz, neighbours=others)

    def mask(self, region: Region | Label | str) -> Mask:
        """The soft mask of a region (``"lips"``, `Region.LIPS`, `Label.HAIR`, ...), as large as the picture: (H, W) float32.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        return _full_size([self], region, self.picture)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the faces in it, largest first. ``image`` is (H, W, 3) float32 RGB in [0, 1]."""

    image: np.ndarray
    faces: tuple[Face, ...]

    def mask(self, region: Region | Label | str) -> Mask:
        """The soft mask of a region over all faces, (H, W) float32 in [0, 1]."""
        return _full_size(self.faces, region, self.image)

    def label_map(self, scheme: str | LabelScheme = "celebamask") -> np.ndarray:
        """The most likely part at every pixel: (H, W) uint8, in the index order of `scheme` (CelebAMask-HQ's by default).

        Pixels that belong to no face are 0, background; where heads overlap, the surer one wins.

        Raises
        ------
        RegionUnavailable
            If the segmenter's own labels are coarser than the scheme's.
        """
        target = label_names.scheme(scheme)
        result = np.zeros(self.image.shape[:2], np.uint8)
        certainty = np.zeros(self.image.shape[:2], np.float32)
        for face in self.faces:
            (x0, y0, x1, y1), labels, sure = _likeliest(face, target)
            wins = (labels > 0) & (sure > certainty[y0:y1, x0:x1])
            result[y0:y1, x0:x1][wins] = labels[wins]
            certainty[y0:y1, x0:x1][wins] = sure[wins]
        return result

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width)"""
        return int(self.image.shape[0]), int(self.image.shape[1])


def _full_size(faces: list[Face] | tuple[Face, ...], region: Region | Label | str, picture: np.ndarray) -> Mask:
    label_names.labels_of(region)  # an unknown name is an error also where there is no face
    full = np.zeros(picture.shape[:2], np.float32)
    for face in faces:
        (x0, y0, x1, y1), mask = face.patch(region)
        np.maximum(full[y0:y1, x0:x1], mask, out=full[y0:y1, x0:x1])
    return Mask.of(full)


def _likeliest(face: Face, target: LabelScheme) -> tuple[tuple[int, int, int, int], np.ndarray, np.ndarray]:
    """The window of the picture that a face's crop covers, with the likeliest label there and its probability.

    One class at a time, so that a large picture does not need memory for all of them.
    """
    parsing = face.parsing
    table = target.lookup_from(parsing.scheme)[: len(parsing.scheme)]
    if (table == label_names.IGNORE).any() or len(set(table.tolist())) < len(target):
        raise RegionUnavailable(
            f"a label map in the scheme {target.name!r} needs a segmenter that knows its labels; this one's are "
            f"{parsing.scheme.name!r}: ask for label_map({parsing.scheme.name!r})"
        )
    window = geometry.crop_window(parsing.affine, parsing.size, face.picture.shape)
    best = labels = None
    for index in range(len(target)):
        values = parsing.probabilities[table == index].sum(axis=0)
        values = geometry.warp_to_window(values, parsing.affine, window)
        if best is None or labels is None:
            best, labels = values, np.zeros(values.shape, np.uint8)
        else:
            labels[values > best] = index
            np.maximum(best, values, out=best)
    assert best is not None
    assert labels is not None
    return window, labels, best

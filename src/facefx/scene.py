"""A picture and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from . import geometry, masks
from . import labels as label_names
from .errors import RegionUnavailable
from .labels import Label, LabelScheme, Region
from .landmarks import Landmarks, landmarks_of
from .person import person_mask
from .types import Box, FaceParsing, Mask

__all__ = ["Face", "FaceView", "Scene", "edges_of"]

#: Width of the zone in which hair thins out, in face units.
_FUZZ = 0.08
#: A region smaller than this share of the face's box may be a mistake of a few pixels; an eye has three times as much at the least.
_SEEN = 1 / 1000


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
    _patches: dict[str, tuple[tuple[int, int, int, int], np.ndarray]] = field(default_factory=dict, init=False, repr=False)

    def patch(self, region: Region | Label | str) -> tuple[tuple[int, int, int, int], np.ndarray]:
        """A region's mask where it is not zero; made once and kept.

        Returns
        -------
        window : (x0, y0, x1, y1) in whole pixels, inside the picture; of zero size if the face has none of that region.
        mask : (y1 - y0, x1 - x0) float32 in [0, 1], read-only.
        """
        name = str(getattr(region, "value", region))
        if name not in self._patches:
            window, mask = self._find(region)
            mask.flags.writeable = False
            self._patches[name] = window, mask
        return self._patches[name]

    @cached_property
    def landmarks(self) -> Landmarks:
        """Corners of the eyes and the mouth, the nose, the chin and so on, in pixels of the picture."""
        return landmarks_of(self.parsing)

    def moved_to(self, picture: np.ndarray, parsing: FaceParsing) -> Face:
        """The same face in another version of its picture."""
        return replace(self, picture=picture, parsing=parsing)

    def confidence(self, region: Region | Label | str) -> float:
        """How sure the segmenter is of a region where it claims it: 0 (there is none) to 1.

        The mean probability over the pixels that are claimed: more likely of the region than not, and in the picture. A region
        smaller than a thousandth of the face's box counts in proportion. Edges take part, so small parts never reach 1; and it is
        what the network thinks of its own answer, not the chance that the answer is right.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        values = self.parsing.region(region)
        rows, columns = np.nonzero(values > 0.5)
        if not rows.size:
            return 0.0
        points = geometry.apply(geometry.invert(self.parsing.affine), np.column_stack([columns, rows]) + 0.5)
        height, width = self.picture.shape[:2]
        shown = ((points >= 0) & (points < (width, height))).all(axis=1)
        claimed = values[rows, columns][shown]
        if not claimed.size:
            return 0.0
        area = claimed.size / abs(float(np.linalg.det(self.parsing.affine[:, :2])))  # in pixels of the picture
        return float(claimed.mean()) * min(area / (_SEEN * max(self.box.area, 1.0)), 1.0)

    def _find(self, region: Region | Label | str) -> tuple[tuple[int, int, int, int], np.ndarray]:
        values = self.parsing.region(region)
        if Label.HAIR not in label_names.labels_of(region) or not self.parsing.scheme.indices_of(Label.BACKGROUND):
            refine, by_colour = edges_of(region)
            return masks.to_picture(values, self.parsing.affine, self.picture, refine=refine, by_colour=by_colour)
        # towards the background hair thins out, towards the face it ends
        others = 1 - self.parsing.region(Label.BACKGROUND) - values
        fuzz = _FUZZ * self.box.side
        return masks.to_picture(values, self.parsing.affine, self.picture, fuzz=fuzz, neighbours=others)

    def mask(self, region: Region | Label | str) -> Mask:
        """The soft mask of a region (``"lips"``, `Region.LIPS`, `Label.HAIR`, ...), as large as the picture: (H, W) float32.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        return _full_size([self], region, self.picture)


@dataclass(frozen=True, eq=False)
class FaceView:
    """A face as an effect sees it: in pixels of the part of the picture that the effect was given.

    Attributes
    ----------
    unit : the face's size in pixels, which lengths are multiples of.
    roll : tilt of the head in degrees, positive when it is turned clockwise as one looks at the picture.
    shape : (height, width) of that part.
    """

    face: Face = field(repr=False)
    window: tuple[int, int, int, int]

    @property
    def unit(self) -> float:
        return self.face.box.side

    @property
    def roll(self) -> float:
        return self.face.roll

    @property
    def shape(self) -> tuple[int, int]:
        x0, y0, x1, y1 = self.window
        return y1 - y0, x1 - x0

    def mask(self, region: Region | Label | str) -> np.ndarray:
        """The soft mask of another region of the face: (h, w) float32 in [0, 1]. Zero where the segmenter does not know it."""
        result = np.zeros(self.shape, np.float32)
        if not self.face.parsing.scheme.indices_of(region):
            return result
        (x0, y0, x1, y1), mask = self.face.patch(region)
        left, top, right, bottom = self.window
        inner = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            result[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left] = mask[
                inner[1] - y0 : inner[3] - y0, inner[0] - x0 : inner[2] - x0
            ]
        return result

    @cached_property
    def landmarks(self) -> Landmarks:
        """The face's points, (x, y) in pixels of that part."""
        origin = np.array(self.window[:2], float)
        return self.face.landmarks.mapped(lambda points: points - origin)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the faces in it, largest first.

    Attributes
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    alpha : (H, W) float32 in [0, 1], what a cutout left of the picture; None if all of it.
    """

    image: np.ndarray
    faces: tuple[Face, ...]
    alpha: np.ndarray | None = None

    def mask(self, region: Region | Label | str) -> Mask:
        """The soft mask of a region over all faces, (H, W) float32 in [0, 1].

        ``"person"`` goes on below the parsed crops, see `facefx.person`; what is not known to be part of a person is background,
        and ``"picture"`` is everything.
        """
        labels = label_names.labels_of(region)
        if labels == Region.PERSON.labels:
            return self._people
        if Label.BACKGROUND not in labels:
            return _full_size(self.faces, region, self.image)
        others = "+".join(label.value for label in Label if label not in labels)
        if not others:
            return Mask.of(np.ones(self.size, np.float32))
        return Mask.of(1 - self.mask(Region.PERSON if labels == {Label.BACKGROUND} else others))

    def of(self, faces: Sequence[Face]) -> Scene:
        """The same picture with some of its faces."""
        return self if tuple(faces) == self.faces else replace(self, faces=tuple(faces))

    @cached_property
    def _people(self) -> Mask:
        # Of the picture that was parsed: effects may have changed this one's colours since.
        return Mask.of(person_mask(self.faces, self.faces[0].picture) if self.faces else np.zeros(self.size, np.float32))

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


def edges_of(region: Region | Label | str) -> tuple[bool, bool]:
    """How a region's edge is found at the picture's own resolution: whether by the picture's edges, and whether by colour, too.

    Hair has a colour of its own, strand by strand. Lips, nose, brows and skin fade into each other: by colour, lips in the shade
    would become skin. In an eye the dark iris stands out more than the eye itself, so there the segmenter's own edge is best.
    `benchmarks/mattes.py` measures all three ways.
    """
    labels = label_names.labels_of(region)
    return not labels <= Region.EYES.labels, Label.HAIR in labels


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

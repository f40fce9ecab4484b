"""A picture and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .. import labels as label_names
from ..errors import RegionUnavailable
from ..image.canvas import Canvas
from ..labels import Label, LabelScheme, Region
from ..pixels import geometry
from .face import Face, mask_of_faces
from .person import person_mask
from .values import Mask

__all__ = ["Scene"]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the faces in it, largest first.

    Attributes
    ----------
    canvas : the picture; an array, (H, W, 3) float32 RGB in [0, 1], is made one.
    alpha : (H, W) float32 in [0, 1], what a cutout left of the picture; None if all of it.
    seen : faces that a careful look of the detector sees and the parser does not, for effects that hide. Only looked for, and of
        `faces` only marked with what that look says of them (`Face.sighted`), where a chain has such an effect.
    """

    canvas: Canvas
    faces: tuple[Face, ...]
    alpha: np.ndarray | None = None
    seen: tuple[Face, ...] = ()
    _people: dict[tuple[Face, ...], Mask] = field(default_factory=dict, repr=False)  # goes along when only the picture changes

    def __post_init__(self) -> None:
        object.__setattr__(self, "canvas", Canvas.of(self.canvas))

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) float32 RGB in [0, 1], read-only: all of the picture. A window of `canvas` costs less."""
        return self.canvas.image

    def mask(self, region: Region | Label | str) -> Mask:
        """The soft mask of a region over all faces, (H, W) float32 in [0, 1].

        ``"person"`` goes on below the parsed crops, see `facefx.face.person`; what is not known to be part of a person is
        background, and ``"picture"`` is everything.
        """
        labels = label_names.labels_of(region)
        if labels == Region.PERSON.labels:
            return self._person()
        if Label.BACKGROUND not in labels:
            return mask_of_faces(self.faces, region, self.canvas)
        others = "+".join(label.value for label in Label if label not in labels)
        if not others:
            return Mask.of(np.ones(self.size, np.float32))
        return Mask.of(1 - self.mask(Region.PERSON if labels == {Label.BACKGROUND} else others))

    @property
    def everyone(self) -> tuple[Face, ...]:
        """All faces: those that were parsed, and then those that were only seen."""
        return self.faces + self.seen

    def of(self, faces: Sequence[Face]) -> Scene:
        """The same picture with some of its faces."""
        return self if tuple(faces) == self.faces else replace(self, faces=tuple(faces))

    def _person(self) -> Mask:
        # Of the picture that was parsed: effects may have changed this one's colours since.
        if self.faces not in self._people:
            found = person_mask(self.faces, self.faces[0].canvas) if self.faces else np.zeros(self.size, np.float32)
            self._people[self.faces] = Mask.of(found)
        return self._people[self.faces]

    def label_map(self, scheme: str | LabelScheme = "celebamask") -> np.ndarray:
        """The most likely part at every pixel: (H, W) uint8, in the index order of `scheme` (CelebAMask-HQ's by default).

        Pixels that belong to no face are 0, background; where heads overlap, the surer one wins.

        Raises
        ------
        RegionUnavailable
            If the segmenter's own labels are coarser than the scheme's.
        """
        target = label_names.scheme(scheme)
        result = np.zeros(self.size, np.uint8)
        certainty = np.zeros(self.size, np.float32)
        for face in self.faces:
            (x0, y0, x1, y1), labels, sure = _likeliest(face, target)
            wins = (labels > 0) & (sure > certainty[y0:y1, x0:x1])
            result[y0:y1, x0:x1][wins] = labels[wins]
            certainty[y0:y1, x0:x1][wins] = sure[wins]
        return result

    @cached_property
    def size(self) -> tuple[int, int]:
        """(height, width)"""
        return self.canvas.shape[:2]


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
    window = geometry.crop_window(parsing.affine, parsing.size, face.canvas.shape)
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

"""A picture and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from .. import labels as label_names
from ..errors import RegionUnavailable
from ..image.canvas import Canvas, Window
from ..labels import Label, LabelScheme, Region
from ..pixels import geometry
from ..pixels.masks import reshaped
from .detections import detections_of
from .face import Face, mask_of_faces
from .person import person_mask
from .values import Box, Mask

__all__ = ["Move", "Scene"]


@dataclass(frozen=True, eq=False)
class Move:
    """One warp of a picture.

    Attributes
    ----------
    window : (x0, y0, x1, y1) in whole pixels; nothing outside of it has moved.
    field : (y1 - y0, x1 - x0, 2) float32: a pixel's colour came from so many pixels (x, y) away.
    """

    window: tuple[int, int, int, int]
    field: np.ndarray


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the faces in it, largest first.

    Attributes
    ----------
    canvas : the picture; an array, (H, W, 3) float32 RGB in [0, 1], is made one.
    alpha : (H, W) float32 in [0, 1], what there is of the picture: what a cutout left, and what it was when it came, see
        `seen_through`; None if all of it.
    seen : faces that a careful look of the detector sees and the parser does not, for effects that hide. Only looked for, and of
        `faces` only marked with what that look says of them (`Face.sighted`), where a chain has such an effect.
    moves : the warps that the picture has been through, in their order.
    """

    canvas: Canvas
    faces: tuple[Face, ...]
    alpha: np.ndarray | None = None
    seen: tuple[Face, ...] = ()
    moves: tuple[Move, ...] = field(default=(), repr=False)
    _people: dict[tuple[Face, ...], Mask] = field(default_factory=dict, repr=False)  # goes along when only the picture changes

    def __post_init__(self) -> None:
        object.__setattr__(self, "canvas", Canvas.of(self.canvas))

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) float32 RGB in [0, 1], read-only: all of the picture. A window of `canvas` costs less."""
        return self.canvas.image

    def mask(self, region: Region | Label | str, *, grow: float = 0.0, feather: float = 0.0) -> Mask:
        """The soft mask of a region over all faces, (H, W) float32 in [0, 1].

        ``"person"`` goes on below the parsed crops, see `facefx.face.person`; what is not known to be part of a person is
        background, and ``"picture"`` is everything.

        Parameters
        ----------
        region : a region, a label, or several with ``+`` and ``-`` between them: ``"face-eyes"``.
        grow : how much further it reaches, in face units (sides of a face's box); less than 0: less far. Of what is found once for
            all faces, in those of the largest.
        feather : over what width its edge is softened, in face units.
        """
        if not label_names.is_scene_wide(region):
            return mask_of_faces(self.faces, region, self.canvas, grow=grow, feather=feather)
        mask = self._wide_mask(region)
        if not (grow or feather) or not self.faces:
            return mask
        unit, everything = self.faces[0].box.side, (0, 0, self.size[1], self.size[0])
        _, changed = reshaped(everything, np.asarray(mask), grow * unit, feather * unit, self.size)
        return Mask.of(changed)

    def _wide_mask(self, region: Region | Label | str) -> Mask:
        labels = label_names.labels_of(region)
        if labels == Region.PERSON.labels:
            return self._person()
        others = "+".join(label.value for label in Label if label not in labels)
        if not others:
            return Mask.of(np.ones(self.size, np.float32))
        return Mask.of(1 - self.mask(Region.PERSON if labels == {Label.BACKGROUND} else others))

    def through(self, window: Window, size: tuple[int, int]) -> Scene:
        """What a window of the picture shows, at another size: nothing is found or parsed again.

        A preview at screen size is edited in a fraction of the time that the picture takes.

        Parameters
        ----------
        window : (x0, y0, x1, y1) in whole pixels, inside the picture.
        size : (height, width) of the result in pixels.

        Returns
        -------
        Scene
            With the faces whose boxes reach into the window; lengths, boxes and crops in its own pixels.
        """
        x0, y0, x1, y1 = window
        height, width = size
        scale = np.array([width / (x1 - x0), height / (y1 - y0)])
        move = np.column_stack([np.diag(scale), -scale * (x0, y0)])
        canvas = Canvas.of(self.canvas.reduced(window, (width, height)))
        alpha = None if self.alpha is None else cv2.resize(self.alpha[y0:y1, x0:x1], (width, height), interpolation=cv2.INTER_AREA)
        shown = Box(x0, y0, x1, y1)

        def inside(faces: Sequence[Face]) -> tuple[Face, ...]:
            return tuple(face.carried(move, canvas) for face in faces if face.box.intersection(shown).area > 0)

        return Scene(canvas, inside(self.faces), alpha, inside(self.seen))

    def seen_through(self, alpha: np.ndarray | None) -> Scene:
        """The same scene of a picture that came with an alpha of its own, (H, W) float32 in [0, 1]; None for one without."""
        if alpha is None:
            return self
        return replace(self, alpha=alpha if self.alpha is None else np.asarray(self.alpha * alpha))

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

    def to_supervision(self, *regions: str) -> Any:
        """The faces as a `supervision.Detections`, with masks.

        Parameters
        ----------
        regions : names of regions or labels. Without any, one detection a face: its box, the mask of its head, and how sure it is
            that this is one. With some, one for each of them that is seen on each face: the box round its mask, and
            `Face.confidence`.

        Returns
        -------
        supervision.Detections
            ``class_id`` counts the regions as they were given; ``data`` has ``class_name``, and ``face``, the face's number.

        Raises
        ------
        MissingExtra
            If supervision is not installed.
        RegionUnavailable, UnknownName
            If a region is none, or the segmenter does not know it.
        """
        return detections_of(self.faces, regions)

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

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
from ..pixels.masks import window as window_of
from .detections import detections_of
from .exports import CocoFile, Parts, polygons_of, svg_of
from .face import Face, mask_of_faces
from .person import person_mask
from .values import Box, FindsPeople, Mask

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
    people : what finds whole people in a picture, if there is such a thing: how surely each place is part of one, (h, w) float32,
        whatever its size and shape, or None.
    others : faces of the picture that are not among `faces`, since somebody chose; their people are background.
    hidden : (H, W) bool, where an effect has hidden somebody: later ones draw nothing of what they know was there; None: nowhere.
    """

    canvas: Canvas
    faces: tuple[Face, ...]
    alpha: np.ndarray | None = None
    seen: tuple[Face, ...] = ()
    moves: tuple[Move, ...] = field(default=(), repr=False)
    people: FindsPeople | None = field(default=None, repr=False)
    others: tuple[Face, ...] = field(default=(), repr=False)
    hidden: np.ndarray | None = field(default=None, repr=False)
    _people: dict[tuple[Face, ...], Mask] = field(default_factory=dict, repr=False)  # goes along when only the picture changes

    def __post_init__(self) -> None:
        object.__setattr__(self, "canvas", Canvas.of(self.canvas))

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) float32 RGB in [0, 1], read-only: all of the picture. A window of `canvas` costs less."""
        return self.canvas.image

    def mask(self, region: Region | Label | str, *, grow: float = 0.0, feather: float = 0.0) -> Mask:
        """The soft mask of a region over all faces, (H, W) float32 in [0, 1].

        ``"person"`` goes on below the parsed crops, see `facefx.face.person`; without a face it is the people who are surely seen
        all the same, turned away or covered. What is not known to be part of a person is background; ``"picture"`` is everything.

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
        if not (grow or feather) or not (self.faces or self.has_people_alone):
            return mask
        everything = (0, 0, self.size[1], self.size[0])
        _, changed = reshaped(everything, np.asarray(mask), grow * self.unit, feather * self.unit, self.size)
        return Mask.of(changed)

    def _wide_mask(self, region: Region | Label | str) -> Mask:
        labels = label_names.labels_of(region)
        if labels == Region.PERSON.labels:
            return self._person()
        others = "+".join(label.value for label in Label if label not in labels)
        if not others:
            return Mask.taking(np.ones(self.size, np.float32))
        return Mask.taking(1 - self.mask(Region.PERSON if labels == {Label.BACKGROUND} else others))

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

        return Scene(canvas, inside(self.faces), alpha, inside(self.seen), people=self.people, others=inside(self.others))

    def seen_through(self, alpha: np.ndarray | None) -> Scene:
        """The same scene of a picture that came with an alpha of its own, (H, W) float32 in [0, 1]; None for one without."""
        if alpha is None:
            return self
        return replace(self, alpha=alpha if self.alpha is None else np.asarray(self.alpha * alpha))

    @property
    def everyone(self) -> tuple[Face, ...]:
        """All faces: those that were parsed, and then those that were only seen."""
        return self.faces + self.seen

    @property
    def unit(self) -> float:
        """The largest face's size in pixels, or a third of the picture's shorter side where there is no face."""
        return self.faces[0].box.side if self.faces else min(self.size) / 3

    @cached_property
    def has_people_alone(self) -> bool:
        """Whether no face was found and somebody is there all the same, turned away or covered."""
        return not self.faces and bool(np.asarray(self._person()).any())

    def of(self, faces: Sequence[Face]) -> Scene:
        """The same picture with some of its faces."""
        if tuple(faces) == self.faces:
            return self
        others = tuple(face for face in (*self.faces, *self.others) if not any(face is one for one in faces))
        return replace(self, faces=tuple(faces), others=others)

    def _person(self) -> Mask:
        # Of the picture that was parsed: effects may have changed this one's colours since.
        if self.faces not in self._people:
            self._people[self.faces] = Mask.taking(self._found())
        return self._people[self.faces]

    def _found(self) -> np.ndarray:
        if not self.faces and (self.others or not self.people):  # somebody chose none of the faces, or nothing finds people
            return np.zeros(self.size, np.float32)
        parsed = self.faces[0].canvas if self.faces else self.canvas
        return person_mask(self.faces, parsed, self.people(parsed) if self.people else None, self.others)

    def label_map(self, scheme: str | LabelScheme = "celebamask") -> np.ndarray:
        """The most likely part at every pixel: (H, W) uint8, in the index order of `scheme` (CelebAMask-HQ's by default).

        Pixels that belong to no face are 0, background; where heads overlap, the surer one wins.

        Raises
        ------
        RegionUnavailable
            If the segmenter's own labels are coarser than the scheme's.
        """
        return self.parts(scheme).labels

    def parts(self, scheme: str | LabelScheme = "celebamask") -> Parts:
        """`label_map`, and whose part each pixel shows."""
        target = label_names.scheme(scheme)
        result, owners = np.zeros(self.size, np.uint8), np.full(self.size, -1, np.int16)
        certainty = np.zeros(self.size, np.float32)
        for number, face in enumerate(self.faces):
            (x0, y0, x1, y1), labels, sure = _likeliest(face, target)
            wins = (labels > 0) & (sure > certainty[y0:y1, x0:x1])
            for kept, new in ((result, labels), (owners, number), (certainty, sure)):
                np.copyto(kept[y0:y1, x0:x1], new, where=wins, casting="unsafe")
        return Parts(self.faces, target, result, owners)

    def to_polygons(self, scheme: str | LabelScheme = "celebamask", *, tolerance: float = 0.0) -> dict[str, Any]:
        """The parts of each face as outlines, for `json.dump`.

        Parameters
        ----------
        scheme : the parts, as for `label_map`.
        tolerance : how many pixels an outline may stray, for fewer points; at 0 it follows the pixels' edges exactly.

        Returns
        -------
        dict
            ``width``, ``height``, ``scheme`` and ``faces``, each with ``face`` (its number), ``score``, ``box`` and ``parts``: by
            name, a list of closed lines of [x, y] in pixels, (0, 0) the picture's upper left corner. What lies in an odd number of
            them is the part, so that holes are lines like others.

        Raises
        ------
        RegionUnavailable, UnknownName
            As `label_map`.
        ParameterError
            If the tolerance is none.
        """
        return polygons_of(self.parts(scheme), tolerance)

    def to_svg(self, scheme: str | LabelScheme = "celebamask", *, tolerance: float = 0.0) -> str:
        """`to_polygons` as a drawing: a group a face, ``face-0``, a path a part, ``face-0-hair``, in the colours of the overlay."""
        return svg_of(self.parts(scheme), tolerance)

    def to_coco(self, file_name: str = "", scheme: str | LabelScheme = "celebamask") -> dict[str, Any]:
        """The parts of each face as a COCO file of one picture, for `json.dump`.

        Returns
        -------
        dict
            ``images``, ``annotations`` and ``categories``. An annotation is one part of one face, its mask in COCO's runs of
            pixels, which are exact; beside COCO's own fields it has ``face``, the face's number, and ``score``.
        """
        parts = self.parts(scheme)
        coco = CocoFile(parts.order)
        coco.add(parts, file_name)
        return coco.to_dict()

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

    One class at a time, so that a large picture does not need memory for all of them; and each only where it may be the likeliest.
    """
    parsing = face.parsing
    table = target.lookup_from(parsing.scheme)[: len(parsing.scheme)]
    if (table == label_names.IGNORE).any() or len(set(table.tolist())) < len(target):
        raise RegionUnavailable(
            f"a label map in the scheme {target.name!r} needs a segmenter that knows its labels; this one's are "
            f"{parsing.scheme.name!r}: ask for label_map({parsing.scheme.name!r})"
        )
    window = geometry.crop_window(parsing.affine, parsing.size, face.canvas.shape)
    best = geometry.warp_to_window(parsing.probabilities[table == 0].sum(axis=0), parsing.affine, window)
    labels = np.zeros(best.shape, np.uint8)
    for index in range(1, len(target)):
        values = parsing.probabilities[table == index].sum(axis=0)
        x0, y0, x1, y1 = _window_of(values > 0.5 / len(target), parsing.affine, window)  # of so many one has as large a share
        if x0 < x1 and y0 < y1:
            part = slice(y0 - window[1], y1 - window[1]), slice(x0 - window[0], x1 - window[0])
            values = geometry.warp_to_window(values, parsing.affine, (x0, y0, x1, y1))
            np.copyto(labels[part], np.uint8(index), where=values > best[part])
            np.maximum(values, best[part], out=best[part])
    return window, labels, best


def _window_of(where: np.ndarray, affine: np.ndarray, most: Window) -> Window:
    """The part of a window of the picture that what is chosen on the crop, (S, S) bool, has anything to do with."""
    chosen = window_of(where)
    if chosen is None:
        return most[0], most[1], most[0], most[1]
    if abs(np.linalg.det(affine[:, :2])) > 1:  # the crop is finer, and `warp_to_window` averages from its corner on
        return most
    corners = np.array([(x, y) for x in (chosen[0] - 1, chosen[2] + 1) for y in (chosen[1] - 1, chosen[3] + 1)], float)
    corners = geometry.apply(geometry.invert(affine), corners)
    (x0, y0), (x1, y1) = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    return max(int(x0), most[0]), max(int(y0), most[1]), min(int(x1), most[2]), min(int(y1), most[3])

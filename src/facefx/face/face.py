"""A face in a picture, and the face as an effect sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .. import labels as label_names
from ..image.canvas import Canvas
from ..labels import Label, Region
from ..pixels import geometry
from ..pixels.masks import reshaped
from .iris import Iris, find_irises
from .landmarks import Landmarks, landmarks_of
from .light import lights_on, row_of
from .mask_style import PHOTO, MaskStyle, Patch
from .near_and_wide import NearAndWide, near_parsing
from .outline import Part, outline, outline_parsing
from .values import Box, Detection, FaceParsing, Mask

__all__ = ["Face", "FaceView", "mask_of_faces"]

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
    canvas : the picture it was found in; an array, (H, W, 3) float32 RGB in [0, 1], is made one.
    mask_style : how finely its masks are made: a frame of a film is not looked at for as long as a photo.
    steady_confidence : what `confidence` says of some regions, by their names, instead of measuring it: in a film, what takes the
        frames before into account.
    number : what ``faces=`` calls it in a film, where it stays with the person, -1 if it has none; None in a picture, where it is
        called by its place.
    steady_lights : what `lights` says, instead of measuring it: in a film, what takes the frames before into account.
    sighted : what a more careful look of the detector says of it, for effects that hide; see `outline`.
    is_parsed : False for one that the detector saw and the parser did not, whose parsing is the outline of a head.
    """

    box: Box
    roll: float
    score: float
    parsing: FaceParsing
    canvas: Canvas = field(repr=False)
    mask_style: MaskStyle = field(default=PHOTO, repr=False)
    steady_confidence: Mapping[str, float] = field(default_factory=dict, repr=False)
    number: int | None = None
    steady_lights: np.ndarray | None = field(default=None, repr=False)
    sighted: tuple[Detection, ...] = field(default=(), repr=False)
    is_parsed: bool = True
    _patches: dict[str, Patch] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "canvas", Canvas.of(self.canvas))

    @property
    def picture(self) -> np.ndarray:
        """(H, W, 3) float32 RGB in [0, 1], read-only: all of the picture it was found in. A window of `canvas` costs less."""
        return self.canvas.image

    def patch(self, region: Region | Label | str, *, grow: float = 0.0, feather: float = 0.0) -> Patch:
        """A region's mask where it is not zero; made once and kept.

        Parameters
        ----------
        grow : how much further it reaches, in face units (sides of the box); less than 0: less far.
        feather : over what width its edge is softened, in face units.

        Returns
        -------
        window : (x0, y0, x1, y1) in whole pixels, inside the picture; of zero size if the face has none of that region.
        mask : (y1 - y0, x1 - x0) float32 in [0, 1], read-only.
        """
        name = str(getattr(region, "value", region))
        if name not in self._patches:
            parsing = self._near.parsing if self._ends_near(region) else self.parsing  # the fewer pixels are looked through
            window, mask = self.mask_style.patch(region, parsing, self.canvas, self.box.side)
            mask.flags.writeable = False
            self._patches[name] = window, mask
        if not (grow or feather):
            return self._patches[name]
        height, width = self.canvas.shape[:2]
        return reshaped(*self._patches[name], grow * self.box.side, feather * self.box.side, (height, width))

    @classmethod
    def only_seen(cls, sighted: Sequence[Detection], canvas: Canvas, number: int | None = None) -> Face:
        """A face that was seen by a detector, in one place or in several, the likeliest first, and not parsed."""
        first = sighted[0]
        return cls(
            first.box,
            first.roll,
            first.score,
            outline_parsing(first),
            canvas,
            number=number,
            sighted=tuple(sighted),
            is_parsed=False,
        )

    def outline(self, part: Part = "head") -> tuple[tuple[int, int, int, int], np.ndarray]:
        """Where the head, or the face alone, may be by what the detector says, see `facefx.face.outline`.

        Returns
        -------
        window : (x0, y0, x1, y1) in whole pixels, inside the picture.
        inside : (y1 - y0, x1 - x0) bool.
        """
        measured = (Detection(self.box, self.roll, self.score),) if self.is_parsed else ()
        height, width = self.canvas.shape[:2]
        return outline((*measured, *self.sighted), (height, width), part)

    def hiding_patch(self, region: Region | Label | str) -> Patch:
        """A region's mask with all of the head's outline in it; of a region that the segmenter does not know, the outline alone."""
        (left, top, right, bottom), inside = self.outline()
        known = bool(self.parsing.scheme.indices_of(region))
        (x0, y0, x1, y1), mask = self.patch(region) if known else ((0, 0, 0, 0), np.zeros((0, 0), np.float32))
        if not inside.size or not mask.size:
            return ((x0, y0, x1, y1), mask) if mask.size else ((left, top, right, bottom), inside.astype(np.float32))
        window = min(x0, left), min(y0, top), max(x1, right), max(y1, bottom)
        both = np.zeros((window[3] - window[1], window[2] - window[0]), np.float32)
        both[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]] = mask
        both[top - window[1] : bottom - window[1], left - window[0] : right - window[0]][inside] = 1
        return window, both

    def seen_near(self, region: Region | Label | str, window: tuple[int, int, int, int]) -> Face:
        """The face by its near crop alone, if that shows all of a window and would do for a region; else the face itself.

        An effect on the skin that asks where hair begins needs no look at all of the hair.
        """
        if not isinstance(self.parsing.probabilities, NearAndWide) or self._ends_near(region):
            return self
        x0, y0, x1, y1 = window
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)
        on_crop = geometry.apply(self._near.parsing.affine, corners)
        return self._near if on_crop.min() >= 0 and on_crop.max() <= self._near.parsing.size else self

    def _ends_near(self, region: Region | Label | str) -> bool:
        """Whether there is a near crop that shows all of a region, wherever it is."""
        whole, classes = self.parsing.probabilities, self.parsing.scheme.indices_of(region)
        return isinstance(whole, NearAndWide) and bool(classes) and whole.ends_near(classes)

    @cached_property
    def _near(self) -> Face:
        return replace(self, parsing=near_parsing(self.parsing))

    @cached_property
    def landmarks(self) -> Landmarks:
        """Corners of the eyes and the mouth, the nose, the chin and so on, in pixels of the picture."""
        return landmarks_of(near_parsing(self.parsing))  # which shows all of the face

    @cached_property
    def irises(self) -> tuple[Iris | None, Iris | None]:
        """The subject's left iris and the right one, None where none is seen; found once."""
        return find_irises(self.canvas, self.landmarks)

    @cached_property
    def lights(self) -> np.ndarray:
        """How strong the light is on it, its mouth, its eyes and its brows: (4, 3); see `facefx.face.light.lights_on`."""
        if self.steady_lights is not None:
            return self.steady_lights
        near = near_parsing(self.parsing)
        return lights_on(geometry.cut(self.canvas, near.affine, near.size), near)

    def light_on(self, region: Region | Label | str) -> np.ndarray:
        """How strong the light is that a region of it is seen in, for red, green and blue: (3,), 1 for white of normal exposure."""
        return np.asarray(self.lights[row_of(region)])

    def carried(self, move: np.ndarray, canvas: Canvas) -> Face:
        """The same face where its picture was scaled and shifted: by `move`, (2, 3) from picture points to those of the new one."""

        def moved(box: Box) -> Box:
            (x0, y0), (x1, y1) = geometry.apply(move, np.array([(box.x0, box.y0), (box.x1, box.y1)]))
            return Box(float(x0), float(y0), float(x1), float(y1))

        def again(one: Detection) -> Detection:
            points = tuple((float(x), float(y)) for x, y in geometry.apply(move, np.array(one.points))) if one.points else ()
            return replace(one, box=moved(one.box), points=points)

        affine = geometry.chained(geometry.invert(move), self.parsing.affine)
        parsing = replace(self.parsing, affine=affine)
        sighted = tuple(map(again, self.sighted))
        lights = self.lights  # the new picture may show but a part of it
        return replace(self, box=moved(self.box), parsing=parsing, canvas=canvas, sighted=sighted, steady_lights=lights)

    def moved_to(self, picture: Canvas | np.ndarray, parsing: FaceParsing) -> Face:
        """The same face in another version of its picture, in the light of the first: it may wear make-up by now."""
        return replace(self, canvas=Canvas.of(picture), parsing=parsing, steady_lights=self.lights)

    def confidence(self, region: Region | Label | str) -> float:
        """How sure the segmenter is of a region where it claims it: 0 (there is none) to 1.

        The mean probability over the pixels that are claimed: more likely of the region than not, and in the picture. A region
        smaller than a thousandth of the face's box counts in proportion. Edges take part, so small parts never reach 1; and it is
        what the network thinks of its own answer, not the chance that the answer is right.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        name = str(getattr(region, "value", region))
        if name in self.steady_confidence:
            return self.steady_confidence[name]
        values = self.parsing.region(region)
        rows, columns = np.nonzero(values > 0.5)
        if not rows.size:
            return 0.0
        points = geometry.apply(geometry.invert(self.parsing.affine), np.column_stack([columns, rows]) + 0.5)
        height, width = self.canvas.shape[:2]
        shown = ((points >= 0) & (points < (width, height))).all(axis=1)
        claimed = values[rows, columns][shown]
        if not claimed.size:
            return 0.0
        area = claimed.size / abs(float(np.linalg.det(self.parsing.affine[:, :2])))  # in pixels of the picture
        return float(claimed.mean()) * min(area / (_SEEN * max(self.box.area, 1.0)), 1.0)

    def mask(self, region: Region | Label | str, *, grow: float = 0.0, feather: float = 0.0) -> Mask:
        """The soft mask of a region (``"lips"``, ``"face-eyes"``, `Label.HAIR`, ...), as large as the picture: (H, W) float32.

        `grow` and `feather` are those of `patch`.

        Raises `UnknownName` for a region there is not, `RegionUnavailable` for one that the segmenter does not know.
        """
        return mask_of_faces([self], region, self.canvas, grow=grow, feather=feather)


@dataclass(frozen=True, eq=False)
class FaceView:
    """A face as an effect sees it: in pixels of the part of the picture that the effect was given.

    Attributes
    ----------
    unit : the face's size in pixels, which lengths are multiples of.
    roll : tilt of the head in degrees, positive when it is turned clockwise as one looks at the picture.
    shape : (height, width) of that part.
    light : the light of the scene, (3,) of red, green and blue, where the part is shown as it would look in white light and what is
        painted is seen in that of the scene, as with ``light="scene"``; else None.
    """

    face: Face = field(repr=False)
    window: tuple[int, int, int, int]
    light: np.ndarray | None = field(default=None, repr=False)

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
        (x0, y0, x1, y1), mask = self.face.seen_near(region, self.window).patch(region)
        left, top, right, bottom = self.window
        inner = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            result[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left] = mask[
                inner[1] - y0 : inner[3] - y0, inner[0] - x0 : inner[2] - x0
            ]
        return result

    def roughly(self, region: Region | Label | str, cell: int) -> np.ndarray:
        """How surely each square of so many pixels is of a region, as parsed: (h, w) float32. Zero where it is not known."""
        height, width = (-(-n // cell) for n in self.shape)
        if not self.face.parsing.scheme.indices_of(region):
            return np.zeros((height, width), np.float32)
        x0, y0, _, _ = self.window
        there = self.face.parsing.affine @ np.array([[cell, 0, x0], [0, cell, y0], [0, 0, 1]])
        return geometry.warp_to_window(self.face.parsing.region(region), there, (0, 0, width, height))

    @property
    def is_in_film(self) -> bool:
        """Whether the picture is a frame of a film, at which nobody looks for long, so that less detail will do."""
        return self.face.mask_style != PHOTO

    @property
    def is_parsed(self) -> bool:
        """False for a face that the detector saw and the parser did not: its masks are the outline of a head."""
        return self.face.is_parsed

    def outline(self, part: Part = "head") -> np.ndarray:
        """Where the head, or the face alone, may be by what the detector says: (h, w) bool. What hides covers at least that."""
        result = np.zeros(self.shape, bool)
        (x0, y0, x1, y1), inside = self.face.outline(part)
        left, top, right, bottom = self.window
        inner = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            result[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left] = inside[
                inner[1] - y0 : inner[3] - y0, inner[0] - x0 : inner[2] - x0
            ]
        return result

    @cached_property
    def landmarks(self) -> Landmarks:
        """The face's points, (x, y) in pixels of that part."""
        origin = np.array(self.window[:2], float)
        return self.face.landmarks.mapped(lambda points: points - origin)


def mask_of_faces(
    faces: Sequence[Face], region: Region | Label | str, picture: geometry.Windows, *, grow: float = 0.0, feather: float = 0.0
) -> Mask:
    """The soft mask of a region over several faces of a picture, (H, W) float32 in [0, 1]; see `Face.patch`."""
    label_names.labels_of(region)  # an unknown name is an error also where there is no face
    full = np.zeros(picture.shape[:2], np.float32)
    for face in faces:
        (x0, y0, x1, y1), mask = face.patch(region, grow=grow, feather=feather)
        np.maximum(full[y0:y1, x0:x1], mask, out=full[y0:y1, x0:x1])
    return Mask.taking(full)

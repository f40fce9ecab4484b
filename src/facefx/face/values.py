"""The values that travel through facefx: boxes, masks, detections, parsings. All frozen. Faces and scenes have their own files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..errors import RegionUnavailable
from ..labels import IRISES, Label, LabelScheme, Region, labels_of
from ..pixels import geometry, masks

__all__ = ["Box", "Detection", "Detector", "FaceParsing", "FindsPeople", "GivenBox", "Mask", "Probabilities", "Segmenter"]


@dataclass(frozen=True)
class Box:
    """An axis-aligned box, half-open, in pixels: ``x0 <= x < x1`` and ``y0 <= y < y1``. May be fractional and reach outside."""

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def square(cls, center: tuple[float, float], side: float) -> Box:
        x, y = center
        return cls(x - side / 2, y - side / 2, x + side / 2, y + side / 2)

    @property
    def width(self) -> float:
        return max(self.x1 - self.x0, 0.0)

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, 0.0)

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def side(self) -> float:
        """Side of the square of the same area; what lengths in face units are fractions of."""
        return float(np.sqrt(self.area))

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def intersection(self, other: Box) -> Box:
        x0, y0 = max(self.x0, other.x0), max(self.y0, other.y0)
        return Box(x0, y0, max(min(self.x1, other.x1), x0), max(min(self.y1, other.y1), y0))

    def iou(self, other: Box) -> float:
        """Area of the intersection over area of the union, 0 to 1."""
        shared = self.intersection(other).area
        union = self.area + other.area - shared
        return shared / union if union else 0.0

    def to_dict(self) -> dict[str, float]:
        return {"x0": self.x0, "y0": self.y0, "x1": self.x1, "y1": self.y1}


class Mask(np.ndarray[tuple[int, int], np.dtype[np.float32]]):
    """A soft mask as large as the picture: (H, W) float32 in [0, 1], read-only. Arithmetic with it gives plain arrays."""

    @classmethod
    def of(cls, array: np.ndarray) -> Mask:
        return cls.taking(np.array(array, np.float32, order="C"))  # a copy: what its maker does later must not show in it

    @classmethod
    def taking(cls, array: np.ndarray) -> Mask:
        """A mask of an array, (H, W) float32, that nobody else holds or is going to: without a copy."""
        mask = array.view(cls)
        mask.flags.writeable = False
        return mask

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    @property
    def bbox(self) -> Box | None:
        """The smallest box round all pixels of at least one half; None for a mask without any."""
        window = masks.window(np.asarray(self) >= 0.5)
        return Box(window[0], window[1], window[2], window[3]) if window else None


@dataclass(frozen=True)
class Detection:
    """A detector's answer: a square-ish box from the brows to the chin, the head's tilt, and how sure it is.

    ``roll`` is in degrees, positive when the head is turned clockwise as one looks at the picture. ``points`` are (x, y) of the
    left eye, the right eye, the nose's tip, the left and the right corner of the mouth; empty if the detector does not tell.
    """

    box: Box
    roll: float = 0.0
    score: float = 1.0
    points: tuple[tuple[float, float], ...] = ()


#: A face that somebody has found already: its box, (x0, y0, x1, y1) in pixels of the upright picture, or all of a detection.
GivenBox = Box | Detection | Sequence[float]

#: What says how surely each place of a whole picture is part of a person: (h, w) float32 in [0, 1] for a picture of any size and
#: shape; None if it does not know.
FindsPeople = Callable[[geometry.Windows], np.ndarray | None]


class Detector(Protocol):
    """Finds faces. ``rgb`` is (H, W, 3) float32 in [0, 1], read-only.

    One with an attribute ``takes_windows`` that is true is given `facefx.pixels.geometry.Windows` of uint8 where the picture has 8
    bits, so that a large photo need not be made floats for it. One with a method ``carefully(film)``
    that gives another detector has that look for faces that are to be hidden: it should miss none, at the price of false ones and
    of time. `film` is true if it looks at the frames of a film, one after the other.
    """

    def detect(self, rgb: Any) -> list[Detection]: ...


class Segmenter(Protocol):
    """Turns a square, upright crop into class probabilities.

    ``input_size`` is (height, width) of the crop it wants. ``probabilities`` takes (N, H, W, 3) float32 RGB in [0, 1] and gives
    (N, C, H, W) float32 that sum to 1 over the classes of ``scheme``.
    """

    @property
    def name(self) -> str: ...
    @property
    def scheme(self) -> LabelScheme: ...
    @property
    def input_size(self) -> tuple[int, int]: ...
    def probabilities(self, crops: np.ndarray) -> np.ndarray: ...


class Probabilities(Protocol):
    """Probabilities by class, (C, S, S) float32: an array, or what makes an array of those classes that it is asked for.

    A film asks for a few classes a frame, and for those alone they are made. Where all are wanted, take ``np.asarray`` of it.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, classes: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __array__(self) -> np.ndarray: ...
    def copy(self) -> np.ndarray: ...


def total_of(probabilities: Probabilities, classes: Sequence[int]) -> np.ndarray:
    """The sum of some classes, (S, S) float32; by their own method ``total`` where that is faster than making all of them first."""
    some, total = list(classes), getattr(probabilities, "total", None)
    if total is not None:
        return np.asarray(total(some))
    values = probabilities[some]
    return np.asarray(values[0] if len(some) == 1 else values.sum(axis=0))


#: How many regions are kept that were asked for last: a mask and the effect on it ask for the same ones.
_LATELY = 2


@dataclass(frozen=True, eq=False)
class FaceParsing:
    """What a segmenter said of one face.

    Attributes
    ----------
    probabilities : (C, S, S) float32, summing to 1 over C, on the crop; an array, or in films `Probabilities` that become one.
    scheme : the labels of the C classes.
    affine : (2, 3) float64, takes picture points (x, y) to crop points.
    """

    probabilities: Probabilities
    scheme: LabelScheme
    affine: np.ndarray
    _lately: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict, init=False, repr=False)

    def region(self, region: Region | Label | str) -> np.ndarray:
        """Probability of a region on the crop, (S, S) float32 in [0, 1], read-only: the sum over its classes."""
        indices = self.scheme.indices_of(region)
        if not indices:
            wanted = ", ".join(sorted(label.value for label in labels_of(region)))
            knows = "face" if region in IRISES else "celebamask"
            raise RegionUnavailable(
                f"this segmenter's labels ({self.scheme.name}: {', '.join(self.scheme.classes)}) cannot tell apart the region "
                f"{str(getattr(region, 'value', region))!r} ({wanted}); use a segmenter of the {knows!r} scheme"
            )
        known = self._lately.get(indices)
        if known is None:
            known = np.clip(total_of(self.probabilities, indices), 0.0, 1.0)
            known.flags.writeable = False
            self._lately[indices] = known
            for old in list(self._lately)[:-_LATELY]:
                self._lately.pop(old, None)
        return known

    @property
    def size(self) -> int:
        return int(self.probabilities.shape[-1])

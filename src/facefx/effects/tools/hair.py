"""The direction that hair runs in, and patterns drawn along it: locks, streaks, single grey hairs.

All of it happens on a small copy of the picture, on which a face is always the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from .recoloring import perceived

__all__ = ["Hair", "hair_of"]

#: How many pixels of the small copy a face unit is.
_DETAIL = 128.0
#: Over how much of the hair a direction is gathered, in face units.
_SMOOTH = 0.03
#: Coherence of the structure tensor below which hair is all curls, and above which it is all strands.
_ORDER = 0.1, 0.35
#: Steps along the strands to each side, in pixels of the small copy, and how many. Five short ones make a long one, so that no
#: rhythm of the steps is left in the mean.
_SHORT, _LONG = (1.0, 2), (5.0, 7)


@dataclass(frozen=True, eq=False)
class Hair:
    """A head of hair on the small copy.

    Attributes
    ----------
    mask : (h, w) float32 in [0, 1].
    light : (h, w) float32 in [0, 1], perceived lightness.
    direction : (h, w, 2) float32, unit vectors (x, y) along the strands; the sign means nothing.
    order : (h, w) float32 in [0, 1], how much strands side by side run the same way: little in curls.
    x, y : (h, w) float32, where each pixel lies as seen from between the brows, in face units: towards the subject's left, and
        down, in the head's own upright direction.
    unit : the face's size in pixels of the small copy.
    shape : (H, W) of the picture it was made from.
    """

    mask: np.ndarray
    light: np.ndarray
    direction: np.ndarray
    order: np.ndarray
    x: np.ndarray
    y: np.ndarray
    unit: float
    shape: tuple[int, int]

    def along(self, values: np.ndarray) -> np.ndarray:
        """Values averaged along the strands, over about 0.35 face units to each side, (h, w) float32.

        Line integral convolution (Cabral and Leedom, SIGGRAPH 1993), twice, so that few steps reach far.
        """
        for step, count in (_SHORT, _LONG):
            values = self._averaged(values, step, count)
        return values

    def _averaged(self, values: np.ndarray, step: float, count: int) -> np.ndarray:
        places: np.ndarray = np.indices(values.shape, np.float32)
        total = values.copy()
        for sign in (-step, step):
            y, x = np.array(places)
            dx, dy = (np.float32(sign) * along for along in self._steps)
            for left in reversed(range(count)):
                x += dx
                y += dy
                total += _looked_up(values, x, y, cv2.INTER_LINEAR)
                if left:  # a strand goes on the way it came
                    next_x, next_y = (_looked_up(along, x, y, cv2.INTER_NEAREST) for along in self._steps)
                    way = np.copysign(np.float32(step), dx * next_x + dy * next_y)
                    dx, dy = way * next_x, way * next_y
        total /= np.float32(2 * count + 1)
        return total

    @cached_property
    def _steps(self) -> tuple[np.ndarray, np.ndarray]:
        """`direction`, x and y apart."""
        x, y = cv2.split(self.direction)
        return x, y

    def locks(self, rng: np.random.Generator, width: float) -> np.ndarray:
        """Random locks of about that width, in face units, and curls where there are no locks.

        (h, w) float32, evenly spread over [0, 1] within the hair.
        """
        noise = rng.standard_normal(self.mask.shape, np.float32)
        across = cv2.GaussianBlur(noise, (0, 0), max(0.4 * width * self.unit, 0.4))
        locks = self.ranked(cv2.GaussianBlur(self.along(across), (0, 0), 0.6))
        curls = cv2.GaussianBlur(noise, (0, 0), max(0.8 * width * self.unit, 0.4))
        return self.ranked(locks + (1 - self.order) * (self.ranked(curls) - locks))

    def ranked(self, values: np.ndarray) -> np.ndarray:
        """Which share of the hair has a lower value: (h, w) float32 in [0, 1]."""
        steps = np.linspace(0, 1, 65)
        return np.interp(values, np.quantile(self.within(values), steps), steps).astype(np.float32)

    def within(self, values: np.ndarray) -> np.ndarray:
        """The values where there is most surely hair, (N,)."""
        return np.asarray(values[self.mask >= 0.7 * self.mask.max()])

    def from_roots(self) -> np.ndarray:
        """How far from the roots, from 0 to about 1 at the tips: (h, w) float32.

        The distance from the scalp, which is about a circle round the brows: up for hair that stands, down for hair that hangs.
        """
        distance = np.maximum(np.hypot(self.x, self.y) - 0.35, 0)
        return np.asarray(distance / max(float(np.quantile(self.within(distance), 0.95)), 0.05), np.float32)

    def full_size(self, values: np.ndarray) -> np.ndarray:
        """Shares brought back to the size of the picture: (H, W) float32 in [0, 1]."""
        return np.clip(cv2.resize(values, self.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def _looked_up(values: np.ndarray, x: np.ndarray, y: np.ndarray, interpolation: int) -> np.ndarray:
    """Values at places, (h, w) each, counted from the first pixel's centre."""
    return np.asarray(cv2.remap(values, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE))


def hair_of(image: np.ndarray, mask: np.ndarray, face: FaceView) -> Hair:
    """The hair in a part of a picture.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    mask : (H, W) float32 in [0, 1], its hair.
    """
    height, width = mask.shape
    shrink = min(_DETAIL / face.unit, 1.0)
    size = max(round(width * shrink), 1), max(round(height * shrink), 1)
    small, inside = (cv2.resize(v, size, interpolation=cv2.INTER_AREA) for v in (image, mask))
    unit = face.unit * shrink

    x0, y0 = face.window[:2]
    box = face.face.box
    turn = np.deg2rad(face.roll)
    rows, columns = np.indices(inside.shape, np.float32)
    # The box goes from the brows to the chin.
    dx, dy = ((columns + 0.5) * width / size[0] + x0 - box.center[0]), ((rows + 0.5) * height / size[1] + y0 - box.center[1])
    x = (dx * np.cos(turn) + dy * np.sin(turn)) / face.unit
    y = (dy * np.cos(turn) - dx * np.sin(turn)) / face.unit + 0.5
    light = perceived(colors.to_oklab(small)[..., 0])
    return Hair(inside, light, *_direction(light, inside, unit), x.astype(np.float32), y.astype(np.float32), unit, (height, width))


def _direction(light: np.ndarray, mask: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """`Hair.direction` and `Hair.order`.

    Across the direction in which lightness changes most, by the structure tensor (Förstner and Gülch 1987).
    """
    along_x, along_y = (cv2.Sobel(light, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    spread = max(_SMOOTH * unit, 0.5)
    # The edge of the hair tells nothing of its strands, and a bright edge within it is one vote among many.
    inner = smooth_ramp(cv2.GaussianBlur(mask, (0, 0), spread), 0.7, 1.0) + np.float32(1e-3)
    weight = inner / (np.hypot(along_x, along_y) + 0.02)
    xx, yy, xy = (
        cv2.GaussianBlur(product * weight, (0, 0), spread) for product in (along_x * along_x, along_y * along_y, along_x * along_y)
    )
    # As twice the angle, opposite directions are one; where strands cross or none can be seen, those round about decide.
    near = cv2.GaussianBlur(inner, (0, 0), 2 * spread)
    even, odd = (cv2.GaussianBlur(inner * v / (xx + yy + 1e-6), (0, 0), 2 * spread) / near for v in (xx - yy, 2 * xy))
    angle = 0.5 * np.arctan2(odd, even) + np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32), smooth_ramp(np.hypot(odd, even), *_ORDER)

"""Hair's outline, dyed: what is mixed with a bright wall or skin must not pass for lit hair.

Where hair ends, masks are nearly sure of pixels that are a tenth wall or forehead. In black hair a tenth is much: it is as light as
the lightest locks, and dyed blonde it would be a rim, lighter than the hair and than what is beside it. So along the outline, where
what is beyond is lighter than hair, hair has on the whole the colour that it has farther in. Single strands keep their light.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...pixels.cells import Enlarged, broadly, cell_of_mean
from ...pixels.masks import depth, ramp, smooth_ramp

__all__ = ["Outline"]

#: How deep hair is mixed with what is beyond, at most and nowhere more, and from how deep on it surely is not, in face units.
_MIXED, _FARTHER_IN = (0.05, 0.14), 0.15
#: Deviations over which hair farther in is gathered, and what is beyond; and over which the outline is seen, in face units.
_ROUND_ABOUT, _SMOOTHLY = 0.13, 0.02
#: How much lighter than hair what is beyond must be, in grey from 0 to 1: not at all, and surely.
_LIGHTER = 0.02, 0.12
#: How much lighter than farther in hair may be on the outline, OKLab with perceived lightness. Light heads before what is lighter
#: are by 0.016; with so little the heads of benchmarks/hair_edges.py came out too dark there.
_THROUGH = np.float32(0.035)
#: How much lighter than farther in hair is that is in the shade, and so is not mixed with what is lighter; and hair that is not.
_SHADE = -0.3, -0.15
#: How little of hair farther in is enough to know its colour.
_ENOUGH = np.float32(0.003)


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a head of hair may be mixed with something lighter: all (h, w) float32, by the pixels of its copy.

    Attributes
    ----------
    share : how much of a pixel is hair.
    farther_in : how surely it is hair that is not mixed with anything.
    mixed : from 0 to 1, how far its colour may be that of something else.
    unit : the face's size, in pixels of the copy.
    """

    share: np.ndarray
    farther_in: np.ndarray
    mixed: np.ndarray
    unit: float

    @classmethod
    def of(cls, image: np.ndarray, share: np.ndarray, unit: float) -> Outline | None:
        """The outline of hair, (h, w), in a picture, (h, w, 3) float32 RGB in [0, 1]; None if it has none."""
        beyond = np.asarray(share < 0.1, np.float32)
        if not beyond.any():
            return None
        deep, radius = depth(share > 0.9) * np.float32(1 / unit), _ROUND_ABOUT * unit
        farther_in = np.square(ramp(deep, 0, _FARTHER_IN))
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        (behind, there), (own, near) = (_mean(grey, weight, radius) for weight in (beyond, farther_in))
        lighter = Enlarged(ramp(behind.values - own.values, *_LIGHTER) * there * near, own.cell).all_of(share.shape)
        return cls(share, farther_in, (1 - smooth_ramp(deep, *_MIXED)) * lighter, unit)

    def taken_off(self, light: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Dyed hair, OKLab with perceived lightness, without the colour that is not its own."""
        lab = cv2.merge([light, a, b])
        inner, outer = (
            cv2.split(_mean(lab, weight, scale * self.unit)[0].all_of(light.shape))
            for weight, scale in ((self.farther_in, _ROUND_ABOUT), (self.share, _SMOOTHLY))
        )
        lighter = outer[0] - inner[0]
        part = self.mixed * ramp(lighter, *_SHADE)
        light = light - self.mixed * np.maximum(lighter - _THROUGH, 0)
        a, b = (v + part * (to - of) for v, to, of in zip((a, b), inner[1:], outer[1:], strict=True))
        return light, a, b


def _mean(values: np.ndarray, weight: np.ndarray, radius: float) -> tuple[Enlarged, np.ndarray]:
    """The weighted mean round about, and in its cells from 0 to 1 whether there is anything to take it from."""
    cell = cell_of_mean(radius, weight.shape)
    some = cv2.merge([weight] * 3) if values.ndim == 3 else weight
    total, sums = broadly(weight, radius, cell), broadly(values * some, radius, cell)
    safe = np.maximum(total, np.float32(1e-6))
    return Enlarged(sums / (cv2.merge([safe] * 3) if values.ndim == 3 else safe), cell), np.clip(total / _ENOUGH, 0, 1)

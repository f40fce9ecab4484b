"""Colour grading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import CubeFile, Range, effect
from ...pixels.color import by_bands, from_oklab, to_oklab
from ..tools.cube import read_cube
from ..tools.region_choice import Where

__all__ = ["grade"]


@dataclass(frozen=True)
class _Preset:
    """A grade in OKLab.

    Attributes
    ----------
    contrast, lift, chroma : slope at middle lightness (1 keeps it), lightness of black, and a factor on chroma.
    shadows, lights : shifts (a, b) towards black and towards white; a is red over green, b yellow over blue.
    """

    contrast: float = 1.0
    lift: float = 0.0
    chroma: float = 1.0
    shadows: tuple[float, float] = (0.0, 0.0)
    lights: tuple[float, float] = (0.0, 0.0)


_PRESETS = {
    "warm": _Preset(1.05, 0.0, 1.05, (0.006, 0.010), (0.008, 0.030)),
    "cool": _Preset(1.05, 0.0, 0.95, (-0.004, -0.026), (-0.006, -0.012)),
    "film": _Preset(1.12, 0.06, 0.9, (-0.010, -0.012), (0.004, 0.022)),
    "faded": _Preset(0.82, 0.13, 0.7, (-0.002, -0.010), (0.004, 0.010)),
    "teal_orange": _Preset(1.1, 0.0, 1.12, (-0.030, -0.030), (0.016, 0.030)),
    "vivid": _Preset(1.15, 0.0, 1.3),
    "sepia": _Preset(1.0, 0.05, 0.0, (0.028, 0.042), (0.016, 0.030)),
    "noir": _Preset(1.35, 0.0, 0.0),
}


@effect(region="picture")
def grade(
    image: np.ndarray,
    *,
    region: Where = "picture",
    preset: Annotated[
        Literal["warm", "cool", "film", "faded", "teal_orange", "vivid", "sepia", "noir"], "the grade, unless a table is given"
    ] = "film",
    cube: Annotated[CubeFile, "a colour table to use instead, 1D or 3D"] = "",
    strength: Annotated[float, Range(0, 1), "how much of it"] = 1.0,
) -> np.ndarray:
    """Grade the colours: a ready preset, or your own .cube table.

    Tables are looked up with tetrahedral interpolation in sRGB code values. The presets are curves and tints in OKLab, which keep
    hues from shifting as contrast grows.
    """
    graded = read_cube(cube).apply(image) if cube else by_bands(lambda rgb: _graded(rgb, _PRESETS[preset]), image)
    graded -= image
    graded *= np.float32(strength)
    graded += image
    return graded


def _graded(rgb: np.ndarray, preset: _Preset) -> np.ndarray:
    lab = to_oklab(rgb)
    light = np.clip(lab[..., 0], 0, 1)
    curved = _curve(light, preset.contrast)
    lab[..., 0] = preset.lift + (1 - preset.lift) * curved
    shares = (1 - light) ** 2, light**2
    for axis in (0, 1):
        tint = sum(share * tone[axis] for share, tone in zip(shares, (preset.shadows, preset.lights), strict=True))
        lab[..., 1 + axis] = preset.chroma * lab[..., 1 + axis] + tint * np.minimum(4 * light, 1)  # black stays black
    return from_oklab(lab)


def _curve(light: np.ndarray, contrast: float) -> np.ndarray:
    """An S through (0, 0), (½, ½) and (1, 1), of that slope at the middle; flatter there if it is below 1."""
    bent = light + (contrast - 1) * 2 * light * (1 - light) * (2 * light - 1)
    return np.clip(bent, 0, 1).astype(np.float32)

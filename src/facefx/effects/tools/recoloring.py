"""Giving a region another colour while keeping its light and shade: a tone curve on OKLab lightness, never a hue swap.

A hue swap does nothing to black hair, which has no hue to swap, and dyeing by multiplication can only darken. Here the region's
median colour moves to the target, and every pixel keeps its place above or below that median.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ...pixels import color as colors

__all__ = ["Palette", "aimed", "from_perceived", "perceived", "recolored", "soft_limit", "surely_inside"]


@dataclass(frozen=True)
class Palette:
    """From which colour to which, both OKLab (3,), and how the light and shade between them are carried over.

    Attributes
    ----------
    shade, light : how much of the contrast below and above the median stays; 1 is all of it.
    variety : how much of the region's own differences in hue and chroma stay.
    """

    source: np.ndarray
    target: np.ndarray
    shade: float = 1.0
    light: float = 1.0
    variety: float = 0.4


def surely_inside(image: np.ndarray, mask: np.ndarray, most: int = 10_000) -> np.ndarray:
    """OKLab colours of what is surely inside the mask (of whatever is most inside it, if nothing surely is): (N, 3).

    An even selection where there are more than `most`: enough for any median.
    """
    sure = mask >= min(0.9, float(mask.max()))
    step = max(int(np.sqrt(np.count_nonzero(sure) / most)), 1)
    inside = image[::step, ::step][sure[::step, ::step]]
    if not len(inside):
        inside = image[sure]
    return colors.to_oklab(inside[:: len(inside) // most + 1])


def soft_limit(offset: np.ndarray, room: float) -> np.ndarray:
    """Offsets of at least 0 bent so that they never reach `room`; small ones stay as they are."""
    if room <= 1e-4:
        return np.zeros_like(offset)
    left = np.asarray(cv2.exp(np.float32(-1 / room) * offset)).reshape(offset.shape)  # five times as fast as numpy's
    return np.asarray(room - room * left)


def recolored(lab: np.ndarray, palette: Palette, broad: np.ndarray | None = None, detail: float = 1.0) -> np.ndarray:
    """The same light and shade in the target's colour.

    Parameters
    ----------
    lab : (H, W, 3) float32, OKLab.
    broad : (H, W) float32, perceived lightness without fine detail. The tone curve is applied to it, and what differs from it is
        multiplied by `detail`, since a bent curve would flatten the strands within a highlight (Durand and Dorsey, "Fast Bilateral
        Filtering for the Display of High-Dynamic-Range Images", SIGGRAPH 2002). None puts the pixels themselves through the curve.

    Returns
    -------
    (H, W, 3) float32, OKLab
    """
    source, target = (np.asarray(color, np.float32) for color in (palette.source, palette.target))
    middle = float(perceived(target[0]))
    light, *others = cv2.split(np.asarray(lab, np.float32))
    own = perceived(light)
    offset = (own if broad is None else broad) - perceived(source[0])
    above = soft_limit(np.maximum(offset, 0) * np.float32(palette.light), 1.0 - middle)
    lightness = above - soft_limit(np.maximum(-offset, 0) * np.float32(palette.shade), middle) + np.float32(middle)
    if broad is not None:
        lightness += np.float32(detail) * (own - broad)
    lightness = np.clip(lightness, np.float32(0), np.float32(1))

    # Pigments are most colourful at middle light: shadows lose chroma with their light, highlights turn towards the lamp's white.
    shaded = colors.power(lightness / np.float32(max(middle, 1e-3)), 0.7)
    fading = np.where(lightness < middle, shaded, 1 - np.float32(0.5 / max(1.0 - middle, 1e-3)) * above)
    variety = np.float32(palette.variety)
    chroma = [target[c] * fading + variety * (own - source[c]) for c, own in enumerate(others, 1)]
    return np.asarray(cv2.merge([from_perceived(lightness), *chroma]))


def aimed(palette: Palette, own: np.ndarray) -> Palette:
    """The palette with its target moved so that the median of the region, shadows and highlights included, comes to lie on it.

    Both lose chroma, so that without this the region as a whole would be paler than what was asked for.
    """
    reached = np.median(recolored(own[None], palette)[0], axis=0)
    target = palette.target + (palette.target - reached)
    target[0] = np.clip(target[0], 0, 1)
    return replace(palette, target=target)


# OKLab's lightness is a cube root all the way down, so that the step from 0 to 1 of 255 spans 7 % of it: a tone curve would turn
# the rounding of black hair into blotches. Ottosson's toe, https://bottosson.github.io/posts/colorpicker/, makes it linear near
# black as in CIE L*.
_K1, _K2 = 0.206, 0.03
_K3 = (1 + _K1) / (1 + _K2)


def perceived(lightness: np.ndarray | float) -> np.ndarray:
    """Lightness with a toe, close to CIE L* over 100, of OKLab's L."""
    lightness = np.asarray(lightness, np.float32)
    bent = np.float32(_K3) * lightness - np.float32(_K1)
    return np.asarray(np.float32(0.5) * (bent + np.sqrt(bent * bent + np.float32(4 * _K2 * _K3) * lightness)))


def from_perceived(perceived_lightness: np.ndarray) -> np.ndarray:
    """OKLab's L of a lightness with a toe."""
    return (
        perceived_lightness * (perceived_lightness + np.float32(_K1)) / (np.float32(_K3) * (perceived_lightness + np.float32(_K2)))
    )

"""Putting hair that was dyed on a copy into the picture, with detail that the copy is too coarse for."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ...pixels import color as colors
from ...pixels.cells import Enlarged, EnlargedPlanes, InParts, tiles
from .hair_dye import HeadOfHair, seen
from .hair_share import in_its_part
from .recoloring import from_perceived

__all__ = ["repainted"]

#: How much of the colour that is in detail finer than the copy stays, where all of it would be as loud as light.
_COLOR_DETAIL = np.float32(0.25)
#: Over what steps of sRGB it is found how lightness and colour follow it.
_STEP = np.float32(0.02)


def repainted(
    image: np.ndarray,
    mask: np.ndarray,
    head: HeadOfHair,
    dye: Callable[..., np.ndarray],
    *coloured: EnlargedPlanes | np.ndarray,
    part: InParts | None = None,
    into: np.ndarray | None = None,
) -> np.ndarray:
    """RGB to lay over the picture through the hair's mask, whose edge is a share of hair and a share of what is behind it.

    The picture there is the head's own colour for the mask's share, so it changes by that share of the difference. At the edge
    this may go beyond [0, 1]; laid over the picture it does not, or hardly.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    mask : (H, W) float32 in [0, 1], its hair.
    dye : gives what becomes of a part of `HeadOfHair.own`, (5, h, w) float32, of that part of all that is `coloured`.
    part : of (H, W) float32 in [0, 1], how much of the change is wanted; by default all.
    into : a copy of the image that is to be changed; by default a new one.
    """
    where = mask > 0
    part = np.ones_like(mask) if part is None else part
    if head.cell == 1:

        def as_it_is(image: np.ndarray, part: np.ndarray, mask: np.ndarray, own: np.ndarray, *parts: np.ndarray) -> np.ndarray:
            return in_its_part(image, _as_it_is(image, mask, own, dye(*parts)), part)

        return colors.within(where, as_it_is, image, part, mask, head.lab, *coloured, into=into)
    slopes = _slopes(head.middle)

    def detailed(image: np.ndarray, part: np.ndarray, beneath: np.ndarray, known: np.ndarray, *parts: np.ndarray) -> np.ndarray:
        return in_its_part(image, _with_detail(image, slopes, beneath, known, dye(*parts)), part)

    return colors.within(where, detailed, image, part, *_beneath(head), *coloured, into=into)


def _as_it_is(image: np.ndarray, mask: np.ndarray, own: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Of a picture whose pixels are the copy's."""
    result = _shown(*new[:3])
    edge = np.flatnonzero((mask < 1) & (mask > 0))  # elsewhere the hair's own colour is the picture's
    if edge.size:
        there = np.take(own.reshape(-1, 3), edge, axis=0)[None]
        result.reshape(-1, 3)[edge] += np.take(image.reshape(-1, 3), edge, axis=0) - _shown(*cv2.split(there))[0]
    return result


def _beneath(head: HeadOfHair) -> tuple[Enlarged, EnlargedPlanes]:
    """What detail is told from: the copy's own RGB; and (2, h, w) float32, how lightness rises with it, and the head's weight.

    Lightness and sRGB follow each other nearly in a straight line, so how they do is found here, and not for all pixels.
    """
    rgb, rises = np.zeros_like(head.lab), np.zeros_like(head.weight)
    for tile in tiles(head.some):
        own = cv2.split(head.lab[tile])
        rgb[tile] = _shown(*own)
        rises[tile] = (seen(rgb[tile] + _STEP)[..., 0] - own[0]) * (1 / _STEP)
    return Enlarged(rgb, head.cell), EnlargedPlanes(np.stack([rises, head.weight]), head.cell)


def _with_detail(image: np.ndarray, slopes: np.ndarray, beneath: np.ndarray, known: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Of a picture with detail finer than the copy's."""
    (rises, weight), (light, a, b, gain, lean) = known, new
    finer = image - beneath
    grey, more_a, more_b = (np.asarray(cv2.transform(finer, slope[None])) for slope in slopes)
    # As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
    most = np.float32(0.4) * gain / (np.abs(lean) * rises + np.float32(1e-6))
    kept = np.clip(grey, -most, most)
    lighter = kept * rises
    tint = _COLOR_DETAIL * gain
    after = _shown(light + lighter * (gain + lighter * lean), a + tint * more_a, b + tint * more_b)
    # what the picture has beside the hair's own colour and its detail
    beside = 1 - weight
    finer *= cv2.merge([beside, beside, beside])
    after += finer
    beyond = weight * (grey - kept)
    after += cv2.merge([beyond, beyond, beyond])
    return after


def _slopes(middle: np.ndarray) -> np.ndarray:
    """How grey, as light as a colour is, and OKLab's a and b follow from red, green and blue about a colour: (3, 3) float32."""
    rgb = _shown(*(np.full((1, 1), v, np.float32) for v in middle))[0, 0]
    steps = np.clip(np.vstack([rgb + _STEP * np.eye(3), rgb - _STEP * np.eye(3)]), 0, 1).astype(np.float32)
    lab = seen(steps[None])[0]
    slopes = (lab[:3] - lab[3:]).T / (2 * _STEP)
    slopes[0] /= slopes[0].sum()
    return np.ascontiguousarray(slopes)


def _shown(light: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """RGB in [0, 1] of OKLab with perceived lightness."""
    return colors.from_oklab(cv2.merge([from_perceived(np.clip(light, np.float32(0), np.float32(1))), a, b]))

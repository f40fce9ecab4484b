"""The outline of a head by what a detector says of it: for hiding, where a parsing may be wrong, or is not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..labels import Label, scheme
from ..pixels import geometry
from .values import Box, Detection, FaceParsing

__all__ = ["Part", "outline", "outline_parsing"]

Part = Literal["head", "face"]

#: Half width and half height of the ellipse round a part, and how far its middle lies above the box's, in sides of the box.
_ELLIPSES: dict[Part, tuple[float, float, float]] = {"head": (0.72, 0.88, 0.06), "face": (0.56, 0.66, 0.0)}
#: The eyes, the nose and the corners of the mouth lie at most so far out, as a share of the way to the ellipse's edge; if they do
#: not, the box is wrong and the ellipse grows, up to so many times.
_POINTS_WITHIN, _MOST_GROWTH = 0.62, 1.5
#: Side in pixels of the crop that stands for a parsing.
_CROP = 64


def outline(
    seen: Sequence[Detection], size: tuple[int, int], part: Part = "head", margin: float = 0.0
) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """Where a head, seen in one place or in several, may be.

    Parameters
    ----------
    seen : what the detector said of it.
    size : (height, width) of the picture.
    part : the head with its hair, or the face alone.
    margin : how much further it reaches, in sides of the box.

    Returns
    -------
    window : (x0, y0, x1, y1) in whole pixels, inside the picture; of zero size if nothing of the head is in it.
    inside : (y1 - y0, x1 - x0) bool.
    """
    ellipses = [_ellipse(one, part, margin) for one in seen]
    reach = [float(np.hypot(*axes)) for _, axes, _ in ellipses]
    low = np.min([middle - far for (middle, _, _), far in zip(ellipses, reach, strict=True)], axis=0, initial=np.inf)
    high = np.max([middle + far for (middle, _, _), far in zip(ellipses, reach, strict=True)], axis=0, initial=-np.inf)
    x0, y0 = (int(np.clip(np.floor(v), 0, limit)) for v, limit in zip(np.broadcast_to(low, 2), size[::-1], strict=True))
    x1, y1 = (int(np.clip(np.ceil(v), 0, limit)) for v, limit in zip(np.broadcast_to(high, 2), size[::-1], strict=True))
    x1, y1 = max(x0, x1), max(y0, y1)
    inside = np.zeros((y1 - y0, x1 - x0), bool)
    x, y = np.arange(x0, x1) + 0.5, (np.arange(y0, y1) + 0.5)[:, None]
    for (cx, cy), (across, along), turn in ellipses:
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        inside |= (u / across) ** 2 + (v / along) ** 2 <= 1
    return (x0, y0, x1, y1), inside


def _ellipse(seen: Detection, part: Part, margin: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Middle (x, y), half axes and turn in radians of the ellipse round a head."""
    side, turn = seen.box.side, float(np.deg2rad(seen.roll))
    across, along, lift = _ELLIPSES[part]
    middle = np.array(seen.box.center) + lift * side * np.array([np.sin(turn), -np.cos(turn)])
    # A box wider or higher than it is long on the other side, such as somebody's own, is covered as it is.
    axes = np.array([across * max(seen.box.width, side), along * max(seen.box.height, side)])
    if seen.points:
        away = np.array(seen.points) - middle
        u = away @ (np.cos(turn), np.sin(turn))
        v = away @ (-np.sin(turn), np.cos(turn))
        furthest = float(np.sqrt((u / axes[0]) ** 2 + (v / axes[1]) ** 2).max())
        axes = axes * np.clip(furthest / _POINTS_WITHIN, 1, _MOST_GROWTH)
    return middle, axes + margin * side, turn


def outline_parsing(seen: Detection) -> FaceParsing:
    """A parsing for a head that was seen and not parsed: skin in the outline of the face, and hair round it in that of the head."""
    affine = geometry.crop_affine(seen.box.center, 2.4 * seen.box.side, seen.roll, _CROP)
    middle = Detection(Box.square((_CROP / 2, _CROP / 2), _CROP / 2.4))
    names = scheme("celebamask")
    probabilities = np.zeros((len(names), _CROP, _CROP), np.float32)
    masks = []
    for part in ("head", "face"):
        (x0, y0, x1, y1), inside = outline([middle], (_CROP, _CROP), part)
        mask = np.zeros((_CROP, _CROP), bool)
        mask[y0:y1, x0:x1] = inside
        masks.append(mask)
    head, face = masks
    (skin,), (hair,) = names.indices_of(Label.SKIN), names.indices_of(Label.HAIR)
    probabilities[skin], probabilities[hair], probabilities[0] = face, head & ~face, ~(head | face)
    return FaceParsing(probabilities, names, affine)

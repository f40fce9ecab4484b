"""Eyeliner."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...face.iris import filled
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.eyes import Eye, eyes_of, repainted

__all__ = ["apply_eyeliner"]


@effect(region="eyes+skin", needs="eyes", margin=0.1, light="scene")
def apply_eyeliner(
    image: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#17120f",
    strength: Annotated[float, Range(0, 1), "how dense the line is"] = 0.85,
    thickness: Annotated[float, Range(0.002, 0.04), "at its thickest, near the outer corner, in face units"] = 0.009,
    wing: Annotated[float, Range(0, 0.15), "how far it goes on beyond the outer corner, in face units"] = 0.035,
    lower: Annotated[bool, "whether there is a fine line along the lower lid too"] = False,
) -> np.ndarray:
    """Draw a line along the upper lashes, from a hair's breadth at the inner corner to a wing beyond the outer one.

    The line lies on the lid's edge as the parsing has it, sinks a little into the lashes, and keeps off hair, brows and glasses.
    """
    result = image.copy()
    target = colors.to_oklab(np.array(colors.parse(color)))
    for eye in eyes_of(face, reach=1.0):
        # The eye of a side that is turned away is narrower, and so is all that is drawn across.
        outlines = [_upper_line(eye, thickness * unit, wing * unit * eye.lids.width / _widest(face))]
        if lower:
            outlines.append(_lower_line(eye, 0.45 * thickness * unit))
        lab = colors.to_oklab(eye.part(image))
        cover = _coverage(outlines, eye.shape, thickness * unit)
        # Lashes stand before the lid: a line that is lighter than they are does not hide them.
        cover = cover * (1 - 0.6 * smooth_ramp(target[0] - lab[..., 0], 0.05, 0.25))
        painted = target + np.float32(0.12) * (lab - lab.mean(axis=(0, 1)))
        result[eye.rows, eye.columns] = repainted(eye.part(image), lab, lab + cover[..., None] * (painted - lab), strength)
    return result


def _widest(face: FaceView) -> float:
    eyes = (face.landmarks.left_eye, face.landmarks.right_eye)
    return max(eye.width for eye in eyes if eye is not None)


#: The parsed corner lies so far inside the true one, in widths of the eye.
_BEYOND = 0.06
#: How steeply a wing rises from the line through the eye's corners: the tangent of its angle.
_RISE = 0.48


def _upper_line(eye: Eye, thickness: float, wing: float) -> np.ndarray:
    """The outline of the line on the upper lid: (N, 2)."""
    lid = _even(eye.lids.upper, 48)
    up, along = _up(eye), _unit(eye.lids.end - eye.lids.start)
    corner = lid[-1] + _BEYOND * eye.lids.width * _unit(along + 0.1 * up)
    tip = corner + max(wing, 0.2 * thickness) * _unit(along + _RISE * up)
    share = np.linspace(0, 1, len(lid))[:, None]
    width = thickness * (0.1 + 0.9 * share**1.1)
    normal = _normals(lid, up)
    upper_edge = lid + width * normal
    leaves = 41 if wing > thickness else 46  # the wing's upper edge leaves the lid's before the corner, so that its root is broad
    outer = np.vstack(
        [upper_edge[:leaves], _bow(upper_edge[leaves - 1], tip, _unit(upper_edge[leaves - 1] - upper_edge[leaves - 4]))]
    )
    inner = np.vstack([lid - 0.25 * width * normal, corner, tip])
    return np.vstack([outer, inner[::-1]])


def _lower_line(eye: Eye, thickness: float) -> np.ndarray:
    """The outline of the line below the eye, from the inner third to the outer corner."""
    lid = _even(eye.lids.lower, 48)[12:]
    share = np.linspace(0, 1, len(lid))[:, None]
    width = thickness * np.sin(0.75 * np.pi * share)
    normal = -_normals(lid, _up(eye))
    return np.vstack([lid + 0.8 * width * normal, (lid - 0.2 * width * normal)[::-1]])


def _coverage(outlines: list[np.ndarray], shape: tuple[int, int], thickness: float) -> np.ndarray:
    """How much of each pixel the lines cover, (h, w) in [0, 1]; drawn larger where they are finer than pixels."""
    finer = int(np.clip(np.ceil(6 / max(thickness, 0.1)), 1, 8))
    large = shape[0] * finer, shape[1] * finer
    drawn = np.maximum.reduce([filled(outline * finer, large) for outline in outlines])
    drawn = cv2.GaussianBlur(drawn, (0, 0), max(0.12 * thickness, 0.3) * finer)
    return np.asarray(cv2.resize(drawn, shape[::-1], interpolation=cv2.INTER_AREA))


def _even(line: np.ndarray, count: int) -> np.ndarray:
    """`count` points at even steps along a line, its jitter smoothed away."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    places = np.linspace(0, lengths[-1], count)
    even = np.column_stack([np.interp(places, lengths, line[:, axis]) for axis in (0, 1)])
    padded = np.vstack([2 * even[0] - even[4:0:-1], even, 2 * even[-1] - even[-2:-6:-1]])  # mirrored through its ends, which stay
    return np.column_stack([np.convolve(padded[:, axis], np.full(9, 1 / 9), mode="valid") for axis in (0, 1)])


def _up(eye: Eye) -> np.ndarray:
    """The direction from the lower lid to the upper."""
    return _unit(eye.lids.upper.mean(axis=0) - eye.lids.lower.mean(axis=0))


def _normals(line: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Unit vectors across a line, pointing up."""
    along = np.gradient(line, axis=0)
    across = np.column_stack([along[:, 1], -along[:, 0]])
    across /= np.maximum(np.hypot(*across.T), 1e-6)[:, None]
    return np.asarray(across * np.where(across @ up < 0, -1, 1)[:, None])


def _bow(start: np.ndarray, end: np.ndarray, along: np.ndarray) -> np.ndarray:
    """A curve that leaves `start` in a direction and ends at `end` (a quadratic Bézier curve)."""
    middle = start + 0.35 * float(np.hypot(*(end - start))) * along
    share = np.linspace(0, 1, 9)[1:, None]
    return np.asarray((1 - share) ** 2 * start + 2 * share * (1 - share) * middle + share**2 * end)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.hypot(*vector)), 1e-6))

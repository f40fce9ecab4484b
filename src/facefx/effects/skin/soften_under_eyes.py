"""Concealer."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...face.landmarks import Strip
from ..tools.brush import head_of
from ..tools.recoloring import soft_limit
from ..tools.skin import added, even_layer, local_mean, skin_of, usual_color

__all__ = ["soften_under_eyes"]

#: The most that a shadow is lightened by, in OKLab lightness, and that its tint is moved by.
_MOST = (0.12, 0.04)


@effect(region="skin+nose", needs="eyes", margin=0.02)
def soften_under_eyes(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much of the rings and bags goes"] = 0.6,
) -> np.ndarray:
    """Lighten dark rings below the eyes and soften bags, towards the colour of the cheek below; lashes and pores stay."""
    skin = skin_of(image, mask, face)
    small = skin.weight.shape[0], skin.weight.shape[1]
    scale = small[1] / mask.shape[1]
    where, near = np.zeros(small, np.float32), np.zeros(small, np.float32)
    for eye in (face.landmarks.left_eye, face.landmarks.right_eye):
        if eye is not None:
            below, around = _hollow(small, eye, head_of(face).down, scale)
            where, near = np.maximum(where, below), np.maximum(near, around)
    if not where.any():
        return image
    grain = local_mean(skin.lab, skin.weight, 0.012 * skin.unit)
    # The cheek round about, without what is to be covered, and without lashes and shadows darker than any ring.
    cheek = local_mean(grain, skin.weight * (1 - near) * (grain[..., 0] > usual_color(skin)[0] - 0.25), 0.09 * skin.unit)
    flat = np.stack([even_layer(grain[..., c], skin.weight, 0.05 * skin.unit, 0.09) for c in range(3)], axis=-1)
    change = flat - grain
    change[..., 0] += 0.8 * soft_limit(np.maximum(cheek[..., 0] - flat[..., 0], 0), _MOST[0])
    tint = cheek[..., 1:] - flat[..., 1:]
    size = np.linalg.norm(tint, axis=-1, keepdims=True)
    change[..., 1:] += 0.8 * tint * soft_limit(size, _MOST[1]) / np.maximum(size, 1e-6)
    return added(image, np.float32(strength) * where[..., None] * change)


def _hollow(shape: tuple[int, int], eye: Strip, down: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The crescent below an eye, and a wider one that the cheek's own colour is not to be taken from, on the small picture."""
    width = eye.width * scale
    inner, outer = eye.start * scale, eye.end * scale
    lid = eye.lower * scale
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) + np.float32(0.5)
    along = outer - inner
    length = max(float(np.hypot(*along)), 1e-6)
    share = ((x - inner[0]) * along[0] + (y - inner[1]) * along[1]) / length**2
    depth = (x - inner[0]) * down[0] + (y - inner[1]) * down[1]
    places = (lid - inner) @ along / length**2
    order = np.argsort(places)
    edge = np.interp(share, places[order], ((lid - inner) @ down)[order]).astype(np.float32)
    below = (depth - edge) / max(width, 1e-6)  # in widths of the eye
    reach = 0.62 * np.sqrt(np.clip(1 - ((share - 0.42) / 0.75) ** 2, 0, 1)) + 1e-3
    crescent = _step(below / 0.12) * (1 - _step((below / reach - 0.45) / 0.55)) * (reach > 0.1)
    around = (below > -0.1) & (below < 1.15 * reach) & (reach > 0.1)
    return (
        cv2.GaussianBlur(crescent.astype(np.float32), (0, 0), max(0.05 * width, 0.3)),
        around.astype(np.float32),
    )


def _step(values: np.ndarray) -> np.ndarray:
    values = np.clip(values, 0, 1)
    return np.asarray(values * values * (3 - 2 * values))

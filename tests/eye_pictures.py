"""Heads with eyes whose iris, pupil and highlight are where the test says, to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np

from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.labels import Label
from facefx.testing.drawn import INDEX, Head, drawn_face, label_picture

__all__ = ["BROWN", "SKIN", "WHITE", "head_with_irises", "iris_at"]

SKIN, WHITE, BROWN, PUPIL = (0.80, 0.62, 0.52), (0.88, 0.84, 0.84), (0.30, 0.19, 0.13), (0.04, 0.03, 0.03)
#: Radius of the drawn irises, in face units; an eye is 0.2 wide and 0.12 high.
RADIUS = 0.05
_FINER = 4


def iris_at(head: Head, side: int, gaze: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Where the iris of the left (1) or right (-1) eye is drawn, (x, y); `gaze` moves it, in face units."""
    turn = np.deg2rad(head.roll)
    u, v = (0.19 * side + gaze[0]) * head.side, (gaze[1] - 0.06) * head.side
    return np.array([head.center[0] + u * np.cos(turn) - v * np.sin(turn), head.center[1] + u * np.sin(turn) + v * np.cos(turn)])


def head_with_irises(
    head: Head,
    size: tuple[int, int],
    *,
    gaze: tuple[float, float] = (0.0, 0.0),
    iris: tuple[float, float, float] | None = BROWN,
    highlight: float = 0.012,
    lids: float = 0.0,
) -> Scene:
    """A drawn head whose eyes have a white, an iris, a pupil of 0.35 of it and a highlight.

    Parameters
    ----------
    iris : its colour; None for eyes without one.
    highlight : radius of the highlight, in face units; 0 for none.
    lids : how far the upper lid hangs down, 0 to 1 of the eye's height.
    """
    height, width = size[0] * _FINER, size[1] * _FINER
    large = Head((head.center[0] * _FINER, head.center[1] * _FINER), head.side * _FINER, head.roll)
    labels = cv2.resize(label_picture([head], size), (width, height), interpolation=cv2.INTER_NEAREST)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = SKIN
    brows = np.isin(labels, [INDEX[Label.LEFT_EYEBROW], INDEX[Label.RIGHT_EYEBROW]])
    picture[brows] = (0.2, 0.14, 0.1)
    turn = np.deg2rad(large.roll)
    for side in (-1, 1):
        middle, reach = iris_at(large, side), 0.12 * large.side  # the eye and a little more
        x0, y0, x1, y1 = (max(int(value), 0) for value in (*(middle - reach), *(middle + reach)))
        around = picture[y0:y1, x0:x1]
        y, x = np.mgrid[y0 : min(y1, height), x0 : min(x1, width)].astype(np.float32) + 0.5
        dx, dy = (x - large.center[0]) / large.side, (y - large.center[1]) / large.side
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        inside = (((u - 0.19 * side) / 0.1) ** 2 + ((v + 0.06) / 0.06) ** 2 < 1) & (v > -0.12 + 0.12 * lids)
        cx, cy = iris_at(large, side, gaze)
        away = np.hypot(x - cx, y - cy) / large.side
        around[inside] = WHITE
        if iris is not None:
            around[inside & (away < RADIUS)] = iris
            around[inside & (away < 0.35 * RADIUS)] = PUPIL
            around[inside & (np.hypot(x - cx - 0.02 * large.side, y - cy + 0.02 * large.side) < highlight * large.side)] = 1.0
    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
    return Scene(small, (_face(head, small, lids),))


def _face(head: Head, picture: np.ndarray, lids: float) -> Face:
    """The head's face; its upper lids hang down in the parsing too."""
    upright = Head((32.0, 32.0), 64 / 1.6)
    labels = label_picture([upright], (64, 64))
    y = (np.arange(64) + 0.5 - 32) * 1.6 / 64
    eyes = np.isin(labels, [INDEX[Label.LEFT_EYE], INDEX[Label.RIGHT_EYE]])
    labels[eyes & (y[:, None] <= -0.12 + 0.12 * lids)] = INDEX[Label.SKIN]
    return drawn_face(head, picture, labels)

"""Where a body goes on below a parsed head, told by colours alone: for where nothing is installed that knows people.

A segmenter sees the head and a little below it, and those that learnt from portraits take bare shoulders for background. So what it
says counts as certain only above the chin. Below it the picture is cut where its colours change most between what is known to be
person and what is known to be background: GrabCut (Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004), on a small copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..pixels import geometry, masks

if TYPE_CHECKING:
    from .face import Face

__all__ = ["body_by_colour"]

#: Longer side, in pixels, of the copy that is cut.
_SIDE = 320
#: How far above the chin a shoulder may begin, in face units; above that the segmenter knows best.
_LIFT = 0.25
#: How far from the parsed person the cut may run above the chin, in face units.
_OPEN = 0.06
#: Where a body is expected below the chin, in face units: half its width at the neck, at the shoulders and how far down those are,
#: how far down it is expected at all, and how far to either side there may be any of it.
_NECK, _SHOULDERS, _SLOPE, _LENGTH, _ARMS = 0.3, 1.0, 0.9, 3.5, 2.2
_ROUNDS = 4
#: The rectangle that OpenCV wants to be given, and does not look at where there is a trimap.
_ANYWHERE = (0, 0, 1, 1)
#: With fewer pixels of either kind there is nothing to tell apart.
_LEAST = 16


def body_by_colour(faces: Sequence[Face], picture: geometry.Windows, parsed: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """What is found beyond the parsing on a small copy, (h, w) float32, and the (2, 3) map of the picture to it.

    Where a body has the colours of what is behind it the cut may run along something else; bodies are sought straight below a head,
    or along its axis where it is tilted by more than 45°. None if there is nothing to tell apart.

    Parameters
    ----------
    picture : the one that the faces were found in.
    parsed : (H, W) float32, what was parsed of the people.
    """
    height, width = parsed.shape
    scale = min(_SIDE / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = geometry.reduced(picture, (0, 0, width, height), size)
    person = cv2.resize(parsed, size, interpolation=cv2.INTER_AREA)
    to_small = np.array([[size[0] / width, 0, 0], [0, size[1] / height, 0]])

    trimap, below = _trimap(faces, person, to_small)
    if min((trimap % 2 == kind).sum() for kind in (0, 1)) < _LEAST:
        return None
    colors = np.rint(small * 255).astype(np.uint8)
    surely = trimap == cv2.GC_BGD
    back = _mixture(colors[surely if surely.sum() >= _LEAST else trimap % 2 == 0])
    front = _mixture(colors[trimap % 2 == 1])
    _learn(colors, trimap, back, front)
    cv2.grabCut(colors, trimap, _ANYWHERE, back, front, 1, cv2.GC_EVAL_FREEZE_MODEL)
    found = cv2.GaussianBlur(_attached(trimap % 2 == 1, person > 0.5).astype(np.float32), (0, 0), 0.7)
    # Heads end where the parsing says, in soft edges that a cut knows nothing of; only well inside them it may settle doubts.
    inside = masks.grow(masks.fill_holes(person), -2 * _OPEN * faces[0].box.side * to_small[0, 0] - 1)
    return found * np.maximum(below, inside), to_small


def _learn(colors: np.ndarray, trimap: np.ndarray, back: np.ndarray, front: np.ndarray) -> None:
    """Fit the two mixtures of colours to a picture cut by them, on a copy of half its size; changes them in place."""
    half = max(colors.shape[1] // 2, 1), max(colors.shape[0] // 2, 1)
    few = np.asarray(cv2.resize(colors, half, interpolation=cv2.INTER_AREA))
    known = np.asarray(cv2.resize(trimap, half, interpolation=cv2.INTER_NEAREST))
    # A first cut by what they start from: clothes beside where a body was expected must not count as background's colours.
    cv2.grabCut(few, known, _ANYWHERE, back, front, 1, cv2.GC_EVAL_FREEZE_MODEL)
    cv2.grabCut(few, known, _ANYWHERE, back, front, _ROUNDS, cv2.GC_EVAL)


def _trimap(faces: Sequence[Face], person: np.ndarray, to_small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is known before the cut, in OpenCV's codes, (h, w) uint8, and where bodies may be, float32."""
    rows, columns = np.indices(person.shape)
    points = geometry.apply(geometry.invert(to_small), np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)
    expected, reachable, below = np.zeros(person.shape, bool), np.zeros(person.shape, bool), np.zeros(person.shape, np.float32)
    opened = np.zeros(person.shape, bool)
    for face in faces:
        tilt = np.deg2rad(face.roll if abs(face.roll) > 45 else 0.0)
        chin = face.landmarks.chin if face.landmarks.chin is not None else (face.box.center[0], face.box.y1)
        across, down = ((points - chin) / face.box.side @ np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])).T
        across, down = np.abs(across).reshape(person.shape), down.reshape(person.shape)
        half = np.clip(_NECK + (_SHOULDERS - _NECK) * down / _SLOPE, _NECK, _SHOULDERS)
        expected |= (down > 0) & (down < _LENGTH) & (across < half)
        reachable |= (down > -_LIFT) & (across < _ARMS)
        below = np.maximum(below, masks.ramp(down.astype(np.float32), -_LIFT, -_LIFT + 0.1) * (across < _ARMS))
        opened |= masks.grow(person, _OPEN * face.box.side * to_small[0, 0] + 1) > 0.1
    holes = (masks.fill_holes(person) > 0.5) & (person < 0.5)
    trimap = np.full(person.shape, cv2.GC_BGD, np.uint8)
    trimap[reachable | opened] = cv2.GC_PR_BGD
    trimap[(expected & reachable) | holes] = cv2.GC_PR_FGD
    trimap[person > 0.5] = cv2.GC_PR_FGD
    trimap[masks.grow(person, -1) > 0.9] = cv2.GC_FGD
    return trimap, below


def _mixture(colors: np.ndarray, parts: int = 5) -> np.ndarray:
    """OpenCV's (1, 65) float64 for a mixture of Gaussians to start from: equal shares of the colours along their principal axis.

    Its own start draws random numbers from a state that all of a program's threads share, so two runs would differ.
    """
    values = colors.astype(float)
    centered = values - values.mean(axis=0)
    axis = np.linalg.eigh(centered.T @ centered)[1][:, -1]
    groups = np.array_split(values[np.argsort(centered @ axis, kind="stable")], parts)
    means = [group.mean(axis=0) for group in groups]
    spreads = [(g - m).T @ (g - m) / len(g) + np.eye(3) for g, m in zip(groups, means, strict=True)]
    return np.concatenate([np.full(parts, 1 / parts), np.ravel(means), np.ravel(spreads)])[None]


def _attached(inside: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """(h, w) bool: those connected parts that touch the seed."""
    _, parts = cv2.connectedComponents(inside.astype(np.uint8), connectivity=4)
    kept = np.unique(parts[seed & inside])
    return np.isin(parts, kept[kept > 0])

"""How alike the left and the right half of the face are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare.declarations import analyzer
from ..face.face import Face
from ..face.landmarks import Landmarks, Strip

__all__ = ["symmetry"]


@analyzer()
def symmetry(face: Face) -> dict[str, Any]:
    """How far the face's points lie from those of its mirror image: ``asymmetry`` and its parts, in face units; 0 is symmetric.

    The points are the corners of eyes and mouth, the ends of the brows, the wings, tip and root of the nose and the chin. They are
    mirrored, left and right change names, and the mirror image is laid over the face by the rotation and shift of least squares;
    ``asymmetry`` is the root mean square of half the distances then left, over the face's size (`Box.side`): so far is a point from
    where a symmetric face would have it. ``eyes``, ``eyebrows``, ``nose`` and ``mouth`` are the same over their points alone, None
    where they cannot be seen on both sides. Turning the head makes a face asymmetric in the picture: see `head_pose`.

    Mardia, Bookstein, Moreton, "Statistical assessment of bilateral symmetry of shapes", Biometrika 87(2), 2000.
    """
    pairs = _pairs(face.landmarks)
    names = [name for name, points in pairs.items() for _ in points]
    if len(names) < 3:
        return dict.fromkeys(("asymmetry", "eyes", "eyebrows", "nose", "mouth"))
    left, right = np.concatenate([np.array(points, float) for points in pairs.values() if points]).transpose(1, 0, 2)
    shape, mirrored = np.concatenate([left, right]), np.concatenate([right, left]) * (-1, 1)
    away = np.hypot(*(shape - _laid_over(mirrored, shape)).T) / 2 / face.box.side
    owner = np.array([*names, *names])

    def spread(inside: np.ndarray) -> float | None:
        return round(float(np.sqrt(np.mean(away[inside] ** 2))), 5) if inside.any() else None

    return {
        "asymmetry": spread(np.full(len(owner), True)),
        **{name: spread(owner == name) for name in ("eyes", "eyebrows", "nose", "mouth")},
    }


def _pairs(found: Landmarks) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """Pairs of points, the subject's left and right; a point of the midline is its own partner."""
    nose, mouth = found.nose, found.mouth
    return {
        "eyes": _ends(found.left_eye, found.right_eye),
        "eyebrows": _ends(found.left_eyebrow, found.right_eyebrow),
        "nose": [(nose.left_wing, nose.right_wing), (nose.tip, nose.tip), (nose.root, nose.root)] if nose else [],
        "mouth": [(mouth.end, mouth.start)] if mouth else [],
        "chin": [(found.chin, found.chin)] if found.chin is not None else [],
    }


def _ends(left: Strip | None, right: Strip | None) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(left.start, right.start), (left.end, right.end)] if left and right else []


def _laid_over(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The points rotated and shifted to lie as near as can be to the target's: Kabsch's solution, without reflections."""
    middle, goal = points.mean(axis=0), target.mean(axis=0)
    u, _, vt = np.linalg.svd((points - middle).T @ (target - goal))
    u[:, -1] *= np.sign(np.linalg.det(u @ vt))
    return np.asarray((points - middle) @ (u @ vt) + goal)

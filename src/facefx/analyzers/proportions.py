"""Proportions of the face: ratios of its lengths, which do not depend on the picture's scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare.declarations import analyzer
from ..face.face import Face
from ..face.landmarks import Landmarks, Strip
from .upright import upright, width_at

__all__ = ["proportions"]


@analyzer()
def proportions(face: Face) -> dict[str, Any]:
    """Ratios of the face's widths, heights and features, without unit; None where a part cannot be seen.

    Heights run from hairline to chin along the upright head, widths across it, between the edges of the visible face (ears and hair
    are not of it). A fringe, a hat or hair over the cheeks makes the visible face smaller, and a turned head narrows it.

    - ``width_to_height``: widest part over hairline to chin (the reciprocal of the facial index, without cheekbones felt by hand).
    - ``forehead_width``, ``cheek_width``, ``jaw_width``, ``chin_width``: the face's width at the brows' upper edge, halfway between
      eyes and nose base, at the corners of the mouth, and halfway between mouth and chin, each over the widest part.
    - ``upper_third``, ``middle_third``, ``lower_third``: hairline to brows, brows to nose base, nose base to chin, each over their
      sum; a third each in the neoclassical canon.
    - ``eye_distance``: between the inner corners, over the mean width of the eyes; 1 in the canon, whose eyes reach into
      their corners, where ours end with the white: 1.4 to 2.0 is usual here.
    - ``nose_width``: between the wings, over the distance of the inner corners of the eyes; 1 in the canon.
    - ``mouth_width``: between the corners, over the width of the nose; 1.5 in the canon.
    - ``eye_spacing``: between the centres of the eyes, over the face's widest part.
    - ``eye_opening``: height over width, mean of both eyes.
    - ``lip_height``: height of the mouth with its lips over its width.

    Canons: Farkas et al., "Vertical and horizontal proportions of the face in young adult North American Caucasians: revision of
    neoclassical canons", Plast. Reconstr. Surg. 75(3), 1985, who found that few faces keep them.
    """
    points = upright(face)
    return {name: None if value is None else round(value, 4) for name, value in {**_outline(points), **_features(points)}.items()}


def _outline(points: Landmarks) -> dict[str, float | None]:
    outline, nose, mouth = points.contour, points.nose, points.mouth
    eyes = _mean_y([points.left_eye, points.right_eye])
    brows = _top([points.left_eyebrow, points.right_eyebrow])
    hairline = float(outline[:, 1].min()) if len(outline) else None
    chin = None if points.chin is None else float(points.chin[1])
    base = None if nose is None else float(nose.tip[1])
    lips = None if mouth is None else float((mouth.start[1] + mouth.end[1]) / 2)

    widest = _widest(outline)
    thirds = [_difference(brows, hairline), _difference(base, brows), _difference(chin, base)]
    total = None if None in thirds else sum(t for t in thirds if t is not None)

    def width(height: float | None) -> float | None:
        return None if height is None else _ratio(width_at(outline, height), widest)

    return {
        "width_to_height": _ratio(widest, _difference(chin, hairline)),
        "forehead_width": width(brows),
        "cheek_width": width(_middle(eyes, base)),
        "jaw_width": width(lips),
        "chin_width": width(_middle(lips, chin)),
        "upper_third": _ratio(thirds[0], total),
        "middle_third": _ratio(thirds[1], total),
        "lower_third": _ratio(thirds[2], total),
    }


def _features(points: Landmarks) -> dict[str, float | None]:
    left, right, nose, mouth = points.left_eye, points.right_eye, points.nose, points.mouth
    inner = _distance(left.start, right.start) if left and right else None
    between = _distance(left.center, right.center) if left and right else None
    eyes = [eye for eye in (left, right) if eye]
    wings = _distance(nose.left_wing, nose.right_wing) if nose else None
    return {
        "eye_distance": _ratio(inner, np.mean([eye.width for eye in eyes]) if eyes else None),
        "nose_width": _ratio(wings, inner),
        "mouth_width": _ratio(mouth.width if mouth else None, wings),
        "eye_spacing": _ratio(between, _widest(points.contour)),
        "eye_opening": float(np.mean([_opening(eye) for eye in eyes])) if eyes else None,
        "lip_height": _opening(mouth) if mouth else None,
    }


def _widest(outline: np.ndarray) -> float | None:
    return float(np.ptp(outline[:, 0])) if len(outline) else None


def _opening(part: Strip) -> float:
    return float((part.lower[:, 1] - part.upper[:, 1]).max()) / max(part.width, 1e-6)


def _mean_y(parts: list[Strip | None]) -> float | None:
    heights = [float(part.center[1]) for part in parts if part]
    return float(np.mean(heights)) if heights else None


def _top(parts: list[Strip | None]) -> float | None:
    heights = [float(part.upper[:, 1].min()) for part in parts if part]
    return float(np.mean(heights)) if heights else None


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.hypot(*(one - other)))


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _middle(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else (one + other) / 2


def _ratio(one: float | None, other: Any) -> float | None:
    return None if one is None or other is None or other <= 0 else float(one / other)

"""The irises."""

from __future__ import annotations

from typing import Any

from ..declare.declarations import analyzer
from ..face.face import Face
from ..face.iris import Iris

__all__ = ["irises"]


@analyzer()
def irises(face: Face) -> dict[str, Any]:
    """Each iris as a circle: centre [x, y] and radius in pixels, and how clear it is, 0 to 1; None for what cannot be seen.

    ``left_eye`` and ``right_eye`` are the subject's. How it is found, and when it is not, stands in `facefx.face.iris`.
    """
    left, right = face.irises
    return {"left_eye": _circle(left), "right_eye": _circle(right)}


def _circle(iris: Iris | None) -> dict[str, Any] | None:
    if iris is None:
        return None
    return {"center": iris.center.tolist(), "radius": iris.radius, "score": iris.score}

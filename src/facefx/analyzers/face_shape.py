"""The shape of the face: heart, oblong, oval, round or square."""

from __future__ import annotations

from typing import Any

from ..declare.declarations import analyzer
from ..face.face import Face
from ..inference.classifier import installed_classifier
from .outline import outline_of

__all__ = ["MODEL", "face_shape"]

MODEL = "face-shape"


@analyzer()
def face_shape(face: Face) -> dict[str, Any]:
    """The likeliest shape of the face, ``label``, and the probability of each, ``scores``: heart, oblong, oval, round, square.

    A classifier of its outline's widths and of where its parts lie, see `facefx.analyzers.outline`. What the shapes mean is what
    its training photos show: labels are subjective, and `docs/measurements.md` says how often they are met, and how far
    the scores can be trusted. ``label`` is None, and ``scores`` empty, where eyes, nose, mouth or chin cannot be seen.
    """
    values = outline_of(face)
    if values is None:
        return {"label": None, "scores": {}}
    model = installed_classifier(MODEL)
    shares = model.probabilities(values[None])[0]
    scores = {name: round(float(share), 4) for name, share in zip(model.classes, shares, strict=True)}
    return {"label": max(scores, key=lambda name: scores[name]), "scores": scores}

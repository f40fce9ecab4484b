"""Eyes of faces that are small in the picture: of those a network is less sure than it is right."""

from __future__ import annotations

import numpy as np

from ..face.values import FaceParsing
from ..labels import Region
from ..pixels.masks import window as window_of

__all__ = ["with_small_eyes"]

#: A crop that was enlarged more often than that, each time twofold, tells no more.
_MOST_DOUBLINGS = 3.0
#: Where eyes are less likely than this they stay so.
_UNLIKELY = 1e-3


def with_small_eyes(parsing: FaceParsing, per_doubling: float) -> FaceParsing:
    """The parsing of a crop that was enlarged, with eyes more likely there; the same one if it was not.

    What is blurred is seldom said to be an eye by a network that saw sharp ones: F1 of eyes is highest if their logits grow with
    each doubling (`facefx-train small-eyes` measures by how much, and the model's card has it).

    Parameters
    ----------
    parsing : (C, S, S) float32 probabilities on a crop.
    per_doubling : what is added to the logits of eyes for each time that the crop was enlarged twofold.
    """
    eyes = list(parsing.scheme.indices_of(Region.EYES))
    doublings = min(0.5 * float(np.log2(abs(np.linalg.det(parsing.affine[:, :2])))), _MOST_DOUBLINGS)
    if not eyes or per_doubling * doublings <= 0:
        return parsing
    probabilities = np.asarray(parsing.probabilities)
    window = window_of(probabilities[eyes].sum(axis=0) > _UNLIKELY)
    if window is None:
        return parsing
    x0, y0, x1, y1 = window
    probabilities = probabilities.copy()
    around = probabilities[:, y0:y1, x0:x1]
    around[eyes] *= np.float32(np.exp(per_doubling * doublings))
    around /= around.sum(axis=0)
    return FaceParsing(probabilities, parsing.scheme, parsing.affine)

"""A followed crop of a face and one twice as wide as one, whose classes are put together only when they are asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..face.near_and_wide import NearAndWide
from ..face.values import FaceParsing
from ..labels import LabelScheme, Region
from ..parsing.wide import widened_affine

__all__ = ["near_and_wide", "near_does"]


def near_does(scheme: LabelScheme, region: str) -> bool:
    """Whether a crop of the face shows all of a region: whether nothing of it goes on beyond the face."""
    return _ending(scheme).issuperset(scheme.indices_of(region))


def near_and_wide(near: FaceParsing, wide: Callable[[], np.ndarray]) -> FaceParsing:
    """A parsing twice as large as `near`, in whose middle it is.

    Parameters
    ----------
    wide : gives (C, S, S) float32 probabilities on a crop twice as wide; asked for classes that `near_does` not do for.
    """
    both = NearAndWide(near.probabilities, _ending(near.scheme), wide)
    return FaceParsing(both, near.scheme, widened_affine(near))


def _ending(scheme: LabelScheme) -> frozenset[int]:
    """The classes that end within a crop of the face."""
    return frozenset(index for index, labels in enumerate(scheme.members) if labels <= Region.FACE.labels)

"""A face that is followed through a film, as it was in the last frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..face.values import Box, Detection
from ..parsing.crop import head_crop
from .confidence_smoothing import SmoothedConfidence
from .mask_smoothing import Glimpse
from .people import Person
from .steadied import Steadied

__all__ = ["Track"]


@dataclass(frozen=True, eq=False)
class Track:
    """What is known of it.

    Attributes
    ----------
    crop : what the crop was cut for; it moves with the head, so that the head stays where it is on the crop.
    box, roll, score : as a `Face` has them.
    shown : the crop itself.
    near : what is seen on it.
    leaves : whether hair leaves the crop.
    wide : (C, S, S) float32 probabilities on a crop twice as wide, if hair does and if that was asked for.
    age : frames since it was found.
    unseen : frames since its features were seen.
    person : whose face it is.
    lights : what it is seen in, see `Face.lights`.
    confidence : by region, of those that were asked for.
    """

    crop: Detection
    box: Box
    roll: float
    score: float
    shown: Glimpse
    near: Steadied
    leaves: bool
    lights: np.ndarray
    wide: np.ndarray | None = None
    age: int = 0
    unseen: int = 0
    person: Person | None = None
    confidence: Mapping[str, SmoothedConfidence] = field(default_factory=dict)

    @cached_property
    def affine(self) -> np.ndarray:
        """Of the crop."""
        return head_crop(self.crop, self.shown.size)

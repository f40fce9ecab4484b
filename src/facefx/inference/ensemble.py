"""Several segmenters as one: the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..errors import ParameterError
from ..face.values import Segmenter
from ..labels import LabelScheme
from ..shown import shown
from .cards import Quality

__all__ = ["Ensemble"]


class Ensemble:
    """Averages the probabilities of segmenters that share a label scheme.

    It wants crops of its largest member's input size. Each member sees them at its own, and its answer is enlarged again. It takes
    the time of all members together.

    Parameters
    ----------
    members : one segmenter or more, all of one label scheme.
    weights : a positive number for each member, of which only the ratios matter; by default all count alike.

    Raises
    ------
    ParameterError
        If the members' schemes differ, there is no member, or the weights do not fit.
    """

    def __init__(self, members: Sequence[Segmenter], weights: Sequence[float] | None = None) -> None:
        self.members = tuple(members)
        if not self.members:
            raise ParameterError("an ensemble of no segmenters is not allowed; give it one or more, all of one label scheme")
        if len({member.scheme for member in self.members}) > 1:
            given = ", ".join(f"{member.name} ({member.scheme.name})" for member in self.members)
            raise ParameterError(
                f"an ensemble needs segmenters of one label scheme; given were {given}: leave out those of another"
            )
        relative = np.array([1.0] * len(self.members) if weights is None else weights, np.float32)
        if relative.shape != (len(self.members),) or not (np.isfinite(relative) & (relative > 0)).all():
            raise ParameterError(
                f"weights={shown(weights)} is not allowed; give {len(self.members)} positive numbers, one for each member"
            )
        self.weights = tuple((relative / relative.sum()).tolist())

    def with_quality(self, quality: Quality) -> Ensemble:
        """Of its members in that quality, as far as they have any. Raises `ParameterError` if there is no such quality."""
        members = [member.with_quality(quality) if hasattr(member, "with_quality") else member for member in self.members]
        return Ensemble(members, self.weights)

    @property
    def name(self) -> str:
        return f"ensemble:{'+'.join(member.name for member in self.members)}"

    @property
    def scheme(self) -> LabelScheme:
        return self.members[0].scheme

    @property
    def input_size(self) -> tuple[int, int]:
        return max(member.input_size for member in self.members)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, H, W, 3) float32 RGB in [0, 1] → (N, C, H, W) float32, summing to 1 over C."""
        count, height, width, _ = crops.shape
        mean = np.zeros((count, len(self.scheme), height, width), np.float32)
        for member, weight in zip(self.members, self.weights, strict=True):
            own_height, own_width = member.input_size
            seen = np.stack([cv2.resize(crop, (own_width, own_height), interpolation=cv2.INTER_AREA) for crop in crops])
            for index, classes in enumerate(member.probabilities(seen)):
                enlarged = [cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR) for values in classes]
                mean[index] += weight * np.stack(enlarged)
        return mean

"""What effects declined to do in a film, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..chains.painting import Declined

__all__ = ["DeclinedCount", "DeclinedFrames"]


@dataclass(frozen=True)
class DeclinedFrames:
    """In how many frames of a film a step left faces alone.

    Attributes
    ----------
    frames : how many.
    worst : the face that the segmenter was least sure of.
    """

    frames: int
    worst: Declined

    def __str__(self) -> str:
        worst, frames = self.worst, f"{self.frames} frame{'s' if self.frames > 1 else ''}"
        return (
            f"{worst.effect} (step {worst.step}) left faces alone in {frames}: confidence in their region {worst.region!r} "
            f"went down to {worst.confidence:.2f}, asked was {worst.asked:.2f}"
        )


class DeclinedCount:
    """Adds up, frame by frame."""

    def __init__(self) -> None:
        self._steps: dict[int, DeclinedFrames] = {}

    def add(self, frame: int, declined: Sequence[Declined]) -> None:
        """What was declined in one more frame; its number does not matter."""
        for step in {one.step for one in declined}:
            before = self._steps.get(step)
            known = [before.worst] if before else []
            worst = min((*known, *(one for one in declined if one.step == step)), key=lambda one: one.confidence)
            self._steps[step] = DeclinedFrames(before.frames + 1 if before else 1, worst)

    @property
    def total(self) -> tuple[DeclinedFrames, ...]:
        """Of each step that declined something, in the order of the chain."""
        return tuple(self._steps[step] for step in sorted(self._steps))

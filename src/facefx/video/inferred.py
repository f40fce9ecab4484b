"""In which frames of a film people are hidden who were not seen there: what to look at before it is given away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["InferredFrames", "clock", "spans"]


@dataclass(frozen=True)
class InferredFrames:
    """Frames in which somebody is hidden by inference.

    Attributes
    ----------
    frames : how many.
    spans : from when to when they follow each other: (first, last) in seconds, each frame's own time.
    """

    frames: int = 0
    spans: tuple[tuple[float, float], ...] = ()

    def __str__(self) -> str:
        return f"{self.frames} frame{'' if self.frames == 1 else 's'}: " + ", ".join(
            clock(start) if start == end else f"{clock(start)}–{clock(end)}" for start, end in self.spans
        )


def spans(frames: Sequence[tuple[int, float]]) -> InferredFrames:
    """From the number and the second of each of the frames, in order."""
    found: list[tuple[float, float]] = []
    last = -2
    for number, second in frames:
        if number == last + 1:
            found[-1] = found[-1][0], second
        else:
            found.append((second, second))
        last = number
    return InferredFrames(len(frames), tuple(found))


def clock(seconds: float) -> str:
    """As people write it: 1:02.48, or 1:00:02.48."""
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"

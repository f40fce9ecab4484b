"""Smoothed confidence: what decides whether an effect leaves a face of a film alone.

An effect that goes on and off from frame to frame flickers worse than a mask that is wrong for a moment. So the confidence that is
compared with ``min_confidence`` follows what is measured slowly, and after a fall it rises only when the rise is clear.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CLEARLY", "FOLLOWS", "SmoothedConfidence"]

#: How fast confidence follows what is measured: a share a parse. A single parse gone wrong, by a blur or a blink, takes 0.95 no
#: lower than 0.85; after a lasting fall from 0.95 to 0.6 it takes six parses, half a second, to come below 0.8.
FOLLOWS = 0.1
#: How much it must rise again to count: a face that was left alone at 0.8 is accepted again at 0.85. Smoothing leaves a quarter of
#: the noise (its standard deviation is multiplied by sqrt(FOLLOWS / (2 - FOLLOWS))), and a quarter of ± 0.2 is about this.
CLEARLY = 0.05


@dataclass(frozen=True)
class SmoothedConfidence:
    """How sure the segmenter has been of a region of a face in the last frames.

    Attributes
    ----------
    average : the moving average of what was measured, 0 to 1.
    steady : follows `average` down at once, and up at a distance of `CLEARLY`. So whatever it is compared with is a threshold with
        hysteresis.
    """

    average: float
    steady: float

    @classmethod
    def first(cls, measured: float) -> SmoothedConfidence:
        """As measured in the first frame of a face."""
        return cls(measured, measured)

    def next(self, measured: float) -> SmoothedConfidence:
        """After one more parse."""
        average = self.average + FOLLOWS * (measured - self.average)
        # near 1 half of what is missing, else no face would be accepted again where much was asked
        slack = min(CLEARLY, (1 - average) / 2)
        return SmoothedConfidence(average, min(max(self.steady, average - slack), average))

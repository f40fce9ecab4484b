"""Looking so carefully that hardly a face is missed: several looks, and a lower score is enough."""

from __future__ import annotations

from collections.abc import Sequence

from ...face.values import Detection, Detector
from ...pixels import geometry

__all__ = ["CarefulDetector"]


class CarefulDetector:
    """Gives what any of several detectors sees; a head that several see comes several times, placed a little differently.

    Parameters
    ----------
    looks : detectors that take windows.
    """

    takes_windows = True

    def __init__(self, looks: Sequence[Detector]) -> None:
        self.looks = tuple(looks)

    def detect(self, rgb: geometry.Windows) -> list[Detection]:
        """What they find in (H, W, 3) RGB, float32 in [0, 1] or uint8, or what gives windows of such."""
        return [found for look in self.looks for found in look.detect(rgb)]

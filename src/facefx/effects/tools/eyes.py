"""What the effects on eyes share: each eye that can be seen, in a window of its own, with its lids, brow and iris."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...face.face import FaceView
from ...face.iris import Iris, eye_opening
from ...face.landmarks import Strip
from ...pixels import color as colors

__all__ = ["Eye", "eyes_of", "repainted"]


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye.

    Attributes
    ----------
    rows, columns : the window round it, in the image that the effect was given.
    lids : the eye between its lids, in the window's pixels.
    brow : the brow above, in the window's pixels; None if it cannot be seen.
    iris : in the window's pixels; None if it cannot be seen.
    number : 0 for the left eye, 1 for the right.
    """

    rows: slice
    columns: slice
    lids: Strip
    brow: Strip | None
    iris: Iris | None
    number: int

    def part(self, values: np.ndarray) -> np.ndarray:
        """The window of something as large as the image."""
        return values[self.rows, self.columns]

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def opening(self) -> np.ndarray:
        """What lies between the lids: (h, w) float32 in [0, 1] in the window."""
        return eye_opening(self.lids, self.shape)

    @property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the centres of the window's pixels, (1, w) and (h, 1)."""
        height, width = self.shape
        return np.arange(width, dtype=np.float32)[None] + 0.5, np.arange(height, dtype=np.float32)[:, None] + 0.5


def eyes_of(face: FaceView, reach: float, *, brows: bool = False) -> Iterator[Eye]:
    """The eyes that can be seen.

    Parameters
    ----------
    reach : how far the windows go beyond the lids, as a share of the eye's width.
    brows : whether they also go up to the brows.
    """
    points = face.landmarks
    x0, y0, _, _ = face.window
    irises = face.face.irises
    strips = (points.left_eye, points.left_eyebrow), (points.right_eye, points.right_eyebrow)
    for number, ((lids, brow), iris) in enumerate(zip(strips, irises, strict=True)):
        if lids is None or lids.width < 2:
            continue
        outline = np.vstack([lids.upper, lids.lower, *([brow.upper, brow.lower] if brows and brow else [])])
        limits = np.array(face.shape[::-1])
        low = np.clip(np.floor(outline.min(axis=0) - reach * lids.width), 0, limits).astype(int)
        high = np.clip(np.ceil(outline.max(axis=0) + reach * lids.width), 0, limits).astype(int)
        if (high <= low).any():
            continue
        yield Eye(
            rows=slice(int(low[1]), int(high[1])),
            columns=slice(int(low[0]), int(high[0])),
            lids=_moved(lids, -low),
            brow=_moved(brow, -low) if brow else None,
            iris=replace(iris, center=iris.center - (x0, y0) - low) if iris else None,
            number=number,
        )


def _moved(strip: Strip, by: np.ndarray) -> Strip:
    return Strip(strip.start + by, strip.end + by, strip.center + by, strip.upper + by, strip.lower + by)


def repainted(image: np.ndarray, lab: np.ndarray, painted: np.ndarray, strength: float) -> np.ndarray:
    """The image, whose OKLab colours are `lab`, with a share of another painting; pixels that both have alike keep their bits."""
    mixed = colors.from_oklab(lab + np.float32(strength) * (painted - lab))
    return np.where((painted == lab).all(axis=-1, keepdims=True), image, mixed)

"""What became of one crop on the next: by it masks are carried along with the head, and quietened where nothing changed.

It is told from crops at half their size: what moves and what changes needs no more, and takes a quarter of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

__all__ = ["Change", "Glimpse", "change", "flow", "recut", "sameness", "stillness"]

#: Difference of light, after blurring, at which a pixel counts as half changed, and how much more is allowed at edges, where a
#: fraction of a pixel of motion that was not undone already makes a difference.
FLAT, PER_SLOPE = 0.03, 1.0


@dataclass(frozen=True, eq=False)
class Glimpse:
    """A crop, or a whole picture made small, of a `shape`, (H, W), at half of it: `colors`, (H / 2, W / 2, 3) float32 in [0, 1]."""

    colors: np.ndarray
    shape: tuple[int, int]

    @classmethod
    def of(cls, crop: np.ndarray) -> Glimpse:
        """From the crop, (H, W, 3) float32 in [0, 1]."""
        height, width = crop.shape[:2]
        half = max(width // 2, 1), max(height // 2, 1)
        return cls(cv2.resize(crop, half, interpolation=cv2.INTER_AREA), (height, width))

    @property
    def size(self) -> int:
        """Its height, which of a square crop is all there is to say."""
        return self.shape[0]

    @cached_property
    def grey(self) -> np.ndarray:
        """(H / 2, W / 2) uint8"""
        return cv2.convertScaleAbs(cv2.cvtColor(self.colors, cv2.COLOR_RGB2GRAY), alpha=255)

    @cached_property
    def soft(self) -> np.ndarray:
        """The colours, blurred as far as noise reaches."""
        return cv2.GaussianBlur(self.colors, (0, 0), max(self.size / 256, 0.7))


@dataclass(frozen=True, eq=False)
class Change:
    """What became of one crop on the next.

    Attributes
    ----------
    maps : (H, W, 2) float32, where on the crop before each pixel of this one was.
    same : (H, W) float32 in [0, 1], where both show the same thing, which hardly moved in itself; None if that was not asked.
    moved : (H / 2, W / 2, 2) float32, how far away that was for each second pixel; None if that was not asked.
    """

    maps: np.ndarray
    same: np.ndarray | None = None
    moved: np.ndarray | None = None

    def carried(self, values: np.ndarray) -> np.ndarray:
        """A map of the crop before, (H, W) float32, as it would look on this one."""
        return np.asarray(cv2.remap(values, self.maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))  # type: ignore[call-overload]


def change(before: Glimpse, now: Glimpse, *, compared: bool = True) -> Change:
    """From one crop to the next one of its size. `compared`: whether `Change.same` is wanted, too."""
    moved = flow(before.grey, now.grey)
    same = None
    if compared:
        carried = cv2.remap(before.soft, _grid(*moved.shape[:2]) + moved, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        same = _enlarged(stillness(moved) * sameness(carried, now.soft), now.shape)
    moved *= 2  # in pixels of the crop
    return Change(_grid(*now.shape) + _enlarged(moved, now.shape), same, moved)


def flow(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """How far away on the crop before each pixel of this one was: lips and strands move though the head stands still on both.

    Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016).

    Parameters
    ----------
    before, now : (h, w) uint8, grey, at half the crop's size.

    Returns
    -------
    (h, w, 2) float32, x and y.
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(1)  # a quarter of the crop's size
    return np.asarray(search.calc(now, before, None))  # type: ignore[call-overload]


def stillness(moved: np.ndarray) -> np.ndarray:
    """How little each pixel moved in itself, (h, w) float32: 1 for not at all, one half for a 128th of the crop.

    The flow is a guess, the better the smaller it is; a mouth that opens is better taken from its own frame.
    """
    squared = cv2.transform(moved * moved, np.full((1, 2), (128 / moved.shape[0]) ** 2, np.float32))
    return np.asarray(1 / (1 + squared))


def sameness(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Where two crops that follow the head show the same thing.

    Parameters
    ----------
    before, now : (h, w, 3) float32, a little blurred, at half the crop's size.

    Returns
    -------
    (h, w) float32 in [0, 1]: 1 where nothing changed but noise and the lamp's strength, 0 where something else is to be seen. It is
    low for some pixels round about, so that no ghost of an edge is left.
    """
    # of the lamp's strength only; a median, as part of the picture may be another
    old = before * np.float32((np.median(now[::2, ::2]) + 0.02) / (np.median(before[::2, ::2]) + 0.02))
    slope = cv2.morphologyEx(now, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) / 2
    changed = (np.abs(now - old) / (FLAT + PER_SLOPE * slope)).max(axis=-1)
    reach = 2 * round(now.shape[0] / 64) + 1
    changed = cv2.GaussianBlur(cv2.dilate(changed, np.ones((reach, reach), np.uint8)), (0, 0), reach / 4)
    return np.asarray(1 / (1 + changed**4), np.float32)


def recut(before: np.ndarray, now: np.ndarray, size: int) -> Change:
    """From one crop of a picture to another one of the same picture and size.

    Parameters
    ----------
    before, now : affines from the picture to the two crops.
    """
    whole = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV puts the centre of the first pixel at (0, 0)
    to_before = np.vstack([before, [0, 0, 1]]) @ np.linalg.inv(np.vstack([now, [0, 0, 1]]))
    to_before = (np.linalg.inv(whole) @ to_before @ whole)[:2]
    return Change(cv2.transform(_grid(size, size), to_before).astype(np.float32))


@lru_cache(maxsize=16)
def _grid(height: int, width: int) -> np.ndarray:
    """Each pixel's own place, (height, width, 2) float32, x and y."""
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    grid = np.stack([columns, rows], -1)
    grid.flags.writeable = False
    return grid


def _enlarged(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A map at half the crop's size at all of it."""
    return cv2.resize(values, shape[::-1], interpolation=cv2.INTER_LINEAR)

"""Smoothed masks: last frame's probabilities, carried along with the head, quieten this frame's."""

from __future__ import annotations

import cv2
import numpy as np

from ..pixels import geometry

__all__ = ["blend", "carry", "carry_maps", "recut", "sameness", "stillness"]

#: Difference of light, after blurring, at which a pixel counts as half changed, and how much more is allowed at edges, where a
#: fraction of a pixel of motion that was not undone already makes a difference.
FLAT, PER_SLOPE = 0.03, 1.0


def carry_maps(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Where on the crop before each pixel of this one was: lips and strands move though the head stands still on both.

    Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016).

    Parameters
    ----------
    before, now : (S, S, 3) float32.

    Returns
    -------
    (S, S, 2) float32 points (x, y) for `carry`.
    """
    old, new = (np.clip(cv2.cvtColor(v, cv2.COLOR_RGB2GRAY) * 255, 0, 255).astype(np.uint8) for v in (before, now))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = search.calc(new, old, None)  # type: ignore[call-overload]
    columns, rows = np.meshgrid(np.arange(new.shape[1]), np.arange(new.shape[0]))
    return np.asarray(flow + np.stack([columns, rows], -1).astype(np.float32))


def stillness(maps: np.ndarray) -> np.ndarray:
    """How little each pixel moved in itself, (S, S) float32: 1 for not at all, one half for two pixels of a crop of 256.

    The flow is a guess, the better the smaller it is; a mouth that opens is better taken from its own frame.
    """
    size = maps.shape[0]
    columns, rows = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    distance = np.hypot(maps[..., 0] - columns, maps[..., 1] - rows)
    return np.asarray(1 / (1 + (distance / (size / 128)) ** 2), np.float32)


def carry(values: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """A map on the crop before, or a stack of them, (C, S, S), or a picture, (S, S, 3), as it would look on this one."""
    if values.shape[-1] == 3:
        return cv2.remap(values, maps, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    whole, rest = cv2.convertMaps(maps, None, cv2.CV_16SC2)  # type: ignore[call-overload]  # once for all classes
    return np.stack([cv2.remap(v, whole, rest, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for v in values])


def sameness(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Where two crops that follow the head show the same thing.

    Parameters
    ----------
    before, now : (S, S, 3) float32.

    Returns
    -------
    (S, S) float32 in [0, 1]: 1 where nothing changed but noise and the lamp's strength, 0 where something else is to be seen. It is
    low for some pixels round about, so that no ghost of an edge is left.
    """
    size = now.shape[0]
    half = (max(size // 2, 1),) * 2  # what is blurred needs no more
    old, new = (
        cv2.GaussianBlur(cv2.resize(v, half, interpolation=cv2.INTER_AREA), (0, 0), max(size / 256, 0.7)) for v in (before, now)
    )
    # of the lamp's strength only; a median, as part of the picture may be another
    old = old * np.float32((np.median(new[::2, ::2]) + 0.02) / (np.median(old[::2, ::2]) + 0.02))
    slope = cv2.morphologyEx(new, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) / 2
    changed = (np.abs(new - old) / (FLAT + PER_SLOPE * slope)).max(axis=-1)
    reach = 2 * round(size / 128) + 1
    changed = cv2.GaussianBlur(cv2.dilate(changed, np.ones((reach, reach), np.uint8)), (0, 0), reach / 4)
    return np.asarray(cv2.resize(1 / (1 + changed**4), (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def blend(new: np.ndarray, carried: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``new + weight * (carried - new)``, (C, S, S); `weight` is (S, S)."""
    mixed = carried - new
    mixed *= weight
    mixed += new
    return mixed


def recut(values: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Probabilities on one crop, sampled for another crop of the same picture.

    Parameters
    ----------
    values : (C, S, S) float32.
    before, now : affines from the picture to the two crops.
    """
    size = values.shape[-1]
    to_before = np.vstack([geometry.invert(now), [0, 0, 1]])
    to_before = (np.vstack([before, [0, 0, 1]]) @ to_before)[:2]
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    to_before = (np.linalg.inv(half) @ np.vstack([to_before, [0, 0, 1]]) @ half)[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.stack([cv2.warpAffine(v, to_before, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE) for v in values])

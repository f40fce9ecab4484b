"""Taking a picture apart into the person and what is behind: the colours of both where soft edges mix them."""

from __future__ import annotations

import cv2
import numpy as np

from ...pixels.masks import shrunk

__all__ = ["behind", "in_front", "over"]

#: What is at least so surely background, or person, tells the colour of its kind.
_SURE = 0.97
#: Radii, in face units, over which the front's colour is gathered: first broadly, then about each strand.
_BROAD, _FINE = 0.12, 0.012


def behind(image: np.ndarray, background: np.ndarray, shrink: float) -> np.ndarray:
    """The picture as if nobody stood in front, shrunk: background colours flow into the place of the person.

    The known pixels are averaged on ever smaller copies until nothing is unknown, and each gap is filled from the next smaller one
    (pull-push: Gortler et al., "The Lumigraph", SIGGRAPH 1996). No colour of the person takes part.

    Parameters
    ----------
    image : (H, W, 3) float32.
    background : (H, W) float32 in [0, 1].
    shrink : by how much smaller the answer may be; at least 1.

    Returns
    -------
    (h, w, 3) float32; the picture itself, shrunk, if there is no background to take colours from.
    """
    known = _clear_of_edges(background)
    weight = shrunk(known, shrink)
    if not weight.any():
        return shrunk(image, shrink)
    colors = shrunk(image * known[..., None], shrink)
    return _filled(colors / np.maximum(weight, 1e-6)[..., None], weight)


def _clear_of_edges(background: np.ndarray) -> np.ndarray:
    """(H, W) float32, 0 or 1: surely background, and not next to anything that is not, if any is left then."""
    sure = (background >= _SURE).astype(np.uint8)
    inner = cv2.erode(sure, np.ones((5, 5), np.uint8), borderValue=1)
    return np.asarray(inner if inner.any() else sure, np.float32)


def _filled(colors: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The colours, (h, w, 3), where their weight, (h, w), is 1, and colours that flow in from around where it is less."""
    height, width = weight.shape
    if weight.min() >= 1 or max(height, width) == 1:
        return colors
    half = (width + 1) // 2, (height + 1) // 2
    less, mixed = (cv2.resize(v, half, interpolation=cv2.INTER_AREA) for v in (weight, colors * weight[..., None]))
    smaller = _filled(mixed / np.maximum(less, 1e-6)[..., None], np.clip(2 * less, 0, 1))
    around = cv2.resize(smaller, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(around + np.clip(weight, 0, 1)[..., None] * (colors - around), np.float32)


def in_front(image: np.ndarray, person: np.ndarray, unit: float) -> np.ndarray:
    """The person's own colours, also where a soft edge mixes them with what is behind.

    Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021: colours of either kind are averaged about each pixel, and
    what the pixel's own colour differs from their mixture is given to the front; first broadly, then finely.

    Parameters
    ----------
    image : (H, W, 3) float32.
    person : (H, W) float32 in [0, 1]: the share of the person in each pixel.
    unit : the face's size in pixels.

    Returns
    -------
    (H, W, 3) float32 in [0, 1]; the picture where the person covers all or nothing.
    """
    mixed = (person > 0) & (person < 1)
    result = image.copy()
    if not mixed.any():
        return result
    alpha = person[mixed][:, None]
    front = image
    for radius in (_BROAD * unit, _FINE * unit):
        mean_front = _mean_about(front, person, radius)[mixed]
        mean_back = _mean_about(image, 1 - person, radius)[mixed]
        rest = image[mixed] - alpha * mean_front - (1 - alpha) * mean_back
        result[mixed] = np.clip(mean_front + alpha * rest, 0, 1)
        front = result
    return result


def over(image: np.ndarray, front: np.ndarray, back: np.ndarray, background: np.ndarray) -> np.ndarray:
    """What to paint, through the mask `background`, for the front to stand before the new back without a trace of the old one.

    The core will mix it into the picture in the share of the background; where the picture's own colour is not the front's, this
    makes up for the difference, and so may leave [0, 1].
    """
    share = np.maximum(background, 1e-3)[..., None]
    return np.asarray(back + (front - image) * (1 - background[..., None]) / share, np.float32)


def _mean_about(image: np.ndarray, weight: np.ndarray, radius: float) -> np.ndarray:
    """Weighted mean colour in a box about each pixel, gathered on a copy no finer than it needs."""
    shrink = max(radius / 4, 1.0)
    height, width = weight.shape
    box = (2 * max(round(radius / shrink), 1) + 1,) * 2
    total = cv2.blur(shrunk(weight, shrink), box, borderType=cv2.BORDER_REPLICATE)
    colors = cv2.blur(shrunk(image * weight[..., None], shrink), box, borderType=cv2.BORDER_REPLICATE)
    mean = colors / np.maximum(total, 1e-5)[..., None]
    return mean if shrink == 1 else np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR))

"""Taking a picture apart into the person and what is behind: the colours of both where soft edges mix them."""

from __future__ import annotations

import cv2
import numpy as np

from ...pixels.cells import Enlarged, in_cells, tiles_of_cells

__all__ = ["behind", "in_front", "over"]

#: What is at least so surely background, or person, tells the colour of its kind.
_SURE = 0.97
#: Radii, in face units, over which the front's colour is gathered: first broadly, then about each strand.
_BROAD, _FINE = 0.12, 0.012


def behind(image: np.ndarray, background: np.ndarray, cell: int) -> np.ndarray:
    """The picture as if nobody stood in front, in cells: background colours flow into the place of the person.

    The known pixels are averaged on ever smaller copies until nothing is unknown, and each gap is filled from the next smaller one
    (pull-push: Gortler et al., "The Lumigraph", SIGGRAPH 1996). No colour of the person takes part.

    Parameters
    ----------
    image : (H, W, 3) float32.
    background : (H, W) float32 in [0, 1].
    cell : of how many pixels a side one becomes.

    Returns
    -------
    (h, w, 3) float32; the picture itself, in cells, if there is no background to take colours from.
    """
    known = _clear_of_edges(background)
    weight = in_cells(known, cell)
    if not weight.any():
        return in_cells(image, cell)
    colors = _weighted(image, known, in_cells(image, cell), weight, cell)
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
    fine = max(min(int(_FINE * unit / 4), *person.shape), 1)
    broad = fine * max(min(round(_BROAD * unit / 4 / fine), min(person.shape) // fine), 1)
    share, color = in_cells(person, fine), in_cells(image, fine)
    front = _weighted(image, person, color, share, fine)
    back = color - front
    result = np.array(image, np.float32)
    mixed = (share > 0) & (share < 1)
    for turn, (radius, cell) in enumerate(((_BROAD * unit, broad), (_FINE * unit, fine))):
        if turn:
            front = _weighted(result, person, color, share, fine)
        about = [
            Enlarged(_mean_about(in_cells(colors, cell // fine), in_cells(weight, cell // fine), radius / cell), cell)
            for colors, weight in ((front, share), (back, 1 - share))
        ]
        for tile in tiles_of_cells(mixed, fine, person.shape):
            alpha = person[tile]
            some = cv2.merge([alpha, alpha, alpha])
            mean_front, mean_back = (mean[tile] for mean in about)
            rest = image[tile] - mean_back - some * (mean_front - mean_back)
            estimated = np.clip(mean_front + some * rest, np.float32(0), np.float32(1))
            cv2.copyTo(estimated, ((alpha > 0) & (alpha < 1)).astype(np.uint8), result[tile])
    return result


def over(image: np.ndarray, front: np.ndarray, back: np.ndarray, background: np.ndarray) -> np.ndarray:
    """What to paint, through the mask `background`, for the front to stand before the new back without a trace of the old one.

    The core will mix it into the picture in the share of the background; where the picture's own colour is not the front's, this
    makes up for the difference, and so may leave [0, 1].
    """
    if background.min() >= 1:
        return back
    lacking = (1 - background) / np.maximum(background, np.float32(1e-3))
    return np.asarray(back + (front - image) * cv2.merge([lacking, lacking, lacking]))


def _weighted(image: np.ndarray, weight: np.ndarray, color: np.ndarray, share: np.ndarray, cell: int) -> np.ndarray:
    """The image times the weight, in cells; `color` and `share` are the two in cells, which say all but where a cell is mixed."""
    result = color * cv2.merge([share, share, share])
    for rows, columns in tiles_of_cells((share > 0) & (share < 1), cell, weight.shape):
        some = weight[rows, columns]
        part = in_cells(image[rows, columns] * cv2.merge([some, some, some]), cell)
        top, left = rows.start // cell, columns.start // cell
        result[top : top + part.shape[0], left : left + part.shape[1]] = part
    return result


def _mean_about(colors: np.ndarray, weight: np.ndarray, radius: float) -> np.ndarray:
    """Mean colour in a box about each pixel, given weighted colours and their weights."""
    box = (2 * max(round(radius), 1) + 1,) * 2
    total = np.maximum(cv2.blur(weight, box, borderType=cv2.BORDER_REPLICATE), np.float32(1e-5))
    return np.asarray(cv2.blur(colors, box, borderType=cv2.BORDER_REPLICATE) / cv2.merge([total, total, total]))

"""How an effect changed the colours of a frame, place by place, so that those of the next ones can be changed likewise.

What a dye makes of hair takes the statistics of all of it to find out. Once it is found, a small place's new colours follow from
its old ones nearly in a straight line, and so they will in the next frame, where that place has moved on and has another grain.
What the line leaves over, as at the edge of the mask, is carried along as it is.

The line is that of the guided filter (He, Sun, Tang, "Guided Image Filtering", PAMI 2013, eq. 14-16), with the picture as the guide
of its own change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..image.canvas import Canvas, Window
from ..pixels import masks
from ..pixels.cells import Enlarged, in_cells, tiles_of_cells
from .moves import Journey

__all__ = ["ColorChange", "Shares"]

#: Gives how surely each cell of a window, of so many pixels a side, is of a region: (h, w) float32 in [0, 1].
Shares = Callable[[Window, int], np.ndarray]

#: How many cells, by which the line is told, a face unit is, about; and to how many cells on each side it is fitted.
_DETAIL, _REACH = 105.0, 2
#: Variance of colour below which a place is flat.
_FLAT = 1e-5
#: Luma, and how blue and red differ from it, of ITU-R BT.601.
_GUIDE = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], np.float32)
#: A place that was changed by less than this was not.
_NOTHING = 1 / 1024
#: Differences of luma up to which a place shows what it did, and how much more by what the cells round it differ.
_OTHER, _PER_SLOPE = 0.08, 0.3
#: Of what was changed so much may be covered by what is more than two cells wide. In heads that move it is next to nothing, and
#: more when a hand passes: what that uncovers was not seen to be changed, and would stay as it is.
_COVERED = 0.001
#: By how much more or less surely a cell must be of the region to be seen elsewhere.
_SEEN_ELSEWHERE = 0.5
#: Lamps whose strength changed by more than this factor since are another light.
_MOST_LIGHT = 1.08


def nowhere(window: Window, cell: int) -> np.ndarray:
    """The `Shares` of what is not to be seen."""
    x0, y0, x1, y1 = window
    return np.zeros((-(-(y1 - y0) // cell), -(-(x1 - x0) // cell)), np.float32)


@dataclass(frozen=True, eq=False)
class ColorChange:
    """What was changed in a window of a frame.

    Attributes
    ----------
    window : (x0, y0, x1, y1) in whole pixels of the frame.
    image, changed : (H, W, 3) float32, the window before and after.
    replaced : (H, W) float32 in [0, 1], in what share the new colours do not depend on the strength of the lamp.
    cell : how many pixels of the frame a cell has.
    seen : gives where the region was seen.
    """

    window: Window
    image: np.ndarray
    changed: np.ndarray
    replaced: np.ndarray
    cell: int
    seen: Shares

    @classmethod
    def between(
        cls, before: Canvas, after: Canvas, window: Window, replaced: np.ndarray, unit: float, seen: Shares = nowhere
    ) -> ColorChange:
        """From a frame to what an effect made of it; `unit` is the face's size in pixels."""
        x0, y0, x1, y1 = window
        cell = max(int(unit / _DETAIL + 0.5), 1)
        return cls(window, before[y0:y1, x0:x1], after[y0:y1, x0:x1], replaced, cell, seen)

    def on(self, canvas: Canvas, journey: Journey, seen: Shares | None = None) -> Canvas | None:
        """The next frame, or one after that, with its colours changed likewise.

        None if it is in another light, if something came before what was changed, or if nothing of that is in it.

        Parameters
        ----------
        journey : how faces came to where they are in it.
        seen : gives where the region is seen there, if that was found out anew; the answer is None if it is not where it went.
        """
        shape, cell = canvas.shape, self.cell
        x0, y0, x1, y1 = window = journey.forth(self.window, shape)
        height, width = -(-(y1 - y0) // cell), -(-(x1 - x0) // cell)
        if min(height, width) < 2:
            return None
        there = journey.back(window, cell, self._to_cells)
        changed, share, was, shown = cv2.split(self._moved(self._about, there))
        where = changed > 0
        found = masks.window(where)
        if found is None:
            return None
        if seen and _is_much(cv2.absdiff(seen(window, cell), shown) > _SEEN_ELSEWHERE, where):
            return None
        left, top, right, bottom = found
        there, where, share, was = (np.ascontiguousarray(v[top:bottom, left:right]) for v in (there, where, share, was))
        window = x0 + left * cell, y0 + top * cell, min(x0 + right * cell, x1), min(y0 + bottom * cell, y1)
        result = canvas.copied(window)
        low = in_cells(result, cell)
        now = cv2.transform(low, _GUIDE[:1])
        light = _light(now, was, share)
        if light is None:
            return None
        known = _likeness(now * np.float32(1 / light), was)
        if _is_much(where & (known < 0.5), where):
            return None
        # as it would look in the light of the frame before
        line = _told([self._moved(four, there) for four in self._line], low, share, light)
        places = Enlarged(there * np.float32(cell) + np.float32((cell - 1) / 2), cell)  # in pixels of the window
        for tile in tiles_of_cells(where, cell, result.shape):
            change = _on_line(line, result[tile], tile, cell)
            change += cv2.cvtColor(self._moved(self._left_over, places[tile]), cv2.COLOR_RGBA2RGB)
            if known[tuple(slice(span.start // cell, -(-span.stop // cell)) for span in tile)].min() < 1:
                change *= _thrice(np.ascontiguousarray(Enlarged(known, cell)[tile]))
            change += result[tile]
            result[tile] = np.clip(change, np.float32(0), np.float32(1), out=change)
        return canvas.painted(window, result)

    @property
    def _to_cells(self) -> np.ndarray:
        """From points of the frame to the window's cells as OpenCV counts them: from the first one's middle."""
        (x0, y0), cell = self.window[:2], self.cell
        return np.array([[1 / cell, 0, -x0 / cell - 0.5], [0, 1 / cell, -y0 / cell - 0.5]])

    @staticmethod
    def _moved(values: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))  # type: ignore[call-overload]

    @cached_property
    def _low(self) -> np.ndarray:
        return in_cells(self.image, self.cell)

    @cached_property
    def _replaced(self) -> np.ndarray:
        return in_cells(self.replaced, self.cell)

    @cached_property
    def _about(self) -> np.ndarray:
        """Of each cell whether it was changed, in what share that was replaced, its luma, and how surely it was of the region.

        (h, w, 4) float32: OpenCV takes no longer to look up four than one.
        """
        luma = cv2.transform(self._low, _GUIDE[:1])
        return np.asarray(cv2.merge([self._where, self._replaced, luma, self.seen(self.window, self.cell)]))

    @cached_property
    def _low_change(self) -> np.ndarray:
        return np.asarray(in_cells(self.changed, self.cell) - self._low)

    @cached_property
    def _where(self) -> np.ndarray:
        """The cells in which anything was changed, (h, w) float32."""
        red, green, blue = cv2.split(np.abs(self._low_change))
        return np.asarray(cv2.max(cv2.max(red, green), blue) > _NOTHING, np.float32)

    @cached_property
    def _line(self) -> list[np.ndarray]:
        """What `_fitted` tells, for red, green and blue: (h, w, 4) float32 each."""
        told = (cv2.split(values) for values in _fitted(cv2.transform(self._low, _GUIDE), self._low_change))
        return [np.asarray(cv2.merge(of_color)) for of_color in zip(*told, strict=True)]

    @cached_property
    def _left_over(self) -> np.ndarray:
        """What the line does not tell of the change, (H, W, 4) float32, of which OpenCV moves four in half the time of three."""
        line = _told(self._line, self._low, self._replaced, 1.0)
        result = np.zeros((*self.image.shape[:2], 4), np.float32)
        for tile in tiles_of_cells(self._where > 0, self.cell, self.image.shape):
            rest = self.changed[tile] - self.image[tile]
            rest -= _on_line(line, self.image[tile], tile, self.cell)
            result[tile] = cv2.cvtColor(rest, cv2.COLOR_RGB2RGBA)
        return result


def _is_much(some: np.ndarray, where: np.ndarray) -> bool:
    """Whether some cells, (h, w) bool, that are no thin lines are many beside those where anything was changed."""
    wide = cv2.morphologyEx(some.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return bool(np.count_nonzero(wide) > _COVERED * np.count_nonzero(where))


def _light(now: np.ndarray, was: np.ndarray, share: np.ndarray) -> float | None:
    """How many times as strong the lamp is, by the luma of cells now and before, and by the share of each that was replaced."""
    some = slice(None, None, 2), slice(None, None, 2)
    inside = share[some] >= 0.9 * share.max()
    light = float(np.median((now[some][inside] + 0.02) / (was[some][inside] + 0.02)))
    return light if 1 / _MOST_LIGHT < light < _MOST_LIGHT else None


def _likeness(now: np.ndarray, was: np.ndarray) -> np.ndarray:
    """Where cells show what they showed before, by their luma: (h, w) float32, 1, and 0 where something came before it."""
    slope = cv2.morphologyEx(was, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return np.clip(2 - cv2.absdiff(now, was) / (np.float32(_PER_SLOPE) * slope + np.float32(_OTHER)), 0, 1)


def _fitted(guide: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, ...]:
    """How a change follows from luma and from the two of colour, and what it is without them: four times (h, w, 3) float32.

    By Cramer's rule, as `facefx.pixels.full_size` does it for a mask.
    """
    box = (2 * _REACH + 1,) * 2

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.blur(values, box, borderType=cv2.BORDER_REFLECT))

    middle, middle_change = mean(guide), mean(change)
    luma, blue, red = cv2.split(guide)
    middles = cv2.split(middle)
    turned, middle_turned = (cv2.merge([v[1], v[2], v[0]]) for v in ((luma, blue, red), middles))
    a, d, f = cv2.split(mean(guide * guide) - middle * middle + np.float32(_FLAT))
    b, e, c = cv2.split(mean(guide * turned) - middle * middle_turned)
    rows = (d * f - e * e, c * e - b * f, b * e - c * d), (a * f - c * c, b * c - a * e, a * d - b * b)
    (aa, bb, cc), (dd, ee, ff) = rows
    scale = 1 / (a * aa + b * bb + c * cc)
    aa, bb, cc, dd, ee, ff = (_thrice(v * scale) for v in (aa, bb, cc, dd, ee, ff))
    x, y, z = (mean(_thrice(v) * change) - _thrice(m) * middle_change for v, m in zip((luma, blue, red), middles, strict=True))
    slopes = aa * x + bb * y + cc * z, bb * x + dd * y + ee * z, cc * x + ee * y + ff * z
    rest = middle_change - sum(slope * _thrice(m) for slope, m in zip(slopes, middles, strict=True))
    return *(mean(slope) for slope in slopes), mean(rest)


def _told(line: list[np.ndarray], low: np.ndarray, share: np.ndarray, light: float) -> tuple[np.ndarray, np.ndarray]:
    """By what the luma of a cell's pixels is multiplied, and what is added whatever it is: (h, w, 3) each.

    In a lamp so many times as strong as that of the line, as `ColorChange._line` has it. In the light of the frame before the
    cells would be ``low / light``, and that is what new colours replace.
    """
    _, blue, red = cv2.split(cv2.transform(low, _GUIDE * np.float32(1 / light)))
    share = share * np.float32(1 / light - 1)
    slopes, levels = [], []
    for of_color, own in zip(line, cv2.split(low), strict=True):
        slope, by_blue, by_red, always = cv2.split(of_color)
        slopes.append(slope * np.float32(1 / light))
        levels.append(always + by_blue * blue + by_red * red + share * own)
    return np.asarray(cv2.merge(slopes)), np.asarray(cv2.merge(levels))


def _on_line(line: tuple[np.ndarray, np.ndarray], image: np.ndarray, tile: tuple[slice, slice], cell: int) -> np.ndarray:
    """What the line says of a tile of a picture, (h, w, 3)."""
    slope, level = (Enlarged(values, cell)[tile] for values in line)
    change = slope * _thrice(cv2.transform(image, _GUIDE[:1]))
    change += level
    return np.asarray(change)


def _thrice(values: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.merge([values, values, values]))

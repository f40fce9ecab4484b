"""Colour look-up tables in the .cube format: reading them strictly, and looking colours up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...errors import ParameterError
from ...held_files import holder_of
from ...pixels.color import by_bands
from ...shown import shown
from ...small_files import read_small

__all__ = ["Cube", "read_cube"]

#: Largest tables that are read: colours along each side of a 3D one, and in a 1D one.
MOST_3D, MOST_1D = 129, 65536
_MOST_BYTES = 128 * 2**20


@dataclass(frozen=True, eq=False)
class Cube:
    """A colour look-up table.

    Attributes
    ----------
    table : (N, N, N, 3) float32, indexed [blue, green, red], or (N, 3), each channel's own curve.
    low, high : (3,) float32, the colours that the first and the last entry are for.
    """

    table: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def apply(self, image: np.ndarray) -> np.ndarray:
        """The picture's colours looked up, (H, W, 3) float32 in [0, 1]; those beyond the table's domain are taken to its border."""
        look_up = _tetrahedral if self.table.ndim == 4 else _by_channel

        def band(pixels: np.ndarray) -> np.ndarray:
            place = np.clip((pixels - self.low) / (self.high - self.low), 0, 1) * np.float32(len(self.table) - 1)
            return np.clip(look_up(self.table, place), 0, 1)

        return by_bands(band, image)


def _by_channel(table: np.ndarray, place: np.ndarray) -> np.ndarray:
    steps = np.arange(len(table))
    return np.stack([np.interp(place[..., c], steps, table[:, c]) for c in range(3)], axis=-1).astype(np.float32)


def _tetrahedral(table: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Kasson, Nin, Plouffe, Hafner, "Performing color space conversions with three-dimensional linear interpolation", 1995.

    From the cell's darkest corner to its lightest along the axes in the order of the colour's own shares; greys stay on the
    diagonal, where trilinear interpolation would mix in the colours beside it.
    """
    count = len(table)
    cell = np.minimum(place.astype(np.int32), count - 2)
    share = place - cell
    flat = table.reshape(-1, 3)
    strides = np.array([1, count, count * count], np.int32)
    order = np.argsort(-share, axis=-1, kind="stable")
    sorted_share = np.take_along_axis(share, order, axis=-1)
    index = cell @ strides
    result = flat[index] * (1 - sorted_share[..., :1])
    for step in range(3):
        index = index + strides[order[..., step]]
        following = sorted_share[..., step + 1] if step < 2 else 0
        result += flat[index] * (sorted_share[..., step] - following)[..., None]
    return result


def read_cube(path: str) -> Cube:
    """Read a .cube file (Adobe, "Cube LUT Specification" 1.0, 2013). The last few are kept in memory.

    Raises
    ------
    ParameterError
        If it cannot be read, or is no such table; the message gives the line.
    """
    try:
        if held := holder_of(path):
            return held.once(("cube", path), lambda: _found(path))
        return _read(path, Path(path).stat().st_mtime_ns)
    except OSError as error:
        raise ParameterError(f"the table {path!r} cannot be read: {error.strerror}; give the path of a .cube file") from None
    except UnicodeDecodeError:
        raise ParameterError(f"the table {path!r} is no text file; give a .cube file") from None


@lru_cache(maxsize=4)
def _read(path: str, changed: int) -> Cube:
    return _found(path)


def _found(path: str) -> Cube:
    return _parsed(read_small(path, _MOST_BYTES).decode("utf-8-sig"), f"the table {path!r}")


def _parsed(text: str, name: str) -> Cube:
    size = dimension = 0
    domain = {"DOMAIN_MIN": [0.0, 0.0, 0.0], "DOMAIN_MAX": [1.0, 1.0, 1.0]}
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == "TITLE":
            continue
        where = f"{name}, line {number}"
        if words[0] in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            if size:
                raise ParameterError(f"{where}: a second size, {shown(line.strip())}; a file holds one table")
            dimension = 1 if words[0] == "LUT_1D_SIZE" else 3
            size = _size(words, where, MOST_1D if dimension == 1 else MOST_3D)
        elif words[0] in domain:
            domain[words[0]] = _numbers(words[1:], where)
        elif words[0][0].isalpha() and words[0].lower() not in ("nan", "inf", "infinity"):
            raise ParameterError(
                f"{where}: {shown(words[0])} is not known; allowed are TITLE, LUT_1D_SIZE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX"
            )
        elif not size:
            raise ParameterError(f"{where}: colours before LUT_1D_SIZE or LUT_3D_SIZE, which must say how many there are")
        else:
            rows.append(_numbers(words, where))
    if not size:
        raise ParameterError(f"{name} has no line LUT_3D_SIZE or LUT_1D_SIZE; it is not a .cube file")
    if len(rows) != size**dimension:
        raise ParameterError(f"{name} has {len(rows)} colours; a {dimension}D table of size {size} has {size**dimension}")
    low, high = (np.array(domain[key], np.float32) for key in ("DOMAIN_MIN", "DOMAIN_MAX"))
    if not (low < high).all():
        raise ParameterError(f"{name}: DOMAIN_MIN {low.tolist()} must be below DOMAIN_MAX {high.tolist()} in each channel")
    table = np.array(rows, np.float32).reshape((size,) * dimension + (3,))
    table.flags.writeable = False
    return Cube(table, low, high)


#: No colour or end of a table is as far from those that can be seen; float32 ends at 3e38.
_FAR = 1e6


def _size(words: list[str], where: str, most: int) -> int:
    if len(words) != 2 or not words[1].isascii() or not words[1].isdigit() or not 2 <= int(words[1][:9]) <= most:
        raise ParameterError(f"{where}: {shown(' '.join(words))}; {words[0]} takes one whole number from 2 to {most}")
    return int(words[1])


def _numbers(words: list[str], where: str) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != 3 or not all(-_FAR < value < _FAR for value in values):  # False for NaN
        raise ParameterError(f"{where}: {' '.join(words)[:60]!r} is no colour; three finite numbers below {_FAR:.0e} are")
    return values

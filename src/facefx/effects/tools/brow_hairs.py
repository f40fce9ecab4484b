"""The hairs of brows, told from the skin between them."""

from __future__ import annotations

import numpy as np

from ...pixels.cells import Enlarged, in_cells
from ...pixels.masks import feather, grow, smooth_ramp, window
from .skin import local_mean

__all__ = ["around_brows", "hairs_of_brows"]

#: By how much lighter than the hairs, in OKLab's lightness, the skin round a brow starts to tell, and tells, what of it is hair.
_TOLD_APART = (0.03, 0.12)
#: Shares of hair between which a pixel starts to take the colour; less is the grain of the skin.
_SHARE = (0.02, 0.07)
#: How far beyond the parsed edge single hairs and the blur of the outline are followed, in face units and at least in pixels.
_BEYOND, _LEAST_BEYOND = 0.022, 2.5
#: Radii, in face units, over which bare skin tells what would be seen without the hairs, and hairs tell how dark they are.
_NEAR, _FAR = 0.03, 0.08
#: Of a large face what varies slowly is found in cells, so many to that reach.
_CELLS = 8


def around_brows(brows: np.ndarray, unit: float) -> tuple[slice, slice] | None:
    """Rows and columns of the brows, mask (H, W), and of the skin that tells what of them is hair; None without brows."""
    found = window(brows >= 0.5)
    if found is None:
        return None
    reach = round(3 * _NEAR * unit) + 2
    x0, y0, x1, y1 = found
    return slice(max(y0 - reach, 0), y1 + reach), slice(max(x0 - reach, 0), x1 + reach)


def hairs_of_brows(lab: np.ndarray, brows: np.ndarray, skin: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel is hair and not the skin round about, (h, w), and that hair's own colour, (h, w, 3) OKLab; float32.

    A pixel lies between the hair's colour and bare skin's, both as they are near it, so that a shadow across the face is no hair.
    Where the two are equally light nothing tells them apart, and all of the brow is hair, as with a brow pencil.

    Parameters
    ----------
    lab : (h, w, 3) float32 OKLab, the window that `around_brows` says.
    brows, skin : (h, w) float32 in [0, 1], their masks.
    unit : the face unit, in pixels.
    """
    reach = max(_BEYOND * unit, _LEAST_BEYOND)
    cell = max(int(reach / _CELLS), 1)
    near, bare, across = (Enlarged(field, cell).all_of(brows.shape) for field in _fields(lab, brows, skin, unit, reach, cell))
    away = bare - lab
    share = _dot(away, across) / np.maximum(_dot(across, across), _TOLD_APART[0] ** 2)
    share = np.clip(share, 0, 1) * smooth_ramp(share, *_SHARE)
    told = smooth_ramp(across[..., 0], *_TOLD_APART)
    hair = lab - ((told * (1 - share))[..., None] * across)
    return told * share * near + (1 - told) * brows, np.asarray(hair, np.float32)


def _fields(
    lab: np.ndarray, brows: np.ndarray, skin: np.ndarray, unit: float, reach: float, cell: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What varies slowly, in cells: how near the brows are; the bare skin's colour; and how far the hair's is from that."""
    lab, brows, skin = (in_cells(values, cell) for values in (lab, brows, skin))
    unit, reach = unit / cell, reach / cell
    near = feather(grow(brows, 0.75 * reach), 0.5 * reach)
    bare = local_mean(lab, (skin >= 0.9) * (near < 0.02), _NEAR * unit)
    darker = (brows >= min(0.9, float(brows.max()))).astype(np.float32)
    for _ in range(2):  # the darker half of the darker half: elsewhere skin shows between the hairs
        darker *= lab[..., 0] <= local_mean(lab[..., 0], darker, _FAR * unit)
    return near, bare, bare - local_mean(lab, darker, _FAR * unit)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...c,...c->...", one, other))

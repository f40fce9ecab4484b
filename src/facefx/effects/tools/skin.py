"""The skin of a face as a small picture, coarser than its pores, and changes made to it that leave everything finer alone.

Whatever an effect does to light, shade or blotches varies over many pixels. So it is worked out on a picture in which a face is at
most `CELLS` wide, whatever the photo's size, and added to the photo as a smooth change: pores, down and lashes keep their contrast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.cells import Enlarged, in_cells
from ...pixels.full_size import to_picture
from ...pixels.masks import depth, grow, ramp

__all__ = [
    "CELLS",
    "PartOf",
    "Skin",
    "added",
    "away_from_features",
    "broad_color",
    "even_layer",
    "lit_color",
    "local_mean",
    "skin_of",
    "usual_color",
]

#: Face units in the small picture, at most.
CELLS = 160.0
#: A change of OKLab below this is none: it is what a blur in float32 leaves behind, on some processors far from where it worked.
_NOTHING = 1e-8
#: What is not skin, or not only skin.
_FEATURES = ("eyes", "eyebrows", "mouth", "eyeglasses", "hair", "hat", "background")

#: Rows and columns of a part of a picture, and a share for each pixel there: (h, w) float32 in [0, 1].
PartOf = tuple[tuple[slice, slice], np.ndarray]


@dataclass(frozen=True, eq=False)
class Skin:
    """The small picture.

    Attributes
    ----------
    lab : (h, w, 3) float32, OKLab, the mean colour of what is skin in each cell.
    weight : (h, w) float32 in [0, 1], how surely a cell shows bare skin: not hair, beard, or a feature's edge.
    beard : (h, w) float32 in [0, 1], how surely what the parsing calls skin is covered by hair.
    unit : size of the face in cells.
    picture : (h, w, 3) float32 RGB in [0, 1], the mean colour of all there is in each cell.
    """

    lab: np.ndarray
    weight: np.ndarray
    beard: np.ndarray
    unit: float
    picture: np.ndarray


def skin_of(image: np.ndarray, mask: np.ndarray, face: FaceView, cells: float = CELLS) -> Skin:
    """Make the small picture.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    mask : (H, W) float32 in [0, 1], the skin.
    cells : size of the face in the small picture, at most.
    """
    shrink = max(face.unit / cells, 1.0)
    height, width = mask.shape
    size = max(round(width / shrink), 1), max(round(height / shrink), 1)

    def small(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)

    picture = small(image)
    step = max(int(shrink / 2), 1)  # what is skin is found out at no more resolution than twice that of the cells
    image, sure = in_cells(image, step), ramp(in_cells(mask, step), 0.5, 0.95)
    share = small(sure)
    # Weighted, so that a cell at the brow's edge has the colour of the skin in it; where there is no skin, any colour will do.
    rgb = small(image * cv2.merge([sure, sure, sure])) / np.maximum(share, 1e-6)[..., None]
    rgb = np.where((share > 1e-3)[..., None], np.clip(rgb, 0, 1), picture)
    lab = colors.to_oklab(rgb)
    unit = face.unit / shrink
    beard = _beard(lab, share, unit, _lower_face(face, picture, 1 / shrink))
    return Skin(lab, share * (1 - beard), beard, unit, picture)


def local_mean(values: np.ndarray, weight: np.ndarray, radius: float) -> np.ndarray:
    """Weighted Gaussian mean of standard deviation `radius` cells; far from all weight, the weighted mean of everything.

    ``values`` is (h, w) or (h, w, C) float32 and keeps its shape.
    """
    values, weight = np.array(values, np.float32), np.asarray(weight, np.float32)
    total = float(weight.sum())
    if total <= 0:
        return values
    weighted = values * _like(weight, values)
    everywhere = np.array(cv2.sumElems(weighted)[: weighted[0, 0].size], np.float32) / np.float32(total)
    near, faint = _like(_blurred(weight, radius), values), np.float32(1e-3)
    return np.asarray((_blurred(weighted, radius) + faint * everywhere) / (near + faint), np.float32)


def _like(weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The weight, (h, w), as often as the values have channels."""
    return weight if values.ndim == 2 else cv2.merge([weight] * values.shape[2]).reshape(values.shape)


def _blurred(values: np.ndarray, radius: float) -> np.ndarray:
    """A Gaussian of that standard deviation, in cells. What is so broad that it needs no more is blurred on a smaller copy."""
    cell = min(max(int(radius / 4), 1), *values.shape[:2])
    # To average cells and to interpolate between them blurs, too: a variance of 1/12 and of 1/6.
    narrow = max(float(np.sqrt(max(radius**2 - (cell**2) / 4, 0))) / cell, 0.3) if cell > 1 else max(radius, 0.3)
    blurred = cv2.GaussianBlur(in_cells(values, cell), (0, 0), narrow, borderType=cv2.BORDER_REPLICATE)
    return Enlarged(blurred, cell)[slice(0, values.shape[0]), slice(0, values.shape[1])].reshape(values.shape)


def even_layer(values: np.ndarray, weight: np.ndarray, radius: float, contrast: float) -> np.ndarray:
    """The values without what varies less than `contrast` over `radius` cells: blotches go, shadows' edges and creases stay.

    The guided filter, guided by the values themselves (He, Sun, Tang, PAMI 2013, eq. 5-8), with Gaussian windows and weights. The
    mean is taken twice, of the values and of what the first left (Tukey's twicing), which keeps more of the face's modelling.

    Parameters
    ----------
    values : (h, w) float32.
    weight : (h, w) float32 in [0, 1]; what has none takes no part.
    """
    middle = local_mean(values, weight, radius)
    middle += local_mean(values - middle, weight, radius)
    variance = np.maximum(local_mean((values - middle) ** 2, weight, radius), 0)
    slope = variance**2 / (variance**2 + np.float32(contrast**4))
    offset = middle * (1 - slope)
    return local_mean(slope, weight, radius / 2) * values + local_mean(offset, weight, radius / 2)


def broad_color(skin: Skin, lightness: np.ndarray) -> np.ndarray:
    """The chroma that the skin has in general at each place when it is so light: (h, w, 2) float32, OKLab a and b.

    A robust fit of a and b to lightness (shadows and highlights of one skin differ in chroma) and to the place on the face (so do
    the two sides of a face between two lamps). What differs from it is redness, blotches and make-up.
    """
    height, width = skin.weight.shape
    inside = skin.weight > 0.5
    if inside.sum() < 30:
        return local_mean(skin.lab[..., 1:], skin.weight, max(height, width))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = float(np.median(skin.lab[inside][:, 0]))

    def terms(lightness: np.ndarray) -> np.ndarray:
        light = lightness - middle
        return np.stack([np.ones_like(x), light, light**2, (x - x.mean()) / skin.unit, (y - y.mean()) / skin.unit], axis=-1)

    known, chroma = terms(skin.lab[..., 0])[inside].astype(float), skin.lab[inside][:, 1:].astype(float)
    trust = np.ones(len(known))
    for _ in range(4):  # reweighted least squares, Cauchy's weights
        weighted = known * trust[:, None]
        solution = np.linalg.solve(known.T @ weighted + 1e-3 * np.eye(5), weighted.T @ chroma)
        error = np.linalg.norm(known @ solution - chroma, axis=1)
        trust = 1 / (1 + (error / max(1.5 * float(np.median(error)), 1e-4)) ** 2)
    return np.asarray(terms(lightness) @ solution, np.float32)


def usual_color(skin: Skin) -> np.ndarray:
    """The skin's median colour, of everything there is if nothing is surely skin: (3,) float32, OKLab."""
    inside = skin.weight > 0.5
    return np.asarray(np.median(skin.lab[inside] if inside.any() else skin.lab.reshape(-1, 3), axis=0), np.float32)


def lit_color(skin: Skin, face: FaceView) -> np.ndarray:
    """The face's own skin in the light that it is told by (`face/light.py`): (3,) float32, OKLab.

    The median of what is between the darkest third and the brightest fourth, without ears and neck, which lie in the chin's shade.
    """
    lab = skin.lab[skin.weight * _small_mask(face, ["skin"], skin.picture) > 0.5]
    if not len(lab):
        return usual_color(skin)
    low, high = np.quantile(lab[:, 0], (0.35, 0.75))
    return np.asarray(np.median(lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)], axis=0), np.float32)


def away_from_features(face: FaceView, skin: Skin, distance: float) -> np.ndarray:
    """1 on skin at least `distance` face units away from eyes, brows, mouth, glasses and hair, falling to 0 at them: (h, w)."""
    free = 1 - _small_mask(face, _FEATURES, skin.picture)
    reach = max(distance * skin.unit, 1e-3)
    step = np.minimum(depth(free > 0.5), reach) / reach
    return np.asarray(step * step * (3 - 2 * step), np.float32)


def _small_mask(face: FaceView, regions: Sequence[str], picture: np.ndarray) -> np.ndarray:
    """The soft mask of some of the face's regions, of those that the segmenter knows, on a small picture of what the effect sees.

    As `FaceView.mask`, but made at that size: masks of hair and background at full size take longer than all else about skin.
    """
    parsing = face.face.seen_near("hair+neck", face.window).parsing
    known = [region for region in regions if parsing.scheme.indices_of(region)]
    height, width = picture.shape[:2]
    result = np.zeros((height, width), np.float32)
    if known:
        x0, y0 = face.window[:2]
        across, down = face.shape[1] / width, face.shape[0] / height
        affine = parsing.affine @ np.array([[across, 0, x0], [0, down, y0], [0, 0, 1]])
        (left, top, right, bottom), mask = to_picture(parsing.region("+".join(known)), affine, picture, by_colour=False)
        result[top:bottom, left:right] = mask
    return result


def added(image: np.ndarray, change: np.ndarray, share: PartOf | None = None) -> np.ndarray:
    """The picture with a smooth change of its OKLab colours, given on the small picture: (H, W, 3) float32 RGB.

    Where it changes nothing pixels keep their bits. Where a `share` of it is given, each pixel changes by so much.
    """
    size = image.shape[1], image.shape[0]
    change = np.asarray(change, np.float32)
    changed = cv2.dilate((np.abs(change) > _NOTHING).any(axis=-1).astype(np.uint8), np.ones((3, 3), np.uint8))
    full = cv2.resize(change, size, interpolation=cv2.INTER_LINEAR)
    if share is not None:
        part, of_it = share
        full[part] = full[part] * cv2.merge([of_it, of_it, of_it])

    def add(rgb: np.ndarray, shift: np.ndarray) -> np.ndarray:
        painted = colors.from_oklab(colors.to_oklab(rgb) + shift)
        still = cv2.inRange(shift, (-_NOTHING,) * 3, (_NOTHING,) * 3)
        return np.asarray(cv2.copyTo(np.asarray(rgb, np.float32), still, painted))

    return colors.within(cv2.resize(changed, size, interpolation=cv2.INTER_NEAREST) > 0, add, image, full)


def _beard(lab: np.ndarray, share: np.ndarray, unit: float, low: np.ndarray) -> np.ndarray:
    """How surely hair covers the skin: on the lower face, what is rougher than the upper face, or far darker and greyer, (h, w).

    Skin in the shade loses chroma with its lightness, so greyer is what lost more of it than the root of its lightness. The
    limits were read off photos of beards from stubble to full: roughness 0.02 to 0.07, that of bare cheeks 0.005 to 0.014.
    """
    near = 0.03 * unit
    bare = grow(share, -0.015 * unit) > 0.9  # lips and nostrils have an edge, which is as rough as a beard
    upper, lower = bare & (low < 0.5), bare & (low >= 0.5)
    if not upper.any() or not lower.any():
        return np.zeros_like(share)
    fine = lab[..., 0] - local_mean(lab[..., 0], share, 0.012 * unit)
    rough = np.sqrt(local_mean(np.clip(fine, -0.04, 0.04) ** 2, share * bare, near))  # clipped: one mole is no beard
    usual = float(np.median(rough[upper]))
    broad = local_mean(lab, share, near)
    chroma = np.linalg.norm(broad[..., 1:], axis=-1)
    above = max(float(np.median(broad[upper][:, 0])), 1e-3)
    dark = ramp(above - broad[..., 0], 0.14, 0.24)
    shaded = max(float(np.median(chroma[upper])), 1e-3) * np.sqrt(np.clip(broad[..., 0] / above, 1e-3, 1))
    grey = ramp(1 - chroma / shaded, 0.25, 0.5)
    hairy = np.maximum(ramp(rough, max(1.3 * usual, 0.015), max(2.2 * usual, 0.026)), dark * grey)
    return np.asarray(cv2.GaussianBlur(low * hairy, (0, 0), max(0.5 * near, 0.3)), np.float32)


def _lower_face(face: FaceView, picture: np.ndarray, scale: float) -> np.ndarray:
    """1 below the wings of the nose, where beards grow, 0 above and on nose, neck and ears: (h, w) float32."""
    nose, shape = face.landmarks.nose, picture.shape[:2]
    if nose is None:
        return np.zeros(shape, np.float32)
    down = np.array([-np.sin(np.deg2rad(face.roll)), np.cos(np.deg2rad(face.roll))])
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) + np.float32(0.5)
    level = float((nose.left_wing + nose.right_wing) @ down) / 2 * scale
    below = ramp((x * down[0] + y * down[1] - level) / max(face.unit * scale, 1e-6), -0.02, 0.04)
    return np.asarray(below * _small_mask(face, ["skin"], picture), np.float32)

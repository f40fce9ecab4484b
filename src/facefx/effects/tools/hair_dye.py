"""Hair as it would be, had it grown in another colour.

A head whose locks are louder than those of other heads of its colour keeps being so among heads of the new one: each of its
statistics stays as many deviations above or below what is usual. Then its light and colour are bent, scale by scale, until they
have the statistics so found. Where light lies and where shade stays the photo's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ...pixels import color as colors
from ...pixels.blend import foreground
from ...pixels.cells import Enlarged, in_cells
from .hair_curves import bent_tails, toned
from .hair_spread import usual
from .hair_statistics import (
    OF_COLOR,
    QUANTILES,
    SCALES,
    TAILS,
    HairStatistics,
    Where,
    bent,
    by_light,
    covariance,
    hue_axis,
    knots_of,
    levels,
    lock_light,
    loudness,
    statistics_of,
    turned,
)
from .recoloring import from_perceived, perceived

__all__ = ["HeadOfHair", "repainted"]

#: How many pixels of the copy on which all of this happens a face unit is, about: single hairs can just be told apart.
_DETAIL = 130.0
#: Within how much of its outline hair is not sure, in face units, and how wide its soft edge is.
_OUTLINE, _EDGE = 0.012, 0.03
#: Hair that is so many times closer to being none is taken to be mixed with what is behind it; see `foreground`.
_WARY = np.float32(3)
#: How many deviations from the usual a head keeps at most.
_MOST_UNUSUAL = 2.5
#: How much a scale is strengthened at most, in light and, one by one, in colour: what is dark shows little, and noise beside it.
_MOST, _MOST_COLOR = 3.0, (4.0, 4.0, 3.0, 2.0, 1.5)
#: Over what distance in colour a head gives up how its colours are spread, OKLab with perceived lightness.
_KEPT_COLOR = 0.6
#: Logarithm of how much louder or quieter a place may become.
_MOST_LOUD = 1.2
#: How much of the colour that is in detail finer than the copy stays, where all of it would be as loud as light.
_COLOR_DETAIL = np.float32(0.25)
#: How many pixels are looked at for detail that is finer than the copy.
_SAMPLES = 20_000
#: How far normal values z lean if so much of their square is added, and how much of it there may be, so that it still rises.
_LEANING_OF_SQUARE, _MOST_BENT = 2.33, 0.2
#: Of white noise, as rounding to eight bits makes it, how much lies in single hairs and in strands.
_ROUNDING = 1.3, 0.15


@dataclass(frozen=True, eq=False)
class Finer:
    """Detail finer than a copy shows: how loud it is, as a share of the copy's finest, and how far it leans to the light.

    `finest` is how loud the copy's finest is round about: (h, w) float32.
    """

    loudness: float
    leaning: float
    finest: np.ndarray


@dataclass(frozen=True, eq=False)
class HeadOfHair:
    """A head of hair in a picture, on a copy whose pixels are `cell` of the picture's.

    Attributes
    ----------
    lab : (h, w, 3) float32, OKLab with perceived lightness, of hair alone also at its edge.
    weight : (h, w) float32 in [0, 1], how surely a pixel is hair and nothing else.
    unit : the face's size, in pixels of the copy.
    cell : how many of the picture's pixels one is.
    image : (H, W, 3) float32, the picture, if it has finer detail.
    """

    lab: np.ndarray
    weight: np.ndarray
    unit: float
    cell: int
    image: np.ndarray | None = None

    @classmethod
    def of(cls, image: np.ndarray, mask: np.ndarray, unit: float) -> HeadOfHair:
        """The hair of a picture: (H, W, 3) float32 RGB in [0, 1]; its mask, (H, W) float32 in [0, 1]; the face's size in pixels."""
        cell = max(min(int(unit / _DETAIL + 0.5), *mask.shape), 1)
        share, size = in_cells(mask, cell), unit / cell
        weight = share * np.clip(2 * cv2.GaussianBlur(share, (0, 0), max(_OUTLINE * size, 0.5)) - 1, 0, 1)
        if not (weight >= 0.5).any():  # a few strands: the best there is
            weight = share
        # Along the edge what is behind shows through: a little of a bright wall would be a highlight, and dyed white.
        hair = foreground(in_cells(image, cell), np.clip(1 - _WARY * (1 - share), 0, 1), _EDGE * size)
        return cls(colors.by_bands(_seen, hair), np.asarray(weight, np.float32), size, cell, image if cell > 1 else None)

    @classmethod
    def inside(cls, image: np.ndarray, weight: np.ndarray, unit: float) -> HeadOfHair:
        """What a weight picks of a small picture, with no edge to it."""
        return cls(_seen(image), weight, unit, 1)

    @cached_property
    def where(self) -> Where:
        """The weight, and what is found of it once."""
        return Where(self.weight)

    @cached_property
    def middle(self) -> np.ndarray:
        """Its median colour, (3,) float64."""
        return np.median(self.lab[self.where.sure], axis=0).astype(np.float64)

    @property
    def statistics(self) -> HairStatistics:
        return self._measured[0]

    @cached_property
    def _measured(self) -> tuple[HairStatistics, np.ndarray]:
        return statistics_of(self._colors, self.where, self.unit)

    @cached_property
    def _colors(self) -> np.ndarray:
        light, a, b = cv2.split(self.lab)
        return np.asarray(cv2.merge([light, *turned(a, b, hue_axis(self.middle))]))

    def wanted(self, target: np.ndarray) -> HairStatistics:
        """The statistics that this head would have in a colour, (3,) OKLab with perceived lightness."""
        (mean, spread), (new, new_spread) = usual(self.middle), usual(target)
        unusual = np.clip((self.statistics.numbers() - mean) / spread, -_MOST_UNUSUAL, _MOST_UNUSUAL)
        # How colour is spread in black hair says little of how it would be in blonde.
        unusual[OF_COLOR] *= np.exp(-float(np.linalg.norm(target - self.middle)) / _KEPT_COLOR)
        chroma = float(target[1:] @ hue_axis(target))
        return HairStatistics.of_numbers(new + unusual * new_spread, float(target[0]), chroma)

    @cached_property
    def own(self) -> Enlarged:
        """Its own colours, and what becomes of detail that its pixels are too coarse for.

        (h, w, 5): OKLab with perceived lightness; by how much the lightness of such detail is multiplied, and its square.
        """
        return Enlarged(cv2.merge([self.lab, self._detailed, np.zeros_like(self.weight)]), self.cell)

    def grown(self, color: str) -> Enlarged:
        """The hair in a colour, as `own` has it."""
        target = np.asarray(_seen(np.array(colors.parse(color), np.float32)[None, None])[0, 0], np.float64)
        wanted = self.wanted(target)
        new = self._in_color(target, wanted)
        if self.finer is None:
            return Enlarged(cv2.merge([new, self._detailed, self._detailed]), self.cell)
        # What is finer than a pixel of the copy is taken to be as much stronger as the finest that it shows, and leans as far to
        # one side as hair of that colour does: light hair has dark gaps, where dark hair has bright threads.
        before, after = self.finer.finest, self._finest(new[..., 0])
        gain = self._detailed * np.clip(after / before, np.float32(0.25), np.float32(_MOST))
        loud = np.float32(self.finer.loudness) * before
        lean = np.clip((_leaning(wanted.shape[0]) - self.finer.leaning) / _LEANING_OF_SQUARE, -_MOST_BENT, _MOST_BENT)
        light = new[..., 0] - np.float32(lean) * gain * loud
        return Enlarged(cv2.merge([light, new[..., 1], new[..., 2], gain, np.float32(lean) * gain / loud]), self.cell)

    def _finest(self, light: np.ndarray) -> np.ndarray:
        """How loud single hairs are round about: (h, w) float32."""
        light = np.ascontiguousarray(light)
        return loudness(light - self.where.mean(light, SCALES[0] * self.unit), self.where, self.unit)

    @cached_property
    def finer(self) -> Finer | None:
        """What the picture has of detail that the copy's pixels are too coarse for; None if they are the picture's."""
        if self.image is None:
            return None
        rows, columns = np.nonzero(self.where.sure)
        some = slice(None, None, len(rows) // _SAMPLES + 1)
        rng = np.random.default_rng(0)
        within = rng.random((2, len(rows[some])))
        y, x = (
            np.minimum(((v[some] + w) * self.cell).astype(np.intp), n - 1)
            for v, w, n in zip((rows, columns), within, self.image.shape[:2], strict=True)
        )
        places = (((v + 0.5) / self.cell - 0.5).astype(np.float32)[None] for v in (x, y))
        coarse = cv2.remap(self.lab[..., 0], *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]  # type: ignore[call-overload]
        finest = self._finest(self.lab[..., 0])
        detail = (_seen(self.image[y, x][None])[0, :, 0] - coarse) / finest[rows[some], columns[some]]
        return Finer(max(float(detail.std()), 1e-3), _leaning(np.quantile(detail, TAILS)), finest)

    @cached_property
    def _detailed(self) -> np.ndarray:
        return np.zeros_like(self.weight) if self.finer is None else self.weight

    def _in_color(self, target: np.ndarray, wanted: HairStatistics) -> np.ndarray:
        """The hair in a colour, (3,) OKLab with perceived lightness: (h, w, 3) float32, of the same kind."""
        (own, bare), sure = self._measured, self.where.sure
        spread = _unrounded(wanted.spread, target)
        light = self._spread(toned(bare[..., 0], own.light, wanted.light), spread[:, 0, 0])
        light, lock, knots = self._loud(toned(light, np.quantile(light[sure], QUANTILES), wanted.light), wanted)
        a, b = self._tied(cv2.merge([light, bare[..., 1], bare[..., 2]]), spread)
        axis = hue_axis(target) * (1, -1)
        a, b = turned(a + bent(lock, knots, wanted.along), b + bent(lock, knots, wanted.across), axis)
        # Its median lies on the colour that was asked for.
        a, b = (v + np.float32(target[c] - np.median(v[sure])) for c, v in ((1, a), (2, b)))
        return np.asarray(cv2.merge([light, a, b]))

    def _spread(self, light: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Light with these variances at each scale."""
        result = np.full_like(light, light[self.where.sure].mean())
        for level, wanted in zip(levels(np.ascontiguousarray(light), self.where, self.unit), variance, strict=True):
            result += level * np.float32(np.clip(np.sqrt(wanted) / (level[self.where.sure].std() + 3e-4), 0.1, _MOST))
        return result

    def _loud(self, light: np.ndarray, wanted: HairStatistics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Light with single hairs, strands and locks as loud as wanted where it is so bright; its locks' light; that at KNOTS."""
        where, sure, unit = self.where, self.where.sure, self.unit
        lock = where.mean(light, lock_light(unit))
        knots = knots_of(lock[sure])
        fine = np.zeros_like(light)
        rest = light
        for k, level in enumerate(levels(light, where, unit)[: len(wanted.loud)]):
            rest = rest - level
            volume = loudness(level, where, unit)
            loud = np.asarray(cv2.log(volume))
            usual_here = by_light(lock[sure], loud[sure], knots)
            unusual = loud - bent(lock, knots, usual_here)
            uneven = max(float(np.exp(wanted.uneven[k])) - 0.05, 0.05) / max(float(unusual[sure].std()), 0.05)
            level = level / volume
            if k < len(wanted.shape):
                level = bent_tails(level, np.quantile(level[sure], TAILS), wanted.shape[k])
            new = bent(lock, knots, wanted.loud[k]) + np.float32(uneven) * unusual
            fine += level * np.asarray(cv2.exp(np.clip(new, loud - _MOST_LOUD, loud + _MOST_LOUD)))
        light = toned(rest, np.quantile((rest + fine)[sure], QUANTILES), wanted.light) + fine
        lock = where.mean(light, lock_light(unit))
        return light, lock, knots_of(lock[sure])

    def _tied(self, values: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chroma along and across, tied to the final light as wanted within each scale."""
        result = np.zeros((*values.shape[:2], 2), np.float32)
        for level, spread, most in zip(levels(values, self.where, self.unit), wanted, _MOST_COLOR, strict=True):
            own = covariance(level[self.where.sure])
            follows, follow = own[0, 1:] / own[0, 0], spread[0, 1:] / np.sqrt(spread[0, 0] * own[0, 0])
            left, leave = (c[1:, 1:] - np.outer(f, f) * own[0, 0] for c, f in ((own, follows), (spread, follow)))
            free = _least_moving(left, leave, most)
            result += cv2.transform(level, np.hstack([(follow - free @ follows)[:, None], free]))
        along, across = cv2.split(result)
        return along, across


def repainted(image: np.ndarray, own: np.ndarray, new: np.ndarray) -> np.ndarray:
    """RGB to lay over the picture through the hair's mask, whose edge is a share of hair and a share of what is behind it.

    The picture there is `own` for the mask's share, so it changes by that share of the difference. At the edge this may go beyond
    [0, 1]; laid over the picture it does not, or hardly.

    Parameters
    ----------
    image : (h, w, 3) float32 RGB in [0, 1].
    own, new : (h, w, 5) float32, parts of `HeadOfHair.own` and of `HeadOfHair.grown`.
    """
    before, after = own[..., :3], new[..., :3]
    if own[..., 3].any():
        finer = _seen(image) - before
        # As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
        most = np.float32(0.4) * new[..., 3] / (np.abs(new[..., 4]) + np.float32(1e-6))
        light = np.clip(finer[..., 0], -most, most)
        shares = own[..., 3], _COLOR_DETAIL * new[..., 3]
        before, after = (
            cv2.merge([v[..., 0] + light * (v[..., 3] + light * v[..., 4]), *(v[..., c] + share * finer[..., c] for c in (1, 2))])
            for v, share in zip((own, new), shares, strict=True)
        )
    return np.asarray(image + (_shown(after) - _shown(before)))


def _seen(rgb: np.ndarray) -> np.ndarray:
    lab = colors.to_oklab(rgb)
    lab[..., 0] = perceived(lab[..., 0])
    return lab


def _leaning(tails: np.ndarray) -> float:
    """How far values lean to the light side, by their distribution at TAILS: Bowley's skewness of the first and last hundredth."""
    low, middle, high = np.interp((0.01, 0.5, 0.99), TAILS, tails)
    return float((low + high - 2 * middle) / max(high - low, 1e-6))


def _shown(lab: np.ndarray) -> np.ndarray:
    """RGB in [0, 1] of OKLab with perceived lightness."""
    light, a, b = cv2.split(lab)
    rgb = colors.from_oklab(cv2.merge([from_perceived(np.clip(light, np.float32(0), np.float32(1))), a, b]))
    return np.clip(rgb, np.float32(0), np.float32(1), out=rgb)


def _unrounded(spread: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Without what the photos' rounding to eight bits had part in it, since the result is rounded too."""
    rgb = np.clip(colors.from_oklab(np.array([from_perceived(target[0]), *target[1:]], np.float32)), 0, 1)
    steps = rgb + 0.01 * np.vstack([np.eye(3), np.zeros((1, 3))])
    lab = _seen(steps.astype(np.float32))
    light, (along, across) = lab[:, 0], turned(lab[:, 1], lab[:, 2], hue_axis(target))
    colors_of = np.stack([light, along, across], axis=1).astype(np.float64)
    slopes = (colors_of[:3] - colors_of[3]).T / 0.01
    noise = slopes @ slopes.T / (12 * 255**2)
    result = np.array(spread)
    for k, share in enumerate(_ROUNDING):
        values, vectors = np.linalg.eigh(spread[k] - share * noise)
        result[k] = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    return result


def _least_moving(own: np.ndarray, wanted: np.ndarray, most: float) -> np.ndarray:
    """The linear map from one covariance to another that moves normal values least, (n, n); at most so much stretched.

    Olkin and Pukelsheim, "The distance between two random vectors with given dispersion matrices", 1982; for colours Pitié and
    Kokaram, "The linear Monge-Kantorovitch linear colour mapping", 2007.
    """
    root = _root(own + 1e-7 * np.eye(len(own)))
    back = np.linalg.inv(root)
    map_ = back @ _root(root @ wanted @ root) @ back
    left, stretch, right = np.linalg.svd(map_)
    return np.asarray((left * np.clip(stretch, 0.1, most)) @ right)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)

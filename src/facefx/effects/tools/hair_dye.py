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
from ...pixels.blend import in_front, inside_mean
from ...pixels.cells import EnlargedPlanes, in_cells, tiles
from .hair_curves import bent_tails, toned
from .hair_locks import Locks
from .hair_outline import Outline
from .hair_scales import SCALES, Where, levels, loudness, quantiles
from .hair_spread import usual
from .hair_statistics import (
    OF_COLOR,
    QUANTILES,
    TAILS,
    HairStatistics,
    Measured,
    covariance,
    hue_axis,
    measured,
    turned,
)
from .hair_worn import worn
from .recoloring import from_perceived, perceived

__all__ = ["HeadOfHair", "seen"]

#: How many pixels of the copy on which all of this happens a face unit is, about: single hairs can just be told apart. Frames of a
#: film look the same with fewer, for half the work.
_DETAIL, _DETAIL_IN_FILM = 130.0, 105.0
#: Within how much of its outline hair is not sure, in face units, how wide its soft edge is, and how wide that of curls.
_OUTLINE, _EDGE, _CURLS = 0.012, 0.03, 0.12
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
#: How many pixels are looked at for detail that is finer than the copy.
_SAMPLES = 10_000
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
    some : (h, w) bool, where any hair is; beyond, `lab` says nothing.
    image : (H, W, 3) float32, the picture, if it has finer detail.
    outline : where it may be mixed with something lighter.
    """

    lab: np.ndarray
    weight: np.ndarray
    unit: float
    cell: int
    some: np.ndarray
    image: np.ndarray | None = None
    outline: Outline | None = None

    @classmethod
    def of(cls, image: np.ndarray, mask: np.ndarray, unit: float, in_film: bool = False) -> HeadOfHair:
        """The hair of a picture: (H, W, 3) float32 RGB in [0, 1]; its mask, (H, W) float32 in [0, 1]; the face's size in pixels."""
        detail = _DETAIL_IN_FILM if in_film else _DETAIL
        cell = max(min(int(unit / detail + 0.5), *mask.shape), 1)
        share, size = in_cells(mask, cell), unit / cell
        weight = share * np.clip(2 * cv2.GaussianBlur(share, (0, 0), max(_OUTLINE * size, 0.5)) - 1, 0, 1)
        if not (weight >= 0.5).any():  # a few strands: the best there is
            weight = share
        # Along the edge what is behind shows through: a little of a bright wall would be a highlight, and dyed white.
        hair, sure = in_cells(image, cell), np.clip(1 - _WARY * (1 - share), 0, 1)
        behind = [inside_mean(hair, sure, radius * size) for radius in (_CURLS, _EDGE)]
        some, lab = share > 0, np.zeros_like(hair)
        if cell > 1:  # between pixels of the copy both count
            some = cv2.dilate(some.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        for tile in tiles(some):
            own = hair[tile]
            for mean, near in behind:  # as near by as there is any
                own = in_front(own, sure[tile], mean[tile], near[tile])
            lab[tile] = seen(own)
        outline = Outline.of(hair, share, size)
        return cls(lab, np.asarray(weight, np.float32), size, cell, some, image if cell > 1 else None, outline)

    @classmethod
    def inside(cls, image: np.ndarray, weight: np.ndarray, unit: float) -> HeadOfHair:
        """What a weight picks of a small picture, with no edge to it."""
        return cls(seen(image), weight, unit, 1, np.ones(weight.shape, bool))

    @cached_property
    def where(self) -> Where:
        """The weight, and what is found of it once."""
        return Where(self.weight)

    @cached_property
    def middle(self) -> np.ndarray:
        """Its median colour, (3,) float64."""
        return np.array([quantiles(self.where.at_sure(plane), (0.5,))[0] for plane in self._planes])

    @property
    def statistics(self) -> HairStatistics:
        return self._measured.statistics

    @cached_property
    def _measured(self) -> Measured:
        light, a, b = self._planes
        return measured(light, *turned(a, b, hue_axis(self.middle)), self.where, self.unit)

    @cached_property
    def _planes(self) -> tuple[np.ndarray, ...]:
        """`lab`, one by one."""
        return tuple(cv2.split(self.lab))

    def wanted(self, target: np.ndarray) -> HairStatistics:
        """The statistics that this head would have in a colour, (3,) OKLab with perceived lightness."""
        (mean, spread), (new, new_spread) = usual(self.middle), usual(target)
        unusual = np.clip((self.statistics.numbers() - mean) / spread, -_MOST_UNUSUAL, _MOST_UNUSUAL)
        # How colour is spread in black hair says little of how it would be in blonde.
        unusual[OF_COLOR] *= np.exp(-float(np.linalg.norm(target - self.middle)) / _KEPT_COLOR)
        chroma = float(target[1:] @ hue_axis(target))
        return HairStatistics.of_numbers(new + unusual * new_spread, float(target[0]), chroma)

    @cached_property
    def own(self) -> EnlargedPlanes:
        """Its own colours, and what becomes of detail that its pixels are too coarse for.

        (5, h, w): OKLab with perceived lightness; by how much the lightness of such detail is multiplied, and its square.
        """
        return EnlargedPlanes(np.stack([*self._planes, self._detailed, np.zeros_like(self.weight)]), self.cell)

    def grown(self, color: str, light: np.ndarray | None = None) -> EnlargedPlanes:
        """The hair in a colour, as `own` has it; no lighter than hair is in that light, if one is given, see `worn`."""
        target = np.asarray(seen(np.array(colors.parse(color), np.float32)[None, None])[0, 0], np.float64)
        if light is not None:
            target = worn(target, light)
        wanted = self.wanted(target)
        lightness, a, b = self._in_color(target, wanted)
        if self.finer is None:
            return EnlargedPlanes(np.stack([lightness, a, b, self._detailed, self._detailed]), self.cell)
        # What is finer than a pixel of the copy is taken to be as much stronger as the finest that it shows, and leans as far to
        # one side as hair of that colour does: light hair has dark gaps, where dark hair has bright threads.
        before, after = self.finer.finest, self._finest(lightness)
        gain = self._detailed * np.clip(after / before, np.float32(0.25), np.float32(_MOST))
        loud = np.float32(self.finer.loudness) * before
        lean = np.clip((_leaning(wanted.shape[0]) - self.finer.leaning) / _LEANING_OF_SQUARE, -_MOST_BENT, _MOST_BENT)
        lightness = lightness - np.float32(lean) * gain * loud
        return EnlargedPlanes(np.stack([lightness, a, b, gain, np.float32(lean) * gain / loud]), self.cell)

    def _finest(self, light: np.ndarray) -> np.ndarray:
        """How loud single hairs are round about: (h, w) float32."""
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
        coarse = cv2.remap(self._planes[0], *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]  # type: ignore[call-overload]
        finest = self._measured.finest
        detail = (seen(self.image[y, x][None])[0, :, 0] - coarse) / finest[rows[some], columns[some]]
        return Finer(max(float(detail.std()), 1e-3), _leaning(quantiles(detail, TAILS)), finest)

    @cached_property
    def _detailed(self) -> np.ndarray:
        return np.zeros_like(self.weight) if self.finer is None else self.weight

    def _in_color(self, target: np.ndarray, wanted: HairStatistics) -> tuple[np.ndarray, ...]:
        """The hair in a colour, (3,) OKLab with perceived lightness: three of (h, w) float32, of the same kind."""
        own, sure = self._measured.statistics, self.where.at_sure
        spread = _unrounded(wanted.spread, target)
        light = self._spread(toned(self._planes[0], own.light, wanted.light), spread[:, 0, 0])
        light, locks = self._loud(toned(light, quantiles(sure(light), QUANTILES), wanted.light), wanted)
        a, b = self._tied(light, spread)
        axis = hue_axis(target) * (1, -1)
        a, b = turned(a + locks.everywhere(wanted.along), b + locks.everywhere(wanted.across), axis)
        if self.outline is not None:
            light, a, b = self.outline.taken_off(light, a, b)
        # Its median lies on the colour that was asked for.
        return tuple(v + np.float32(target[c] - quantiles(sure(v), (0.5,))[0]) for c, v in enumerate((light, a, b)))

    def _spread(self, light: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Light with these variances at each scale."""
        result = np.full_like(light, self.where.at_sure(light).mean())
        for level, wanted in zip(levels(light, self.where, self.unit), variance, strict=True):
            gain = np.clip(np.sqrt(wanted) / (float(self.where.at_sure(level).std()) + 3e-4), 0.1, _MOST)
            cv2.scaleAdd(level, float(gain), result, result)
        return result

    def _loud(self, light: np.ndarray, wanted: HairStatistics) -> tuple[np.ndarray, Locks]:
        """Light with single hairs, strands and locks as loud as wanted where it is so bright; and its locks."""
        where, sure, unit = self.where, self.where.at_sure, self.unit
        locks = Locks.of(light, where, unit)
        fine = np.zeros_like(light)
        rest = light
        for k, level in enumerate(levels(light, where, unit, len(wanted.loud))):
            rest = rest - level
            volume = loudness(level, where, unit)
            loud = np.asarray(cv2.log(volume))
            logs = sure(loud)
            (usual_here,) = locks.read(logs)
            unusual = float((logs - locks.at_sure(usual_here)).std())
            uneven = max(float(np.exp(wanted.uneven[k])) - 0.05, 0.05) / max(unusual, 0.05)
            level = level / volume
            if k < len(wanted.shape):
                level = bent_tails(level, quantiles(sure(level), TAILS), wanted.shape[k])
            # what is usual in the new colour, and of what is unusual here so much
            new = locks.everywhere(wanted.loud[k] - uneven * usual_here)
            cv2.scaleAdd(loud, uneven, new, new)
            most = np.float32(_MOST_LOUD)
            fine += level * np.asarray(cv2.exp(np.clip(new, loud - most, loud + most)))
        light = toned(rest, quantiles(sure(rest + fine), QUANTILES), wanted.light) + fine
        return light, Locks.of(light, where, unit)

    def _tied(self, light: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chroma along and across, tied to the final light as wanted within each scale."""
        sure, tints = self.where.at_sure, self._measured.tints
        result, scales = (np.zeros_like(light), np.zeros_like(light)), levels(light, self.where, self.unit)
        own = np.stack([covariance(*map(sure, (level, *tint))) for level, tint in zip(scales, tints, strict=True)])
        variance = own[:, 0, 0]
        follows = own[:, 0, 1:] / variance[:, None]
        follow = wanted[:, 0, 1:] / np.sqrt(wanted[:, 0, 0] * variance)[:, None]
        left, leave = (
            c[:, 1:, 1:] - f[:, :, None] * f[:, None] * variance[:, None, None] for c, f in ((own, follows), (wanted, follow))
        )
        free = _least_moving(left, leave, np.array(_MOST_COLOR))
        tied = follow[..., None] - free @ follows[..., None]
        for level, tint, of_light, of_tint in zip(scales, tints, tied, free, strict=True):
            for sum_, shares in zip(result, np.hstack([of_light, of_tint]), strict=True):
                for values, share in zip((level, *tint), shares, strict=True):
                    cv2.scaleAdd(values, float(share), sum_, sum_)
        return result


def seen(rgb: np.ndarray) -> np.ndarray:
    """OKLab with perceived lightness of sRGB in [0, 1]."""
    lab = colors.to_oklab(rgb)
    lab[..., 0] = perceived(lab[..., 0])
    return lab


def _leaning(tails: np.ndarray) -> float:
    """How far values lean to the light side, by their distribution at TAILS: Bowley's skewness of the first and last hundredth."""
    low, middle, high = np.interp((0.01, 0.5, 0.99), TAILS, tails)
    return float((low + high - 2 * middle) / max(high - low, 1e-6))


def _unrounded(spread: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Without what the photos' rounding to eight bits had part in it, since the result is rounded too."""
    rgb = np.clip(colors.from_oklab(np.array([from_perceived(target[0]), *target[1:]], np.float32)), 0, 1)
    steps = rgb + 0.01 * np.vstack([np.eye(3), np.zeros((1, 3))])
    lab = seen(steps.astype(np.float32))
    light, (along, across) = lab[:, 0], turned(lab[:, 1], lab[:, 2], hue_axis(target))
    colors_of = np.stack([light, along, across], axis=1).astype(np.float64)
    slopes = (colors_of[:3] - colors_of[3]).T / 0.01
    noise = slopes @ slopes.T / (12 * 255**2)
    result = np.array(spread)
    for k, share in enumerate(_ROUNDING):
        values, vectors = np.linalg.eigh(spread[k] - share * noise)
        result[k] = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    return result


def _least_moving(own: np.ndarray, wanted: np.ndarray, most: np.ndarray) -> np.ndarray:
    """The linear maps from covariances, (k, n, n), to others that move normal values least; at most so much stretched, (k,).

    Olkin and Pukelsheim, "The distance between two random vectors with given dispersion matrices", 1982; for colours Pitié and
    Kokaram, "The linear Monge-Kantorovitch linear colour mapping", 2007.
    """
    root = _root(own + 1e-7 * np.eye(own.shape[-1]))
    back = np.linalg.inv(root)
    map_ = back @ _root(root @ wanted @ root) @ back
    left, stretch, right = np.linalg.svd(map_)
    return np.asarray((left * np.clip(stretch, 0.1, most[:, None])[:, None]) @ right)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))[:, None]) @ vectors.swapaxes(-1, -2))

"""A judge of hair: told two kinds of heads apart by texture alone, how well does it tell them?

It sees patches inside the hair, and stretches of a band of 12 pixels along its outline, each described by how light and colour vary
there at several scales, never by their mean colour. Boosted trees learn to tell the two kinds apart, trained and tested in five
folds grouped by photo. The figure is the area under the ROC curve, in per cent: 50 is a judge who guesses, 100 one who always
knows. Needs scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from facefx.effects.tools.recoloring import perceived
from facefx.pixels import color as colors

__all__ = ["SIDE", "auc", "bands", "compare", "deep", "texture"]

#: Side of the photos and of the judge's patches, in pixels, how many patches of a photo it sees at most, and half the band's width.
SIDE, PATCH, MOST, BAND = 384, 48, 8, 6
#: Standard deviations of the scales that light and colour are told apart into.
SCALES = (0.6, 1.2, 2.4, 4.8, 9.6)


def deep(hair: np.ndarray) -> np.ndarray:
    """How far each pixel lies from the outline, in pixels, negative outside the hair: (H, W) float32."""
    inside, outside = (cv2.distanceTransform(v.astype(np.uint8), cv2.DIST_L2, 5) for v in (hair, ~hair))
    return np.asarray(np.where(hair, inside - 0.5, 0.5 - outside), np.float32)


def bands(values: np.ndarray) -> list[np.ndarray]:
    """(H, W, 3) taken apart into what differs between one scale and the next, finest first."""
    smooth = [values, *(cv2.GaussianBlur(values, (0, 0), sigma) for sigma in SCALES)]
    return [fine - coarse for fine, coarse in pairwise(smooth)]


def seen(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32: perceived lightness, and OKLab's a and b."""
    lab = colors.to_oklab(image.astype(np.float32) / 255)
    lab[..., 0] = perceived(lab[..., 0])
    return lab


def log_spread(values: np.ndarray) -> float:
    return float(np.log(np.std(values) + 1e-4))


def moments(values: np.ndarray) -> list[float]:
    """Skew and kurtosis, bent so that no outlier rules."""
    normal = (values - values.mean()) / (values.std() + 1e-5)
    return [float(np.cbrt((normal**3).mean())), float(np.log((normal**4).mean() + 1e-3))]


def texture(lab: np.ndarray, parts: list[np.ndarray], window: tuple[slice, slice], inside: np.ndarray) -> list[float]:
    """A description of one patch's light and colour without their means; `inside`, (h, w) bool, is what of it counts."""
    own = lab[window][inside]
    own = own - own.mean(axis=0)
    result = [float(q) for q in np.quantile(own[:, 0], (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98))]
    result += [log_spread(own[:, c]) for c in (1, 2)]
    for part in parts:
        band = part[window][inside]
        spread = [log_spread(band[:, c]) for c in range(3)]
        result += [*spread, spread[1] - spread[0], spread[2] - spread[0], *moments(band[:, 0]), *moments(band[:, 2])]
        result += [float((band[:, 0] * band[:, c]).mean() / (band[:, 0].std() * band[:, c].std() + 1e-7)) for c in (1, 2)]
    # How colour follows light: chroma's slope in the shadows and in the highlights.
    for half in (own[:, 0] < 0, own[:, 0] >= 0):
        some = own[half]
        variance = some[:, 0].var() + 1e-5
        result += [float(((some[:, 0] - some[:, 0].mean()) * some[:, c]).mean() / variance) for c in (1, 2)]
    light_there = lab[window][..., 0]
    result.append(float((np.abs(np.diff(light_there, axis=1)) < 1e-4).mean()))  # steps of eight bits, torn apart
    return result


def patches(lab: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> list[list[float]]:
    """Descriptions of patches that lie in the hair."""
    parts, found = bands(lab), []
    corners = [(y, x) for y in range(0, SIDE - PATCH + 1, PATCH // 2) for x in range(0, SIDE - PATCH + 1, PATCH // 2)]
    taken = np.zeros(depth.shape, bool)
    for k in rng.permutation(len(corners)):
        y, x = corners[k]
        window = slice(y, y + PATCH), slice(x, x + PATCH)
        if (depth[window] > 3).mean() < 0.95 or taken[window].mean() > 0.3:
            continue
        taken[window] = True
        found.append(texture(lab, parts, window, depth[window] > 3))
        if len(found) == MOST:
            break
    return found


def outlines(lab: np.ndarray, depth: np.ndarray, rng: np.random.Generator) -> list[list[float]]:
    """Descriptions of stretches of the outline: how light and colour go across it, and how they vary."""
    fine, found = lab - cv2.GaussianBlur(lab, (0, 0), 1.2), []
    rows, columns = np.nonzero(np.abs(depth) < 1)
    free = np.ones(depth.shape, bool)
    for k in rng.permutation(len(rows)):
        y, x = rows[k], columns[k]
        if not free[y, x] or not (PATCH // 2 <= y < SIDE - PATCH // 2 and PATCH // 2 <= x < SIDE - PATCH // 2):
            continue
        window = slice(y - PATCH // 2, y + PATCH // 2), slice(x - PATCH // 2, x + PATCH // 2)
        near, here, detail = depth[window], lab[window], fine[window]
        within, beyond = (near > BAND) & (near <= BAND + 3), (near < -BAND) & (near >= -BAND - 3)
        if min(within.sum(), beyond.sum()) < 40:
            continue
        free[max(y - PATCH, 0) : y + PATCH, max(x - PATCH, 0) : x + PATCH] = False
        described: list[float] = []
        for step in range(-BAND, BAND):
            ring = (near > step) & (near <= step + 1)
            side = within if step >= 0 else beyond
            described += list((here[ring].mean(axis=0) - here[side].mean(axis=0)).tolist())
            if step >= -2:
                described += [log_spread(detail[ring][:, c]) - log_spread(detail[within][:, c]) for c in range(3)]
                described += [float(v) for v in np.quantile(here[ring][:, 0] - here[within][:, 0].mean(), (0.05, 0.95))]
        found.append(described)
        if len(found) == MOST:
            break
    return found


# the judge


@dataclass
class Seen:
    """Descriptions, whether each is of the second kind, and of which photo it is."""

    described: list[list[float]] = field(default_factory=list)
    second: list[bool] = field(default_factory=list)
    photo: list[int] = field(default_factory=list)

    def add(self, described: list[list[float]], second: bool, photo: int) -> None:
        self.described += described
        self.second += [second] * len(described)
        self.photo += [photo] * len(described)


def auc(score: np.ndarray, second: np.ndarray) -> float:
    """Area under the ROC curve, in per cent (Mann and Whitney's U, with the mean rank for ties)."""
    from scipy.stats import rankdata

    many = int(second.sum())
    return float(100 * (rankdata(score)[second].sum() - many * (many + 1) / 2) / max(many * (len(second) - many), 1))


def judged(what: Seen) -> tuple[float, float, float]:
    """AUC and its interval, from scores that each photo got while the judge had not seen it."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedGroupKFold

    described, second, photo = np.array(what.described, np.float32), np.array(what.second), np.array(what.photo)
    score = np.zeros(len(second))
    for learn, test in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(described, second, photo):
        trees = HistGradientBoostingClassifier(
            max_iter=120, learning_rate=0.08, max_leaf_nodes=12, l2_regularization=1.0, random_state=0
        )
        score[test] = trees.fit(described[learn], second[learn]).predict_proba(described[test])[:, 1]
    rng, members = np.random.default_rng(0), [np.flatnonzero(photo == p) for p in np.unique(photo)]
    again = []
    for _ in range(200):
        rows = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
        again.append(auc(score[rows], second[rows]))
    return auc(score, second), *(float(v) for v in np.quantile(again, (0.025, 0.975)))


def compare(kinds: tuple[list[tuple[int, np.ndarray, np.ndarray]], ...]) -> tuple[str, str]:
    """The two judges' figures for two kinds of photos, each a number of its own, (H, W, 3) uint8 and its hair."""
    inner, edge = Seen(), Seen()
    for second, photos in enumerate(kinds):
        for number, image, hair in photos:
            lab, depth, rng = seen(image), deep(hair), np.random.default_rng(number)
            inner.add(patches(lab, depth, rng), bool(second), number)
            edge.add(outlines(lab, depth, rng), bool(second), number)
    shown = [f"{middle:.1f} ({low:.0f}–{high:.0f})" for middle, low, high in (judged(inner), judged(edge))]
    return shown[0], shown[1]

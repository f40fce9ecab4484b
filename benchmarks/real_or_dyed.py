"""Real or dyed: can a judge tell dyed hair from hair that grew in that colour?

    python benchmarks/real_or_dyed.py --data FOLDER          # FOLDER holds celebamask_more: images/, labels/, train.txt
    python benchmarks/real_or_dyed.py --data FOLDER --heads 80 --way "dark to light" --markdown docs/real_or_dyed.md

For each way, photos whose own hair has the wanted colour stand against other photos dyed at full strength to the median colour of
one of those. Patches inside the hair drawn by hand, and stretches of a band of 12 pixels along its outline, are each described by
how light and colour vary in them at several scales, never by their mean colour; boosted trees learn to tell the two kinds apart,
trained and tested in five folds grouped by photo. The figure is the area under the ROC curve of the patches, in per cent: 50 is a
judge who guesses, 100 one who always knows. The interval is that of 95 % of bootstrap samples of photos.

Two controls say what the judge is worth: one half of the photos with such hair against the other half (near 50), and photos whose
hue, saturation and brightness were swapped for the wanted ones, as in most tutorials (near 100).

Photos at odd places of the list only, so that a dye may learn from the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

import facefx
from facefx.effects.tools.recoloring import perceived
from facefx.face.scene import Scene
from facefx.labels import scheme
from facefx.pixels import color as colors
from recolor import paint
from results import add_markdown, markdown, show

#: Side of the photos and of the judge's patches, in pixels, how many patches of a photo it sees at most, and half the band's width.
SIDE, PATCH, MOST, BAND = 384, 48, 8, 6
#: Standard deviations of the scales that light and colour are told apart into.
SCALES = (0.6, 1.2, 2.4, 4.8, 9.6)
HEADINGS = ("way", "heads", "patches: AUC", "outline: AUC")


@dataclass(frozen=True)
class Head:
    """A photo, the hair drawn by hand, and its median colour.

    Attributes
    ----------
    image : (SIDE, SIDE, 3) uint8 RGB.
    hair : (SIDE, SIDE) bool.
    own : (3,) OKLab.
    """

    name: str
    image: np.ndarray = field(repr=False)
    hair: np.ndarray = field(repr=False)
    own: np.ndarray

    @property
    def light(self) -> float:
        return float(perceived(self.own[0]))

    @property
    def chroma(self) -> float:
        return float(np.hypot(*self.own[1:]))

    @property
    def hue(self) -> float:
        """In degrees: 30 is red, 90 yellow."""
        return float(np.degrees(np.arctan2(self.own[2], self.own[1])))


def light(head: Head) -> bool:
    return head.light >= 0.45 and head.chroma > 0.025


def dark(head: Head) -> bool:
    return 0.05 < head.light < 0.18


def black(head: Head) -> bool:
    return 0.03 < head.light < 0.1


def copper(head: Head) -> bool:
    return 0.18 < head.light < 0.5 and head.chroma > 0.05 and head.hue < 50


def not_copper(head: Head) -> bool:
    return 0.05 < head.light < 0.3 and not copper(head)


def not_black(head: Head) -> bool:
    return head.light > 0.2


#: Name of the way: which heads are dyed, and which have hair of that colour.
WAYS: dict[str, tuple[Callable[[Head], bool], Callable[[Head], bool]]] = {
    "dark to light": (dark, light),
    "light to dark": (light, dark),
    "brown to copper": (not_copper, copper),
    "brown and light to black": (not_black, black),
}


def heads(data: Path) -> list[Head]:
    """The photos to judge by, of which the hair is neither hidden nor a trifle."""
    index = scheme("celebamask").indices_of("hair")
    names = (data / "train.txt").read_text().split()[1::2]
    found = []
    for name in track(names, description="photos", console=Console()):
        image, labels = cv2.imread(str(data / "images" / f"{name}.webp")), cv2.imread(str(data / "labels" / f"{name}.png"), -1)
        hair = cv2.resize(np.isin(labels, index).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) >= 0.5
        if hair.mean() < 0.12:
            continue
        rgb = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        own = np.median(colors.to_oklab(rgb[deep(hair) >= 5].astype(np.float32) / 255), axis=0)
        found.append(Head(name, rgb, hair, own))
    return found


def deep(hair: np.ndarray) -> np.ndarray:
    """How far each pixel lies from the outline, in pixels, negative outside the hair: (H, W) float32."""
    inside, outside = (cv2.distanceTransform(v.astype(np.uint8), cv2.DIST_L2, 5) for v in (hair, ~hair))
    return np.asarray(np.where(hair, inside - 0.5, 0.5 - outside), np.float32)


def dyed(scene: Scene, target: np.ndarray) -> np.ndarray:
    """The photo with its hair in the target's colour, OKLab (3,): (H, W, 3) uint8."""
    code = np.rint(255 * np.clip(colors.from_oklab(target[None]), 0, 1))[0].astype(int)
    painted = paint(scene, "recolor_hair", color="#" + "".join(f"{v:02x}" for v in code), strength=1.0)
    return np.rint(255 * painted).astype(np.uint8)


def swapped(scene: Scene, target: np.ndarray) -> np.ndarray:
    """What most tutorials do: hue and saturation of the colour, and brightness scaled to its: (H, W, 3) uint8."""
    mask = np.asarray(scene.faces[0].mask("hair"))
    hsv = cv2.cvtColor(scene.image, cv2.COLOR_RGB2HSV)
    wanted = cv2.cvtColor(np.clip(colors.from_oklab(target[None, None]), 0, 1).astype(np.float32), cv2.COLOR_RGB2HSV)[0, 0]
    hsv[..., :2] = wanted[:2]
    hsv[..., 2] *= wanted[2] / max(float(np.median(hsv[mask >= 0.9][:, 2])), 1e-3)
    swap = cv2.cvtColor(np.clip(hsv, 0, [360, 1, 1]).astype(np.float32), cv2.COLOR_HSV2RGB)
    return np.rint(255 * (scene.image + mask[..., None] * (swap - scene.image))).astype(np.uint8)


# what the judge sees


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


def rows(found: list[Head], way: str, many: int) -> Iterator[tuple[str, str, str, str]]:
    """A way's row and its controls'."""
    source, wanted = WAYS[way]
    rng = np.random.default_rng(0)
    number = {head.name: k for k, head in enumerate(found)}
    real = [h for h in found if wanted(h)]
    real = [real[k] for k in rng.permutation(len(real))[:many]]
    others = [h for h in found if source(h) and not wanted(h)]
    others = [others[k] for k in rng.permutation(len(others))]
    grown = [(number[h.name], h.image, h.hair) for h in real]
    yield f"{way}: real against real", str(len(grown) // 2), *compare((grown[::2], grown[1::2]))
    made, swaps, kept = [], [], []
    for head in track(others, description=way, console=Console()):
        scene = facefx.parse(head.image)
        if len(scene.faces) != 1:
            continue
        target = real[len(made) % len(real)].own
        made.append((number[head.name], dyed(scene, target), head.hair))
        swaps.append((number[head.name], swapped(scene, target), head.hair))
        kept.append(head)
        if len(made) == min(many, len(real)):
            break
    yield f"{way}: hue swap", str(len(made)), *compare((grown, swaps))
    yield f"**{way}: dyed**", str(len(made)), *compare((grown, made))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds celebamask_more")
    parser.add_argument("--heads", type=int, default=150, help="at most so many photos of each kind")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one; may be repeated")
    add_markdown(parser, "real-or-dyed")
    options = parser.parse_args()
    data = options.data / "celebamask_more"
    if not (data / "train.txt").is_file():
        Console().print(f"skipped: no {data / 'train.txt'}; --data names the folder that holds celebamask_more")
        return 0
    try:
        import sklearn  # noqa: F401
    except ImportError:
        Console().print('skipped: the judge needs scikit-learn; pip install "scikit-learn>=1.5"')
        return 0
    found = heads(data)
    results = [row for way in options.way or WAYS for row in rows(found, way, options.heads)]
    show(HEADINGS, results, "real or dyed, per cent")
    if options.markdown:
        options.markdown.write(markdown(HEADINGS, results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

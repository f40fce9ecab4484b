"""How well faces are parsed outside of aligned portraits: labelled heads turned, small, cut off, dark, blurred, overlapping.

    python benchmarks/robustness.py --faces CELEBAMASK
    python benchmarks/robustness.py --faces CELEBAMASK --limit 10 --markdown docs/limits.md

CELEBAMASK is a folder of pairs whose val.txt names those to take. Every picture is parsed by `facefx.parse` with each detector, and
the label map compared with the labels, moved alike, at the picture's own resolution: one confusion matrix a condition. The mean F1
is over LaPa's ten parts (skin, brows, eyes, nose, lips, inner mouth, hair), since among so few photos glasses, hats and jewels are
luck. A face counts as found if a parsed one has its middle in the labelled face. Confidence is the mean of `Face.confidence` of
eyes and lips over the found faces.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import facefx
from facefx.face.scene import Scene
from facefx.labels import IGNORE, Region, scheme
from facefx.pixels.geometry import PADDING
from facefx.plugins.resolve import resolve_detector, resolve_segmenter
from results import add_markdown, report

CELEBAMASK, LAPA = scheme("celebamask"), scheme("lapa")
FACE = CELEBAMASK.indices_of(Region.FACE)


@dataclass(frozen=True)
class Pair:
    """A picture, (H, W, 3) float32 in [0, 1], its labels, (H, W) uint8, and where each labelled face lies: (x0, y0, x1, y1)."""

    image: np.ndarray
    labels: np.ndarray
    faces: tuple[tuple[float, float, float, float], ...] = field(default=())


def read(folder: Path, stem: str) -> Pair:
    image = facefx.open_image(folder / "images" / f"{stem}.jpg").rgb
    labels = cv2.imread(str(folder / "labels" / f"{stem}.png"), cv2.IMREAD_UNCHANGED)
    return Pair(image, labels, (face_of(labels),))


def face_of(labels: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.nonzero(np.isin(labels, FACE))
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


def side_of(pair: Pair) -> float:
    x0, y0, x1, y1 = pair.faces[0]
    return float(np.sqrt((x1 - x0) * (y1 - y0)))


def moved(pair: Pair, affine: np.ndarray, size: tuple[int, int]) -> Pair:
    """The pair under a map of its points, on a grey picture of (height, width). Where there is no photo, there are no labels."""
    shrink = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    # Classes vote with their areas when the picture shrinks; nearest neighbour would lose the thin ones by chance.
    sigma = max(0.5 * np.sqrt(max(1 / shrink**2 - 1, 0)), 0)
    image = cv2.GaussianBlur(pair.image, (0, 0), sigma) if sigma > 0.1 else pair.image
    votes = [(pair.labels == index).astype(np.float32) for index in range(len(CELEBAMASK))]
    votes = [cv2.GaussianBlur(v, (0, 0), sigma) if sigma > 0.1 else v for v in votes]
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    for_opencv = (np.linalg.inv(centre) @ np.vstack([affine, [0, 0, 1]]) @ centre)[:2]
    to = size[1], size[0]
    image = cv2.warpAffine(image, for_opencv, to, flags=cv2.INTER_LINEAR, borderValue=(PADDING,) * 3)
    carried = np.stack([cv2.warpAffine(v, for_opencv, to, flags=cv2.INTER_LINEAR) for v in votes])
    labels = np.where(carried.sum(axis=0) < 0.5, IGNORE, carried.argmax(axis=0)).astype(np.uint8)
    seen = np.isin(labels, FACE).any()
    return Pair(image, labels, (face_of(labels),) if seen else ())


def turned(degrees: float) -> Callable[[Pair, Pair], Pair]:
    """Clockwise, on a picture that holds all of the photo."""

    def make(pair: Pair, other: Pair) -> Pair:
        height, width = pair.labels.shape
        side = round(np.hypot(height, width))
        affine = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
        affine[:, 2] += (side - width) / 2, (side - height) / 2
        return moved(pair, affine, (side, side))

    return make


def small(pixels: float) -> Callable[[Pair, Pair], Pair]:
    """A face so large, in pixels, in a picture twelve times as large."""

    def make(pair: Pair, other: Pair) -> Pair:
        scale, frame = pixels / side_of(pair), round(12 * pixels)
        x0, y0, x1, y1 = pair.faces[0]
        shift = frame / 2 - scale * (x0 + x1) / 2, frame / 2 - scale * (y0 + y1) / 2
        return moved(pair, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), (frame, frame))

    return make


def cut_at_the_side(pair: Pair, other: Pair) -> Pair:
    """Four tenths of the face beyond the left edge."""
    x0, _, x1, _ = pair.faces[0]
    left = round(x0 + 0.4 * (x1 - x0))
    return cropped(pair, np.s_[:, left:])


def cut_below(pair: Pair, other: Pair) -> Pair:
    """Three tenths of the face below the lower edge."""
    _, y0, _, y1 = pair.faces[0]
    return cropped(pair, np.s_[: round(y0 + 0.7 * (y1 - y0))])


def cropped(pair: Pair, part: tuple[slice, ...] | slice) -> Pair:
    labels = np.ascontiguousarray(pair.labels[part])
    return Pair(np.ascontiguousarray(pair.image[part]), labels, (face_of(labels),))


def dark(pair: Pair, other: Pair) -> Pair:
    """An eighth of the values, and a sensor's noise."""
    noise = np.random.default_rng(0).normal(0, 0.01, pair.image.shape)
    image = np.clip(0.125 * pair.image + noise, 0, 1).astype(np.float32)
    return Pair(np.round(image * 255).astype(np.float32) / 255, pair.labels, pair.faces)


def blurred(pair: Pair, other: Pair) -> Pair:
    """Out of focus: a Gaussian of 0.03 face sides."""
    return Pair(cv2.GaussianBlur(pair.image, (0, 0), 0.03 * side_of(pair)), pair.labels, pair.faces)


def overlapping(pair: Pair, other: Pair) -> Pair:
    """Another head to the right and a little lower, in front; their faces' middles are 1.15 face sides apart."""
    height, width = pair.labels.shape
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = pair.faces[0], other.faces[0]
    side = side_of(pair)
    scale = side / side_of(other)
    x, y = (ax0 + ax1) / 2 + 1.15 * side, (ay0 + ay1) / 2 + 0.1 * side
    affine = np.array([[scale, 0, x - scale * (bx0 + bx1) / 2], [0, scale, y - scale * (by0 + by1) / 2]])
    wide = height, width + round(side)
    behind, front = moved(pair, np.eye(2, 3), wide), moved(other, affine, wide)
    person = (front.labels > 0) & (front.labels != IGNORE)
    image = np.where(person[..., None], front.image, behind.image)
    labels = np.where(person, front.labels, behind.labels)
    return Pair(image, labels, (*behind.faces, *front.faces))


CONDITIONS: dict[str, Callable[[Pair, Pair], Pair]] = {
    "as it is": lambda pair, other: pair,
    "turned 30°": turned(30),
    "turned 60°": turned(60),
    "turned 90°": turned(90),
    "turned 180°": turned(180),
    "96 px": small(96),
    "48 px": small(48),
    "24 px": small(24),
    "0.4 beyond the left edge": cut_at_the_side,
    "0.3 below the lower edge": cut_below,
    "dark": dark,
    "blurred": blurred,
    "two, overlapping": overlapping,
}


@dataclass
class Tally:
    """What is counted for one condition and detector."""

    matrix: np.ndarray = field(default_factory=lambda: np.zeros((len(LAPA), len(LAPA)), np.int64))
    found: int = 0
    faces: int = 0
    sure: list[float] = field(default_factory=list)

    def add(self, scene: Scene, pair: Pair) -> None:
        table = LAPA.lookup_from(CELEBAMASK)
        known = pair.labels != IGNORE
        truth, guess = table[pair.labels[known]], table[scene.label_map()[known]]
        self.matrix += np.bincount(len(LAPA) * truth + guess.astype(int), minlength=len(LAPA) ** 2).reshape(self.matrix.shape)
        self.faces += len(pair.faces)
        for x0, y0, x1, y1 in pair.faces:
            here = [f for f in scene.faces if x0 <= f.box.center[0] < x1 and y0 <= f.box.center[1] < y1]
            self.found += bool(here)
            self.sure += [(f.confidence("eyes") + f.confidence("lips")) / 2 for f in here]

    @property
    def mean_f1(self) -> float:
        """Over the ten parts that the labels show; one that is never found counts 0."""
        right = np.diag(self.matrix).astype(float)
        total = self.matrix.sum(axis=0) + self.matrix.sum(axis=1)
        shown = self.matrix.sum(axis=1)[1:] > 0
        return float((2 * right / np.maximum(total, 1))[1:][shown].mean())

    @property
    def cells(self) -> list[str]:
        sure = f"{np.mean(self.sure):.2f}" if self.sure else "–"
        return [f"{self.found} of {self.faces}", f"{100 * self.mean_f1:.1f}", sure]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder with images/, labels/ and val.txt")
    parser.add_argument("--limit", type=int, default=10, help="how many of them, evenly spread")
    parser.add_argument("--detector", action="append", help="by default whole_frame and cascade; may be repeated")
    parser.add_argument("--segmenter", help="by default facefx's own")
    parser.add_argument("--condition", action="append", choices=CONDITIONS, help="only this one; may be repeated")
    add_markdown(parser, "robustness")
    options = parser.parse_args()
    detectors = options.detector or ["whole_frame", "cascade"]
    stems = (options.faces / "val.txt").read_text().split()
    chosen = [stems[i] for i in np.linspace(0, len(stems) - 1, min(options.limit, len(stems))).astype(int)]
    pairs = [read(options.faces, stem) for stem in chosen]
    segmenter = resolve_segmenter(options.segmenter)
    headings = ["condition", *(f"{what}, {name}" for name in detectors for what in ("found", "mean F1", "confidence"))]
    rows = []
    for condition in track(options.condition or list(CONDITIONS), description="conditions"):
        tallies = {name: Tally() for name in detectors}
        for pair, other in zip(pairs, pairs[1:] + pairs[:1], strict=True):
            made = CONDITIONS[condition](pair, other)
            for name, tally in tallies.items():
                tally.add(facefx.parse(made.image, segmenter=segmenter, detector=resolve_detector(name)), made)
        rows.append([condition, *(cell for tally in tallies.values() for cell in tally.cells)])
    report(headings, rows, options.markdown, f"{len(pairs)} photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())

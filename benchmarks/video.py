"""Flicker and lag of masks in video, with steadying and without.

    python benchmarks/video.py                            # every movement, on the photos in samples/
    python benchmarks/video.py --photos 1 --frames 12 --movements shift noise

Flicker: a still is moved like a head before a camera (the movements are in `MOVEMENTS`), so that the true motion is known. Each
edited frame is warped back onto the still, and two frames in a row are compared there: CIEDE2000 on the edge of the mask (where it
flickers most: 0.05 to 0.95 in the still, and a little round it) and inside it. "input" is the same for the frames before editing:
noise, light and resampling, which no mask can undo. "single" parses every frame for itself, as `facefx apply` does; "steady" is
`facefx.video`.

Lag: how many frames late the mask is: the delay of the true motion at which it fits the steady masks best.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from facefx import Chain, chain, open_image
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.parsing.parser import Parser
from facefx.parsing.pipeline import parse_rgb
from facefx.pixels import color
from facefx.video import Tracker, Tracking
from facefx.video.carried_edit import edited_like
from results import markdown

SAMPLES = Path(__file__).parents[1] / "samples"
LOOK = chain("recolor_lips", color="#a2243b", strength=1.0).then("recolor_hair", color="#6b3fa0", strength=0.8)


@dataclass(frozen=True)
class Pose:
    """How the still is shown in one frame. Lengths are shares of the face's size."""

    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    turn: float = 0.0  # degrees
    yaw: float = 0.0  # the features slide sideways over the head
    mouth: float = 0.0  # the mouth opens downwards
    light: float = 1.0
    noise: float = 0.004


def _wave(t: float, period: float, phase: float = 0.0) -> float:
    return float(np.sin(2 * np.pi * t / period + phase))


#: Frame number to pose, at 25 frames a second.
MOVEMENTS: dict[str, Callable[[float], Pose]] = {
    "still": lambda t: Pose(),
    "shift": lambda t: Pose(shift=(0.25 * _wave(t, 30), 0.1 * _wave(t, 22))),
    "fast": lambda t: Pose(shift=(0.5 * _wave(t, 14), 0.0)),
    "scale": lambda t: Pose(scale=1 + 0.15 * _wave(t, 30)),
    "turn": lambda t: Pose(turn=15 * _wave(t, 30)),
    "yaw": lambda t: Pose(yaw=0.06 * _wave(t, 25)),
    "talk": lambda t: Pose(mouth=0.04 * _wave(t, 12)),
    "light": lambda t: Pose(light=1 + 0.25 * _wave(t, 25)),
    "noise": lambda t: Pose(noise=0.02),
    "all": lambda t: Pose(
        (0.15 * _wave(t, 30), 0.05 * _wave(t, 22)), 1 + 0.08 * _wave(t, 35), 8 * _wave(t, 28), 0.03 * _wave(t, 25),
        0.02 * _wave(t, 12), 1 + 0.1 * _wave(t, 40), 0.015),
}  # fmt: skip


class Film:
    """A still that moves, with the faces that were found in the still itself."""

    def __init__(self, photo: Path, size: tuple[int, int]) -> None:
        rgb = open_image(photo).rgb
        (face, *_) = parse_rgb(rgb, Parser.of()).faces
        self.height, self.width = size
        scale = 0.45 * self.height / face.box.side  # a head and shoulders
        x, y = face.box.center
        place = np.array([[scale, 0, self.width / 2 - scale * x], [0, scale, 0.45 * self.height - scale * y]])
        blurred = cv2.GaussianBlur(rgb, (0, 0), 0.5 / scale) if scale < 1 else rgb
        wall = np.median(rgb[:20].reshape(-1, 3), axis=0).tolist()  # goes on where the photo ends
        self.rgb = cv2.warpAffine(blurred, place, (self.width, self.height), borderMode=cv2.BORDER_CONSTANT, borderValue=wall)
        (self.face, *_) = parse_rgb(self.rgb, Parser.of()).faces
        self.grid = np.stack(np.meshgrid(np.arange(self.width), np.arange(self.height)), -1).astype(np.float32)

    def _affine(self, pose: Pose) -> np.ndarray:
        x, y = self.face.box.center
        matrix = cv2.getRotationMatrix2D((x, y), -pose.turn, pose.scale)
        matrix[:, 2] += np.array(pose.shift) * self.face.box.side
        return np.asarray(matrix)

    def _slide(self, pose: Pose, points: np.ndarray) -> np.ndarray:
        """What lies at these points of the head is drawn from so far away in the still."""
        (x, y), side = self.face.box.center, self.face.box.side
        u, v = (points[..., 0] - x) / side, (points[..., 1] - y) / side
        near = np.exp(-((u / 0.35) ** 2 + (v / 0.45) ** 2))
        mouth = np.exp(-((u / 0.25) ** 2 + ((v - 0.28) / 0.15) ** 2))
        return np.stack([-pose.yaw * near * side, -pose.mouth * mouth * side], -1).astype(np.float32)

    def frame(self, pose: Pose, seed: int) -> np.ndarray:
        """(H, W, 3) uint8."""
        back = cv2.invertAffineTransform(self._affine(pose))
        points = (self.grid @ back[:, :2].T + back[:, 2]).astype(np.float32)
        points += self._slide(pose, points)
        shown = cv2.remap(self.rgb, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)  # type: ignore[call-overload]
        noise = np.random.default_rng(seed).normal(0, pose.noise, shown.shape)
        return np.clip((shown * pose.light + noise) * 255 + 0.5, 0, 255).astype(np.uint8)

    def undone(self, values: np.ndarray, pose: Pose) -> np.ndarray:
        """A frame, or a map as large, warped back onto the still."""
        points = self.grid.copy()
        for _ in range(4):  # where on the head a point of the still is shown
            points = self.grid - self._slide(pose, points)
        affine = self._affine(pose)
        points = (points @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
        return np.asarray(cv2.remap(values, points, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))  # type: ignore[call-overload]


#: A frame's scene, and what a look made of it.
Shown = tuple[Scene, Scene]


def single(frames: Iterator[np.ndarray], look: Chain, segmenter: str | None = None) -> Iterator[Shown]:
    """Every frame for itself."""
    parser = Parser.of(segmenter)
    scenes = (parse_rgb(open_image(frame).rgb, parser) for frame in frames)
    return ((scene, look.edit(scene)) for scene in scenes)


def steady(frames: Iterator[np.ndarray], look: Chain, tracking: Tracking, segmenter: str | None = None) -> Iterator[Shown]:
    """As films are edited."""
    tracker, done = Tracker(segmenter, tracking=tracking), None
    for frame in frames:
        scene = tracker.next(open_image(frame).canvas)
        done = edited_like(lambda before=done: before, tracker.moves, look, scene, ())  # type: ignore[misc]
        yield scene, done.scene


REGIONS = ("lips", "hair")
CONSOLE = Console(highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Zone:
    """Where flicker is measured, on the still: (H, W) bool each."""

    edge: np.ndarray
    inside: np.ndarray

    @classmethod
    def of(cls, face: Face, region: str) -> Zone:
        mask = np.asarray(face.mask(region))
        soft = cv2.dilate(((mask > 0.05) & (mask < 0.95)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return cls(soft, (mask >= 0.95) & ~soft)


def delta(first: np.ndarray, second: np.ndarray, where: np.ndarray) -> float:
    """Median CIEDE2000 of two pictures there."""
    return float(np.median(color.delta_e(first[where], second[where])))


def flicker(film: Film, poses: list[Pose], shown: Iterator[Shown]) -> dict[str, float]:
    """Medians over frames of the medians over pixels, for each region's edge and inside; and the masks' lag."""
    zones = {region: Zone.of(film.face, region) for region in REGIONS}
    found: dict[str, list[float]] = {}
    before: np.ndarray | None = None
    masks: dict[str, list[np.ndarray]] = {region: [] for region in REGIONS}
    for (scene, edited), pose in zip(shown, poses, strict=True):
        now = cv2.GaussianBlur(film.undone(edited.image, pose), (0, 0), 0.7)
        for region in REGIONS:
            masks[region].append(np.asarray(scene.mask(region)))
            for name in ("edge", "inside"):
                if before is not None:
                    found.setdefault(f"{region} {name}", []).append(delta(before, now, getattr(zones[region], name)))
        before = now
    return {name: float(np.median(values)) for name, values in found.items()} | {
        f"{region} lag": lag(film, masks[region], region, poses) for region in REGIONS
    }


def lag(film: Film, masks: list[np.ndarray], region: str, poses: list[Pose]) -> float:
    """Frames by which the true motion must be delayed to fit the masks best; NaN where nothing moves."""
    truth = np.asarray(film.face.mask(region))
    delays = np.arange(0, 4) if poses[0] != poses[-1] or poses[0] != poses[len(poses) // 2] else np.array([])
    if not delays.size or all(replace(p, light=1.0) == replace(poses[0], light=1.0) for p in poses):
        return float("nan")
    miss = [
        np.mean([np.abs(film.undone(m, poses[i - d]) - truth).mean() for i, m in enumerate(masks) if i >= len(delays)])
        for d in delays
    ]
    best = int(np.argmin(miss))
    if best in (0, len(miss) - 1):
        return float(best)
    a, b, c = miss[best - 1 : best + 2]  # the parabola's lowest point
    return best + 0.5 * (a - c) / (a - 2 * b + c)


def run_flicker(options: argparse.Namespace) -> None:
    photos = sorted(SAMPLES.glob("*.jpg")) if options.photo is None else [SAMPLES / f"{options.photo}.jpg"]
    films = [Film(photo, options.size) for photo in photos[: options.photos]]
    tracking = Tracking(size=options.crop, smoothing=options.smoothing, parse_every=options.parse_every)
    CONSOLE.print(f"{len(films)} photos, {options.frames} frames each, {tracking}")
    CONSOLE.print("| movement | region | input | single | steady | single/steady | lag single | lag steady |\n" + "|---" * 8 + "|")
    for name in options.movements or [*MOVEMENTS, "cut"]:
        if name == "cut":
            run_cut(films[0], tracking, 4, options.segmenter)
            continue
        poses = [MOVEMENTS[name](t) for t in range(options.frames)]
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for film in films:
            frames = [film.frame(pose, seed) for seed, pose in enumerate(poses)]
            untouched = (Scene(open_image(frame).rgb, ()) for frame in frames)
            bare = flicker(film, poses, ((scene, scene) for scene in untouched))
            calm = flicker(film, poses, steady(iter(frames), LOOK, tracking, options.segmenter))
            alone = calm if options.steady_only else flicker(film, poses, single(iter(frames), LOOK, options.segmenter))
            for key in calm:
                rows.setdefault(key, []).append((bare[key], alone[key], calm[key]))
        for region in REGIONS:
            _, late, calm_late = np.median(rows[f"{region} lag"], axis=0)
            for where in ("edge", "inside"):
                floor, alone_, calm_ = np.median(rows[f"{region} {where}"], axis=0)
                CONSOLE.print(
                    f"| {name} | {region} {where} | {floor:.2f} | {alone_:.2f} | {calm_:.2f} | {alone_ / calm_:.1f} "
                    f"| {late:.1f} | {calm_late:.1f} |",
                )


def run_cut(film: Film, tracking: Tracking, frames: int, segmenter: str | None) -> None:
    """After a cut nothing of the shot before it may be left: the steady masks against those of each frame for itself."""
    shots = [film.frame(MOVEMENTS["shift"](t), t) for t in range(2 * frames)]
    mirrored = [np.ascontiguousarray(np.roll(shot[:, ::-1], film.width // 6, axis=1)) for shot in shots[frames:]]
    calm = [scene for scene, _ in steady(iter([*shots[:frames], *mirrored]), Chain(), tracking, segmenter)][frames:]
    alone = [scene for scene, _ in steady(iter(mirrored), Chain(), Tracking(size=tracking.size, smoothing=0.0), segmenter)]
    rows = []
    for number, (first, second) in enumerate(zip(calm, alone, strict=True)):
        pairs = [(np.asarray(first.mask(region)), np.asarray(second.mask(region))) for region in REGIONS]
        rows.append([str(number), *(f"{np.minimum(a, b).sum() / np.maximum(a, b).sum():.3f}" for a, b in pairs)])
    CONSOLE.print(markdown(["frames after a cut", *(f"{region}, IoU" for region in REGIONS)], rows))


def add_settings(parser: argparse.ArgumentParser) -> None:
    """What all benchmarks of video let one choose."""
    parser.add_argument("--photo", default=None, help="only this one of samples/")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x")))[::-1], default=(360, 640), help="WIDTHxHEIGHT")
    parser.add_argument("--segmenter", default=None, help="what parses the frames; the still is always parsed by the default")
    parser.add_argument("--crop", type=int, default=Tracking.size, help="side of the crop that the network sees")
    parser.add_argument("--smoothing", type=float, default=Tracking.smoothing)
    parser.add_argument("--parse-every", type=int, default=Tracking.parse_every)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=None, help="at most this many photos")
    add_settings(parser)
    parser.add_argument("--movements", nargs="*", choices=[*MOVEMENTS, "cut"])
    parser.add_argument("--steady-only", action="store_true", help="leave out the slow run that parses every frame for itself")
    options = parser.parse_args()
    run_flicker(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

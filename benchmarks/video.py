"""Video in numbers: flicker and lag of the masks, frames a second by part, and memory.

    python benchmarks/video.py flicker                            # every movement, on the photos in samples/
    python benchmarks/video.py flicker --photos 1 --frames 12 --movements shift noise
    python benchmarks/video.py speed --size 1280x720
    python benchmarks/video.py memory --frames 5000

Flicker: a still is moved like a head before a camera (the movements are in `MOVEMENTS`), so that the true motion is known. Each
edited frame is warped back onto the still, and two frames in a row are compared there: CIEDE2000 on the edge of the mask (where it
flickers most: 0.05 to 0.95 in the still, and a little round it) and inside it. "input" is the same for the frames before editing:
noise, light and resampling, which no mask can undo. "single" parses every frame for itself, as `facefx apply` does; "steady" is
`facefx.video`.

Lag: how many frames late the mask is: the delay of the true motion at which it fits the steady masks best.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from rich.console import Console

from facefx import Chain, chain, color, open_image
from facefx.pipeline import parse_rgb, resolve_detector, resolve_segmenter
from facefx.scene import Face, Scene
from facefx.video import Tracker, Tracking, process
from facefx.video.convert import convert
from facefx.video.files import PartWriter, VideoReader

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
    other: bool = False  # another photo: after a cut


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
    "cut": lambda t: Pose(shift=(0.1 * _wave(t, 30), 0.0), other=t >= 6),
}  # fmt: skip


class Film:
    """A still that moves, with the faces that were found in the still itself."""

    def __init__(self, photo: Path, size: tuple[int, int]) -> None:
        rgb = open_image(photo).rgb
        (face, *_) = parse_rgb(rgb, resolve_segmenter(None), resolve_detector(None)).faces
        self.height, self.width = size
        scale = 0.45 * self.height / face.box.side  # a head and shoulders
        x, y = face.box.center
        place = np.array([[scale, 0, self.width / 2 - scale * x], [0, scale, 0.45 * self.height - scale * y]])
        blurred = cv2.GaussianBlur(rgb, (0, 0), 0.5 / scale) if scale < 1 else rgb
        self.rgb = cv2.warpAffine(blurred, place, (self.width, self.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        (self.face, *_) = parse_rgb(self.rgb, resolve_segmenter(None), resolve_detector(None)).faces
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


def single(frames: Iterator[np.ndarray]) -> Iterator[Scene]:
    """Every frame for itself."""
    segmenter, detector = resolve_segmenter(None), resolve_detector(None)
    return (parse_rgb(open_image(frame).rgb, segmenter, detector) for frame in frames)


def steady(frames: Iterator[np.ndarray], tracking: Tracking) -> Iterator[Scene]:
    tracker = Tracker(resolve_segmenter(None), resolve_detector(None), tracking)
    return (tracker.next(open_image(frame).rgb) for frame in frames)


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


def flicker(film: Film, poses: list[Pose], frames: list[np.ndarray], scenes: Iterator[Scene], look: Chain) -> dict[str, float]:
    """Medians over frames of the medians over pixels, for each region's edge and inside; and the masks' lag."""
    zones = {region: Zone.of(film.face, region) for region in REGIONS}
    found: dict[str, list[float]] = {}
    before: np.ndarray | None = None
    masks: dict[str, list[np.ndarray]] = {region: [] for region in REGIONS}
    for scene, pose in zip(scenes, poses, strict=True):
        now = cv2.GaussianBlur(film.undone(look.edit(scene).image, pose), (0, 0), 0.7)
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
    for name in options.movements or [m for m in MOVEMENTS if m != "cut"]:
        poses = [MOVEMENTS[name](t) for t in range(options.frames)]
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for film in films:
            frames = [film.frame(pose, seed) for seed, pose in enumerate(poses)]
            bare = flicker(film, poses, frames, iter(Scene(open_image(f).rgb, ()) for f in frames), Chain())
            calm = flicker(film, poses, frames, steady(iter(frames), tracking), LOOK)
            alone = calm if options.steady_only else flicker(film, poses, frames, single(iter(frames)), LOOK)
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


@dataclass
class Stopwatch:
    """Milliseconds of this process's CPU time, over all its threads, by part."""

    parts: dict[str, float] = field(default_factory=dict)

    def measured(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.parts[part] = self.parts.get(part, 0.0) + 1000 * (time.process_time() - began)

        return timed


def run_speed(options: argparse.Namespace) -> None:
    film = Film(SAMPLES / f"{options.photo or 'blonde'}.jpg", options.size)
    frames = [film.frame(MOVEMENTS["all"](t), t) for t in range(options.frames)]
    tracking = Tracking(size=options.crop, smoothing=options.smoothing, parse_every=options.parse_every)
    height, width = options.size
    CONSOLE.print(f"{width} x {height}, face {film.face.box.side:.0f} pixels, lips and hair, {len(frames)} frames, {tracking}")
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.mp4"), Path(folder, "out.mp4")
        _written(source, frames)
        _by_part(source, Path(folder, "part.nut"), tracking)
        wall, cpu = time.perf_counter(), time.process_time()
        done = convert(source, target, LOOK, tracking=tracking)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        CONSOLE.print(
            f"end to end, file to file: {done.frames / wall:.1f} frames/s, {1000 * cpu / done.frames:.0f} ms of CPU a frame, "
            f"{cpu / wall:.2f} of {os.cpu_count()} cores had for it: with {os.cpu_count()} free cores {done.frames / cpu:.1f} to "
            f"{os.cpu_count() * done.frames / cpu:.1f} frames/s"
        )


def _written(path: Path, frames: list[np.ndarray]) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def _by_part(source: Path, part: Path, tracking: Tracking) -> None:
    """One frame after the other in one thread, every part timed; the first frame, which is searched for faces, left out."""
    watch, tracker = Stopwatch(), Tracker(resolve_segmenter(None), resolve_detector(None), tracking)
    follow = watch.measured("all of tracking", tracker.next)
    tracker._segmenter.probabilities = watch.measured("network", tracker._segmenter.probabilities)  # type: ignore[method-assign]
    with VideoReader(source) as reader:
        frames = reader.frames()
        decode = watch.measured("decoding", lambda: next(frames, None))
        first = next(frames)
        tracker.next(open_image(first.rgb).rgb)
        watch.parts.clear()
        count = 0
        with PartWriter(part, reader, first.rgb.shape[:2], 18) as writer:
            encode = watch.measured("encoding", writer.write)
            while (frame := decode()) is not None:
                picture = watch.measured("to floats and back", open_image)(frame.rgb)
                scene = follow(watch.measured("to floats and back", lambda picture=picture: picture.rgb)())
                for face in scene.faces:
                    for region in REGIONS:
                        watch.measured(f"mask of {region}", face.patch)(region)
                edited = scene
                for step in LOOK.steps:
                    edited = watch.measured(step.spec.name, replace(LOOK, steps=(step,)).edit)(edited)
                encode(watch.measured("to floats and back", picture.like)(edited.image), frame)
                count += 1
    watch.parts["tracking but the network"] = watch.parts.pop("all of tracking") - watch.parts.get("network", 0.0)
    total = sum(watch.parts.values())
    CONSOLE.print("| part | ms of CPU a frame | share |\n|---|---|---|")
    for name, spent in sorted(watch.parts.items(), key=lambda item: -item[1]):
        CONSOLE.print(f"| {name} | {spent / count:.1f} | {100 * spent / total:.0f} % |")
    CONSOLE.print(f"| sum | {total / count:.1f} | 100 % |")


def run_memory(options: argparse.Namespace) -> None:
    film = Film(SAMPLES / f"{options.photo or 'blonde'}.jpg", options.size)
    frames = [film.frame(MOVEMENTS["all"](t), t) for t in range(60)]
    tracking = Tracking(size=options.crop, smoothing=options.smoothing, parse_every=options.parse_every)
    endless = (frames[min(t % 120, 119 - t % 120)] for t in range(options.frames))  # there and back again
    CONSOLE.print(
        f"{options.frames} frames of {options.size[1]} x {options.size[0]}, {tracking}\n| frames | resident MiB |\n|---|---|"
    )
    for count, _ in enumerate(process(endless, LOOK, tracking=tracking), 1):
        if count in (50, 200) or count % max(options.frames // 10, 1) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            CONSOLE.print(f"| {count} | {pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["flicker", "speed", "memory"])
    parser.add_argument("--photos", type=int, default=None, help="at most this many photos")
    parser.add_argument("--photo", default=None, help="only this one of samples/")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--movements", nargs="*", choices=list(MOVEMENTS))
    parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x")))[::-1], default=(360, 640), help="WIDTHxHEIGHT")
    parser.add_argument("--crop", type=int, default=Tracking.size, help="side of the crop that the network sees")
    parser.add_argument("--smoothing", type=float, default=Tracking.smoothing)
    parser.add_argument("--parse-every", type=int, default=Tracking.parse_every)
    parser.add_argument("--steady-only", action="store_true", help="leave out the slow run that parses every frame for itself")
    options = parser.parse_args()
    {"flicker": run_flicker, "speed": run_speed, "memory": run_memory}[options.what](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

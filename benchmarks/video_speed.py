"""What an edited video costs: CPU time by part, frames a second from file to file, and memory.

    python benchmarks/video_speed.py speed --size 1280x720
    python benchmarks/video_speed.py speed --parse-every 2
    python benchmarks/video_speed.py memory --frames 5000 --size 256x144 --crop 96

"least" is the quickest frame's time: on a machine that does other things too, what a free core would take.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from facefx import open_image
from facefx.video import Tracker, Tracking, process
from facefx.video.convert import convert
from facefx.video.files import PartWriter, VideoReader
from results import markdown
from video import CONSOLE, LOOK, MOVEMENTS, REGIONS, SAMPLES, Film, add_settings


@dataclass
class Stopwatch:
    """Milliseconds of this process's CPU time, over all its threads, by part and frame."""

    frames: list[dict[str, float]] = field(default_factory=lambda: [defaultdict(float)])

    def measured(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.frames[-1][part] += 1000 * (time.process_time() - began)

        return timed

    def next_frame(self) -> None:
        self.frames.append(defaultdict(float))


def run_speed(options: argparse.Namespace) -> None:
    film = Film(SAMPLES / f"{options.photo or 'straight'}.jpg", options.size)
    frames = [film.frame(MOVEMENTS["all"](t), t) for t in range(options.frames)]
    tracking = Tracking(size=options.crop, smoothing=options.smoothing, parse_every=options.parse_every)
    height, width = options.size
    CONSOLE.print(f"{width} x {height}, face {film.face.box.side:.0f} pixels, lips and hair, {len(frames)} frames, {tracking}")
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.mp4"), Path(folder, "out.mp4")
        _written(source, frames)
        _by_part(source, Path(folder, "part.nut"), tracking)
        clocks: list[tuple[float, float]] = []
        convert(
            source,
            target,
            LOOK,
            tracking=tracking,
            progress=lambda n, of: clocks.append((time.perf_counter(), time.process_time())),
        )
        (wall, cpu), (wall_end, cpu_end) = (
            clocks[2],
            clocks[-1],
        )  # the first frame is searched for faces, which takes as long as ten
        count, wall, cpu, cores = len(clocks) - 3, wall_end - wall, cpu_end - cpu, os.cpu_count() or 1
        CONSOLE.print(
            f"file to file, after the first frames: {count / wall:.1f} frames/s and {1000 * cpu / count:.0f} ms of CPU a frame; "
            f"it had {cpu / wall:.2f} of {cores} cores, and with all of them would do up to {cores * count / cpu:.1f} frames/s"
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
    watch, tracker = Stopwatch(), Tracker(tracking=tracking)
    follow = watch.measured("all of tracking", tracker.next)
    segmenter = tracker._parser.segmenter
    segmenter.probabilities = watch.measured("network", segmenter.probabilities)  # type: ignore[method-assign]
    with VideoReader(source) as reader:
        decoded = reader.frames()
        decode = watch.measured("decoding", lambda: next(decoded, None))
        first = next(decoded)
        tracker.next(open_image(first.rgb).rgb)
        watch.frames = [defaultdict(float)]
        with PartWriter(part, reader, 18) as writer:
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
                encode(watch.measured("to floats and back", cv2.convertScaleAbs)(edited.image, alpha=255), frame)
                watch.next_frame()
    frames = watch.frames[:-1]
    for spent in frames:
        spent["tracking but the network"] = spent.pop("all of tracking") - spent.get("network", 0.0)
    rows = []
    for name in {name for spent in frames for name in spent}:
        values = [spent[name] for spent in frames if name in spent]  # the network does not see every frame
        rows.append((min(values) * len(values) / len(frames), sum(values) / len(frames), name))
    rows = [*sorted(rows, reverse=True), (sum(least for least, _, _ in rows), sum(mean for _, mean, _ in rows), "sum")]
    shown = [(name, f"{mean:.1f}", f"{least:.1f}") for least, mean, name in rows]
    CONSOLE.print(markdown(["part", "ms of CPU a frame, mean", "least"], shown))


def run_memory(options: argparse.Namespace) -> None:
    film = Film(SAMPLES / f"{options.photo or 'straight'}.jpg", options.size)
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
    parser.add_argument("what", choices=["speed", "memory"])
    add_settings(parser)
    options = parser.parse_args()
    {"speed": run_speed, "memory": run_memory}[options.what](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

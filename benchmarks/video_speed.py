"""What an edited video costs: CPU time by part, frames a second from file to file beside a plain transcode, and memory.

    python benchmarks/video_speed.py speed --size 1280x720
    python benchmarks/video_speed.py speed --parse-every 1 --look lips
    python benchmarks/video_speed.py memory --frames 5000 --size 256x144 --crop 96

"least" is the quickest frame's time: on a machine that does other things too, what a free core would take. The transcode decodes
the same file and encodes it with the encoder's settings that facefx has; the two take turns, and the quickest of each counts.
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

import numpy as np

from facefx import Chain
from facefx.video import Tracker, Tracking, process
from facefx.video.convert import convert, painted_frame
from facefx.video.encoding import PartWriter, encoder_options, encoding_for
from facefx.video.files import VideoReader
from facefx.video.stream import asked_of
from results import markdown
from video import CONSOLE, LOOK, MOVEMENTS, SAMPLES, Film, add_settings

LOOKS = {
    "lips and hair": LOOK,
    "lips": Chain(LOOK.steps[:1]),
    "hair": Chain(LOOK.steps[1:]),
}


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
    look = LOOKS[options.look]
    CONSOLE.print(f"{width} x {height}, face {film.face.box.side:.0f} pixels, {options.look}, {len(frames)} frames, {tracking}")
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.mp4"), Path(folder, "out.mp4")
        _written(source, frames)
        if not options.no_parts:
            _by_part(source, Path(folder, "part.nut"), tracking, look, options.segmenter)
        spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for _ in range(options.rounds):
            spent["transcode"].append(_clocked(lambda: _transcoded(source, Path(folder, "plain.nut"))))
            spent["facefx"].append(
                _clocked(lambda: convert(source, target, look, segmenter=options.segmenter, tracking=tracking, force=True))
            )
    rows = []
    for name, rounds in spent.items():
        wall, cpu = (min(values) / len(frames) for values in zip(*rounds, strict=True))
        rows.append((name, f"{1 / wall:.1f}", f"{1000 * cpu:.1f}", f"{cpu / wall:.2f}"))
    CONSOLE.print(markdown(["file to file", "frames/s", "ms of CPU a frame", "cores"], rows))
    ratios = [[ours[k] / plain[k] for plain, ours in zip(spent["transcode"], spent["facefx"], strict=True)] for k in (0, 1)]
    wall, cpu = (sorted(values)[len(values) // 2] for values in ratios)
    CONSOLE.print(f"facefx / transcode, median of {options.rounds} pairs: {wall:.1f} by the clock, {cpu:.1f} by CPU time")


def _clocked(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds by the clock and of CPU time, over all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _written(path: Path, frames: list[np.ndarray]) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def _transcoded(source: Path, target: Path) -> None:
    import av

    with av.open(str(source)) as container, av.open(str(target), "w") as result:
        shown = container.streams.video[0]
        shown.thread_type = "AUTO"
        made = result.add_stream("libx264", rate=shown.average_rate, options=encoder_options(18))
        made.height, made.width, made.pix_fmt = shown.height, shown.width, "yuv420p"
        for frame in container.decode(shown):
            frame.pict_type = 0
            result.mux(made.encode(frame))
        result.mux(made.encode(None))


def _by_part(source: Path, part: Path, tracking: Tracking, look: Chain, segmenter: str | None) -> None:
    """One frame after the other in one thread, every part timed; the first frame, which is searched for faces, left out."""
    watch, tracker, regions = Stopwatch(), Tracker(segmenter, tracking=tracking), asked_of(look)
    follow = watch.measured("all of tracking", tracker.next)
    network = tracker._parser.segmenter
    network.probabilities = watch.measured("network", network.probabilities)  # type: ignore[method-assign]
    with VideoReader(source) as reader:
        decoded = reader.frames()
        decode = watch.measured("decoding", lambda: next(decoded, None))
        tracker.next(next(decoded).picture.canvas, (), regions)
        watch.frames = [defaultdict(float)]
        with PartWriter(part, reader, encoding_for(reader, ".mp4", 18, alpha=False)) as writer:
            encode = watch.measured("encoding", writer.write)
            while (frame := decode()) is not None:
                scene = follow(frame.picture.canvas, (), regions)
                for face in scene.faces:
                    for region in sorted(look.needed):
                        watch.measured(f"mask of {region}", face.patch)(region)
                edited = scene
                for step in look.steps:
                    edited = watch.measured(step.spec.name, replace(look, steps=(step,)).edit)(edited)
                encode(*watch.measured("making bytes", painted_frame)(frame, frame.picture, edited))
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
    for count, _ in enumerate(process(endless, LOOK, segmenter=options.segmenter, tracking=tracking), 1):
        if count in (50, 200) or count % max(options.frames // 10, 1) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            CONSOLE.print(f"| {count} | {pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "memory"])
    parser.add_argument("--look", choices=list(LOOKS), default="lips and hair")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of a transcode and an edit")
    parser.add_argument("--no-parts", action="store_true", help="only from file to file")
    add_settings(parser)
    options = parser.parse_args()
    {"speed": run_speed, "memory": run_memory}[options.what](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What `benchmarks/speed.py` times: one function a stage. Runs as a process of its own, for whichever version of facefx is given.

Started as ``python benchmarks/speed_stages.py``, with the version to time on PYTHONPATH, it takes requests as lines of JSON and
answers each with a line. Nothing but Python's own library is imported until a stage asks for it: the interpreter may be one that
has MediaPipe and no facefx. Stages keep to what facefx offers in public, or offers by the same name in the versions compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

import speed_references  # noqa: F401  (its stages can be asked for, too)
from speed_asking import Cost, Work, serve, stage

# --- a photo, part by part


@lru_cache(maxsize=1)
def _opened(file: Path) -> Any:
    import facefx

    return facefx.open_image(file.read_bytes())


_PARSED: dict[Path, Any] = {}  # the last picture's scene


def _scene(file: Path) -> Any:
    import facefx

    if file not in _PARSED:
        _PARSED.clear()
        _PARSED[file] = facefx.parse(_opened(file))
    return _PARSED[file]


def _seen(picture: Any) -> Any:
    """What a detector or tracker takes; before there was a canvas, all of a picture became floats."""
    import facefx

    opened: Any = facefx.open_image(picture)
    return opened.canvas if hasattr(opened, "canvas") else opened.rgb


def _fresh(file: Path) -> Any:
    """The picture's scene, of which no mask was asked yet."""
    scene = _scene(file)
    return replace(scene, faces=tuple(replace(face) for face in scene.faces))


def _chain(look: str | list[Any]) -> Any:
    """A ready look by its name, or a chain of effects with their parameters."""
    import facefx

    if isinstance(look, str):
        return facefx.load_look(look)
    made = facefx.Chain()
    for name, params in look:
        made = made.then(name, **params)
    return made


@stage
def decode(file: Path) -> Iterator[Work]:
    import facefx

    data = file.read_bytes()
    return repeat(lambda: facefx.open_image(data))


@stage
def floats(file: Path) -> Iterator[Work]:
    import facefx

    data = file.read_bytes()
    while True:
        picture = facefx.open_image(data)
        yield lambda picture=picture: picture.rgb  # type: ignore[misc]


@stage
def detect(file: Path) -> Iterator[Work]:
    import facefx

    parser, seen = facefx.Parser.of(), _seen(file.read_bytes())
    return repeat(lambda: parser.detect(seen))


@stage
def network() -> Iterator[Work]:
    """The segmenter on one crop of its own size, not in the mirror too."""
    import numpy as np

    import facefx

    segmenter: Any = facefx.Parser.of().segmenter
    size = int(segmenter.input_size[0])
    once, crop = segmenter.for_frames(size), np.random.default_rng(0).random((1, size, size, 3), np.float32)
    return repeat(lambda: once.probabilities(crop))


@stage
def parse(file: Path, options: dict[str, Any]) -> Iterator[Work]:
    import facefx

    picture = facefx.open_image(file.read_bytes())
    while True:
        opened = replace(picture)

        def work(opened: Any = opened) -> None:
            scene = facefx.parse(opened, **options)
            if not options:  # the next stages want what is found by default
                _PARSED.clear()
                _PARSED[file] = scene

        yield work


@stage
def mask(file: Path, region: str) -> Iterator[Work]:
    while True:
        scene = _fresh(file)
        yield lambda scene=scene: scene.mask(region)  # type: ignore[misc]


@stage
def edit(file: Path, look: str | list[Any]) -> Iterator[Work]:
    """Effects on a parsed picture, with the masks that they need."""
    made = _chain(look)
    while True:
        scene = _fresh(file)
        yield lambda scene=scene: made.edit(scene)  # type: ignore[misc]


@stage
def encode(file: Path, look: list[Any]) -> Iterator[Work]:
    """From an edited scene to a JPEG's bytes."""
    import facefx

    picture: Any = facefx.open_image(file.read_bytes())
    edited = _chain(look).edit(facefx.parse(picture))
    if hasattr(picture, "with_canvas"):
        return repeat(lambda: picture.with_canvas(edited.canvas).handed_back())
    return repeat(lambda: picture.like(edited.image))


@stage
def whole(file: Path, look: str | list[Any], options: dict[str, Any]) -> Iterator[Work]:
    """A JPEG's bytes to a JPEG's bytes."""
    data, made = file.read_bytes(), _chain(look)
    return repeat(lambda: made.run(data, **options).image)


@stage
def whole_of_faces(file: Path, look: list[Any], count: int) -> Iterator[Work]:
    """The same, where so many faces are to be found."""
    data, made = file.read_bytes(), _chain(look)
    found = len(made.run(data).scene.faces)
    if found != count:
        raise RuntimeError(f"{found} faces are found in a picture of {count}")
    return repeat(lambda: made.run(data).image)


# --- films, folders, processes


@stage
def film(file: Path, look: list[Any], every: int) -> Iterator[Work]:
    """A film from file to file; the cost is that of one frame."""
    from facefx.video import Tracking
    from facefx.video.convert import convert

    made = _chain(look)

    def work() -> Cost:
        with tempfile.TemporaryDirectory() as folder:
            began, cpu = time.perf_counter(), time.process_time()
            frames = convert(file, Path(folder, "out.mp4"), made, tracking=Tracking(parse_every=every)).frames
            return Cost(1000 * (time.perf_counter() - began) / frames, 1000 * (time.process_time() - cpu) / frames)

    return repeat(work)


@stage
def follow(file: Path, every: int) -> Iterator[Work]:
    """Finding and parsing the face of a film's frames, one after the other, without effects; the cost is that of one frame."""
    import av

    from facefx.video import Tracker, Tracking

    with av.open(str(file)) as source:
        frames = [frame.to_ndarray(format="rgb24") for frame, _ in zip(source.decode(video=0), range(24), strict=False)]

    def work() -> Cost:
        tracker = Tracker(tracking=Tracking(parse_every=every))
        for frame in frames[:2]:
            tracker.next(_seen(frame))
        began, cpu = time.perf_counter(), time.process_time()
        for frame in frames[2:]:
            tracker.next(_seen(frame))
        count = len(frames) - 2
        return Cost(1000 * (time.perf_counter() - began) / count, 1000 * (time.process_time() - cpu) / count)

    return repeat(work)


@stage
def folder(photos: Path, look: list[Any], workers: int) -> Iterator[Work]:
    """A folder of photos by so many workers; the cost is that of one photo, from the first result to the last."""
    from facefx import batch

    made = _chain(look)

    def work() -> Cost:
        with tempfile.TemporaryDirectory() as target:
            ends = [time.perf_counter() for _ in batch.run(photos, Path(target, "out"), made, workers=workers, sheet=False)]
            return Cost(1000 * (ends[-1] - ends[0]) / (len(ends) - 1))

    return repeat(work)


#: A small process that starts another: a process' peak of memory is never below that of the one that started it.
_STARTER = """
import json, os, sys, time
began = time.perf_counter()
_, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
ms = 1000 * (time.perf_counter() - began)
print(json.dumps([status, ms, 1000 * (usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1000]))
"""


@stage
def command(arguments: list[str | Path]) -> Iterator[Work]:
    """``python ARGUMENTS`` from its start to its end; ``OUT.jpg`` is a file to write to."""

    def work() -> Cost:
        with tempfile.TemporaryDirectory() as place:
            started = [sys.executable, *map(str, arguments)]
            starter = [sys.executable, "-c", _STARTER, *started]
            done = subprocess.run(starter, stdout=subprocess.PIPE, check=True, text=True, cwd=place)
        status, ms, cpu, peak = json.loads(done.stdout.splitlines()[-1])
        if status:
            raise RuntimeError(f"python {' '.join(started[1:])} ended with status {status}")
        return Cost(ms, cpu, peak)

    return repeat(work)


@stage
def code(text: str, file: Path) -> Iterator[Work]:
    """Python code in a process of its own, that prints its milliseconds. The file is its argument."""

    def work() -> Cost:
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run([sys.executable, "-c", text, str(file)], stdout=subprocess.PIPE, check=True, text=True, cwd=place)
        return Cost(float(done.stdout))

    return repeat(work)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not be taken for an answer

    def answer(line: str) -> None:
        print(line, file=answers, flush=True)

    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(iter(sys.stdin.readline, ""), answer)


if __name__ == "__main__":
    main()

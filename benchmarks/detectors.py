"""Face detectors compared: faces found, false alarms and time, on composed group pictures and on television frames.

    python benchmarks/detectors.py --pictures /tmp/groups --faces CELEBAMASK --make 40     # compose, once; needs facefx-training
    python benchmarks/detectors.py --pictures /tmp/groups --detectors cascade mediapipe --end-to-end
    python benchmarks/detectors.py --pictures /tmp/groups --frames YTFACES68 --results all.json --markdown docs/detectors.md

CELEBAMASK is a folder of pairs whose val.txt names the faces to paste; YTFACES68 one of images with 68 landmarks. --results adds
this run's figures to those of other runs, so that plugins that do not go together can be measured in their own environments.

A face counts as found by a box whose intersection with the square that the pipeline would give it is at least 0.4 of their union.
Faces of which less than half can be seen do not count, nor do boxes on them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import facefx
from facefx.face.values import Box, Detection
from facefx.parsing.measure import BOX_PER_FACE
from facefx.plugins.resolve import resolve_detector
from landmarks import read_landmarks
from results import add_markdown, report

SAME = 0.4
SEEN = 0.5
SIZES = {"24–40 px": (24, 40), "40–80 px": (40, 80), "80–160 px": (80, 160), "over 160 px": (160, np.inf)}
TURNS = {"tilt under 15°": (0, 15), "15–45°": (15, 45), "45–90°": (45, 90), "over 90°": (90, 181)}
LIGHTS = {"dark, under 40 of 255": (0, 40), "dim, 40–90": (40, 90), "lit": (90, 256)}
YAWS = {"frames, frontal": (0, 0.25), "frames, half turned": (0.25, 0.6), "frames, profile": (0.6, np.inf)}


@dataclass(frozen=True)
class Truth:
    """A face that is there; `counts` is False where too little of it can be seen."""

    box: Box
    turn: float = 0.0
    light: float = 255.0
    yaw: float = 0.0
    counts: bool = True


@dataclass(frozen=True)
class Sample:
    path: Path
    faces: tuple[Truth, ...]

    def rgb(self) -> np.ndarray:
        return facefx.open_image(self.path).rgb


def make_pictures(folder: Path, faces: Path, number: int, seed: int) -> None:
    """Compose pictures and write them, with what is in them, to a new folder."""
    from facefx_training.data import read_celebamask, read_names
    from facefx_training.detection.compose import background, compose, cut_head, faceless_patch

    pairs = read_celebamask(faces, read_names(faces / "val.txt"))
    both = list(zip(pairs.images, pairs.labels, strict=True))
    heads = [head for image, labels in both if (head := cut_head(image, labels))]
    patches = [patch for image, labels in both if (patch := faceless_patch(image, labels)) is not None]
    folder.mkdir(parents=True)
    found: dict[str, Any] = {}
    for index in track(range(number), description="composing"):
        rng = np.random.default_rng((seed, index))
        size = int(rng.integers(480, 1081)), int(rng.integers(640, 1441))
        made = compose(heads, background(patches, size, rng), rng)
        name = f"{index:04}.png"
        facefx.save_image(made.image, folder / name)
        found[name] = [
            {"box": face.box.to_dict(), "roll": face.roll, "visible": face.visible, "light": face.light} for face in made.faces
        ]
    (folder / "faces.json").write_text(json.dumps(found, indent=1))


def read_composed(folder: Path) -> list[Sample]:
    listed = json.loads((folder / "faces.json").read_text())
    return [
        Sample(
            folder / name,
            tuple(Truth(Box(**f["box"]), abs(f["roll"]), f["light"], counts=f["visible"] >= SEEN) for f in faces),
        )
        for name, faces in listed.items()
    ]


#: The detector's square from the bounding box of 68 landmarks: its side, and how far up the face its middle lies, in square roots
#: of that box's area. Medians over 128 frontal frames in which the cascade finds the face (halves within ±0.06 and ±0.03).
LANDMARK_SIDE, LANDMARK_UP = 1.23, 0.185


def read_frames(folder: Path, limit: int) -> list[Sample]:
    """Frames with one labelled face each, every so many of them, so that all people are there."""
    last = list(dict(zip(*read_landmarks(folder), strict=True)).items())  # earlier rows of a frame are often beside the face
    chosen = last[:: max(len(last) // limit, 1)][:limit]
    return [Sample(folder / "images" / name, (truth_of(points),)) for name, points in chosen]


def truth_of(points: np.ndarray) -> Truth:
    """The face of 68 landmarks in iBUG's order; yaw is how far the nose's tip lies off the jaw's middle, in half its widths."""
    along = points[42:48].mean(axis=0) - points[36:42].mean(axis=0)
    turn = float(np.arctan2(along[1], along[0]))
    right, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    low, high = points.min(axis=0), points.max(axis=0)
    side = float(np.sqrt(np.prod(high - low)))
    middle = (low + high) / 2 - LANDMARK_UP * side * down
    across = (points - points[[0, 16]].mean(axis=0)) @ right
    yaw = abs(float(across[30])) / max(abs(float(across[16] - across[0])) / 2, 1)
    return Truth(Box.square((float(middle[0]), float(middle[1])), LANDMARK_SIDE * side), abs(float(np.degrees(turn))), yaw=yaw)


@dataclass
class Outcome:
    """One detector on one set of pictures.

    Attributes
    ----------
    faces : every face that counts, and whether it was found.
    alarms : every box's side, and whether it is false.
    seconds : processor time for each picture.
    """

    faces: list[tuple[Truth, bool]]
    alarms: list[tuple[float, bool]]
    seconds: list[float]

    def recall(self, value: Callable[[Truth], float], low: float, high: float) -> tuple[int, int]:
        chosen = [found for truth, found in self.faces if low <= value(truth) < high]
        return sum(chosen), len(chosen)

    def false(self, low: float = 0, high: float = np.inf) -> tuple[int, int]:
        chosen = [false for side, false in self.alarms if low <= side < high]
        return sum(chosen), len(chosen)


def match(found: Sequence[Box], faces: Sequence[Truth]) -> tuple[list[int], list[bool]]:
    """Which faces were found, and of each box, surest first, whether it is false: on no face, or on one that has a box already."""
    hits: list[int] = []
    false: list[bool] = []
    for box in found:
        overlaps = [0.0 if index in hits else box.iou(face.box) for index, face in enumerate(faces)]
        on_a_face = max(overlaps, default=0.0) >= SAME
        if on_a_face:
            hits.append(int(np.argmax(overlaps)))
        false.append(not on_a_face)
    return hits, false


def measure(find: Callable[[np.ndarray], Iterable[Box]], samples: Sequence[Sample], label: str) -> Outcome:
    outcome = Outcome([], [], [])
    for number, sample in enumerate(track(samples, description=label)):
        rgb = sample.rgb()
        if number == 0:
            find(rgb)  # what a detector loads at its first call is not its time
        start = time.process_time()  # of all threads: what else the machine does must not count
        found = list(find(rgb))
        outcome.seconds.append(time.process_time() - start)
        hits, false = match(found, sample.faces)
        outcome.faces += [(face, index in hits) for index, face in enumerate(sample.faces) if face.counts]
        outcome.alarms += [(box.side, is_false) for box, is_false in zip(found, false, strict=True)]
    return outcome


def boxes(found: Sequence[Detection]) -> list[Box]:
    return [one.box for one in sorted(found, key=lambda one: -one.score)]


def parsed(name: str) -> Callable[[np.ndarray], Iterable[Box]]:
    """The faces that `facefx.parse` gives with a detector, in boxes by the detectors' convention."""

    def find(rgb: np.ndarray) -> list[Box]:
        faces = sorted(facefx.parse(rgb, detector=name).faces, key=lambda face: -face.score)
        return [Box.square(face.box.center, BOX_PER_FACE * face.box.side) for face in faces]

    return find


def share(part: tuple[int, int]) -> str:
    return f"{100 * part[0] / part[1]:.0f} % of {part[1]}" if part[1] else "–"


def row_of(composed: Outcome, frames: Outcome | None, pace: float) -> dict[str, str]:
    """One detector's column: what, and the figure."""
    row = {
        "faces of 40 px and more found": share(composed.recall(lambda t: t.box.side, 40, np.inf)),
        "boxes of 40 px and more that are false": share(composed.false(40)),
        "all boxes that are false": share(composed.false()),
    }
    row |= {f"found, {name}": share(composed.recall(lambda t: t.box.side, *span)) for name, span in SIZES.items()}
    row |= {f"found, {name}": share(composed.recall(lambda t: t.turn, *span)) for name, span in TURNS.items()}
    row |= {f"found, {name}": share(composed.recall(lambda t: t.light, *span)) for name, span in LIGHTS.items()}
    if frames:
        row |= {f"found, {name}": share(frames.recall(lambda t: t.yaw, *span)) for name, span in YAWS.items()}
    return row | {"processor time, in cascade's": f"{np.median(composed.seconds) / pace:.2g}"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of composed pictures; made if --make is given")
    parser.add_argument("--make", type=int, metavar="N", help="compose N pictures into that folder first")
    parser.add_argument("--faces", type=Path, help="folder of pairs to compose them of: images/, labels/, val.txt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, help="only so many of the composed pictures")
    parser.add_argument("--frames", type=Path, help="folder of frames with landmarks.csv")
    parser.add_argument("--limit", type=int, default=300, help="at most this many frames")
    parser.add_argument("--detectors", nargs="+", default=["cascade"], metavar="NAME")
    parser.add_argument("--end-to-end", action="store_true", help="also the faces that facefx.parse gives with each of them")
    parser.add_argument("--results", type=Path, help="file to add the figures to, and to show those of earlier runs from")
    add_markdown(parser, "detectors")
    options = parser.parse_args()
    if options.make:
        make_pictures(options.pictures, options.faces, options.make, options.seed)
    samples = read_composed(options.pictures)[: options.first]
    frames = read_frames(options.frames, options.limit) if options.frames else None

    cascade = resolve_detector("cascade")
    pace = float(np.median(measure(lambda rgb: boxes(cascade.detect(rgb)), samples, "cascade, for its time").seconds))
    columns: dict[str, dict[str, str]] = {}
    if options.results and options.results.exists():
        columns = json.loads(options.results.read_text())
    for name in options.detectors:
        detector = resolve_detector(name)
        finds = {name: lambda rgb, d=detector: boxes(d.detect(rgb))}
        if options.end_to_end:
            finds[f"parse with {name}"] = parsed(name)
        for label, find in finds.items():
            on_frames = measure(find, frames, f"{label}, frames") if frames else None
            columns[label] = columns.get(label, {}) | row_of(measure(find, samples, label), on_frames, pace)
    if options.results:
        options.results.write_text(json.dumps(columns, indent=1, ensure_ascii=False))
    headings, rows = table_of(columns)
    report(headings, rows, options.markdown)
    return 0


def table_of(columns: dict[str, dict[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, of what each detector has figures for."""
    lines = dict.fromkeys(line for column in columns.values() for line in column)
    return ["", *columns], [[line, *(column.get(line, "–") for column in columns.values())] for line in lines]


if __name__ == "__main__":
    sys.exit(main())

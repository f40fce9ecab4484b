"""How well software recognises who was hidden: each way of `anonymize` against a network that knows the people.

    python benchmarks/recognition.py --frames YTFACES68 --weights WEIGHTS --markdown docs/privacy.md

It needs dlib (`pip install dlib-bin`); WEIGHTS are its dlib_face_recognition_resnet_model_v1.dat, which the package
`face_recognition_models` holds. YTFACES68 is a folder of images/NAME_NUMBER.jpg, two films or more a person, and landmarks.csv with
68 points each.

Of each person one frame is known and one, from another film, is hidden. The attacker knows the true points of the hidden face, so
that no detector stands between, and names the likeliest of all persons:

- as it is: the network compares the hidden face with the known ones;
- hidden alike: it compares with the known faces hidden the same way, the attack of McPherson, Shokri and Shmatikov
  (arXiv:1609.00408) without the training;
- by pixels: as the last, but by the pixels' differences, with mean and deviation taken out.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import facefx
from results import add_markdown, markdown, show

#: Side in pixels of the crops that the network takes, and how much lies round the face in them, as it was trained.
SIDE, PADDING = 150, 0.25
WAYS: dict[str, dict[str, Any]] = {
    "nothing hidden": {},
    "part=mouth": {"part": "mouth"},
    "part=eyes": {"part": "eyes"},
    "pixelate, cells=8": {"cells": 8},
    "pixelate (cells=5)": {},
    "pixelate, cells=3": {"cells": 3},
    "blur, cells=8": {"method": "blur", "cells": 8},
    "blur (cells=5)": {"method": "blur"},
    "blur, cells=3": {"method": "blur", "cells": 3},
    "block, part=face": {"method": "block", "part": "face"},
    "block": {"method": "block"},
}
ATTACKS = ("as it is", "hidden alike", "by pixels")


def pairs(frames: Path, number: int) -> tuple[list[tuple[Path, Path]], dict[str, np.ndarray]]:
    """Two frames a person, and the points of all frames, (68, 2)."""
    with (frames / "landmarks.csv").open(newline="") as file:
        points = {row[0]: np.array(row[1:137], float).reshape(68, 2) for row in list(csv.reader(file))[1:]}
    people: dict[str, list[str]] = defaultdict(list)
    for name in sorted(points):
        if (frames / "images" / name).exists():
            people[name.rpartition("_")[0]].append(name)
    known = [names for names in people.values() if len(names) > 1][:number]
    return [(frames / "images" / names[0], frames / "images" / names[-1]) for names in known], points


def versions(path: Path) -> list[np.ndarray]:
    """A frame hidden in every way, (H, W, 3) uint8 each, from one parse."""
    image = np.asarray(facefx.open_image(path).native)
    scene = facefx.chain("anonymize").run(image, require_face=False).scene
    done = [image]
    for settings in list(WAYS.values())[1:]:
        edited = facefx.chain("anonymize", **settings).edit(scene)
        done.append(np.clip(np.asarray(edited.image) * 255 + 0.5, 0, 255).astype(np.uint8))
    return done


def crop(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The face upright, as the network takes it."""
    import dlib

    (x0, y0), (x1, y1) = points.min(0).astype(int), points.max(0).astype(int)
    shape = dlib.full_object_detection(dlib.rectangle(x0, y0, x1, y1), [dlib.point(int(x), int(y)) for x, y in points])
    return np.asarray(dlib.get_face_chip(np.ascontiguousarray(image), shape, SIDE, PADDING))


def first_named(hidden: np.ndarray, known: np.ndarray) -> float:
    """Share of rows of `hidden` whose nearest row of `known` is their own."""
    far = ((hidden[:, None] - known[None]) ** 2).sum(axis=2)
    return float(np.mean(far.argmin(axis=1) == np.arange(len(far))))


def pixels(crops: Sequence[np.ndarray]) -> np.ndarray:
    """Crops as rows without mean and deviation."""
    rows = np.array([one[::5, ::5].astype(np.float32).ravel() for one in crops])
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(rows.std(axis=1, keepdims=True), 1e-6)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--people", type=int, default=347, help="how many of them")
    parser.add_argument("--sheet", type=Path, help="picture of the first people's faces, hidden in each way, to be looked at")
    add_markdown(parser, "recognition")
    options = parser.parse_args()
    import dlib

    network = dlib.face_recognition_model_v1(str(options.weights))
    chosen, points = pairs(options.frames, options.people)
    known, asked = ([[] for _ in WAYS] for _ in range(2))
    for one, other in track(chosen, description="hiding"):
        for path, into in ((one, known), (other, asked)):
            for crops, image in zip(into, versions(path), strict=True):
                crops.append(crop(image, points[path.name]))
    described = [[np.array(network.compute_face_descriptor(list(crops))) for crops in side] for side in (known, asked)]
    rows = []
    for index, name in enumerate(WAYS):
        shares = (
            first_named(described[1][index], described[0][0]),
            first_named(described[1][index], described[0][index]),
            first_named(pixels(asked[index]), pixels(known[index])),
        )
        rows.append([name, *(f"{100 * share:.1f} %" for share in shares)])
    rows.append(["by chance", *[f"{100 / len(chosen):.1f} %"] * 3])
    headings = ["hidden by", *ATTACKS]
    show(headings, rows, f"named rightly, of {len(chosen)} people")
    if options.sheet:
        facefx.save_image(
            np.vstack([np.hstack([side[person] for side in asked]) for person in range(6)]), options.sheet, force=True
        )
    if options.markdown:
        options.markdown.write(markdown(headings, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

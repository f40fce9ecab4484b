"""How well whole people are found: masks against those drawn by hand, on whole pictures.

    python benchmarks/people.py --data FOLDER                        # selfie_person lies in FOLDER
    python benchmarks/people.py --data FOLDER --person NAME --markdown docs/people.md

`FOLDER/selfie_person/valid` holds `images/NAME.*` and `person/NAME.png`, 0 or 255. Intersection over union is taken over the whole
set and as the mean over its pictures; the boundary F-score (benchmarks/mattes.py) counts what lies within a hundredth of the
picture's longer side. Scored are the mask ``"person"`` end to end, and, unless that is by colours, what the person segmenter itself
says of the picture.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import facefx
from mattes import boundary_f, overlap
from results import add_markdown, report

HEADINGS = ("answer", "pictures", "IoU of the set", "mean IoU", "median", "below 80", "boundary F", "ms a picture")
NEAR = 0.01


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    images = {path.stem: path for path in (folder / "images").iterdir()}
    return [(images[mask.stem], mask) for mask in sorted((folder / "person").iterdir()) if mask.stem in images]


def answers(path: Path, person: str | None) -> dict[str, tuple[np.ndarray, float]]:
    """By name, a mask, (H, W) float32, and the milliseconds that it took after the picture was parsed."""
    scene = facefx.parse(path, person=person)
    start = time.perf_counter()
    found = {"mask of the person": (np.asarray(scene.mask("person")), 1000 * (time.perf_counter() - start))}
    start = time.perf_counter()
    alone = scene.people(scene.canvas) if scene.people else None
    if alone is not None:
        took = 1000 * (time.perf_counter() - start)
        found["the network alone"] = cv2.resize(alone, scene.size[::-1], interpolation=cv2.INTER_LINEAR), took
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds selfie_person")
    parser.add_argument("--limit", type=int, help="pictures, spread over the set; by default all")
    parser.add_argument("--person", help="name of the person segmenter; by default facefx's own")
    add_markdown(parser, "people")
    options = parser.parse_args()
    found = pairs(options.data / "selfie_person" / "valid")
    found = [found[i] for i in np.linspace(0, len(found) - 1, min(options.limit or len(found), len(found))).astype(int)]
    scores: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for image, mask in track(found, description="selfie_person"):
        truth = np.asarray(cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)) > 127
        for name, (answer, took) in answers(image, options.person).items():
            inside = answer >= 0.5
            near = NEAR * max(truth.shape)
            scores[name].append(
                ((inside & truth).sum(), (inside | truth).sum(), overlap(inside, truth), boundary_f(inside, truth, near), took)
            )
    rows = []
    for name, values in scores.items():
        both, either, single, edges, took = np.array(values).T
        figures = (both.sum() / either.sum(), single.mean(), np.median(single))
        below = str((single < 0.8).sum())
        percents = [f"{100 * v:.1f}" for v in figures]
        rows.append((name, str(len(values)), *percents, below, f"{100 * edges.mean():.1f}", f"{np.median(took):.0f}"))
    report(HEADINGS, rows, options.markdown, "people on whole pictures, per cent")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What fitting masks to the photo's own pixels is worth: before and after, at the photos' own size.

    python benchmarks/mattes.py --data FOLDER          # figaro1k, celebhq_hair and celebamask_mini lie in FOLDER
    python benchmarks/mattes.py --data FOLDER --limit 15 --markdown docs/mattes.md

Each region's probability is carried from the crop to the picture in four ways: just enlarged; fitted to the picture's edges;
fitted to edges and colours; and the mask that effects get, `Face.patch`. Each is compared with the mask drawn by hand, by
intersection over union and by the boundary F-score: the harmonic mean of the share of the found boundary that lies near the drawn
one and of the share of the drawn one near the found (Martin, Fowlkes, Malik, "Learning to detect natural image boundaries", PAMI
26(5), 2004). Near is within 0.01 face units, at least one pixel. Photos in which not exactly one face is found are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import facefx
from facefx.face.face import Face
from facefx.labels import scheme
from facefx.pixels import full_size as full_size_masks
from results import add_markdown, report

HAIR = {"figaro1k": "figaro1k/testing", "celebhq_hair": "celebhq_hair/test"}
PARTS = {"celebamask_mini": ("hair", "skin", "nose", "lips", "eyes", "eyebrows")}
NEAR = 0.01
HEADINGS = ("set", "photos", "region", "mask", "IoU", "boundary F")


def full_size(patch: tuple[tuple[int, int, int, int], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    (x0, y0, x1, y1), mask = patch
    full = np.zeros(shape[:2], np.float32)
    full[y0:y1, x0:x1] = mask
    return full


def answers(face: Face, region: str) -> Iterator[tuple[str, np.ndarray]]:
    """What the mask is called, and it: (H, W) float32."""
    carried = face.parsing.region(region), face.parsing.affine, face.picture
    shape = face.picture.shape
    yield "just enlarged", full_size(full_size_masks.to_picture(*carried, refine=False), shape)
    yield "by edges", full_size(full_size_masks.to_picture(*carried, by_colour=False), shape)
    yield "by edges and colour", full_size(full_size_masks.to_picture(*carried), shape)
    yield "Face.patch", full_size(face.patch(region), shape)


def boundary(inside: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels inside that touch one outside."""
    return np.asarray(inside & ~cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1).astype(bool))


def boundary_f(found: np.ndarray, truth: np.ndarray, near: float) -> float:
    """The boundary F-score of two (H, W) bool masks, with `near` in pixels; 1 if neither has a boundary."""
    first, second = boundary(found), boundary(truth)
    if not first.any() or not second.any():
        return float(first.any() == second.any())
    precision = (distance_to(second)[first] <= near).mean()
    recall = (distance_to(first)[second] <= near).mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def distance_to(points: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.distanceTransform((~points).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def overlap(found: np.ndarray, truth: np.ndarray) -> float:
    return float((found & truth).sum() / max((found | truth).sum(), 1))


def shuffled(items: list[Path]) -> list[Path]:
    """The same order each time."""
    return [items[i] for i in np.random.default_rng(0).permutation(len(items))]


def samples(data: Path, name: str) -> Iterator[tuple[Path, dict[str, np.ndarray]]]:
    """A photo's path, and by region the masks drawn by hand: (H, W) bool."""
    if name in HAIR:
        folder = data / HAIR[name]
        images = {path.stem: path for path in (folder / "images").iterdir()}
        for path in shuffled(sorted(p for p in (folder / "hair").iterdir() if p.stem in images)):
            yield images[path.stem], {"hair": cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127}
        return
    folder, order = data / name, scheme("celebamask")
    stems = (folder / "val.txt").read_text().split()
    for path in shuffled([folder / "labels" / f"{stem}.png" for stem in stems]):
        labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        yield folder / "images" / f"{path.stem}.jpg", {r: np.isin(labels, order.indices_of(r)) for r in PARTS[name]}


def only_face(path: Path) -> Face | None:
    faces = facefx.parse(path).faces
    return faces[0] if len(faces) == 1 else None


def measure(data: Path, name: str, limit: int) -> list[tuple[str, ...]]:
    """A set's rows."""
    scores: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    shown = ((face, truths) for path, truths in samples(data, name) if (face := only_face(path)))
    for face, truths in track(islice(shown, limit), description=name, total=limit):
        for region, truth in truths.items():
            if not truth.any() or truth.shape != face.picture.shape[:2]:
                continue
            near = max(NEAR * face.box.side, 1.0)
            for answer, mask in answers(face, region):
                scores[region, answer].append((overlap(mask >= 0.5, truth), boundary_f(mask >= 0.5, truth, near)))
    means = {key: np.mean(values, axis=0) for key, values in scores.items()}
    return [
        (name, str(len(scores[region, answer])), region, answer, f"{100 * iou:.1f}", f"{100 * f:.1f}")
        for (region, answer), (iou, f) in means.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the sets")
    parser.add_argument("--limit", type=int, default=15, help="photos with one face of each set")
    parser.add_argument("--set", action="append", choices=[*HAIR, *PARTS], help="only this one; may be repeated")
    add_markdown(parser, "mattes")
    options = parser.parse_args()
    rows = [row for name in options.set or [*HAIR, *PARTS] for row in measure(options.data, name, options.limit)]
    report(HEADINGS, rows, options.markdown, "masks at the photos' own size, per cent")
    return 0


if __name__ == "__main__":
    sys.exit(main())

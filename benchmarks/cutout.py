"""How well a cutout follows the hair: the person's alpha against hair masks drawn by hand.

    python benchmarks/cutout.py --data FOLDER                               # figaro1k and celebhq_hair lie in FOLDER
    python benchmarks/cutout.py --data FOLDER --limit 20 --markdown docs/cutouts.md

Hair masks say nothing of shoulders or background, so alpha and mask are compared only where hair meets background: in a band of
0.1 face units to either side of the mask's edge, above the chin, and no nearer than that to any other part of the person. Three
answers are scored: the parsed hair itself, the parsed person, and the person mask that cutouts use. The hand-drawn masks are black
and white, so no soft edge can reach an error of 0.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import facefx
from facefx.face.scene import Scene
from results import add_markdown, report

SETS = {"figaro1k": "figaro1k/testing", "celebhq_hair": "celebhq_hair/test"}
#: Half the width of the band, in face units, and the longer side to which photos are shrunk.
BAND, SIDE = 0.1, 768
HEADINGS = ("set", "photos", "answer", "mean alpha error", "IoU")


def answers(scene: Scene) -> dict[str, np.ndarray]:
    """The alphas to score, (H, W) float32."""
    face = scene.faces[0]
    return {
        "parsed hair": np.asarray(face.mask("hair")),
        "parsed person": np.asarray(face.mask("person")),
        "cutout": np.asarray(scene.mask("person")),
    }


def band_of(scene: Scene, hair: np.ndarray) -> np.ndarray:
    """(H, W) bool: where hair meets background, as far as can be known."""
    face = scene.faces[0]
    reach = 2 * round(BAND * face.box.side) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near_edge = (cv2.dilate(hair, disc) > 0) & (cv2.erode(hair, disc) == 0)
    others = "face+ears+hat+earring+neck+clothing+necklace"
    near_others = cv2.dilate((np.asarray(face.mask(others)) > 0.3).astype(np.uint8), disc) > 0
    chin = face.landmarks.chin
    bottom = face.box.y1 if chin is None else chin[1]
    above = np.arange(hair.shape[0])[:, None] + 0.5 < bottom - 0.25 * face.box.side
    return near_edge & ~near_others & above


def photos(folder: Path, limit: int) -> list[tuple[Path, Path]]:
    """Pictures and their masks, evenly spread over the folder."""
    masks = sorted((folder / "hair").iterdir())
    chosen = [masks[i] for i in np.linspace(0, len(masks) - 1, min(limit, len(masks))).astype(int)]
    images = {path.stem: path for path in (folder / "images").iterdir()}
    return [(images[mask.stem], mask) for mask in chosen if mask.stem in images]


def read(image_path: Path, mask_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 3) float32 picture and (H, W) uint8 mask, 0 or 1, shrunk alike."""
    image = facefx.open_image(image_path).rgb
    mask = cv2.imread(str(mask_path), cv2.IMREAD_GRAYSCALE)
    scale = min(SIDE / max(image.shape[:2]), 1.0)
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image, (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127).astype(np.uint8)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds figaro1k and celebhq_hair")
    parser.add_argument("--limit", type=int, default=10, help="photos of each set")
    add_markdown(parser, "scorecard")
    options = parser.parse_args()
    rows = []
    for name, folder in SETS.items():
        errors, overlaps = defaultdict(list), defaultdict(list)
        for paths in track(photos(options.data / folder, options.limit), description=name):
            image, hair = read(*paths)
            scene = facefx.parse(image)
            if not scene.faces:
                continue
            band = band_of(scene, hair)
            if band.sum() < 200:
                continue
            truth = hair[band] > 0
            for answer, alpha in answers(scene).items():
                found = alpha[band] >= 0.5
                errors[answer].append(np.abs(alpha[band] - truth).mean())
                overlaps[answer].append((found & truth).sum() / max((found | truth).sum(), 1))
        for answer, values in errors.items():
            rows.append((name, str(len(values)), answer, f"{np.mean(values):.3f}", f"{np.mean(overlaps[answer]):.3f}"))
    report(HEADINGS, rows, options.markdown, "where hair meets background")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A folder of pictures that faces are hard to find and to parse in, to be looked at one by one.

    python benchmarks/hard_pictures.py --data DATA --into /tmp/hard
    facefx parse /tmp/hard --overlay /tmp/hard-overlays/ --sheet /tmp/hard.jpg

DATA holds celebamask_mini (a folder of labelled pairs with val.txt), ytfaces68 (frames with landmarks.csv), figaro1k/testing
(photos in the wild) and femface_ccby. Names say what is hard. Always the same 54 pictures are made; four of them show no face
("nobody"). Needs facefx-training, which composes the groups, and scikit-image, for its public-domain photos.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from rich.progress import track

import facefx
from facefx.labels import scheme
from facefx_training.data import read_names
from facefx_training.detection.compose import background, compose, cut_head, faceless_patch
from facefx_training.judge.conditions import conditions
from robustness import blurred, cut_at_the_side, cut_below, dark, overlapping, read, side_of, small, turned

CELEBAMASK = scheme("celebamask")
Named = tuple[str, np.ndarray]


def portraits(folder: Path) -> Iterator[Named]:
    """Labelled portraits that meet a condition as they are, and others made hard."""
    pairs = [read(folder, stem) for stem in read_names(folder / "val.txt")]
    left = {"glasses": 3, "hat": 3, "hair_over_face": 2, "dark": 2, "bright": 1, "turned": 3}
    plain = []
    for pair in pairs:
        met = conditions((pair.image * 255).astype(np.uint8), pair.labels, CELEBAMASK)
        condition = next((name for name in left if name in met and left[name]), None)
        if condition:
            yield f"{condition}-{left[condition]}", pair.image
            left[condition] -= 1
        elif not met:
            plain.append(pair)
    hard = {
        "turned-45": turned(45),
        "turned-90": turned(90),
        "upside-down": turned(180),
        "face-of-40-px": small(40),
        "face-of-24-px": small(24),
        "cut-at-the-side": cut_at_the_side,
        "cut-below": cut_below,
        "darkened": dark,
        "blurred": blurred,
        "overlapping": overlapping,
    }
    for (name, make), pair, other in zip(hard.items(), plain, plain[1:], strict=False):
        yield name, make(pair, other).image
    pair = plain[len(hard)]
    (x0, y0, x1, y1), side = pair.faces[0], side_of(pair)
    part = pair.image[round(y0 + 0.1 * side) : round(y1 - 0.1 * side), round(x0 + 0.1 * side) : round(x1 - 0.1 * side)]
    yield "larger-than-the-picture", cv2.resize(part, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC).clip(0, 1)


def groups(folder: Path, number: int) -> Iterator[Named]:
    """Labelled heads pasted at all sizes and turns onto other pictures."""
    pairs = [read(folder, stem) for stem in read_names(folder / "val.txt")]
    both = [((pair.image * 255).astype(np.uint8), pair.labels) for pair in pairs]
    heads = [head for image, labels in both if (head := cut_head(image, labels))]
    patches = [patch for image, labels in both if (patch := faceless_patch(image, labels)) is not None]
    for index in range(number):
        rng = np.random.default_rng((7, index))
        yield f"group-{index}", compose(heads, background(patches, (800, 1100), rng), rng).image.astype(np.float32) / 255


def frames(folder: Path) -> Iterator[Named]:
    """Small television frames: the most turned of eight people, and the two darkest of all."""
    from detectors import read_frames

    samples = read_frames(folder, limit=10_000)
    turns: dict[str, list] = {}
    for sample in samples:
        turns.setdefault(sample.path.stem.rpartition("_")[0], []).append(sample)
    most = sorted((max(own, key=lambda s: s.faces[0].yaw) for own in turns.values()), key=lambda s: -s.faces[0].yaw)
    for index, sample in enumerate(most[:8]):
        yield f"television-profile-{index}", sample.rgb()
    for index, sample in enumerate(sorted(samples, key=lambda s: s.rgb().mean())[:2]):
        yield f"television-dark-{index}", sample.rgb()


def in_the_wild(folder: Path) -> Iterator[Named]:
    """Figaro-1k: curls, kinks, braids and dreadlocks from the side; every class is numbered in blocks of 150."""
    photos = sorted(folder.joinpath("images").iterdir())
    for name, kind in {"curly": 2, "kinky": 3, "braids": 4, "dreadlocks": 5, "short": 6}.items():
        own = [p for p in photos if (int("".join(filter(str.isdigit, p.stem))) - 1) // 150 == kind]
        yield f"wild-{name}", facefx.open_image(own[len(own) // 2]).rgb


def free(femface: Path) -> Iterator[Named]:
    """Pictures without terms or under CC BY, and four without a person."""
    from skimage import data

    for index, photo in enumerate(sorted(femface.rglob("images/*"))[:2]):
        yield f"generated-{index}", facefx.open_image(photo).rgb
    astronaut = data.astronaut()
    yield "astronaut-tilted", turned_picture(astronaut, 25)
    yield "astronaut-grey-and-small", np.repeat(cv2.resize(astronaut, (96, 96)).mean(axis=2, keepdims=True), 3, axis=2) / 255
    for name in ("chelsea", "coffee", "rocket", "retina"):
        yield f"nobody-{name}", getattr(data, name)() / 255


def turned_picture(image: np.ndarray, degrees: float) -> np.ndarray:
    height, width = image.shape[:2]
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(image, affine, (width, height), borderMode=cv2.BORDER_REFLECT) / 255


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True, help="a folder that is not there yet")
    options = parser.parse_args()
    options.into.mkdir(parents=True)
    labelled = options.data / "celebamask_mini"
    pictures = [
        *portraits(labelled),
        *groups(labelled, 6),
        *frames(options.data / "ytfaces68"),
        *in_the_wild(options.data / "figaro1k" / "testing"),
        *free(options.data / "femface_ccby"),
    ]
    for name, image in track(pictures, description="writing"):
        Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)).save(options.into / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())

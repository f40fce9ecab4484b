"""Real or dyed: can a judge tell dyed hair from hair that grew in that colour?

    python benchmarks/real_or_dyed.py --data FOLDER          # FOLDER holds celebamask_more: images/, labels/, train.txt
    python benchmarks/real_or_dyed.py --data FOLDER --heads 80 --way "dark to light" --markdown docs/real_or_dyed.md

For each way, photos whose own hair has the wanted colour stand against other photos dyed at full strength to the median colour of
one of those. The judge of benchmarks/hair_judge.py sees patches inside the hair drawn by hand, and stretches of its outline: the
figures are the area under the ROC curve, in per cent, and the interval of 95 % of bootstrap samples of photos.

Two controls say what the judge is worth: one half of the photos with such hair against the other half (near 50), and photos whose
hue, saturation and brightness were swapped for the wanted ones, as in most tutorials (near 100).

Photos at odd places of the list only, so that a dye may learn from the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

import facefx
from facefx.effects.tools.recoloring import perceived
from facefx.face.scene import Scene
from facefx.labels import scheme
from facefx.pixels import color as colors
from hair_judge import SIDE, compare, deep
from recolor import paint
from results import add_markdown, report

HEADINGS = ("way", "heads", "patches: AUC", "outline: AUC")


@dataclass(frozen=True)
class Head:
    """A photo, the hair drawn by hand, and its median colour.

    Attributes
    ----------
    image : (SIDE, SIDE, 3) uint8 RGB.
    hair : (SIDE, SIDE) bool.
    own : (3,) OKLab.
    """

    name: str
    image: np.ndarray = field(repr=False)
    hair: np.ndarray = field(repr=False)
    own: np.ndarray

    @property
    def light(self) -> float:
        return float(perceived(self.own[0]))

    @property
    def chroma(self) -> float:
        return float(np.hypot(*self.own[1:]))

    @property
    def hue(self) -> float:
        """In degrees: 30 is red, 90 yellow."""
        return float(np.degrees(np.arctan2(self.own[2], self.own[1])))


def light(head: Head) -> bool:
    return head.light >= 0.45 and head.chroma > 0.025


def dark(head: Head) -> bool:
    return 0.05 < head.light < 0.18


def black(head: Head) -> bool:
    return 0.03 < head.light < 0.1


def copper(head: Head) -> bool:
    return 0.18 < head.light < 0.5 and head.chroma > 0.05 and head.hue < 50


def not_copper(head: Head) -> bool:
    return 0.05 < head.light < 0.3 and not copper(head)


def not_black(head: Head) -> bool:
    return head.light > 0.2


#: Name of the way: which heads are dyed, and which have hair of that colour.
WAYS: dict[str, tuple[Callable[[Head], bool], Callable[[Head], bool]]] = {
    "dark to light": (dark, light),
    "light to dark": (light, dark),
    "brown to copper": (not_copper, copper),
    "brown and light to black": (not_black, black),
}


def heads(data: Path) -> list[Head]:
    """The photos to judge by, of which the hair is neither hidden nor a trifle."""
    index = scheme("celebamask").indices_of("hair")
    names = (data / "train.txt").read_text().split()[1::2]
    found = []
    for name in track(names, description="photos", console=Console()):
        image, labels = cv2.imread(str(data / "images" / f"{name}.webp")), cv2.imread(str(data / "labels" / f"{name}.png"), -1)
        hair = cv2.resize(np.isin(labels, index).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) >= 0.5
        if hair.mean() < 0.12:
            continue
        rgb = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        own = np.median(colors.to_oklab(rgb[deep(hair) >= 5].astype(np.float32) / 255), axis=0)
        found.append(Head(name, rgb, hair, own))
    return found


def dyed(scene: Scene, target: np.ndarray) -> np.ndarray:
    """The photo with its hair in the target's colour, OKLab (3,): (H, W, 3) uint8."""
    code = np.rint(255 * np.clip(colors.from_oklab(target[None]), 0, 1))[0].astype(int)
    painted = paint(scene, "recolor_hair", color="#" + "".join(f"{v:02x}" for v in code), strength=1.0)
    return np.rint(255 * painted).astype(np.uint8)


def swapped(scene: Scene, target: np.ndarray) -> np.ndarray:
    """What most tutorials do: hue and saturation of the colour, and brightness scaled to its: (H, W, 3) uint8."""
    mask = np.asarray(scene.faces[0].mask("hair"))
    hsv = cv2.cvtColor(scene.image, cv2.COLOR_RGB2HSV)
    wanted = cv2.cvtColor(np.clip(colors.from_oklab(target[None, None]), 0, 1).astype(np.float32), cv2.COLOR_RGB2HSV)[0, 0]
    hsv[..., :2] = wanted[:2]
    hsv[..., 2] *= wanted[2] / max(float(np.median(hsv[mask >= 0.9][:, 2])), 1e-3)
    swap = cv2.cvtColor(np.clip(hsv, 0, [360, 1, 1]).astype(np.float32), cv2.COLOR_HSV2RGB)
    return np.rint(255 * (scene.image + mask[..., None] * (swap - scene.image))).astype(np.uint8)


def rows(found: list[Head], way: str, many: int) -> Iterator[tuple[str, str, str, str]]:
    """A way's row and its controls'."""
    source, wanted = WAYS[way]
    rng = np.random.default_rng(0)
    number = {head.name: k for k, head in enumerate(found)}
    real = [h for h in found if wanted(h)]
    real = [real[k] for k in rng.permutation(len(real))[:many]]
    others = [h for h in found if source(h) and not wanted(h)]
    others = [others[k] for k in rng.permutation(len(others))]
    grown = [(number[h.name], h.image, h.hair) for h in real]
    yield f"{way}: real against real", str(len(grown) // 2), *compare((grown[::2], grown[1::2]))
    made, swaps, kept = [], [], []
    for head in track(others, description=way, console=Console()):
        scene = facefx.parse(head.image)
        if len(scene.faces) != 1:
            continue
        target = real[len(made) % len(real)].own
        made.append((number[head.name], dyed(scene, target), head.hair))
        swaps.append((number[head.name], swapped(scene, target), head.hair))
        kept.append(head)
        if len(made) == min(many, len(real)):
            break
    yield f"{way}: hue swap", str(len(made)), *compare((grown, swaps))
    yield f"**{way}: dyed**", str(len(made)), *compare((grown, made))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds celebamask_more")
    parser.add_argument("--heads", type=int, default=150, help="at most so many photos of each kind")
    parser.add_argument("--way", action="append", choices=WAYS, help="only this one; may be repeated")
    add_markdown(parser, "real-or-dyed")
    options = parser.parse_args()
    data = options.data / "celebamask_more"
    if not (data / "train.txt").is_file():
        Console().print(f"skipped: no {data / 'train.txt'}; --data names the folder that holds celebamask_more")
        return 0
    try:
        import sklearn  # noqa: F401
    except ImportError:
        Console().print('skipped: the judge needs scikit-learn; pip install "scikit-learn>=1.5"')
        return 0
    found = heads(data)
    results = [row for way in options.way or WAYS for row in rows(found, way, options.heads)]
    report(HEADINGS, results, options.markdown, "real or dyed, per cent")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Is dyed hair lighter than hair ever is in such a photo?

    python benchmarks/hair_in_light.py --data FOLDER     # FOLDER holds celebamask_more: images/, labels/, train.txt

How light a head of hair is, is said beside its face: the median of its perceived lightness over that of the lightest fiftieth of
the skin, both drawn by hand. Real heads say what there is. Dark ones, dyed light at full strength in the light of the scene, are
held against what 99 in 100 real ones stay below. Photos at odd places of the list only.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

import facefx
from facefx import chain
from facefx.effects.tools.recoloring import perceived
from facefx.labels import scheme
from facefx.pixels import color as colors
from results import add_markdown, report

#: Names of the colours that are dyed with.
COLORS = {"blonde": "#d2b06f", "light blonde": "#e6c88f", "platinum": "#f2e6d0"}
HEADINGS = ("", "heads", "hair over lit skin: median", "of 100, 90 are below", "lighter than 99 in 100 real heads")


@dataclass(frozen=True)
class Photo:
    """(S, S, 3) uint8 RGB, and where hair and skin were drawn, (S, S) bool."""

    image: np.ndarray
    hair: np.ndarray
    skin: np.ndarray

    def lightness(self, image: np.ndarray) -> float:
        """Of the hair of a version of the photo over that of the photo's lit skin."""
        hair = perceived(colors.to_oklab(_floats(image)[self.hair])[:, 0])
        skin = perceived(colors.to_oklab(_floats(self.image)[self.skin])[:, 0])
        return float(np.median(hair) / np.quantile(skin, 0.98))

    @property
    def own(self) -> float:
        """The hair's own median lightness."""
        return float(np.median(perceived(colors.to_oklab(_floats(self.image)[self.hair])[:, 0])))


def photos(data: Path) -> list[Photo]:
    """Those at odd places whose hair and skin are not a trifle."""
    names = (data / "train.txt").read_text().split()[1::2]
    hair, skin = (scheme("celebamask").indices_of(region) for region in ("hair", "skin"))
    found = []
    for name in track(names, description="photos", console=Console()):
        labels = cv2.imread(str(data / "labels" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        masks = [_inner(np.isin(labels, index)) for index in (hair, skin)]
        if min(mask.mean() for mask in masks) >= 0.05:
            image = cv2.imread(str(data / "images" / f"{name}.webp"))
            found.append(Photo(np.ascontiguousarray(image[..., ::-1]), *masks))
    return found


def _inner(mask: np.ndarray) -> np.ndarray:
    return cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0


def _floats(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) / 255 if image.dtype == np.uint8 else image


def rows(found: list[Photo], many: int) -> list[tuple[str, ...]]:
    real = np.array([photo.lightness(photo.image) for photo in found])
    light = np.array([photo.own >= 0.45 for photo in found])
    usual = float(np.quantile(real, 0.99))
    result = [_row("real heads", real, usual), _row("real heads whose hair is light", real[light], usual)]
    dark = [photo for photo in found if 0.05 < photo.own < 0.18]
    chosen = np.random.default_rng(0).permutation(len(dark))[:many]
    scenes = [(dark[k], facefx.parse(dark[k].image)) for k in track(chosen, description="faces", console=Console())]
    scenes = [(photo, scene) for photo, scene in scenes if len(scene.faces) == 1]
    for name, code in COLORS.items():
        look = chain("recolor_hair", color=code, strength=1.0)
        dyed = np.array([photo.lightness(look.edit(scene).image) for photo, scene in scenes])
        result.append(_row(f"dark ones dyed {name}, `{code}`", dyed, usual))
    return result


def _row(name: str, values: np.ndarray, usual: float) -> tuple[str, ...]:
    over = 100 * float((values > usual).mean())
    return name, str(len(values)), f"{np.median(values):.2f}", f"{np.quantile(values, 0.9):.2f}", f"{over:.0f} %"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds celebamask_more")
    parser.add_argument("--heads", type=int, default=100, help="at most so many dark heads")
    add_markdown(parser, "hair-in-light")
    options = parser.parse_args()
    data = options.data / "celebamask_more"
    if not (data / "train.txt").is_file():
        Console().print(f"skipped: no {data / 'train.txt'}; --data names the folder that holds celebamask_more")
        return 0
    results = rows(photos(data), options.heads)
    report(HEADINGS, results, options.markdown, "how light hair is beside its face")
    return 0


if __name__ == "__main__":
    sys.exit(main())

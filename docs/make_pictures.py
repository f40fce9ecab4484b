"""Makes the pictures of the docs from the effects themselves; mkdocs runs it before each build.

python docs/make_pictures.py        # by hand
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facefx import Chain, chain, parse

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIDE = 420


def side_by_side(pictures: list[Image.Image], path: Path) -> None:
    """Write pictures of one height beside each other."""
    row = np.hstack([np.asarray(p.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)) for p in pictures])
    Image.fromarray(row).save(path, quality=90)


def sample(name: str) -> Image.Image:
    return Image.open(ROOT / "samples" / f"{name}.jpg")


def before_after(name: str, looks: list[Chain], path: Path) -> None:
    side_by_side([sample(name), *(look(sample(name)) for look in looks)], path)


#: Which photos are shown dyed in which colour.
DYED = {
    "#cdb18f": ("afro", "bun", "long_dark", "straight", "three_quarter", "full_length"),
    "#1c1614": ("blonde", "closeup", "astronaut", "hat", "three_quarter", "straight"),
    "#a4502c": ("astronaut", "straight", "blonde", "full_length", "hat", "long_dark"),
    "#6b3fa0": ("long_dark", "afro", "bun", "three_quarter", "closeup", "blonde"),
}


def dyed(path: Path, side: int = 200) -> None:
    """Write twenty-four heads, two in a row: each as it is, dyed at 0.5 and at 1."""
    heads = []
    for color, names in DYED.items():
        dyes = [chain("recolor_hair", color=color, strength=strength) for strength in (0.5, 1.0)]
        for name in names:
            shown = [sample(name), *(dye(sample(name)) for dye in dyes)]
            heads.append(np.hstack([np.asarray(p.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)) for p in shown]))
    Image.fromarray(np.vstack([np.hstack(heads[k : k + 2]) for k in range(0, len(heads), 2)])).save(path, quality=88)


def grey_mask(names: tuple[str, ...], path: Path, segmenter: str = "unet-grey", side: int = 260) -> None:
    """Write rows of a photo, the grey mask of its face, the boxes and the contour that come of it."""
    drawings = [chain("draw_boxes"), chain("draw_contour")]
    rows = []
    for name in names:
        photo = sample(name)
        scene = parse(photo, segmenter=segmenter)
        # each part lies in the one before: as many thirds of white as masks that hold a pixel
        grey = sum(np.asarray(scene.mask(region)) for region in ("face", "eyes", "irises")) / 3
        mask = Image.fromarray(np.rint(255 * np.asarray(grey)).astype(np.uint8))
        drawn = [drawing.run(photo, segmenter=segmenter).image for drawing in drawings]
        row = [p.convert("RGB").resize((side, side), Image.Resampling.LANCZOS) for p in (photo, mask, *drawn)]
        rows.append(np.hstack([np.asarray(p) for p in row]))
    Image.fromarray(np.vstack(rows)).save(path, quality=88)


def on_pre_build(config: Any = None) -> None:
    """mkdocs' hook."""
    PICTURES.mkdir(exist_ok=True)
    plum = chain("recolor_lips", color="#a2243b").then("recolor_hair", color="#6b3fa0")
    before_after("straight", [plum], PICTURES / "before_after.jpg")
    lips = [chain("recolor_lips", color="#a2243b", finish=finish, strength=0.9) for finish in ("matte", "satin", "gloss")]
    for name in ("closeup", "hat"):
        before_after(name, lips, PICTURES / f"lips_{name}.jpg")
    hair = [chain("recolor_hair", color=color, strength=0.95) for color in ("#cdb18f", "#1c1614", "#a4502c")]
    for name in ("blonde", "long_dark", "afro", "astronaut"):
        before_after(name, hair, PICTURES / f"hair_{name}.jpg")
    dyed(PICTURES / "dyed.jpg")
    grey_mask(("straight", "closeup", "three_quarter", "astronaut"), PICTURES / "grey_mask.jpg")


if __name__ == "__main__":
    on_pre_build()

"""Does the same face in other light wear the same colours? Photos are lit anew, painted, and lit back as they were.

    python benchmarks/relit.py                                  # the photos in samples/
    python benchmarks/relit.py --photos FOLDER --markdown docs/recolouring.md

What differs between that and the photo painted as it is, CIEDE2000, the median over what was painted and is not burnt out: over the
photos the median and the worst, with `light="scene"` and, for comparison, with `light="absolute"`. "Lower", "upper" and "left": a
shadow, three stops deep and with a soft edge, lies on that half of the face.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import facefx
from facefx import Face, Scene, chain
from facefx.pixels import color as colors
from results import add_markdown, markdown, show

SAMPLES = Path(__file__).parents[1] / "samples"
EFFECTS: dict[str, dict[str, Any]] = {
    "recolor_lips": {"color": "#cc0000"},
    "recolor_brows": {"color": "#4a2c1d"},
    "apply_eyeshadow": {"color": "#7a4658"},
    "apply_blush": {"color": "#d0475f"},
    "apply_foundation": {"color": "#c68e6c", "match": 1.0},
    "recolor_hair": {"color": "#b5703c"},
}


def planckian(kelvin: float) -> np.ndarray:
    """Linear RGB of a glowing body of that temperature, of luminance 1: (3,).

    Its x and y, from 1667 K on: Kim et al., "Design of advanced color temperature control system for HDTV applications", J. Korean
    Phys. Soc. 41 (2002); RGB of these: IEC 61966-2-1.
    """
    t = 1000 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.asarray(to_rgb @ (x / y, 1.0, (1 - x - y) / y))


#: By how much each makes red, green and blue of a photo in daylight stronger.
LIGHTS: dict[str, np.ndarray] = {f"{stops:+} EV": np.full(3, 2.0**stops) for stops in (-3, -2, -1, 1)} | {
    f"{kelvin} K": planckian(kelvin) / planckian(6504) for kelvin in (2700, 4000, 9000)
}


#: The halves of a face that a shadow of three stops lies on.
SHADOWS = ("lower", "upper", "left")


def shadow_on(half: str, face: Face, size: tuple[int, int]) -> np.ndarray:
    """How much of the light is left, (H, W, 1): an eighth on that half of the face and beyond, with a soft edge."""
    y, x = np.mgrid[: size[0], : size[1]]
    (across, _), box = face.box.center, face.box
    below, above = y - (box.y0 + 0.62 * box.height), box.y0 + 0.5 * box.height - y  # of lips, and of eyes
    within = {"lower": below, "upper": above, "left": x - across}[half]
    return np.asarray(1 - (7 / 8) / (1 + np.exp(-within / (0.04 * box.side))))[..., None]


def relit(picture: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """A photo, (H, W, 3) float32 sRGB, as a camera would have stored it in that light: uint8."""
    return np.asarray(np.round(colors.from_linear(np.clip(colors.linear(picture) * gain.astype(np.float32), 0, 1)) * 255), np.uint8)


def difference(picture: np.ndarray, as_it_is: Scene, there: Scene, gain: np.ndarray, look: facefx.Chain) -> float:
    """What it makes to paint there and bring the result back: the median CIEDE2000; NaN where hardly anything can be compared."""
    worn, lit = look.edit(as_it_is).image, look.edit(there).image
    back = colors.from_linear(np.clip(colors.linear(lit) / gain.astype(np.float32), 0, 1))
    whole = (lit.max(axis=-1) < 0.98) & ((colors.linear(worn) * gain).max(axis=-1) < 0.95)
    told = (np.abs(worn - picture).max(axis=-1) > 2 / 255) & whole
    return float(np.median(colors.delta_e(back[told], worn[told]))) if told.sum() > 50 else np.nan


def measured(photos: list[Path]) -> dict[tuple[str, str, str], list[float]]:
    """By effect, light and kind of painting: a difference a photo in which a face is found in all lights that it is compared in."""
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for path in track(photos, description="photos", transient=True):
        picture = facefx.open_image(path).canvas.image
        as_it_is = facefx.parse(picture)
        if not as_it_is.faces:
            continue
        shadows = {half: shadow_on(half, as_it_is.faces[0], as_it_is.size) for half in SHADOWS}
        for light, gain in (LIGHTS | shadows).items():
            there = facefx.parse(relit(picture, gain))
            if not there.faces:
                continue
            for effect, params in EFFECTS.items():
                for kind in ("scene", "absolute"):
                    look = chain(effect, strength=1.0, light=kind, **params)
                    found[effect, light, kind].append(difference(picture, as_it_is, there, gain, look))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=SAMPLES)
    add_markdown(parser, "relit")
    asked = parser.parse_args()
    photos = sorted(path for path in asked.photos.iterdir() if path.suffix in (".jpg", ".png", ".webp"))
    found = measured(photos)

    def cell(effect: str, light: str) -> str:
        here, absolute = (np.array(found[effect, light, kind]) for kind in ("scene", "absolute"))
        return f"{np.nanmedian(here):.1f} / {np.nanmax(here):.1f} ({np.nanmedian(absolute):.0f})"

    lights = (*LIGHTS, *SHADOWS)
    headings = ("", *lights)
    rows = [[f"`{effect}`", *(cell(effect, light) for light in lights)] for effect in EFFECTS]
    show(headings, rows)
    if asked.markdown:
        asked.markdown.write(markdown(headings, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

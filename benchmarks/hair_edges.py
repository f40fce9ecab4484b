"""Hair's outline where the truth is known: dark heads before plain walls, cut out exactly and put before other backgrounds.

    python benchmarks/hair_edges.py --data FOLDER     # figaro1k, celebhq_hair, femface_ccby lie in FOLDER; without it the samples
    python benchmarks/hair_edges.py --data FOLDER --markdown docs/mattes.md

Where dark hair hangs before a plain bright wall, how much of a pixel is hair follows from its colour: the wall's is known from
round about, the hair's from within. So cut out, curls with their gaps, the head stands before four other backgrounds: a bright
wall, one of middle grey, lamps out of focus, and letters. Looked at is only where hair meets background, within 0.15 face units of
the hair's edge, away from skin and clothes.

- alpha: mean distance of a mask from the true share of hair; gradient: of the slopes of both, over a pixel (Rhemann et al., "A
  perceptually motivated online benchmark for image matting", CVPR 2009), times 100.
- glow: by how much dyed hair is lighter than the true result, perceived lightness from 0 to 100, where hair is a third to two
  thirds of a pixel, where it is less, and where it is more, up to 0.95. The true result is the same hair dyed before a background
  of hair, and then put before the new one in its true share; its lightness is first matched well inside the hair, of which a dye
  may make more or less. Hair that is itself lighter at its edge, or was not taken apart from the wall, is so in the true result.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

import facefx
from facefx.effects.hair.recolor_hair import recolor_hair
from facefx.effects.tools.hair_dye import seen
from facefx.face.face import FaceView
from facefx.face.scene import Scene
from recolor import paint
from results import add_markdown, report

#: Dark heads before plain walls, found by eye.
SAMPLES = ("afro", "bun", "long_dark", "straight")
HEADS = {
    "celebhq_hair/test/images": ("28413", "28485"),
    "femface_ccby/test/images": ("woman_0024_f0_png",),
    "femface_ccby/valid/images": ("woman_0024_f0_png",),
    "figaro1k/testing/images": ("Frame00503", "Frame00526", "Frame00551", "Frame00563"),
}
COLORS = {"copper": "#b5562a", "blonde": "#e6c88f", "violet": "#6b3fa0"}
#: Longer side of the pictures in pixels; half the band's width, and how near other parts may come, in face units.
SIDE, BAND, APART = 640, 0.15, 0.12
HEADINGS = ("heads", "answer", "alpha", "gradient", "glow in half hair", "glow in less", "glow in more")


@dataclass(frozen=True)
class Cut:
    """A person cut out: all float32 in [0, 1].

    Attributes
    ----------
    colors : (H, W, 3), hair and body alone.
    alpha : (H, W), how much of a pixel they are.
    hair : (H, W), 1 well within hair and beyond, where its colour is known.
    band : (H, W) bool, where hair meets background.
    """

    colors: np.ndarray
    alpha: np.ndarray
    hair: np.ndarray
    band: np.ndarray
    unit: float


def grown(mask: np.ndarray, radius: float) -> np.ndarray:
    size = 2 * round(radius) + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))) > 0)


def wall_of(image: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The wall behind everything: a quadratic surface through what is free of the person, refitted without what differs."""
    height, width = free.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    kept = free.copy()
    for _ in range(3):
        factors = np.linalg.lstsq(terms[kept], image[kept], rcond=None)[0]
        wall = (terms @ factors).astype(np.float32)
        off = np.linalg.norm(image - wall, axis=-1)
        kept = free & (off < max(2.5 * float(np.median(off[free])), 0.02))
    return np.clip(wall, 0, 1)


def cut(image: np.ndarray, scene: Scene) -> Cut | None:
    """The person of a picture; None if there is no hair to tell the colour of."""
    face = scene.faces[0]
    unit = face.box.side
    hair, person = np.asarray(face.mask("hair")), np.asarray(scene.mask("person"))
    others = np.asarray(face.mask("face+ears+hat+earring+neck+clothing+necklace"))
    free = ~grown(np.maximum(person, hair) > 0.05, 0.12 * unit)
    near = grown(hair > 0.5, 0.08 * unit)
    wall = wall_of(image, free & grown(near, 0.6 * unit))
    inside = cv2.erode((hair > 0.9).astype(np.uint8), np.ones((2 * round(0.05 * unit) + 1,) * 2, np.uint8)) > 0
    if not inside.any():
        return None
    own = np.quantile(image[inside], 0.6, axis=0).astype(np.float32)
    axis = own - wall
    share = ((image - wall) * axis).sum(-1) / np.maximum((axis * axis).sum(-1), 1e-3)
    share = np.clip((share - 0.04) / 0.92, 0, 1).astype(np.float32)
    deep = cv2.distanceTransform((hair > 0.5).astype(np.uint8), cv2.DIST_L2, 5) > 0.3 * unit
    away = ~grown(others > 0.2, APART * unit)
    chin = face.landmarks.chin
    bottom = face.box.y1 if chin is None else chin[1]
    away &= (np.arange(len(hair))[:, None] + 0.5 < bottom - 0.1 * unit) & (np.ones_like(hair) > 0)
    zone = near & away & ~deep
    alpha = np.where(zone, share, np.where(deep & away, 1, person)).astype(np.float32)
    alpha[~near & away] = 0
    alone = np.clip((image - (1 - alpha[..., None]) * wall) / np.maximum(alpha, 0.1)[..., None], 0, 1)
    colors = from_nearest(alone, alpha > 0.6).astype(np.float32)
    band = zone & (cv2.distanceTransform((~((hair > 0.3) & away)).astype(np.uint8), cv2.DIST_L2, 5) < BAND * unit)
    return Cut(colors, alpha, np.maximum(hair, (near & away).astype(np.float32)), band, unit)


def from_nearest(colors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The colours, (H, W, 3), and for each that is not known the nearest that is."""
    _, labels = cv2.distanceTransformWithLabels((~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros((int(labels.max()) + 1, 3), np.float32)
    table[labels[known]] = colors[known]
    return np.asarray(np.where(known[..., None], colors, table[labels]))


def backgrounds(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """What to put the person before: (H, W, 3) float32."""
    height, width = shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    rng = np.random.default_rng(0)

    def wall(color: tuple[float, ...], fall: float) -> np.ndarray:
        light = 1 - fall * np.hypot(x - 0.3, y - 0.2)
        return np.clip(np.array(color, np.float32) * light[..., None] + rng.normal(0, 0.008, (height, width, 1)), 0, 1)

    yield wall((0.93, 0.92, 0.9), 0.12).astype(np.float32)
    yield wall((0.52, 0.55, 0.6), 0.25).astype(np.float32)
    lamps = wall((0.2, 0.24, 0.2), 0.2).astype(np.float32)
    for _ in range(60):
        disc = np.zeros((height, width), np.float32)
        at = int(rng.integers(0, width)), int(rng.integers(0, height))
        cv2.circle(disc, at, int(rng.integers(width // 30, width // 12)), 1.0, -1, cv2.LINE_AA)
        lamps += (0.5 * disc)[..., None] * (rng.uniform(0.3, 1, 3).astype(np.float32) - lamps)
    yield np.asarray(cv2.GaussianBlur(lamps, (0, 0), 2))
    ink = np.zeros((height, width), np.uint8)
    for row in range(0, height, height // 7):
        place = (int(rng.integers(-60, 0)), row + height // 9)
        cv2.putText(ink, "PRESS NIGHT 24", place, cv2.FONT_HERSHEY_DUPLEX, height / 330, 255, 4, cv2.LINE_AA)
    page = wall((0.88, 0.9, 0.93), 0.1)
    letters = page + (ink / np.float32(255))[..., None] * (np.array((0.2, 0.25, 0.55), np.float32) - page)
    yield letters.astype(np.float32)


def gradients(mask: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(mask, (0, 0), 1.0)
    return np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)], -1)


def measure(one: Cut, before: np.ndarray) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The scores of each answer: alpha and gradient of masks; glow in half hair, in less and in more, of dyes."""
    share = one.alpha[..., None]
    picture = np.clip(share * one.colors + (1 - share) * before, 0, 1).astype(np.float32)
    scene = facefx.parse(picture)
    if len(scene.faces) != 1:
        return
    face, band = scene.faces[0], one.band
    hair = np.asarray(face.mask("hair"))
    for answer, mask in (("hair mask", hair), ("cutout", np.asarray(scene.mask("person")))):
        slopes = np.linalg.norm(gradients(mask) - gradients(one.alpha), axis=-1)
        yield answer, (float(np.abs(mask - one.alpha)[band].mean()), 100 * float(slopes[band].mean()))
    view = FaceView(face, (0, 0, *one.alpha.shape[1::-1]))
    within = ~grown(hair < 0.95, 0.06 * one.unit) & (one.alpha > 0.9)
    for name, color in COLORS.items():
        rng = np.random.default_rng(0)
        pure = recolor_hair.function(one.colors, one.hair, one.unit, view, color=color, strength=1.0, rng=rng)
        true = np.clip(share * pure + (1 - share) * before, 0, 1).astype(np.float32)
        made = paint(scene, "recolor_hair", color=color, strength=1.0).astype(np.float32)
        lighter = 100 * (seen(made) - seen(true))[..., 0]
        lighter -= one.alpha * (np.median(lighter[within]) if within.any() else 0)
        parts = ((1 / 3, 2 / 3), (-1, 1 / 3), (2 / 3, 0.95))
        yield f"dyed {name}", tuple(float(lighter[band & (one.alpha > a) & (one.alpha <= b)].mean()) for a, b in parts)


def photos(data: Path | None) -> Iterator[tuple[str, Path]]:
    for name in SAMPLES:
        yield name, Path(__file__).parent.parent / "samples" / f"{name}.jpg"
    for folder, names in HEADS.items() if data else ():
        for path in sorted((data / folder).iterdir()):  # type: ignore[operator]
            if path.stem in names:
                yield path.stem, path


def read(path: Path) -> np.ndarray:
    image = facefx.open_image(path).rgb
    scale = min(SIDE / max(image.shape[:2]), 1.0)
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds figaro1k, celebhq_hair and femface_ccby")
    parser.add_argument("--show", type=Path, help="folder to write each head to, before each background, with its true alpha")
    add_markdown(parser, "hair-edges")
    options = parser.parse_args()
    scores: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for name, path in track(list(photos(options.data)), description="heads"):
        image = read(path)
        scene = facefx.parse(image)
        one = cut(image, scene) if len(scene.faces) == 1 else None
        if one is None:
            continue
        share, behind = one.alpha[..., None], list(backgrounds(one.alpha.shape))
        if options.show:
            options.show.mkdir(parents=True, exist_ok=True)
            shown = np.hstack([image, *(share * one.colors + (1 - share) * b for b in behind), cv2.merge([one.alpha] * 3)])
            cv2.imwrite(str(options.show / f"{name}.png"), np.rint(255 * shown[..., ::-1]).astype(np.uint8))
        for before in behind:
            for answer, values in measure(one, before):
                scores[answer][name].append(values)
    rows = []
    for answer, heads in scores.items():
        means = np.mean([np.mean(values, axis=0) for values in heads.values()], axis=0)
        is_mask = not answer.startswith("dyed")
        figures = [f"{value:.3f}" if is_mask and k == 0 else f"{value:.1f}" for k, value in enumerate(means)]
        rows.append((str(len(heads)), answer, *([*figures, "", "", ""] if is_mask else ["", "", *figures])))
    report(HEADINGS, rows, options.markdown, "where hair meets other backgrounds")
    return 0


if __name__ == "__main__":
    sys.exit(main())

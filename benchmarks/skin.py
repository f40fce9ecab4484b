"""What smoothing skin keeps and what it takes away, in numbers.

    python benchmarks/skin.py                             # on the photos in samples/
    python benchmarks/skin.py --photos FOLDER             # on your own
    python benchmarks/skin.py --markdown docs/skin.md     # and write the table that the docs show

Everything is measured at the photo's own resolution in OKLab, on skin and nose where the mask is at least 0.9, and lengths are in
face units. Beside `smooth_skin` stands a bilateral filter through the same mask, a common way to smooth skin.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from facefx import chain
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.pixels import color
from facefx.pixels.blend import composite
from photos import add_photos, parsed, skin_tone
from results import add_markdown, markdown, show

#: Standard deviations, in face units: pores and down are finer than the first, blotches lie between the next two, and what is
#: broader than the last is the face's shape.
PORES, BLOTCHES, SHAPE = 0.005, (0.012, 0.035), 0.12
#: How near to a feature's border its edge is looked for.
NEAR = 0.015


def bilateral(scene: Scene) -> np.ndarray:
    """The picture with a bilateral filter on skin and nose, as wide as smooth_skin's blotches."""
    face = scene.faces[0]
    reach = 0.035 * face.box.side
    flat = cv2.bilateralFilter(scene.image, 0, 0.1, reach)
    return composite(scene.image, flat, np.asarray(face.mask("skin+nose")))


METHODS: dict[str, Callable[[Scene], np.ndarray]] = {
    "smooth_skin": lambda scene: chain("smooth_skin").edit(scene).image,
    "smooth_skin, strength 1": lambda scene: chain("smooth_skin", strength=1.0).edit(scene).image,
    "bilateral filter": bilateral,
}
LINES = {
    "texture": "texture kept: energy of the finest",
    "blotches in lightness": "blotches left in lightness: energy of the middle",
    "blotches in chroma": "blotches left in chroma: energy of the middle",
    "planted": "planted blotches left: amplitude",
    "shape": "shape kept: energy of the broadest",
    "edges": "edges kept: gradient at eyes, lips, brows and hair",
}


def blotches(face: Face) -> np.ndarray:
    """A field of blotches to plant in the skin, always the same: (H, W, 3) OKLab, of deviation 0.015 in lightness and a."""
    noise = np.random.default_rng(0).normal(0, 1, (*face.picture.shape[:2], 2)).astype(np.float32)
    near, far = (cv2.GaussianBlur(noise, (0, 0), radius * face.box.side) for radius in BLOTCHES)
    field = (near - far) / (near - far).std() * 0.015
    return np.concatenate([field, np.zeros_like(field[..., :1])], axis=-1) * (np.asarray(face.mask("skin+nose")) >= 0.9)[..., None]


def planted_left(scene: Scene, smoothed: np.ndarray, smooth: Callable[[Scene], np.ndarray]) -> float:
    """Share of planted blotches that is left: the projection of what planting them changes in the result onto them."""
    face = scene.faces[0]
    field = blotches(face)
    blotched = color.from_oklab(color.to_oklab(scene.image) + field)
    planted = replace(scene, image=blotched, faces=(face.moved_to(blotched, face.parsing),))
    left = color.to_oklab(smooth(planted)) - color.to_oklab(smoothed)
    return float((left * field).sum() / (field**2).sum())


def mean(values: np.ndarray, weight: np.ndarray, radius: float) -> np.ndarray:
    """Gaussian mean over the skin alone, so that lips and brows are in no band."""
    total = np.maximum(cv2.GaussianBlur(weight, (0, 0), radius), 1e-4)
    full = weight if values.ndim == 2 else weight[..., None]
    return cv2.GaussianBlur(values * full, (0, 0), radius) / (total if values.ndim == 2 else total[..., None])


def measured(face: Face, before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """Each line's share of what there was before."""
    unit = face.box.side
    skin = (np.asarray(face.mask("skin+nose")) >= 0.9).astype(np.float32)
    features = sum(np.asarray(face.mask(f)) for f in ("eyes", "eyebrows", "lips", "hair"))
    to_border = np.abs(
        cv2.distanceTransform((features < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
        - cv2.distanceTransform((features >= 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    )
    inside = (skin > 0) & (to_border > 0.06 * unit)
    border = to_border < NEAR * unit
    old, new = color.to_oklab(before), color.to_oklab(after)

    def energy(lab: np.ndarray) -> dict[str, float]:
        fine = lab[..., 0] - mean(lab[..., 0], skin, PORES * unit)
        middle = mean(lab, skin, BLOTCHES[0] * unit) - mean(lab, skin, BLOTCHES[1] * unit)
        broad = mean(lab[..., 0], skin, SHAPE * unit)
        slope = np.hypot(cv2.Sobel(lab[..., 0], cv2.CV_32F, 1, 0), cv2.Sobel(lab[..., 0], cv2.CV_32F, 0, 1))
        return {
            "texture": float((fine[inside] ** 2).mean()),
            "blotches in lightness": float((middle[inside][:, 0] ** 2).mean()),
            "blotches in chroma": float((middle[inside][:, 1:] ** 2).sum(axis=1).mean()),
            "shape": float(broad[inside].var()),
            "edges": float(slope[border].mean()),
        }

    first, second = energy(old), energy(new)
    return {line: second[line] / max(first[line], 1e-12) for line in first}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_photos(parser)
    add_markdown(parser, "skin")
    options = parser.parse_args()
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    used = 0
    for scene in parsed(options.photos):
        used += 1
        scene = scene.of(scene.faces[:1])
        group = skin_tone(scene.faces[0])
        for method, smooth in METHODS.items():
            smoothed = smooth(scene)
            shares = measured(scene.faces[0], scene.image, smoothed) | {"planted": planted_left(scene, smoothed, smooth)}
            for line, share in shares.items():
                found[line, method]["all"].append(share)
                found[line, method][group].append(share)
    title, headings = f"{used} photos: share of what there was, median / worst, then medians by skin tone", ["", *METHODS]
    rows = [
        [what, *(summary(found[line, method], worst=max if "blotches" in what else min) for method in METHODS)]
        for line, what in LINES.items()
    ]
    show(headings, rows, title)
    if options.markdown:
        options.markdown.write(f"{title}.\n\n{markdown(headings, rows)}")
    return 0


def summary(shares: dict[str, list[float]], worst: Callable[[list[float]], float]) -> str:
    """Median and worst of all, then each tone's median."""
    tones = ", ".join(f"{name} {np.median(shares[name]):.2f}" for name in ("dark", "tan", "light") if name in shares)
    return f"{np.median(shares['all']):.2f} / {worst(shares['all']):.2f} ({tones})"


if __name__ == "__main__":
    sys.exit(main())

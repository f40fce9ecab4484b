"""Makes the gallery, page and pictures, from the effects themselves; mkdocs runs it before each build.

python docs/make_gallery.py         # by hand
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import facefx
from facefx import Chain, EffectSpec, Scene, chain, load_look
from facefx.labels import Region, labels_of
from facefx.plugins.builtin import facefx_effects

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gallery.md"
PICTURES = ROOT / "docs" / "pictures"
#: Faces of different skin and hair; where to see teeth; where there is more than a face.
PORTRAITS = ("astronaut", "hat", "long_dark")
HEIGHT = 240
#: How much of the picture to show for a group of effects, in face sides.
WIDTHS = {
    "lips": 0.75,
    "mouth": 0.75,
    "eyes": 0.95,
    "hair": 3.2,
    "background": 3.2,
    "overlay": 3.2,
    "picture": 3.2,
    "anonymize": 2,
    "look": 2.2,
}

#: Effects whose default shows nothing, or not enough, in three small pictures.
SHOWN_WITH: dict[str, dict[str, Any]] = {
    "recolor_lips": {"color": "#a2243b"},
    "transfer_makeup": {"reference": str(ROOT / "samples" / "closeup.jpg")},
    "recolor_hair": {"color": "#a4502c"},
}
#: Effects that three other faces show better.
SHOWN_ON: dict[str, tuple[str, ...]] = {
    "whiten_teeth": ("astronaut", "long_dark", "straight"),
    "transfer_makeup": ("astronaut", "straight", "hat"),
}

TITLES = {
    "lips": "Lips",
    "hair": "Hair",
    "eyes": "Eyes and brows",
    "skin": "Skin",
    "mouth": "Teeth",
    "warp": "Shape",
    "transfer_makeup": "Make-up from a photo",
    "background": "Background",
    "anonymize": "Privacy",
    "overlay": "Overlays",
    "picture": "Any region",
}

INTRODUCTION = """# Gallery

Every effect at its default, unless the snippet says otherwise: before and after, on the photo of an astronaut (NASA, public
domain) and on generated faces ([CC BY 4.0](https://github.com/facefx/facefx/blob/main/samples/README.md)). This page and its
pictures are made from the effects each time the docs are built.
"""


def scene_of(name: str, _scenes: dict[str, Scene] = {}) -> Scene:  # noqa: B006  (a cache)
    if name not in _scenes:
        _scenes[name] = facefx.parse(ROOT / "samples" / f"{name}.jpg")
    return _scenes[name]


def pixels(scene: Scene) -> Image.Image:
    """The scene's picture; a chequerboard shows through where it is transparent."""
    image = scene.image
    if scene.alpha is not None:
        rows, columns = np.indices(scene.size) // 12
        board = 0.75 + 0.2 * ((rows + columns) % 2)[..., None]
        image = board + scene.alpha[..., None] * (image - board)
    return Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8))


def view(scene: Scene, group: str) -> tuple[int, int, int, int]:
    """The square of the picture in which the effects of a group are seen best."""
    face = scene.faces[0]
    points = face.landmarks
    middle = np.array(face.box.center)
    eyes = [eye.center for eye in (points.left_eye, points.right_eye) if eye]
    if group == "eyes" and eyes:
        middle = np.mean(eyes, axis=0)
    elif group in ("lips", "mouth") and points.mouth:
        middle = points.mouth.center
    half = min(WIDTHS.get(group, 1.5) * face.box.side, *scene.size) / 2
    x, y = (float(np.clip(c, half, n - half)) for c, n in zip(middle, scene.size[::-1], strict=True))
    return round(x - half), round(y - half), round(x + half), round(y + half)


def row(look: Chain, names: tuple[str, ...], group: str, path: Path) -> None:
    """Before and after, beside each other, for each photo."""
    tiles = []
    for name in names:
        scene = scene_of(name)
        box = view(scene, group)
        for shown in (scene, look.edit(scene)):
            tile = pixels(shown).crop(box).resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS)
            tiles.append(np.asarray(tile))
        tiles.append(np.full((HEIGHT, 8, 3), 255, np.uint8))
    Image.fromarray(np.hstack(tiles[:-1])).save(path, quality=88)


def group_of(spec: EffectSpec) -> str:
    """The heading that an effect stands under."""
    if spec.kind in ("warp", "overlay"):
        return spec.kind
    if spec.name in ("anonymize", "transfer_makeup"):
        return spec.name
    if spec.kind == "cutout" or spec.region == "background":
        return "background"
    if "region" in spec.parameters:
        return "picture"
    labels = labels_of(spec.region)
    for group in (Region.LIPS, Region.MOUTH):
        if labels <= group.labels:
            return group.value
    if "lips" in spec.name:
        return "lips"
    if "hair" in spec.region:
        return "hair"
    return "eyes" if "eye" in spec.name or "brow" in spec.name else "skin"


def snippet(spec: EffectSpec) -> str:
    shown = ", ".join([repr(spec.name).replace("'", '"'), *(f"{k}={v!r}" for k, v in SHOWN_WITH.get(spec.name, {}).items())])
    return f"```python\nchain({shown})(image)\n```".replace(str(ROOT) + "/", "")


def effects_page() -> list[str]:
    groups: dict[str, list[EffectSpec]] = {key: [] for key in TITLES}
    for spec in facefx_effects():
        groups[group_of(spec)].append(spec)
    lines = []
    for key, specs in groups.items():
        lines += [f"\n## {TITLES[key]}\n"] if specs else []
        for spec in sorted(specs, key=lambda s: s.name):
            file = f"gallery_{spec.name}.jpg"
            look = chain(spec.name, **SHOWN_WITH.get(spec.name, {}))
            row(look, SHOWN_ON.get(spec.name, PORTRAITS), key, PICTURES / file)
            lines.append(f"### {spec.name}\n\n{spec.summary}\n\n![before and after]({'pictures/' + file})\n\n{snippet(spec)}\n")
    return lines


def looks_page() -> list[str]:
    lines = ["\n## Looks\n\nReady chains, by name: `facefx apply me.jpg -o new.jpg --look NAME`, or `load_look(NAME)(image)`.\n"]
    for name, summary in facefx.looks().items():
        row(load_look(name), PORTRAITS, "look", PICTURES / f"look_{name}.jpg")
        lines.append(f"### {name}\n\n{summary}\n\n![before and after](pictures/look_{name}.jpg)\n")
    return lines


def looks_picture() -> None:
    """A few of the looks' pictures below each other, for the README."""
    rows = [np.asarray(Image.open(PICTURES / f"look_{name}.jpg")) for name in ("classic_red", "festival", "smoky", "film_noir")]
    Image.fromarray(np.vstack(rows)).save(PICTURES / "looks.jpg", quality=82)


def on_pre_build(config: Any = None) -> None:
    """mkdocs' hook."""
    PICTURES.mkdir(exist_ok=True)
    text = "\n".join([INTRODUCTION, *effects_page(), *looks_page()])
    looks_picture()
    if not PAGE.exists() or PAGE.read_text("utf-8") != text:  # a page that is written anew makes `mkdocs serve` build again
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    on_pre_build()

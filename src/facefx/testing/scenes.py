"""Scenes that an effect must cope with: several faces, none, tiny ones, ones cut by the border, masks of nothing and of all."""

from __future__ import annotations

import numpy as np

from ..face.scene import Scene
from ..image.canvas import Canvas
from ..labels import Label, labels_of
from .drawn import Head, drawn_face, label_picture, painted

__all__ = ["CONTENTS", "SCENES", "example_scene"]

#: What the pictures show: a face or something that has nothing to do with the masks.
CONTENTS = ["drawn", "noise", "black", "white", "gradient"]

#: (height, width) of the picture, and the heads in it.
_LAYOUTS: dict[str, tuple[tuple[int, int], tuple[Head, ...]]] = {
    "portrait": ((95, 90), (Head((45, 49), 48),)),
    "turned": ((90, 95), (Head((46, 47), 44, roll=35),)),
    "glasses and hat": ((95, 90), (Head((45, 52), 48, hat=True, eyeglasses=True),)),
    "two faces": ((80, 130), (Head((38, 42), 40), Head((98, 40), 36, roll=-10))),
    "cut by the border": ((70, 60), (Head((4, 66), 48),)),
    "larger than the picture": ((50, 61), (Head((30, 25), 180),)),
    "tiny": ((16, 20), (Head((10, 8), 7),)),
    "one pixel": ((1, 1), (Head((0.5, 0.5), 3),)),
    "one line": ((1, 40), (Head((20, 0.5), 20),)),
    "nothing of it": ((40, 45), (Head((22, 20), 25),)),
    "all of it": ((40, 45), (Head((22, 20), 25),)),
    "nobody": ((30, 40), ()),
}
SCENES = list(_LAYOUTS)
#: Those whose faces consist of nothing, or of nothing else, but the region.
_UNIFORM = ("nothing of it", "all of it", "one pixel", "one line")


def example_scene(kind: str, content: str = "drawn", region: str = "face") -> Scene:
    """One of the `SCENES`, showing one of the `CONTENTS`.

    In ``"nothing of it"`` the face has nothing of the region, in ``"all of it"`` and the smallest ones it has nothing else.
    """
    size, heads = _LAYOUTS[kind]
    picture = _picture(content, size, heads)
    labels: np.ndarray | None = None
    order = list(Label)
    if kind in _UNIFORM:
        inside = labels_of(region)
        wanted = [i for i, label in enumerate(order) if (label in inside) == (kind != "nothing of it")]
        labels = np.full((64, 64), wanted[0] if wanted else 0, np.uint8)
    return Scene(Canvas.of(picture), tuple(drawn_face(head, picture, labels) for head in heads))


def _picture(content: str, size: tuple[int, int], heads: tuple[Head, ...]) -> np.ndarray:
    match content:
        case "drawn":
            return painted(label_picture(heads, size)).astype(np.float32) / 255
        case "black" | "white":
            return np.full((*size, 3), content == "white", np.float32)
        case "gradient":
            ramp = np.linspace(0, 1, size[0] * size[1], dtype=np.float32).reshape(size)
            return np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1)
    return np.random.default_rng(0).random((*size, 3), np.float32)

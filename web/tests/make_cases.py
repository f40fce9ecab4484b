"""Makes what the maths in TypeScript is held to from OpenCV and facefx: `python web/tests/make_cases.py`."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from facefx.effects.hair.recolor_hair import recolor_hair
from facefx.effects.tools.hair_dye import HeadOfHair, seen
from facefx.effects.tools.hair_outline import Outline
from facefx.effects.tools.hair_worn import worn
from facefx.errors import ParameterError
from facefx.face.light import lights_on
from facefx.face.values import FaceParsing
from facefx.labels import scheme
from facefx.parsing.small_eyes import with_small_eyes
from facefx.parsing.strays import without_strays
from facefx.pixels import color
from facefx.pixels.cells import in_cells
from facefx.pixels.full_size import to_picture
from facefx.pixels.masks import depth
from facefx.pixels.relight import in_its_light, in_white_light
from facefx.pixels.seeing_through import seen_through

#: Ways to write a colour, and some that are none.
CODES = (
    "#C00", "#c00f", "#cc0000", "Plum", "rgb(1, 2,3)", "rgb(300,0,0)", "RGB(10%, 20%,30%)", "rgba(1,2,3,4)", "hsl(120,50%,50%)",
    "hsl(700, 50.5%, 20%)", "hsl(200, 30%, 81.5%)", "hsv(310,50%,50%)", "hsb(20, 100%, 80%)", " plum", "hsl(-10,50%,50%)",
    "rgb(1.5,2,3)", "rgb(1,2)", "hsl(1,2,3)", "#12", "nothing",
)  # fmt: skip


def hex_of(code: str) -> str | None:
    """What Python takes a colour's code for; None if for none."""
    try:
        return color.hex_code(color.parse(code))
    except ParameterError:
        return None


def hair() -> dict[str, Any]:
    """The statistics of a little noise, brown and louder to the right of a soft edge; what it is in blonde; dyed.

    Dyed as a small face's hair, whose pixels are the copy's, and as a large one's, which has detail finer than that.
    """
    noise = np.random.default_rng(0).random((30, 40, 3))
    across = np.arange(40)
    image = np.array([0.3, 0.2, 0.14], np.float32) * (0.6 + noise.astype(np.float32) * (across / 40).astype(np.float32)[:, None])
    mask = np.broadcast_to(np.clip((across - 14) / 4, 0, 1).astype(np.float32), (30, 40))
    head = HeadOfHair.of(image, mask, 260)
    dyed = {str(unit): recolor_hair(image, mask, unit, face_of(unit), color="#d8b06a", rng=None) for unit in (130, 260)}
    some = {unit: picture[::3, ::3].reshape(-1, 3).tolist() for unit, picture in dyed.items()}
    blonde = head.grown("#d8b06a").values[:, in_cells(mask, head.cell) > 0]  # elsewhere it says nothing
    return {"statistics": head.statistics.numbers(), "blonde": blonde.T, "dyed": some}


def face_of(unit: int) -> Any:
    """A face of so many pixels that is nothing but hair, as far as it is parsed."""

    def roughly(region: str, cell: int) -> np.ndarray:
        return np.full((-(-30 // cell), -(-40 // cell)), region == "hair", np.float32)

    return SimpleNamespace(is_in_film=False, unit=unit, roughly=roughly, light=None)


def worn_in() -> list[Any]:
    """Colours, lights, and what Python has a head of hair wear in them."""
    found = []
    for code in ("#e6c88f", "#ffffff", "#6b3fa0", "#000000"):
        rgb = np.array(color.parse(code), np.float32)
        for light in ((1.0, 1.0, 1.0), (0.4, 0.3, 0.2), (2.5, 2.0, 1.8)):
            found.append([code, light, worn(seen(rgb[None, None])[0, 0].astype(float), np.array(light)).round(6).tolist()])
    return found


def relit(colors: np.ndarray) -> list[Any]:
    """Lights, what colours and darker ones are in white light, and what a change to that is in these."""
    image = np.concatenate([colors, colors / 20])[None]
    found = []
    for light in ((0.4, 0.3, 0.2), (2.5, 2.0, 1.8), (1.02, 0.99, 1.0)):
        white = in_white_light(image, np.array(light))
        painted = np.where(white > 0.3, white * np.float32(0.8) + np.float32(0.1), white)
        back = in_its_light(image, white, painted, np.array(light), np.ones(image.shape[:2], bool))
        found.append([light, *(values.astype(float).round(6).tolist() for values in (white.ravel(), back.ravel()))])
    return found


def curls(shine: float = 0) -> np.ndarray:
    """How much is hair of a dark disc with strands around it before a bright wall, all of which a mask takes for hair.

    With `shine` it is a disc of smooth hair, lighter by that towards the right edge.
    """
    y, x = np.mgrid[:60, :60] - 30.0
    far = np.hypot(x, y)
    alpha = np.where(far < 15, 1, np.clip(2 * (np.cos(14 * np.arctan2(y, x)) - (far - 20) / 6) + 0.5, 0, 1))[..., None]
    if shine:
        alpha = np.where(far < 27.5, 1 - shine * np.exp(-((y / 6) ** 2)) * np.clip((x - 12) / 12, 0, 1), 0)[..., None]
    image = (alpha * (0.08, 0.06, 0.05) + (1 - alpha) * (0.85 - 0.003 * x[..., None])).astype(np.float32)
    mask = np.clip(27.5 - far, 0, 1).astype(np.float32)

    def about(cell: int) -> tuple[np.ndarray, np.ndarray]:
        share = in_cells(mask, cell)
        return share, np.full_like(share, 0.25)

    return seen_through(mask, image, 60, about)


def outline() -> np.ndarray:
    """What is left of a light rim on a dark disc before a bright wall: (3, 60, 60), light, a and b."""
    y, x = np.mgrid[:60, :60] - 30.0
    far = np.hypot(x, y).astype(np.float32)
    share = np.clip(24.5 - far, 0, 1)
    image = np.stack([0.1 + 0.7 * (1 - share)] * 3, axis=-1)
    found = Outline.of(image, share, 60)
    assert found is not None
    return np.stack(found.taken_off(np.float32(0.4) + far / 60, far / 300, -far / 200))


def fitted() -> dict[str, Any]:
    """Masks of a dark disc before a brighter wall, in a picture finer than the crop and in a coarser one; thin at their edge."""
    y, x = np.mgrid[:64, :64] - 31.5
    values, beside = (np.clip(0.5 + v / 6, 0, 1).astype(np.float32) for v in (20 - np.hypot(x, y), x - 22))
    found = {}
    for scale, side in ((0.45, 120), (2.3, 30)):
        y, x = np.mgrid[:side, :side] - side / 2
        share = np.clip((21 / scale - np.hypot(x, 1.1 * y)) * scale / 3 + 0.5, 0, 1)[..., None]
        image = (0.8 - share * (0.7, 0.65, 0.6) + 0.05 * np.sin(x / 3 / scale)[..., None]).astype(np.float32)
        affine = np.array([[scale, 0.1 * scale, 32 - 0.55 * side * scale], [-0.1 * scale, scale, 32 - 0.45 * side * scale]])
        window, mask = to_picture(values, affine, image, fuzz=9 / scale, neighbours=beside)
        found[str(scale)] = {"window": window, "mask": np.round(mask[::3, ::3].astype(float), 4).ravel().tolist()}
    return found


#: A face of ellipses on a crop of 96 pixels: the label, the centre, half the axes, and the colour in linear light.
PARTS = (
    ("skin", 48, 50, 32, 40, 0.30, 0.16, 0.10), ("neck", 48, 94, 16, 8, 0.2, 0.1, 0.06), ("nose", 48, 50, 5, 10, 0.3, 0.16, 0.1),
    ("left_eyebrow", 62, 30, 8, 2.5, 0.04, 0.03, 0.02), ("right_eyebrow", 34, 30, 8, 2.5, 0.04, 0.03, 0.02),
    ("left_eye", 62, 38, 6, 3, 0.30, 0.26, 0.24), ("right_eye", 34, 38, 6, 3, 0.36, 0.30, 0.28),
    ("upper_lip", 48, 68, 12, 3, 0.24, 0.09, 0.07), ("lower_lip", 48, 72, 11, 3.5, 0.27, 0.1, 0.08),
    ("inner_mouth", 48, 70, 8, 1, 0.03, 0.02, 0.02),
)  # fmt: skip
#: From which row to which it is in the shade, and in which share of the light.
SHADES = ((), ((60, 96, 0.2),), ((60, 66, 0.2), (76, 96, 0.2)), ((0, 44, 0.15),), ((0, 96, 0.4), (26, 34, 3.0)))


def lights() -> dict[str, Any]:
    """The light on that face and its parts in each of those shades."""
    y, x = np.mgrid[:96, :96]
    found = scheme("celebamask")
    faces = []
    for dim in SHADES:
        light, probabilities = np.full((96, 96, 3), 0.1, np.float32), np.zeros((len(found), 96, 96), np.float32)
        probabilities[0] = 1
        for name, left, top, across, down, *rgb in PARTS:
            inside = ((x - left) / across) ** 2 + ((y - top) / down) ** 2 <= 1
            light[inside] = rgb
            probabilities[:, inside] = 0
            probabilities[found.classes.index(name)][inside] = 1
        for first, last, share in dim:
            light[first:last][probabilities[0, first:last] == 0] *= np.float32(share)
        parsing = FaceParsing(probabilities, found, np.eye(2, 3))
        faces.append({"dim": dim, "lights": lights_on(color.from_linear(light), parsing).round(7).tolist()})
    return {"parts": PARTS, "faces": faces}


def small_eyes() -> dict[str, Any]:
    """Probabilities of parts on a crop of six pixels a side that was enlarged two and a half times, and those with its eyes."""
    found = scheme("celebamask")
    seen = np.random.default_rng(3).dirichlet(np.full(len(found), 0.3), (6, 6)).astype(np.float32)
    before = FaceParsing(np.ascontiguousarray(np.moveaxis(seen, -1, 0)), found, np.array([[2.5, 0, 1], [0, 2.5, 2]]))
    after = with_small_eyes(before, 1.4)
    return {"before": plain(np.ravel(before.probabilities)), "after": plain(np.ravel(after.probabilities))}


def strays() -> dict[str, Any]:
    """Probabilities of a nose, a mouth, and an eye where one may be and one where none may; and the likeliest labels then."""
    found, size = scheme("celebamask"), 24
    seen = np.full((len(found), size, size), 0.002, np.float32) * (1 + np.arange(len(found), dtype=np.float32))[:, None, None]
    seen[0] += 2
    places = {"skin": (2, 2, 22, 15), "nose": (9, 3, 13, 6), "upper_lip": (15, 3, 17, 7), "left_eye": (6, 6, 8, 10)}
    for name, (top, left, bottom, right) in (places | {"right_eye": (10, 18, 13, 22)}).items():
        seen[found.classes.index(name), top:bottom, left:right] += {"skin": 4.0}.get(name, 30.0)
    seen /= seen.sum(axis=0)
    after = np.asarray(without_strays(FaceParsing(seen, found, np.eye(2, 3))).probabilities)
    return {"before": plain(np.ravel(seen)), "after": np.argmax(after, axis=0).ravel().tolist()}


def cases() -> dict[str, Any]:
    """Inputs, and what Python makes of them."""
    rng = np.random.default_rng(7)
    byte = rng.integers(0, 256, (9, 11, 3), np.uint8)
    soft = rng.random((9, 11), np.float32)
    colors = rng.random((12, 3)).astype(np.float32)
    inside = np.zeros((16, 20), np.uint8)
    cv2.circle(inside, (9, 8), 6, 1, -1)
    return {
        "byte": byte.ravel(),
        "soft": soft.ravel(),
        "colors": colors,
        "inside": inside.ravel(),
        "enlarged": cv2.resize(byte, (17, 20), interpolation=cv2.INTER_LINEAR).ravel(),
        "softEnlarged": cv2.resize(soft, (17, 20), interpolation=cv2.INTER_LINEAR).ravel(),
        "shrunk": cv2.resize(soft, (4, 5), interpolation=cv2.INTER_AREA).ravel(),
        "cubic": cv2.resize(soft, (17, 20), interpolation=cv2.INTER_CUBIC).ravel(),
        "gaussian": cv2.GaussianBlur(soft, (0, 0), 1.5).ravel(),
        "depth": depth(inside.astype(bool)).ravel(),
        "oklab": color.to_oklab(colors[None])[0],
        "seedWords": np.random.SeedSequence([7, 2**60 + 3, 0]).generate_state(5),
        "normal": np.random.default_rng([1, 2, 3]).standard_normal(20_000, np.float32)[::40],
        "shares": np.random.default_rng([1, 2, 3]).random(5),
        "codes": {code: hex_of(code) for code in CODES},
        "deltaE": color.delta_e(colors[:6], colors[6:]),
        "hair": {name: plain(values) for name, values in hair().items()},
        "worn": {"cases": worn_in()},
        "lights": lights(),
        "relit": {"cases": relit(colors)},
        "smallEyes": small_eyes(),
        "strays": strays(),
        "outline": np.round(outline().astype(float), 4)[:, ::3, ::3].ravel(),
        "fitted": fitted(),
        "curls": np.round(curls().astype(float), 4).ravel(),
        "shine": np.round(curls(shine=0.35).astype(float), 4).ravel(),
    }


def plain(value: Any) -> Any:
    """A case as JSON can hold it."""
    return value if isinstance(value, dict) else np.round(np.asarray(value, float), 7).tolist()


if __name__ == "__main__":
    made = {name: plain(values) for name, values in cases().items()}
    Path(__file__).with_name("cases.json").write_text(json.dumps(made) + "\n", encoding="utf-8")

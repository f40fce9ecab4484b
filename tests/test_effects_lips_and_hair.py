"""Lips, hair, brows and copied make-up: what the contract cannot know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from conftest import Fakes
from facefx import chain
from facefx.chains.painting import apply_effect
from facefx.effects.tools.hair import hair_of
from facefx.errors import ImageError, NoFaceFound
from facefx.face.face import Face, FaceView
from facefx.face.scene import Scene
from facefx.face.values import FaceParsing
from facefx.labels import Label, scheme
from facefx.pixels import color
from facefx.pixels.geometry import crop_affine
from facefx.plugins.installed import registry
from facefx.testing.drawn import COLORS, INDEX, Head, label_picture, painted

HEAD = Head((150, 165), 160)
SIZE = (320, 300)
#: Column of the crop that something may cover the face up to, a tenth of the face from its middle.
COVERED_TO = 112


def portrait(**colors: str) -> Scene:
    """A drawn head with some parts in other colours."""
    labels = label_picture([HEAD], SIZE)
    picture = painted(labels).astype(np.float32) / 255
    for name, code in colors.items():
        label = Label(name)
        picture[labels == INDEX[label]] += np.array(color.parse(code), np.float32) - COLORS[INDEX[label]] / 255
    picture = np.clip(picture, 0, 1)
    return Scene(picture, (face_in(picture),))


def face_in(picture: np.ndarray, covered: Label | None = None) -> Face:
    """The head's face, parsed at 256 pixels; the left quarter of the crop is something else if `covered`."""
    size = 256
    affine = crop_affine(HEAD.center, 1.6 * HEAD.side, 0.0, size)
    labels = label_picture([Head((size / 2, size / 2), size / 1.6)], (size, size))
    if covered:
        labels[:, :COVERED_TO] = INDEX[covered]
    classes = np.stack([cv2.GaussianBlur((labels == i).astype(np.float32), (0, 0), 0.6) for i in range(len(Label))])
    parsing = FaceParsing(classes / classes.sum(axis=0), scheme("celebamask"), affine)
    return Face(HEAD.detection.box, 0.0, 1.0, parsing, picture)


def edit(scene: Scene, effect: str, reference: Face | None = None, seed: int = 0, **params: Any) -> np.ndarray:
    """With colours as they are asked for: a drawn face's skin tells nothing of the light."""
    spec = registry().effects[effect]
    params = {"light": "absolute"} | params if spec.light else params
    return apply_effect(scene, spec, spec.resolve(params), np.random.SeedSequence(seed), reference).image


def lab(scene: Scene, image: np.ndarray, region: str, where: np.ndarray | bool = True) -> np.ndarray:
    """Median CIE L*a*b* of a region."""
    return np.median(color.to_lab(image[(np.asarray(scene.mask(region)) > 0.95) & where]), axis=0)


def distance(first: np.ndarray, code: str) -> float:
    return float(color.delta_e_lab(first, color.to_lab(np.array(color.parse(code)))))


def to_the_left() -> np.ndarray:
    """(H, W) bool: the subject's left."""
    return np.broadcast_to(np.arange(SIZE[1]) + 0.5 > HEAD.center[0], SIZE)


# lips


def test_ombre_lips_are_dark_outside_and_light_inside() -> None:
    scene = portrait()
    image = edit(scene, "recolor_lips", color="#e08080", second="#300010", ombre=1.0, strength=1.0)
    mouth = (np.asarray(scene.mask("mouth")) > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(mouth, cv2.DIST_L2, 5) / HEAD.side
    outer, inner = (lab(scene, image, "lips", where)[0] for where in (depth < 0.02, depth > 0.05))
    assert inner - outer > 25
    plain = edit(scene, "recolor_lips", color="#e08080", strength=1.0)
    assert np.array_equal(plain, edit(scene, "recolor_lips", color="#e08080", second="#300010", strength=1.0))


@pytest.mark.parametrize("finish", ["matte", "satin", "gloss", "metallic"])
@pytest.mark.parametrize("ombre", [0.0, 1.0])
def test_no_lipstick_on_teeth(finish: str, ombre: float) -> None:
    scene = portrait()
    image = edit(scene, "recolor_lips", finish=finish, ombre=ombre, strength=1.0)
    teeth = np.asarray(scene.mask("inner_mouth")) > 0.95
    assert color.delta_e(image[teeth], scene.image[teeth]).mean() < 1


def test_metal_shines_in_its_own_colour() -> None:
    scene = portrait()
    light = np.exp(-((np.indices(SIZE)[0] - 225) ** 2) / 60)[..., None].astype(np.float32)  # a highlight across the lower lip
    scene = Scene(np.clip(scene.image + 0.15 * light, 0, 1), scene.faces)
    shown = {f: color.to_oklab(edit(scene, "recolor_lips", finish=f, color="#b0203a", strength=1.0)) for f in ("matte", "metallic")}
    spot = (np.asarray(scene.mask("lower_lip")) > 0.95) & (light[..., 0] > 0.9)
    matte, metal = (shown[f][spot].mean(axis=0) for f in ("matte", "metallic"))
    assert metal[0] > matte[0] + 0.03
    assert np.hypot(*metal[1:]) > 0.1


def test_lip_liner_follows_the_outer_edge_only() -> None:
    scene = portrait()
    width = 0.012
    change = np.abs(edit(scene, "line_lips", strength=1.0, color="#300010", width=width) - scene.image).max(axis=-1)
    mouth = np.isin(label_picture([HEAD], SIZE), [INDEX[v] for v in (Label.UPPER_LIP, Label.LOWER_LIP, Label.INNER_MOUTH)])
    outside = cv2.distanceTransform((~mouth).astype(np.uint8), cv2.DIST_L2, 5) / HEAD.side
    inside = cv2.distanceTransform(mouth.astype(np.uint8), cv2.DIST_L2, 5) / HEAD.side
    edge = np.maximum(outside, inside) < 0.007
    assert np.median(change[edge]) > 0.25
    assert change[(outside > 0.02) | (inside > 0.045)].max() < 0.01
    teeth = np.asarray(scene.mask("inner_mouth")) > 0.95
    assert not change[teeth].any()


def test_no_liner_where_something_lies_on_the_lips() -> None:
    picture = portrait().image
    scene = Scene(picture, (face_in(picture, covered=Label.CLOTHING),))
    change = np.abs(edit(scene, "line_lips", strength=1.0) - picture).max(axis=-1)
    border = int(HEAD.center[0] + (COVERED_TO / 256 - 0.5) * 1.6 * HEAD.side)
    middle = slice(int(HEAD.center[1] + 0.28 * HEAD.side), int(HEAD.center[1] + 0.4 * HEAD.side))
    assert change[:, border + 15 :].max() > 0.2
    assert change[middle, : border + 8].max() < 0.02


# hair


def test_split_hair_has_its_first_colour_on_the_subjects_left() -> None:
    scene = portrait()
    image = edit(scene, "recolor_hair", pattern="split", color="#3050a0", second="#c03040", strength=1.0)
    assert distance(lab(scene, image, "hair", to_the_left()), "#3050a0") < 5
    assert distance(lab(scene, image, "hair", ~to_the_left()), "#c03040") < 5


def test_ombre_hair_turns_from_the_roots_to_the_tips() -> None:
    scene = portrait()
    image = edit(scene, "recolor_hair", pattern="ombre", color="#303030", second="#d0b070", strength=1.0)
    hair = (np.asarray(scene.mask("hair")) > 0.95) & (np.abs(np.arange(SIZE[1]) - HEAD.center[0]) > 0.45 * HEAD.side)
    rows = np.indices(SIZE)[0]
    light = [lab(scene, image, "hair", hair & (rows // 25 == band))[0] for band in range(4, 9)]
    assert np.all(np.diff(light) > 0)
    assert light[-1] - light[0] > 25


def test_hair_of_its_own_colour_stays_at_the_roots_if_natural() -> None:
    scene = portrait()
    image = edit(scene, "recolor_hair", pattern="ombre", natural=True, second="#d0b070", strength=1.0)
    roots = np.indices(SIZE)[0] < HEAD.center[1] - 0.55 * HEAD.side
    hair = (np.asarray(scene.mask("hair")) > 0.95) & (np.abs(np.arange(SIZE[1]) - HEAD.center[0]) < 0.1 * HEAD.side) & roots
    near = hair & (np.indices(SIZE)[0] > np.nonzero(hair)[0].max() - 8)
    assert color.delta_e(image[near], scene.image[near]).mean() < 2


def combed(angle: float) -> Scene:
    """A head whose hair all runs in one direction, in degrees from x to y."""
    turn = np.deg2rad(angle)
    y, x = np.indices(SIZE, np.float32)
    strands = np.random.default_rng(1).standard_normal(2000).astype(np.float32)
    across = (x * -np.sin(turn) + y * np.cos(turn) + 700).astype(int)
    scene = portrait(hair="#806050")
    return Scene(np.clip(scene.image + 0.06 * cv2.blur(strands, (1, 3)).ravel()[across][..., None], 0, 1), scene.faces)


@pytest.mark.parametrize("angle", [0, 30, 90, 140])
def test_strands_are_followed(angle: float) -> None:
    scene = combed(angle)
    face = scene.faces[0]
    window, mask = face.patch("hair")
    x0, y0, x1, y1 = window
    hair = hair_of(np.ascontiguousarray(scene.image[y0:y1, x0:x1]), mask, FaceView(face, window))
    along = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    deep = cv2.erode(hair.mask, np.ones((9, 9))) > 0.95
    assert np.median(np.abs(hair.direction[deep] @ along)) > 0.97
    locks = hair.locks(np.random.default_rng(0), 0.03)
    step_along, step_across = (
        np.abs(locks - cv2.warpAffine(locks, np.float32([[1, 0, 3 * d[0]], [0, 1, 3 * d[1]]]), locks.shape[::-1]))[deep].mean()
        for d in (along, along[::-1] * (1, -1))
    )
    assert step_along < 0.4 * step_across


@pytest.mark.slow
def test_other_seeds_give_other_streaks_and_greys() -> None:
    scene = combed(90)
    for effect, params in (("recolor_hair", {"pattern": "streaks"}), ("grey_hair", {})):
        first, again, other = (edit(scene, effect, seed=seed, **params) for seed in (0, 0, 1))
        assert np.array_equal(first, again)
        assert np.abs(first - other).max() > 0.05


class Counted:
    """Probabilities that remember which classes they were asked for."""

    def __init__(self, classes: np.ndarray) -> None:
        self.classes, self.shape = classes, classes.shape
        self.asked: list[int] = []

    def __getitem__(self, which: Any) -> Any:
        self.asked += which
        return self.classes[which]


@pytest.mark.parametrize("effect", ["recolor_hair", "grey_hair"])
def test_an_effect_asks_for_no_class_that_its_mask_has_asked_for(effect: str) -> None:
    """In a photo whose hair leaves the near crop each time is two crops put together; in a film, frames."""
    scene = portrait()
    face = scene.faces[0]
    counted = Counted(np.asarray(face.parsing.probabilities))
    parsing = FaceParsing(counted, face.parsing.scheme, face.parsing.affine)  # type: ignore[arg-type]
    edit(Scene(scene.image, (replace(face, parsing=parsing),)), effect)
    assert sorted(counted.asked) == [INDEX[Label.BACKGROUND], INDEX[Label.HAIR]]


def test_dyed_hair_changes_nothing_but_hair() -> None:
    scene = portrait()
    face = scene.faces[0]
    window, mask = face.patch("hair")
    x0, y0, x1, y1 = window
    image = np.ascontiguousarray(scene.image[y0:y1, x0:x1])
    bare = np.zeros_like(mask)
    spec = registry().effects["recolor_hair"]
    for some in (mask, bare):
        given = {"image": image, "mask": some, "unit": face.box.side, "face": FaceView(face, window)}
        painted_hair = spec.function(**given, rng=np.random.default_rng(0), color="#6b3fa0")
        assert np.array_equal(painted_hair[some == 0], image[some == 0])
        assert np.isfinite(painted_hair).all()
    assert painted_hair is not image


def test_all_hair_is_grey_in_the_end() -> None:
    scene = portrait(hair="#402010")
    chroma, light = [], []
    for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
        shade = lab(scene, edit(scene, "grey_hair", strength=strength), "hair")
        chroma.append(np.hypot(*shade[1:]))
        light.append(shade[0])
    assert np.all(np.diff(light) >= 0)
    assert chroma[-1] < 6
    assert light[-1] > 60


def test_shine_brightens_highlights_and_deepens_shade() -> None:
    scene = portrait(hair="#503525")
    rows = np.indices(SIZE)[0]
    band = np.exp(-(((rows - 58) / 5) ** 2)).astype(np.float32)
    scene = Scene(np.clip(scene.image + 0.12 * band[..., None], 0, 1), scene.faces)
    image = edit(scene, "shine_hair", strength=1.0)
    change = color.to_oklab(image)[..., 0] - color.to_oklab(scene.image)[..., 0]
    hair = np.asarray(scene.mask("hair")) > 0.95
    deep = cv2.distanceTransform(hair.astype(np.uint8), cv2.DIST_L2, 5) > 0.08 * HEAD.side
    assert change[deep & (band > 0.9)].mean() > 0.02
    assert change[hair & (band < 0.05)].mean() < 0


# brows


def test_skin_between_the_hairs_of_a_brow_stays() -> None:
    scene = portrait()
    image = scene.image.copy()
    brow = np.isin(label_picture([HEAD], SIZE), [INDEX[v] for v in (Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW)])
    gaps = brow & (np.arange(SIZE[1]) % 8 < 4)
    image[gaps] = np.array(COLORS[INDEX[Label.SKIN]]) / 255
    face = scene.faces[0].moved_to(image, scene.faces[0].parsing)
    before = Scene(image, (face,))
    change = color.delta_e(edit(before, "recolor_brows", color="#6030a0", strength=1.0), image)
    sure = np.asarray(before.mask("eyebrows")) > 0.95
    assert np.median(change[sure & brow & ~gaps]) > 15
    assert np.median(change[sure & gaps]) < 2


def test_a_brow_in_the_color_of_the_skin_leaves_no_outline() -> None:
    scene = portrait()
    image = cv2.GaussianBlur(scene.image, (0, 0), 1.5)  # single hairs at its edge reach beyond what is parsed as brow
    face = scene.faces[0].moved_to(image, scene.faces[0].parsing)
    before = Scene(image, (face,))
    skin_color = np.array(COLORS[INDEX[Label.SKIN]]) / 255
    skin = color.to_oklab(skin_color)
    after = color.to_oklab(edit(before, "recolor_brows", color=color.hex_code(skin_color), strength=1.0))
    darker = skin[0] - np.stack([color.to_oklab(image)[..., 0], after[..., 0]])
    brow = np.asarray(before.mask("eyebrows"))
    around = (cv2.dilate(brow, np.ones((9, 9), np.uint8)) > 0.5) & (np.asarray(before.mask("skin+eyebrows")) > 0.99)
    assert np.quantile(darker[0][around & (brow < 0.5)], 0.9) > 0.05
    assert np.quantile(darker[1][around & (brow < 0.5)], 0.9) < 0.02
    assert np.quantile(darker[1][around], 0.98) < 0.03


# make-up from a portrait


def test_lipstick_is_carried_and_skin_tone_is_not() -> None:
    light = portrait(upper_lip="#7a1035", lower_lip="#7a1035")
    dark = portrait(skin="#7a4e38", nose="#7a4e38")
    image = edit(dark, "transfer_makeup", light.faces[0], strength=1.0)
    assert distance(lab(dark, image, "lips"), "#7a1035") < 12
    assert distance(lab(dark, dark.image, "lips"), "#7a1035") > 15
    forehead = np.indices(SIZE)[0] < HEAD.center[1] - 0.35 * HEAD.side
    assert color.delta_e_lab(lab(dark, image, "skin", forehead), lab(dark, dark.image, "skin", forehead)) < 1
    eyes = np.asarray(dark.mask("eyes")) > 0.95
    assert np.abs(image[eyes] - dark.image[eyes]).max() < 1e-3


def test_eye_shadow_and_blush_are_carried_to_their_places() -> None:
    bare = portrait()
    rows, columns = np.indices(SIZE)
    aside = np.abs(columns - HEAD.center[0]) / HEAD.side
    down = (rows - HEAD.center[1]) / HEAD.side
    lids = (np.abs(aside - 0.19) < 0.08) & (np.abs(down + 0.135) < 0.02)
    cheeks = np.hypot(aside - 0.27, down - 0.15) < 0.06
    made_up = bare.image.copy()
    made_up[(np.abs(aside - 0.19) < 0.16) & (np.abs(down + 0.14) < 0.06)] *= np.float32([0.7, 0.8, 1.1])
    made_up[np.hypot(aside - 0.27, down - 0.15) < 0.12] *= np.float32([1.0, 0.8, 0.85])
    made_up = np.clip(made_up, 0, 1)
    reference = face_in(made_up)
    image = edit(bare, "transfer_makeup", reference, strength=1.0)
    change = color.to_oklab(image) - color.to_oklab(bare.image)
    skin = np.asarray(bare.mask("skin")) > 0.95
    assert change[lids & skin][:, 2].mean() < -0.02  # bluer
    assert change[cheeks & skin][:, 1].mean() > 0.02  # redder
    chin = skin & (down > 0.47)
    assert np.abs(change[chin]).max() < 0.005


def test_the_same_portrait_changes_nothing_much() -> None:
    scene = portrait()
    image = edit(scene, "transfer_makeup", scene.faces[0], strength=1.0)
    assert np.median(color.delta_e(image, scene.image)[np.asarray(scene.mask("face")) > 0.5]) < 1


def test_a_reference_is_a_picture_with_a_face(fakes: Fakes, portrait: np.ndarray, tmp_path: Path) -> None:
    assert np.array_equal(chain("transfer_makeup")(portrait), portrait)
    with pytest.raises(ImageError, match="nowhere"):
        chain("transfer_makeup", reference=str(tmp_path / "nowhere.png"))(portrait)
    wall = tmp_path / "wall.png"
    Image.fromarray(np.full((80, 80, 3), 128, np.uint8)).save(wall)
    with pytest.raises(NoFaceFound, match="wall"):
        chain("transfer_makeup", reference=str(wall))(portrait)
    redder = portrait.copy()
    redder[portrait[..., 0] - portrait[..., 1].astype(int) > 100] = (150, 30, 70)
    Image.fromarray(redder).save(tmp_path / "reference.png")
    assert not np.array_equal(chain("transfer_makeup", reference=str(tmp_path / "reference.png"))(portrait), portrait)

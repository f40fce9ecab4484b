"""Colours are painted as they would look in the light of the scene: the same face in other light wears the same colours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facefx
from facefx import Chain, chain
from facefx.errors import UnknownName
from facefx.face.light import EVENLY_WHITE, lights_on, row_of
from facefx.face.scene import Scene
from facefx.face.values import FaceParsing
from facefx.image.canvas import Canvas
from facefx.labels import Label, is_scene_wide, scheme
from facefx.pixels import color as colors
from facefx.pixels import geometry
from facefx.pixels.relight import in_its_light, in_white_light, lit_by
from facefx.plugins.installed import registry
from facefx.testing.drawn import INDEX, Head, drawn_face, label_picture, painted
from facefx.video import Tracker
from relit import LIGHTS, difference, relit, shadow_on
from synthetic import FakeDetector, FakeSegmenter

HEAD, SIZE = Head((150.0, 150.0), 180.0), (300, 300)
SAMPLES = Path(__file__).parents[1] / "samples"
strengths = st.floats(0.1, 1.5)


def parsed() -> tuple[np.ndarray, FaceParsing]:
    """A drawn face with whites in its eyes."""
    picture = painted(label_picture([HEAD], SIZE)).astype(np.float32) / 255
    parsing = drawn_face(HEAD, picture).parsing
    for eye in (Label.LEFT_EYE, Label.RIGHT_EYE):
        picture[np.asarray(drawn_face(HEAD, picture).mask(eye)) > 0.5] = (0.8, 0.76, 0.74)
    return picture, parsing


def seen(picture: np.ndarray, parsing: FaceParsing) -> np.ndarray:
    return np.asarray(lights_on(geometry.cut(picture, parsing.affine, parsing.size), parsing)[0])


@given(st.tuples(strengths, strengths, strengths))
def test_in_another_light_another_light_is_told(gain: tuple[float, float, float]) -> None:
    picture, parsing = parsed()
    light, stronger = colors.linear(picture) * 0.3, np.array(gain)
    before, after = (seen(colors.from_linear(light * np.float32(g)), parsing) for g in (1.0, stronger))
    np.testing.assert_allclose(after / before, stronger, rtol=0.02)


def test_deep_skin_is_no_dim_light() -> None:
    """The whites of the eyes tell the two apart."""
    picture, parsing = parsed()
    skin = np.isin(label_picture([HEAD], SIZE), [INDEX[Label.SKIN], INDEX[Label.NOSE]])
    deep = np.where(skin[..., None], colors.from_linear(colors.linear(picture) * 0.25), picture)
    dim = colors.from_linear(colors.linear(picture) * 0.25)
    usual, of_deep, of_dim = (float(seen(p, parsing).mean()) for p in (picture, deep, dim))
    assert of_deep > 1.8 * of_dim
    assert of_dim == pytest.approx(0.25 * usual, rel=0.02)


def test_where_no_skin_is_known_the_light_is_white() -> None:
    shape = np.zeros((4, 64, 64), np.float32)
    parsing = FaceParsing(shape, scheme("eyes_lips"), np.eye(2, 3))
    assert lights_on(np.zeros((64, 64, 3), np.float32), parsing) is EVENLY_WHITE


def dimmed(picture: np.ndarray, where: np.ndarray, share: float) -> np.ndarray:
    return np.where(where[..., None], colors.from_linear(colors.linear(picture) * np.float32(share)), picture)


def lights_of(picture: np.ndarray) -> np.ndarray:
    """Green at the face, the mouth, the eyes and the brows."""
    return np.asarray(drawn_face(HEAD, picture).lights[:, 1])


@given(st.floats(0.1, 0.4))
def test_lips_in_a_shadow_are_seen_in_less_light_than_the_face(share: float) -> None:
    picture, _ = parsed()
    rows = np.arange(SIZE[0])[:, None] + np.zeros(SIZE)
    nose = drawn_face(HEAD, picture).landmarks.nose
    assert nose is not None
    usual, lights = lights_of(picture), lights_of(dimmed(picture, rows > nose.tip[1], share))
    np.testing.assert_allclose(lights[[0, 2, 3]], usual[[0, 2, 3]], rtol=0.25)
    assert lights[1] / lights[0] == pytest.approx(share / 0.801, rel=0.25)


@given(st.floats(0.05, 0.5))
def test_a_beard_is_no_shadow(share: float) -> None:
    """Skin is dark there, and lips are not."""
    picture, _ = parsed()
    face = drawn_face(HEAD, picture)
    picture[np.asarray(face.mask("lips")) > 0.1] = (0.75, 0.6, 0.55)
    rows, mouth = np.arange(SIZE[0])[:, None] + np.zeros(SIZE), face.landmarks.mouth
    assert mouth is not None
    beard = (rows > mouth.upper[:, 1].min() - 8) & (np.asarray(face.mask("mouth")) < 0.1) & (np.asarray(face.mask("skin")) > 0.1)
    lights = lights_of(dimmed(picture, beard, share))
    assert lights[1] == pytest.approx(lights[0])


def test_eyes_in_the_shadow_of_a_hat_are_seen_in_less_light() -> None:
    picture, _ = parsed()
    rows = np.arange(SIZE[0])[:, None] + np.zeros(SIZE)
    nose = drawn_face(HEAD, picture).landmarks.nose
    assert nose is not None
    lights = lights_of(dimmed(picture, rows < nose.root[1] + 12, 0.15))
    assert lights[2] < 0.7 * lights[0]


@given(strengths)
def test_the_light_of_all_places_goes_with_that_of_the_scene(gain: float) -> None:
    picture, _ = parsed()
    before, after = (lights_of(colors.from_linear(colors.linear(picture) * np.float32(0.3 * g))) for g in (1.0, gain))
    np.testing.assert_allclose(after / before, gain, rtol=0.02)


@pytest.mark.parametrize("row", range(4))
def test_what_is_painted_at_the_mouth_or_the_eyes_is_seen_in_their_light(row: int) -> None:
    regions = (
        ["skin", "face", "lips+eyes", "eyes+eyebrows", "hair", "skin+nose"],
        ["lips", "lips+skin", "upper_lip"],
        ["eyes", "eyes+skin", "irises"],
        ["eyebrows", "left_eyebrow"],
    )
    assert {row_of(region) for region in regions[row]} == {row}


@pytest.mark.slow
@pytest.mark.parametrize("photo", ["long_dark", "straight"])
def test_lips_in_a_shadow_do_not_glow(photo: str) -> None:
    """They differ from those that are painted without the shadow less than in the light of the whole face."""
    picture = facefx.open_image(SAMPLES / f"{photo}.jpg").canvas.image
    as_it_is = facefx.parse(picture)
    shadow = shadow_on("lower", as_it_is.faces[0], as_it_is.size)
    there = facefx.parse(relit(picture, shadow))
    look = chain("recolor_lips", strength=1.0)
    face = there.faces[0]
    evenly = replace(there, faces=(replace(face, steady_lights=np.tile(face.lights[0], (4, 1))),))
    here, in_one_light = (difference(picture, as_it_is, scene, shadow, look) for scene in (there, evenly))
    assert in_one_light > 10
    assert here < 0.75 * in_one_light


def test_what_nothing_was_painted_on_keeps_its_bits_and_highlights_stay() -> None:
    image = np.random.default_rng(0).random((20, 30, 3), np.float32)
    image[0] = 0.98
    light = np.array([0.3, 0.2, 0.1])
    white = in_white_light(image, light)
    assert white.max() <= 1
    painted_white = white.copy()
    painted_white[:, :15] *= 0.9
    everywhere = np.ones(image.shape[:2], bool)
    lit = in_its_light(image, white, painted_white, light, everywhere)
    where = everywhere.copy()
    where[image.shape[0] // 2 :] = False  # what lies there is nobody's business
    part = in_its_light(image, white, painted_white, light, where)
    assert (part[where] == lit[where]).all()
    assert (part[~where] == image[~where]).all()
    np.testing.assert_array_equal(lit[:, 15:], image[:, 15:])
    assert (lit[:, :15] <= image[:, :15] + 1e-6).all()
    assert lit[0, :15].min() > 0.9  # brighter than white in this light, before and after


@given(st.tuples(*[st.floats(0.3, 3)] * 3))
def test_the_picture_in_white_light_is_its_light_divided_and_the_way_back_its_inverse(light: tuple[float, float, float]) -> None:
    """Colours may be brighter in one part of the light and darker in another."""
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    gain = np.array(light)
    white = in_white_light(image, gain)
    exact = colors.from_linear(colors.linear(image) / gain.astype(np.float32))
    assert np.abs(white - exact).max() < 0.6 / 255
    shown = white < 1
    back = lit_by(gain)(np.zeros_like(image), white, white + np.float32(1e-7))
    assert np.abs(back - image)[shown].max() < 1e-5


def in_light(look: Chain, light: str) -> Chain:
    saved = look.to_dict()
    for step in saved["steps"]:
        step["params"]["light"] = light
    return Chain.from_dict(saved)


LIT = [name for name, spec in registry().effects.items.items() if spec.light]


@pytest.mark.parametrize("name", LIT)
def test_in_a_white_light_of_normal_exposure_both_are_the_same(name: str) -> None:
    """But for hair's light colours, see test_hair_worn.py."""
    color = {"color": "#4a2c1d"} if name.endswith("_hair") else {}
    picture, _ = parsed()
    scene = Scene(Canvas.of(picture), (replace(drawn_face(HEAD, picture), steady_lights=EVENLY_WHITE),))
    one, other = (chain(name, light=light, **color).edit(scene).image for light in ("scene", "absolute"))
    np.testing.assert_array_equal(one, other)


def test_effects_that_paint_a_face_in_a_colour_have_it() -> None:
    painting = {
        name
        for name, spec in registry().effects.items.items()
        if name.startswith("facefx:") and spec.kind == "paint" and not spec.private and not is_scene_wide(spec.region_of({}))
        if any(parameter.kind == "color" for parameter in spec.parameters.values())
    }
    assert painting == {name for name in LIT if name.startswith("facefx:")}


def test_a_look_that_was_saved_before_there_was_a_choice_means_what_it_meant() -> None:
    saved = chain("recolor_lips").to_dict()
    del saved["steps"][0]["params"]["light"]
    assert Chain.from_dict(saved).steps[0].params["light"] == "absolute"
    by_hand = {"facefx_look": 1, "steps": [{"use": "recolor_lips"}]}
    assert Chain.from_dict(by_hand).steps[0].params["light"] == "scene"


def test_make_up_before_a_warp_does_not_change_the_light_after_it() -> None:
    picture, _ = parsed()
    scene = Scene(Canvas.of(picture), (drawn_face(HEAD, picture),))
    made_up = chain("apply_foundation", color="#402010", match=1.0, strength=1.0).then("slim_face", strength=1.0).edit(scene)
    assert made_up.faces[0].canvas is not scene.faces[0].canvas
    np.testing.assert_array_equal(made_up.faces[0].lights, scene.faces[0].lights)


def test_a_window_on_the_lips_shows_them_in_the_light_of_the_whole_face() -> None:
    picture, _ = parsed()
    scene = Scene(Canvas.of(picture), (drawn_face(HEAD, picture),))
    mouth = scene.through((100, 160, 200, 240), (80, 100))
    np.testing.assert_array_equal(mouth.faces[0].lights, scene.faces[0].lights)
    look = chain("recolor_lips", strength=1.0)
    part, whole = look.edit(mouth).image, look.edit(scene).image[160:240, 100:200]
    assert np.abs(part - whole).mean() < 0.01


def as_it_is(image: np.ndarray) -> np.ndarray:
    """What is declared, wrongly."""
    return image


def test_only_what_paints_on_faces_may_declare_it() -> None:
    for more in ({"kind": "warp"}, {"private": True}):
        with pytest.raises(TypeError, match="light='scene' is for an effect that paints"):
            facefx.effect(light="scene", **more)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="told from a face"):
        facefx.effect(region="background", light="scene")(as_it_is)
    with pytest.raises((facefx.FacefxError, UnknownName)):
        chain("recolor_lips", light="candle")


def test_in_films_a_blink_changes_no_colour() -> None:
    picture, _ = parsed()
    shut = painted(label_picture([HEAD], SIZE)).astype(np.float32) / 255
    tracker = Tracker(FakeSegmenter(), FakeDetector())
    lights = [tracker.next(frame).faces[0].lights for frame in [*[picture] * 3, *[shut] * 3, *[picture] * 3]]
    assert np.abs(np.diff(np.log(lights), axis=0)).max() < 0.1


EFFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "recolor_lips": ({"color": "#cc0000"}, "lips"),
    "recolor_brows": ({"color": "#4a2c1d"}, "eyebrows"),
    "apply_eyeshadow": ({"color": "#7a4658"}, "eyes+skin"),
    "apply_blush": ({"color": "#d0475f"}, "skin"),
    "apply_foundation": ({"color": "#c68e6c", "match": 1.0}, "skin"),
}


@pytest.mark.slow
@pytest.mark.parametrize("photo", ["afro", "straight"])
def test_a_face_in_other_light_wears_the_same_colours(photo: str) -> None:
    """Lit anew, painted, and lit back as it was: the colours differ by no more than 3."""
    picture = facefx.open_image(SAMPLES / f"{photo}.jpg").canvas.image
    as_it_is = facefx.parse(picture)
    looks = {name: chain(name, strength=1.0, **params) for name, (params, _) in EFFECTS.items()}
    worn = {name: look.edit(as_it_is).image for name, look in looks.items()}
    for light, gain in LIGHTS.items():
        scene = facefx.parse(relit(picture, gain))
        for name, look in looks.items():
            there = look.edit(scene).image
            back = colors.from_linear(np.clip(colors.linear(there) / gain.astype(np.float32), 0, 1))
            changed = np.abs(worn[name] - picture).max(axis=-1) > 2 / 255
            told = (as_it_is.faces[0].mask(EFFECTS[name][1]) > 0.9) & changed & (there.max(axis=-1) < 0.98)
            assert told.sum() > 50
            assert np.median(colors.delta_e(back[told], worn[name][told])) <= 3, (name, light)

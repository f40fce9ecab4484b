"""What the effects on eyes and teeth must leave alone, and what they must do, on drawn heads."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eye_pictures import BROWN, RADIUS, SKIN, head_with_irises, iris_at
from facefx import chain
from facefx.effects.tools.whites import clean_tint
from facefx.face.light import EVENLY_WHITE
from facefx.face.scene import Scene
from facefx.labels import Label
from facefx.pixels import color
from facefx.testing.drawn import INDEX, Head, drawn_face, label_picture

HEAD, SIZE = Head((150.0, 160.0), 200.0), (310, 300)
LEFT = iris_at(HEAD, 1)


@cache
def scene() -> Scene:
    return head_with_irises(HEAD, SIZE)


def edited(name: str, given: Scene | None = None, **params: Any) -> np.ndarray:
    return chain(name, **params).edit(given or scene()).image


def changes(name: str, **params: Any) -> np.ndarray:
    """(H, W): by how much an effect changes each pixel, in sRGB values."""
    return np.asarray(np.abs(edited(name, **params) - scene().image).max(axis=-1))


def from_iris() -> np.ndarray:
    """(H, W): distance from the centre of the left iris in its radii."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    return np.asarray(np.hypot(x - LEFT[0], y - LEFT[1]) / (RADIUS * HEAD.side))


def in_eye() -> np.ndarray:
    """(H, W) bool: surely between the lids of the left eye."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    return np.asarray(((x - LEFT[0]) / (0.09 * HEAD.side)) ** 2 + ((y - LEFT[1]) / (0.05 * HEAD.side)) ** 2 < 1)


def at(u: float, v: float) -> tuple[int, int]:
    """Row and column of a point given in face units from the middle of the head."""
    return int(HEAD.center[1] + v * HEAD.side), int(HEAD.center[0] + u * HEAD.side)


@pytest.mark.parametrize("name", ["#5c7f9b", "#6b7a3e", "#a07040"])
def test_a_dark_iris_takes_the_colour(name: str) -> None:
    ring = (from_iris() > 0.55) & (from_iris() < 0.85) & in_eye()
    got = np.median(edited("recolor_eyes", color=name, strength=1.0)[ring], axis=0)
    assert color.delta_e(got, np.array(color.parse(name))) < 12  # dimmer under the lid, as light irises are
    assert color.delta_e(got, np.array(BROWN)) > 15


def test_pupil_highlight_and_white_keep_their_colour() -> None:
    changed = changes("recolor_eyes", color="#3f9fff", strength=1.0)
    assert changed[from_iris() < 0.25].max() < 0.02
    assert changed[in_eye() & (from_iris() > 1.2)].max() < 0.02
    assert changed[scene().image.min(axis=-1) > 0.97].max() < 0.03


def test_the_irises_own_pattern_shows_through() -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    rays = 0.05 * np.sin(12 * np.arctan2(y - LEFT[1], x - LEFT[0]))
    ring = (from_iris() > 0.6) & (from_iris() < 0.85) & in_eye()
    image = scene().image + np.where(ring, rays, 0)[..., None].astype(np.float32)
    patterned = Scene(image, tuple(replace(f, canvas=image) for f in scene().faces))
    difference = (edited("recolor_eyes", patterned) - edited("recolor_eyes"))[ring].mean(axis=-1)
    assert np.corrcoef(difference, rays[ring])[0, 1] > 0.9


def test_whites_become_lighter_and_less_red() -> None:
    white = in_eye() & (from_iris() > 1.25)
    before, after = (color.to_oklab(image[white]) for image in (scene().image, edited("brighten_eyes", strength=1.0)))
    assert (after[:, 0] >= before[:, 0]).all()
    assert after[:, 0].mean() > before[:, 0].mean() + 0.02
    assert np.abs(after[:, 1]).mean() < 0.6 * np.abs(before[:, 1]).mean()


def test_brightening_keeps_skin_pupil_and_highlight() -> None:
    changed = changes("brighten_eyes", strength=1.0)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    outside = np.ones(SIZE, bool)
    for side in (1, -1):
        cx, cy = iris_at(HEAD, side)
        outside &= ((x - cx) / (0.115 * HEAD.side)) ** 2 + ((y - cy) / (0.075 * HEAD.side)) ** 2 > 1
    assert changed[outside].max() == 0
    assert changed[from_iris() < 0.25].max() < 0.01


def test_a_line_lies_on_the_upper_lid_alone() -> None:
    changed = changes("apply_eyeliner", wing=0.0)
    assert changed[at(0.19, -0.127)] > 0.3  # just above the middle of the lid
    assert changed[in_eye() & (from_iris() < 0.7)].max() < 0.02
    assert changed[at(0.19, 0.01)[0] :].max() == 0
    assert changed[at(0.19, 0.004)[0], at(0.19, 0)[1]] == 0


def test_a_line_below_is_drawn_only_when_asked_for() -> None:
    row, column = at(0.23, 0.0)
    near = slice(row - 5, row + 3)
    assert changes("apply_eyeliner")[near, column].max() < 0.02
    assert changes("apply_eyeliner", lower=True)[near, column].max() > 0.2


def test_a_wing_goes_outwards_and_upwards() -> None:
    changed = changes("apply_eyeliner", wing=0.08) > 0.1
    short = changes("apply_eyeliner", wing=0.0) > 0.1
    rows, columns = np.nonzero(changed & ~short)
    left = columns > HEAD.center[0]
    assert columns[left].max() > at(0.35, 0)[1]
    tip = rows[left][np.argmax(columns[left])]
    assert tip < at(0, -0.07)[0]
    assert (columns[left] > LEFT[0]).all()


@pytest.mark.parametrize(("name", "low", "high"), [("thickness", 0.006, 0.02), ("wing", 0.01, 0.1)])
def test_a_larger_line_covers_more(name: str, low: float, high: float) -> None:
    assert (changes("apply_eyeliner", **{name: high}) > 0.1).sum() > 1.15 * (changes("apply_eyeliner", **{name: low}) > 0.1).sum()


@pytest.mark.parametrize("effect", ["apply_eyeliner", "apply_eyeshadow"])
def test_both_eyes_are_made_up_alike(effect: str) -> None:
    changed = changes(effect)
    assert np.abs(changed - changed[:, ::-1]).mean() < 0.1 * changed.mean()


def test_shadow_fades_from_the_lashes_to_the_brow() -> None:
    changed = changes("apply_eyeshadow", strength=1.0, height=1.0)
    _, column = at(0.19, 0)
    rows = [at(0, v)[0] for v in (-0.14, -0.15, -0.16, -0.175)]
    lid = changed[rows, column]
    assert lid[0] > 0.2
    assert (np.diff(lid) <= 0).all()
    assert lid[-1] < 0.01


def test_shadow_keeps_off_eyeball_and_brow() -> None:
    changed = changes("apply_eyeshadow", strength=1.0, height=1.0)
    assert changed[in_eye() & (from_iris() < 1)].max() == 0
    assert changed[in_eye()].mean() < 0.005  # the lid's edge is as exact as the drawn parsing, of 64 pixels a side
    assert changed[(scene().image < 0.25).all(axis=-1) & ~in_eye()].max() < 0.05


def test_the_second_colour_is_at_the_outer_corner() -> None:
    plain, both = (edited("apply_eyeshadow", color="#d9b080", second="#201030", ombre=o, strength=1.0) for o in (0.0, 1.0))
    darker = (plain - both).mean(axis=-1)
    assert darker[at(0.26, -0.12)] > 0.1
    assert abs(darker[at(0.13, -0.12)]) < 0.03


def test_shimmer_is_grainy_and_light() -> None:
    matte, shimmer = (edited("apply_eyeshadow", finish=f, strength=1.0) for f in ("matte", "shimmer"))
    row, column = at(0.19, -0.135)
    difference = (shimmer - matte)[row - 3 : row + 4, column - 10 : column + 11].mean(axis=-1)
    assert difference.mean() > 0.02
    assert difference.std() > 0.005


TOOTH, TONGUE, LIP = (0.86, 0.78, 0.60), (0.72, 0.36, 0.36), (0.70, 0.30, 0.33)


def mouth(inside: str = "open") -> Scene:
    """A head whose mouth shows teeth above a tongue, a tongue alone, or is closed."""
    labels = label_picture([HEAD], SIZE)
    image = np.empty((*SIZE, 3), np.float32)
    image[:] = SKIN
    image[np.isin(labels, [INDEX[Label.UPPER_LIP], INDEX[Label.LOWER_LIP]])] = LIP
    within = labels == INDEX[Label.INNER_MOUTH]
    upper = np.arange(SIZE[0])[:, None] < at(0, 0.345)[0]
    image[within] = LIP if inside == "closed" else TONGUE
    if inside == "open":
        image[within & upper] = TOOTH
    small = label_picture([Head((32.0, 32.0), 40.0)], (64, 64))
    if inside == "closed":
        small[small == INDEX[Label.INNER_MOUTH]] = INDEX[Label.UPPER_LIP]
    return Scene(image, (replace(drawn_face(HEAD, image, small), steady_lights=EVENLY_WHITE),))


def test_teeth_lose_their_yellow_and_the_tongue_stays() -> None:
    given = mouth()
    image = edited("whiten_teeth", given, strength=1.0)
    tooth, tongue, lip = at(0.0, 0.325), at(0.0, 0.365), at(0.0, 0.42)
    before, after = color.to_oklab(given.image[tooth]), color.to_oklab(image[tooth])
    assert after[2] < 0.5 * before[2]
    assert after[0] > before[0]
    for place in (tongue, lip):
        assert np.abs(image[place] - given.image[place]).max() < 0.004


@pytest.mark.parametrize("light", [(1.5, 1.0, 0.5), (0.4, 0.3, 0.2)], ids=["evening", "dusk"])
def test_teeth_in_warm_light_lose_their_yellow_and_are_not_bluer_than_it(light: tuple[float, float, float]) -> None:
    """Grey teeth beside skin in the evening sun look blue."""
    given = mouth()
    lit = tuple(replace(face, steady_lights=np.tile(light, (4, 1))) for face in given.faces)
    tooth = at(0.0, 0.325)
    before = color.to_oklab(given.image[tooth])
    evening, white = (
        color.to_oklab(edited("whiten_teeth", scene, strength=1.0)[tooth]) for scene in (replace(given, faces=lit), given)
    )
    assert white[2] + 0.01 < evening[2] < before[2]
    assert evening[0] == pytest.approx(white[0], abs=1e-3)


@given(
    st.tuples(st.floats(0, 1), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
    st.tuples(*[st.floats(0.05, 2)] * 3),
)
def test_clean_whites_have_no_tint_that_they_had_not_and_none_in_white_light(
    lab: tuple[float, float, float], light: tuple[float, float, float]
) -> None:
    own = np.array(lab, np.float32)[None, None]
    clean = clean_tint(own, np.array(light))
    assert clean.shape == (1, 1, 2)
    assert clean.dtype == np.float32
    assert (np.abs(clean) <= np.abs(own[..., 1:])).all()
    assert (clean * own[..., 1:] >= 0).all()
    assert np.abs(clean_tint(own, np.ones(3))).max() < 1e-4
    again = clean_tint(np.concatenate([own[..., :1], clean], axis=-1), np.array(light))
    np.testing.assert_allclose(again, clean, atol=1e-6)


@pytest.mark.parametrize("inside", ["tongue", "closed"])
def test_a_mouth_without_teeth_stays(inside: str) -> None:
    given = mouth(inside)
    assert np.abs(edited("whiten_teeth", given, strength=1.0) - given.image).max() < 0.01

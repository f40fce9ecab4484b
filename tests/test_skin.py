"""Effects on skin: what goes, what stays, and where they are put. On drawn faces, whose skin is flawless at first."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from facefx import chain
from facefx.effects.tools.brush import cheeks, head_of, stroke
from facefx.effects.tools.skin import even_layer, local_mean, skin_of
from facefx.face.face import Face, FaceView
from facefx.face.scene import Scene
from facefx.labels import Label
from facefx.pixels import color
from facefx.testing.drawn import PALETTE, Head, drawn_face, label_picture, painted

SIDE = 240.0
SIZE = (400, 380)
HEAD = Head((190.0, 195.0), SIDE)
#: Places on bare skin in box sides from the middle, right and down: a cheek, the forehead.
CHEEK, FOREHEAD = (0.24, 0.16), (0.05, -0.36)
DARK = {Label.SKIN: (96, 60, 44), Label.NOSE: (104, 66, 48)}

Point = tuple[float, float]


def drawn(head: Head = HEAD, skin: dict[Label, tuple[int, int, int]] | None = None, noise: float = 2.0) -> np.ndarray:
    """A drawn portrait, (H, W, 3) float32, with its skin in other colours if they are given."""
    labels = label_picture([head], SIZE)
    picture = painted(labels, noise=noise).astype(np.float32) / 255
    for label, rgb in (skin or {}).items():
        where = labels == list(Label).index(label)
        picture[where] += (np.array(rgb) - np.array(PALETTE[label])) / 255
    return np.clip(picture, 0, 1)


def scene_of(picture: np.ndarray, head: Head = HEAD) -> Scene:
    return Scene(picture, (drawn_face(head, picture),))


def edited(picture: np.ndarray, name: str, head: Head = HEAD, **params: Any) -> np.ndarray:
    return chain(name, **params).edit(scene_of(picture, head)).image


def at(place: Point, head: Head = HEAD) -> np.ndarray:
    """Where a place in box sides from the head's middle lies in the picture, (x, y)."""
    turn = np.deg2rad(head.roll)
    u, v = place
    return np.array(head.center) + head.side * np.array([u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)])


def distance_to(place: Point, head: Head = HEAD) -> np.ndarray:
    """Every pixel's distance from a place, in box sides."""
    x, y = np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5)
    center = at(place, head)
    return np.hypot(x - center[0], y - center[1]) / head.side


def with_spot(picture: np.ndarray, place: Point, radius: float, shift: tuple[float, float, float]) -> np.ndarray:
    """A round spot with a soft edge that differs by an OKLab shift."""
    inside = np.clip((radius - distance_to(place)) / (0.3 * radius) + 0.5, 0, 1)
    return color.from_oklab(color.to_oklab(picture) + (inside[..., None] * np.array(shift)).astype(np.float32))


def oklab_at(picture: np.ndarray, place: Point, radius: float = 0.01) -> np.ndarray:
    return np.median(color.to_oklab(picture)[distance_to(place) < radius], axis=0)


def lightness_shift(before: np.ndarray, after: np.ndarray, place: Point, head: Head = HEAD) -> float:
    near = distance_to(place, head) < 0.02
    return float((color.to_oklab(after) - color.to_oklab(before))[near][:, 0].mean())


RED, BROWN = (-0.03, 0.05, 0.01), (-0.16, 0.01, 0.0)


def band(picture: np.ndarray, fine: float, broad: float | None) -> np.ndarray:
    lightness = color.to_oklab(picture)[..., 0]
    lightness = cv2.GaussianBlur(lightness, (0, 0), fine) if fine else lightness
    return lightness - cv2.GaussianBlur(color.to_oklab(picture)[..., 0], (0, 0), broad or 1)


@pytest.mark.parametrize("skin", [None, DARK], ids=["fair", "dark"])
def test_smoothing_takes_blotches_and_leaves_pores(skin: dict[Label, tuple[int, int, int]] | None) -> None:
    plain = drawn(skin=skin)
    noise = np.random.default_rng(1).normal(0, 1, SIZE).astype(np.float32)
    field = cv2.GaussianBlur(noise, (0, 0), 0.015 * SIDE) - cv2.GaussianBlur(noise, (0, 0), 0.03 * SIDE)
    field *= 0.012 / field.std()
    blotched = color.from_oklab(color.to_oklab(plain) + field[..., None] * np.array([1, 0, 0], np.float32))
    smooth = edited(blotched, "smooth_skin", strength=1.0)
    inside = distance_to(CHEEK) < 0.07
    left = (color.to_oklab(smooth) - color.to_oklab(edited(plain, "smooth_skin", strength=1.0)))[..., 0]
    assert (left * field)[inside].sum() / (field**2)[inside].sum() < 0.5
    fine = [band(p, 0, 1.0)[inside] for p in (blotched, smooth)]
    assert np.corrcoef(*fine)[0, 1] > 0.97
    assert fine[1].std() > 0.93 * fine[0].std()


def test_smoothing_leaves_what_is_at_the_features_and_the_edge_of_a_shadow() -> None:
    x = np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))[0]
    picture = drawn()
    picture *= np.where(x < at(CHEEK)[0], 1.0, 0.75)[..., None].astype(np.float32)  # a cast shadow
    smooth = edited(picture, "smooth_skin", strength=1.0)
    row, column = (int(v) for v in at(CHEEK)[::-1])
    steps = [np.diff(p[row - 5 : row + 6, column - 12 : column + 12].mean(axis=0), axis=0).min() for p in (picture, smooth)]
    assert steps[1] < 0.8 * steps[0]
    lid = (0.19, 0.005)  # the skin just below the eye
    assert np.abs(smooth - picture)[distance_to(lid) < 0.01].max() < 0.02


def bearded(picture: np.ndarray, shadow: float = 1.0) -> np.ndarray:
    """Stubbly dark strands on the chin and the jaw."""
    rng = np.random.default_rng(2)
    hairs = np.zeros(SIZE, np.float32)
    for place in zip(rng.uniform(-0.26, 0.26, 900), rng.uniform(0.27, 0.5, 900), strict=True):
        if np.hypot(place[0] / 0.38, place[1] / 0.5) < 1 and not (abs(place[0]) < 0.22 and place[1] < 0.47 and place[1] < 0.46):
            start = at(place)
            end = start + rng.normal(0, 3, 2) + (0, 5)
            cv2.line(hairs, tuple(int(v) for v in start), tuple(int(v) for v in end), shadow, 1, cv2.LINE_AA)
    labels = label_picture([HEAD], SIZE)
    hairs *= labels == list(Label).index(Label.SKIN)
    return (picture * (1 - 0.75 * hairs[..., None])).astype(np.float32)


def test_a_beard_is_seen_and_left_alone() -> None:
    picture = bearded(drawn())
    face = drawn_face(HEAD, picture)
    window, mask = face.patch("skin+nose")
    x0, y0, x1, y1 = window
    skin = skin_of(picture[y0:y1, x0:x1], mask, FaceView(face, window))
    shrink = mask.shape[1] / skin.beard.shape[1]

    def beard_at(place: Point) -> float:
        x, y = (at(place) - (x0, y0)) / shrink
        return float(skin.beard[int(y), int(x)])

    assert beard_at((0.0, 0.49)) > 0.5
    assert max(beard_at(CHEEK), beard_at(FOREHEAD)) < 0.1
    changed = np.abs(edited(picture, "remove_blemishes", radius=0.03) - picture)
    assert changed.max() == 0


def test_evening_takes_redness_and_keeps_light_and_shade() -> None:
    x = np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))[0]
    plain = drawn() * (0.85 + 0.15 * x / SIZE[1])[..., None].astype(np.float32)
    red = with_spot(plain, CHEEK, 0.08, (-0.01, 0.03, 0.0))
    even = edited(red, "even_skin", strength=1.0)
    before, after, wanted = (oklab_at(p, CHEEK, 0.04) for p in (red, even, plain))
    assert np.linalg.norm((after - wanted)[1:]) < 0.35 * np.linalg.norm((before - wanted)[1:])
    assert abs(lightness_shift(plain, edited(plain, "even_skin", strength=1.0), FOREHEAD)) < 0.01


@pytest.mark.parametrize("shift", [RED, pytest.param(BROWN, marks=pytest.mark.slow)], ids=["red", "brown"])
@pytest.mark.parametrize("skin", [None, DARK], ids=["fair", "dark"])
def test_a_spot_goes(shift: tuple[float, float, float], skin: dict[Label, tuple[int, int, int]] | None) -> None:
    plain = drawn(skin=skin)
    spotted = with_spot(plain, CHEEK, 0.014, shift)
    healed = edited(spotted, "remove_blemishes")
    assert color.delta_e(healed, plain)[distance_to(CHEEK) < 0.02].mean() < 2
    away = distance_to(CHEEK) > 0.06
    assert np.array_equal(healed[away], spotted[away])
    grain = (np.std(p[distance_to(CHEEK) < 0.008, 1]) for p in (healed, plain))
    assert next(grain) > 0.4 * next(grain)  # pores, not a smear


@pytest.mark.slow
def test_large_moles_crowds_of_freckles_and_what_lies_at_features_stay() -> None:
    plain = drawn()
    mole = with_spot(plain, CHEEK, 0.04, BROWN)
    assert np.array_equal(edited(mole, "remove_blemishes"), mole)
    assert not np.array_equal(edited(mole, "remove_blemishes", radius=0.05), mole)
    freckled = plain
    for du in range(4):
        for dv in range(4):
            freckled = with_spot(freckled, (0.19 + 0.035 * du, 0.1 + 0.035 * dv), 0.008, (-0.07, 0.01, 0.01))
    assert np.array_equal(edited(freckled, "remove_blemishes"), freckled)
    for place in ((0.19, 0.02), (0.03, 0.25)):  # at the lashes, at a nostril
        spotted = with_spot(plain, place, 0.012, BROWN)
        assert np.array_equal(edited(spotted, "remove_blemishes"), spotted)


@pytest.mark.parametrize("skin", [None, DARK], ids=["fair", "dark"])
def test_shine_goes_without_a_grey_patch(skin: dict[Label, tuple[int, int, int]] | None) -> None:
    plain = drawn(skin=skin)
    gloss = np.clip(1 - distance_to(FOREHEAD) / 0.08, 0, 1)[..., None].astype(np.float32) ** 0.5 * 0.6
    shiny = plain + gloss * (1 - plain)
    matte = edited(shiny, "reduce_shine", strength=1.0)
    wanted, before, after = (oklab_at(p, FOREHEAD, 0.03) for p in (plain, shiny, matte))
    assert after[0] - wanted[0] < 0.65 * (before[0] - wanted[0])
    assert np.hypot(*after[1:]) > 0.75 * np.hypot(*wanted[1:])
    assert abs(lightness_shift(shiny, matte, CHEEK)) < 0.015


def test_rings_below_the_eyes_are_lightened_and_nothing_else() -> None:
    plain = drawn()
    ring = np.exp(-((distance_to((0.19, 0.045)) / 0.05) ** 2))[..., None].astype(np.float32)
    tired = color.from_oklab(color.to_oklab(plain) + ring * np.array([-0.1, 0.0, -0.02], np.float32))
    rested = edited(tired, "soften_under_eyes", strength=1.0)
    before, after = (oklab_at(p, (0.19, 0.06))[0] - oklab_at(plain, (0.19, 0.06))[0] for p in (tired, rested))
    assert after > 0.65 * before
    for place in ((0.19, -0.06), (0.24, 0.25), FOREHEAD):
        assert lightness_shift(tired, rested, place) == 0


def centers(change: np.ndarray, head: Head) -> dict[str, np.ndarray]:
    """Where the change lies on each half of the face, in box sides in the head's own directions."""
    x, y = np.meshgrid(np.arange(SIZE[1]) + 0.5 - head.center[0], np.arange(SIZE[0]) + 0.5 - head.center[1])
    turn = np.deg2rad(head.roll)
    u, v = (x * np.cos(turn) + y * np.sin(turn)) / head.side, (y * np.cos(turn) - x * np.sin(turn)) / head.side
    halves = {"left": change * (u > 0), "right": change * (u < 0)}
    return {side: np.array([(u * part).sum(), (v * part).sum()]) / max(part.sum(), 1e-9) for side, part in halves.items()}


@pytest.mark.parametrize("roll", [0.0, 25.0, -25.0])
def test_blusher_lies_on_both_cheeks_however_the_head_is_tilted(roll: float) -> None:
    head = Head(HEAD.center, SIDE, roll)
    picture = drawn(head, noise=0)
    change = np.abs(edited(picture, "apply_blush", head) - picture).sum(axis=-1)
    found = centers(change, head)
    assert found["left"] == pytest.approx([0.25, 0.07], abs=0.05)
    assert found["right"] == pytest.approx([-0.25, 0.07], abs=0.05)
    assert np.abs(found["left"] * [-1, 1] - found["right"]).max() < 0.03


def test_a_cheek_whose_eye_is_hidden_gets_no_blusher() -> None:
    labels = label_picture([Head((32, 32), 40)], (64, 64))
    labels[labels == list(Label).index(Label.RIGHT_EYE)] = list(Label).index(Label.HAIR)
    picture = drawn()
    face: Face = drawn_face(HEAD, picture, labels)
    change = np.abs(chain("apply_blush").edit(Scene(picture, (face,))).image - picture).sum(axis=-1)
    assert change[:, int(HEAD.center[0]) :].max() > 0.05
    assert change[:, : int(HEAD.center[0] - 0.1 * SIDE)].max() < 1e-3


def test_a_cheek_in_the_sun_gets_no_less_blusher_than_the_one_in_the_shade() -> None:
    """What is lighter than the face's usual skin need not be shine: here it is half of the face."""
    light = color.linear(drawn(noise=0)) * np.float32(0.45)
    right = (np.arange(SIZE[1]) - HEAD.center[0]) / SIDE
    sunlit = np.clip((right - 0.05) / 0.1 + 0.5, 0, 1)[:, None]  # more than half of the face is in the shade
    picture = color.from_linear(light * (0.35 + 1.65 * sunlit).astype(np.float32))
    rosy = edited(picture, "apply_blush", light="absolute")
    sun, shade = ((oklab_at(rosy, place, 0.03) - oklab_at(picture, place, 0.03))[1] for place in ((0.25, 0.07), (-0.25, 0.07)))
    assert sun > shade > 0.01


@pytest.mark.parametrize("skin", [None, DARK], ids=["fair", "dark"])
def test_blusher_shows_on_every_skin(skin: dict[Label, tuple[int, int, int]] | None) -> None:
    picture = drawn(skin=skin)
    rosy = edited(picture, "apply_blush", light="absolute")  # no whites of eyes are drawn that would tell deep skin from dim light
    apple = (0.24, 0.08)
    shift = oklab_at(rosy, apple, 0.03) - oklab_at(picture, apple, 0.03)
    assert shift[1] > 0.01
    assert 2 < color.delta_e(rosy, picture)[distance_to(apple) < 0.03].mean() < 16


@pytest.mark.parametrize("skin", [None, DARK], ids=["fair", "dark"])
def test_contouring_shades_the_hollows_and_lights_the_bones(skin: dict[Label, tuple[int, int, int]] | None) -> None:
    picture = drawn(skin=skin)
    carved = edited(picture, "contour_face", strength=1.0)
    own = oklab_at(picture, CHEEK)[0]
    for side in (1, -1):
        assert lightness_shift(picture, carved, (0.33 * side, 0.13)) < -0.06 * own
        assert lightness_shift(picture, carved, (0.26 * side, 0.0)) > 0.005
    assert lightness_shift(picture, carved, (0.0, 0.05)) > 0.002
    assert abs(lightness_shift(picture, carved, FOREHEAD)) < 0.005
    shaded_only = edited(picture, "contour_face", light=0.0)
    assert (color.to_oklab(shaded_only) - color.to_oklab(picture))[..., 0].max() < 1e-3


@pytest.mark.parametrize("code", ["#e8c4a8", "#6b4028"])
def test_foundation_reaches_the_colour_that_is_asked_for(code: str) -> None:
    worn = edited(drawn(), "apply_foundation", color=code, match=1.0, strength=1.0, light="absolute")
    lab = np.median(color.to_lab(worn[distance_to(CHEEK) < 0.05]), axis=0)
    assert color.delta_e_lab(lab, color.to_lab(np.array(color.parse(code)))) < 4


def test_foundation_keeps_the_skins_own_colour_unless_asked() -> None:
    picture = drawn()
    assert color.delta_e(edited(picture, "apply_foundation"), picture)[distance_to(CHEEK) < 0.05].mean() < 1.5
    for tone, warmth in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        shift = oklab_at(edited(picture, "apply_foundation", tone=tone, warmth=warmth), CHEEK) - oklab_at(picture, CHEEK)
        assert np.sign(round(float(shift[0]), 2)) == tone
        assert np.sign(round(float(shift[2]), 2)) == warmth


@pytest.mark.parametrize("code", ["#c68e6c", "#6b4028"])
def test_foundation_in_a_shadow_is_in_the_shadow(code: str) -> None:
    """Three stops, on one side of the face: lit back, it is nearly what it would be without the shadow."""
    x = np.arange(SIZE[1], dtype=np.float32)[None, :, None]
    shade = 1 - np.float32(7 / 8) / (1 + np.exp((x - at((-0.15, 0.0))[0]) / 4))
    picture = drawn(noise=0.0)
    there = color.from_linear(color.linear(picture) * shade)
    worn, in_shade = (edited(one, "apply_foundation", color=code, match=1.0, strength=1.0) for one in (picture, there))
    back = color.from_linear(color.linear(in_shade) / shade)
    for place in ((-0.28, 0.0), (-0.28, 0.1), (-0.28, -0.1), FOREHEAD):
        assert color.delta_e(back, worn)[distance_to(place) < 0.02].mean() < 6


@pytest.mark.parametrize("code", ["#e8c4a8", "#6b4028"])
def test_foundation_covers_the_skin_between_the_hairs_of_brows(code: str) -> None:
    """Each pixel of a thin brow changes by its share of skin."""
    brow = label_picture([HEAD], SIZE) == list(Label).index(Label.LEFT_EYEBROW)
    hair, skin = (np.array(PALETTE[label]) / 255 for label in (Label.LEFT_EYEBROW, Label.SKIN))
    share = np.broadcast_to(0.675 + 0.325 * np.sin(2 * np.pi * np.arange(SIZE[1]) / 8), SIZE)[..., None]  # of hair, 0.35 to 1
    picture = np.where(brow[..., None], share * hair + (1 - share) * skin, drawn(noise=0)).astype(np.float32)
    worn = edited(picture, "apply_foundation", color=code, match=1.0, strength=1.0)
    expected = share * hair + (1 - share) * worn[distance_to(CHEEK) < 0.02].mean(axis=0)
    inside = cv2.erode(brow.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    off = color.delta_e(worn, expected.astype(np.float32))
    assert np.median(off[inside & (share[..., 0] < 0.55)]) < 4
    assert np.median(off[inside & (share[..., 0] > 0.9)]) < 2


def test_foundation_covers_the_neck_with_the_face() -> None:
    picture = drawn()
    worn = edited(picture, "apply_foundation", tone=1.0)
    assert lightness_shift(picture, worn, (0.0, 0.54)) > 0.04


def test_what_is_smooth_is_found_among_what_has_weight() -> None:
    values = np.where(np.arange(60) < 30, 0.2, 0.8)[None].repeat(40, axis=0).astype(np.float32)
    left = (np.arange(60) < 30)[None].repeat(40, axis=0).astype(np.float32)
    assert local_mean(values, left, 5.0) == pytest.approx(0.2, abs=1e-3)
    assert local_mean(values, np.zeros_like(left), 5.0) == pytest.approx(values)
    assert even_layer(values, np.ones_like(left), 4.0, 0.05) == pytest.approx(values, abs=0.03)  # an edge is no blotch


def test_the_heads_directions_and_cheeks() -> None:
    head = Head(HEAD.center, SIDE, 20.0)
    picture = drawn(head)
    face = drawn_face(head, picture)
    view = FaceView(face, (0, 0, SIZE[1], SIZE[0]))
    found = head_of(view)
    assert np.rad2deg(np.arctan2(found.left[1], found.left[0])) == pytest.approx(20, abs=2)
    assert found.down @ found.left == pytest.approx(0)
    sides = cheeks(view)
    assert set(sides) == {"left", "right"}
    assert sides["left"].at(1.0, at((0, 0.05), head)) == pytest.approx(at((0.41, 0.05), head), abs=0.05 * SIDE)
    assert sides["right"].at(1.0, at((0, 0.05), head)) == pytest.approx(at((-0.41, 0.05), head), abs=0.05 * SIDE)


def test_a_stroke_is_strongest_on_its_path() -> None:
    drawn_stroke = stroke((80, 100), np.array([[20.0, 40.0], [80.0, 40.0]]), 8.0, np.array([1.0, 0.5]))
    assert drawn_stroke.shape == (80, 100)
    assert drawn_stroke[40, 22] == pytest.approx(0.95, abs=0.07)
    assert drawn_stroke[40, 78] == pytest.approx(0.5, abs=0.05)
    assert drawn_stroke[48, 40] == pytest.approx(np.exp(-1) * drawn_stroke[40, 40], rel=0.15)
    assert drawn_stroke[5, 5] < 0.01

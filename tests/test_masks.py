"""Soft-mask algebra."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facefx.face.face import Face
from facefx.face.mask_style import MaskStyle, edges_of
from facefx.face.values import Box, FaceParsing
from facefx.labels import Label, scheme
from facefx.pixels import full_size, geometry, masks
from facefx.testing.drawn import Head, drawn_face, label_picture, painted

EXACT = 1e-6
shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=17)
values = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, width=32))
soft = shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=values))
pairs = shapes.flatmap(lambda s: st.tuples(hnp.arrays(np.float32, s, elements=values), hnp.arrays(np.float32, s, elements=values)))
radii = st.sampled_from([0, 0.4, 1, 2, 3.5, 30])


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, atol=EXACT))


def is_mask(result: np.ndarray, like: np.ndarray) -> bool:
    return result.dtype == np.float32 and result.shape == like.shape and bool(((result >= 0) & (result <= 1)).all())


@given(pairs)
def test_union_and_intersection(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    assert is_mask(masks.union(a, b), a)
    assert close(masks.union(a, b), masks.union(b, a))
    assert close(masks.intersect(a, b), masks.intersect(b, a))
    assert close(masks.union(a, a), a)
    assert close(masks.union(a, masks.intersect(a, b)), a)
    assert close(masks.invert(masks.union(a, b)), masks.intersect(masks.invert(a), masks.invert(b)))  # De Morgan
    assert close(masks.subtract(a, b), masks.intersect(a, masks.invert(b)))
    assert close(masks.invert(masks.invert(a)), a)


@given(soft, radii)
def test_growing_never_loses_and_shrinking_never_gains(mask: np.ndarray, radius: float) -> None:
    grown, shrunk = masks.grow(mask, radius), masks.grow(mask, -radius)
    assert is_mask(grown, mask)
    assert is_mask(shrunk, mask)
    assert (grown >= mask).all()
    assert (shrunk <= mask).all()
    assert close(masks.grow(masks.invert(mask), -radius), masks.invert(grown))
    # To close gaps is to gain, to open is to lose.
    assert (masks.grow(grown, -radius) >= mask).all()
    assert (masks.grow(shrunk, radius) <= mask).all()


@given(soft, st.integers(0, 4), st.integers(0, 4))
def test_growing_further_reaches_further(mask: np.ndarray, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert (masks.grow(mask, more) >= masks.grow(mask, less)).all()


def test_growing_moves_the_edge_by_the_radius() -> None:
    mask = np.zeros((21, 21), np.float32)
    mask[10, 10] = 1
    grown = masks.grow(mask, 4)
    assert masks.window(grown) == (6, 6, 15, 15)
    assert grown[6, 6] == 0  # a disc, not a square


@given(soft, radii)
def test_feathering_stays_a_mask(mask: np.ndarray, radius: float) -> None:
    softened = masks.feather(mask, radius)
    assert is_mask(softened, mask)
    assert softened.min() >= mask.min() - 1e-5
    assert softened.max() <= mask.max() + 1e-5


def test_feathering_keeps_the_mean_and_the_edge_where_it_was() -> None:
    mask = np.zeros((60, 60), np.float32)
    mask[20:40, 20:40] = 1
    softened = masks.feather(mask, 5)
    assert softened.mean() == pytest.approx(mask.mean(), rel=1e-3)
    assert (softened[30, 19] + softened[30, 20]) / 2 == pytest.approx(0.5, abs=0.01)
    assert masks.feather(mask, 0) == pytest.approx(mask)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (16, 23)])
def test_flat_masks_stay_flat(level: float, shape: tuple[int, int]) -> None:
    mask = np.full(shape, level, np.float32)
    guide = np.random.default_rng(0).random((*shape, 3), np.float32)
    for result in (
        masks.grow(mask, 3),
        masks.grow(mask, -3),
        masks.feather(mask, 3),
        full_size.refine(mask, guide, 2),
        full_size.refine(mask, guide, 2, shrink=3),
        full_size.matte(mask, guide, 3),
    ):
        assert is_mask(result, mask)
        assert result == pytest.approx(mask, abs=1e-3)


@given(soft, st.floats(0.5, 6), st.sampled_from([1.0, 2.0, 5.0]))
def test_refining_stays_a_mask(mask: np.ndarray, radius: float, shrink: float) -> None:
    guide = np.random.default_rng(1).random((*mask.shape, 3), np.float32)
    before = mask.copy(), guide.copy()
    assert is_mask(full_size.refine(mask, guide, radius, shrink=shrink), mask)
    assert is_mask(full_size.matte(mask, guide, radius), mask)
    assert np.array_equal(mask, before[0])
    assert np.array_equal(guide, before[1])


def test_refining_moves_the_edge_to_the_pictures_edge() -> None:
    picture = np.full((40, 40, 3), 0.8, np.float32)
    picture[:, 20:] = (0.2, 0.1, 0.1)
    right = np.zeros((40, 40), np.float32)
    right[:, 20:] = 1
    early = np.zeros((40, 40), np.float32)
    early[:, 18:] = 1
    coarse = masks.feather(early, 4)
    steps = np.diff(full_size.refine(coarse, picture, 5)[20])
    assert np.diff(coarse[20]).argmax() == 17
    assert steps.argmax() == 19
    assert steps[19] > 2.5 * np.diff(coarse[20]).max()


def test_a_matte_reads_the_share_of_each_colour() -> None:
    front, back = np.array([0.2, 0.1, 0.1]), np.array([0.8, 0.8, 0.9])
    share = np.clip((np.arange(60) - 27) / 6, 0, 1).astype(np.float32)[None].repeat(30, axis=0)
    picture = (share[..., None] * front + (1 - share[..., None]) * back).astype(np.float32)
    guess = np.clip((np.arange(60) - 22) / 14, 0, 1).astype(np.float32)[None].repeat(30, axis=0)
    found = full_size.matte(guess, picture, 6)
    assert np.abs(found - share).max() < 0.3 * np.abs(guess - share).max()


def test_a_matte_of_one_colour_leaves_the_mask_alone() -> None:
    guess = np.clip((np.arange(40) - 15) / 10, 0, 1).astype(np.float32)[None].repeat(20, axis=0)
    assert full_size.matte(guess, np.full((20, 40, 3), 0.4, np.float32), 5) == pytest.approx(guess, abs=0.02)


def test_a_ramp() -> None:
    assert masks.ramp(np.array([[0, 0.2, 0.5, 0.8, 1]]), 0.2, 0.8) == pytest.approx(np.array([[0, 0, 0.5, 1, 1]]), abs=1e-6)


@given(soft)
def test_the_window_holds_all_and_is_tight(mask: np.ndarray) -> None:
    found = masks.window(mask)
    if found is None:
        assert not mask.any()
        return
    x0, y0, x1, y1 = found
    inner = mask[y0:y1, x0:x1]
    assert np.count_nonzero(inner) == np.count_nonzero(mask)
    assert inner[0].any()
    assert inner[-1].any()
    assert inner[:, 0].any()
    assert inner[:, -1].any()


def test_holes_are_filled() -> None:
    ring = np.zeros((11, 11), np.float32)
    ring[2:9, 2:9] = 1
    ring[4:7, 4:7] = 0.1
    filled = masks.fill_holes(ring)
    assert filled[2:9, 2:9].min() == 1
    assert filled.sum() == 49
    assert masks.fill_holes(np.zeros((4, 5), np.float32)).sum() == 0
    assert masks.fill_holes(np.ones((4, 5), np.float32)).min() == 1


@pytest.mark.parametrize("function", [lambda m: masks.grow(m, 2), lambda m: masks.feather(m, 2), masks.fill_holes])
def test_masks_without_pixels(function) -> None:  # type: ignore[no-untyped-def]
    assert function(np.zeros((0, 0), np.float32)).shape == (0, 0)


def centred(size: int, side: float, center: tuple[float, float]) -> np.ndarray:
    return geometry.crop_affine(center, side, 0, size)


@pytest.mark.parametrize("refine", [True, False])
def test_nothing_carried_to_the_picture_is_nothing(refine: bool) -> None:
    picture = np.zeros((33, 41, 3), np.float32)
    window, mask = full_size.to_picture(np.zeros((16, 16), np.float32), centred(16, 30, (20, 20)), picture, refine=refine)
    assert window == (0, 0, 0, 0)
    assert mask.size == 0
    window, mask = full_size.to_picture(np.ones((16, 16), np.float32), centred(16, 30, (900, 20)), picture, refine=refine)
    assert mask.size == 0


@pytest.mark.parametrize("refine", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (33, 41), (64, 50)])
def test_everything_carried_to_the_picture_is_everything(shape: tuple[int, int], refine: bool) -> None:
    picture = np.random.default_rng(0).random((*shape, 3), np.float32)
    affine = centred(16, 300, (shape[1] / 2, shape[0] / 2))
    window, mask = full_size.to_picture(np.ones((16, 16), np.float32), affine, picture, refine=refine)
    assert window == (0, 0, shape[1], shape[0])
    assert mask.min() == 1


@given(
    st.tuples(st.floats(-30, 70), st.floats(-30, 70)),
    st.floats(5, 120),
    st.floats(-180, 180),
    st.integers(1, 45),
    st.integers(1, 45),
)
def test_a_carried_mask_fits_its_window(center: tuple[float, float], side: float, roll: float, height: int, width: int) -> None:
    picture = np.random.default_rng(0).random((height, width, 3), np.float32)
    blob = np.zeros((24, 24), np.float32)
    blob[6:20, 9:17] = 0.97
    (x0, y0, x1, y1), mask = full_size.to_picture(blob, geometry.crop_affine(center, side, roll, 24), picture)
    assert 0 <= x0 <= x1 <= width
    assert 0 <= y0 <= y1 <= height
    assert mask.shape == (y1 - y0, x1 - x0)
    assert mask.dtype == np.float32
    if mask.size:
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert masks.window(mask > 0) == (0, 0, x1 - x0, y1 - y0)  # as small as can be


def test_a_carried_mask_lies_where_the_region_is() -> None:
    picture = np.full((80, 100, 3), 0.8, np.float32)
    picture[30:50, 40:70] = 0.1
    affine = centred(40, 80, (50, 40))
    region = geometry.cut((picture < 0.5).astype(np.float32), affine, 40)[..., 0]
    window, mask = full_size.to_picture(region, affine, picture)
    full = np.zeros((80, 100), np.float32)
    full[window[1] : window[3], window[0] : window[2]] = mask
    assert np.abs(full - (picture[..., 0] < 0.5)).max() < 0.1


def thinning_hair(size: int = 240) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A dark ball whose rim dissolves into strands: picture, true share of hair, a network's line."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices((size, size)) + 0.5
    radius = np.hypot(rows - size / 2, columns - size / 2)
    strands = cv2.GaussianBlur(rng.random((size, size), np.float32), (0, 0), 1.0)
    density = masks.ramp(-radius, -0.42 * size, -0.3 * size)
    share = np.where(strands > np.quantile(strands, 0.98) - density * np.ptp(strands), 1.0, 0.0).astype(np.float32)
    share[radius > 0.42 * size] = 0
    picture = (0.8 + share[..., None] * (0.1 - 0.8)) * np.ones(3, np.float32)
    line = cv2.GaussianBlur((radius < 0.36 * size).astype(np.float32), (0, 0), 2)
    return picture, share, line


def test_a_fuzzy_edge_follows_the_strands_but_not_where_a_sharp_neighbour_lies() -> None:
    picture, share, line = thinning_hair()
    affine = centred(120, 240, (120, 120))
    region = geometry.cut(line[..., None].repeat(3, axis=2), affine, 120)[..., 0]

    def carried(**options: Any) -> np.ndarray:
        (x0, y0, x1, y1), mask = full_size.to_picture(region, affine, picture, **options)
        full = np.zeros(picture.shape[:2], np.float32)
        full[y0:y1, x0:x1] = mask
        return full

    sharp, fuzzy = carried(), carried(fuzz=24)
    assert np.abs(fuzzy - share).mean() < 0.6 * np.abs(sharp - share).mean()
    assert carried(fuzz=1).tolist() == sharp.tolist()  # narrower than what refinement covers anyway

    left = np.zeros((120, 120), np.float32)
    left[:, :50] = 1
    beside, nowhere = carried(fuzz=24, neighbours=left), carried(fuzz=24, neighbours=np.ones_like(left))
    assert np.abs(beside - nowhere)[:, :70].max() < 0.01
    assert np.abs(beside - fuzzy)[:, 160:].max() < 0.01


def test_eyes_keep_their_whites_and_highlights() -> None:
    picture = np.full((120, 160, 3), (0.8, 0.6, 0.5), np.float32)
    rows, columns = np.indices(picture.shape[:2]) + 0.5
    eye = np.hypot((columns - 80) / 50, (rows - 60) / 22) < 1
    picture[eye] = 0.85  # a white nearly as light as the skin
    picture[eye & (np.hypot(columns - 80, rows - 60) < 20)] = 0.05
    picture[np.hypot(columns - 74, rows - 52) < 5] = 1  # a highlight
    affine = centred(64, 160, (80, 60))
    values = geometry.cut(eye.astype(np.float32)[..., None].repeat(3, axis=2), affine, 64)[..., 0]
    others = np.zeros((19, 64, 64), np.float32)
    index = list(Label).index(Label.LEFT_EYE)
    others[index], others[list(Label).index(Label.SKIN)] = values, 1 - values
    face = Face(Box(0, 0, 160, 120), 0.0, 1.0, FaceParsing(others, scheme("celebamask"), affine), picture)
    for region in ("eyes", Label.LEFT_EYE):
        found = np.asarray(face.mask(region))
        inner = np.hypot((columns - 80) / 44, (rows - 60) / 17) < 1
        assert found[inner].min() > 0.95
        assert found[np.hypot((columns - 80) / 56, (rows - 60) / 28) > 1].max() < 0.05


def test_masks_of_large_faces_can_be_made_on_a_smaller_copy() -> None:
    head = Head((160.0, 150.0), 130.0)
    picture = painted(label_picture([head], (300, 320))).astype(np.float32) / 255
    fine = drawn_face(head, picture)
    coarse = replace(fine, mask_style=MaskStyle(coarse=2.0, largest=66.0))
    for region in ("lips", "hair", "skin"):
        first, second = np.asarray(fine.mask(region)), np.asarray(coarse.mask(region))
        assert (first != second).any()
        assert np.minimum(first, second).sum() > (0.8 if region == "lips" else 0.85) * np.maximum(first, second).sum()
    small = replace(fine, mask_style=MaskStyle(largest=130.0))
    np.testing.assert_array_equal(small.mask("hair"), fine.mask("hair"))
    beyond = fine.parsing.affine + np.array([[0, 0, 900], [0, 0, 0]])
    away = replace(fine, parsing=replace(fine.parsing, affine=beyond))
    assert not np.asarray(replace(away, mask_style=MaskStyle(largest=60.0)).mask("lips")).any()


def test_which_parts_have_edges_of_which_kind() -> None:
    assert edges_of("eyes") == edges_of(Label.RIGHT_EYE) == (False, False)
    assert edges_of("lips") == edges_of("eyes+skin") == edges_of("eyebrows") == (True, False)
    assert edges_of("hair") == edges_of("head") == (True, True)


def test_depth_is_the_distance_to_what_is_outside_and_always_the_same() -> None:
    rows, columns = np.indices((108, 138))
    inside = np.hypot(rows - 54, columns - 70) < 40
    found = masks.depth(inside)
    assert not found[~inside].any()
    assert found[inside] == pytest.approx(40 - np.hypot(rows - 54, columns - 70)[inside], abs=1.5)
    kept = [np.empty(size, np.uint8) for size in range(1, 20000, 37)]  # so that memory is cut up, and calls get other places in it
    assert {masks.depth(inside.copy()).tobytes() for _ in kept} == {found.tobytes()}

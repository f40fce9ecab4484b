"""Overlays: boxes, outlines, regions, legends and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facefx.chains.painting import apply_effect
from facefx.declare.declarations import EffectSpec
from facefx.effects.overlays.draw_boxes import draw_boxes
from facefx.effects.overlays.draw_contour import draw_contour
from facefx.effects.overlays.draw_regions import draw_regions
from facefx.effects.overlays.show_region import show_region
from facefx.effects.tools.drawing import labelled, legend, outline
from facefx.face.scene import Scene
from facefx.image.overlay import palette
from facefx.pixels import color
from facefx.testing import example_scene
from facefx.testing.drawn import Head, drawn_face, label_picture, painted

HEAD = Head((240, 250), 220)


@pytest.fixture(scope="module")
def scene() -> Scene:
    image = painted(label_picture([HEAD], (480, 480))).astype(np.float32) / 255
    return Scene(image, (drawn_face(HEAD, image),))


def drawn(scene: Scene, spec: EffectSpec, **params: Any) -> np.ndarray:
    return apply_effect(scene, spec, spec.resolve(params), np.random.SeedSequence(0)).image


def near(image: np.ndarray, code: str) -> np.ndarray:
    return np.asarray((np.abs(image - color.parse(code)) < 0.02).all(axis=-1))


def test_a_box_is_drawn_where_the_face_is(scene: Scene) -> None:
    image = drawn(scene, draw_boxes, boxes="face", names=False, color="#ff00ff")
    rows, columns = np.nonzero(near(image, "#ff00ff"))
    box, line = scene.faces[0].box, 0.012 * HEAD.side
    found = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
    assert found == pytest.approx([box.x0, box.x1, box.y0, box.y1], abs=line + 1)
    middle = image[200:300, 200:280]
    assert np.array_equal(middle, scene.image[200:300, 200:280])


def test_parts_have_boxes_and_names(scene: Scene) -> None:
    bare = drawn(scene, draw_boxes, boxes="parts", names=False, second="#ff00ff")
    mouth = np.argwhere(np.asarray(scene.faces[0].mask("mouth")) >= 0.5)
    found = near(bare, "#ff00ff")
    top, left = mouth.min(axis=0)
    assert found[top - 2 : top + 3, left + 10].any()
    named = drawn(scene, draw_boxes, boxes="parts", names=True, second="#ff00ff")
    assert (named != bare).any(axis=-1).sum() > 500


def test_names_too_small_to_read_are_left_out() -> None:
    small = example_scene("portrait")
    assert np.array_equal(drawn(small, draw_boxes, boxes="parts"), drawn(small, draw_boxes, boxes="parts", names=False))


def test_widths_follow_the_face(scene: Scene) -> None:
    thin, thick = (near(drawn(scene, draw_contour, width=w, color="#ff00ff"), "#ff00ff").sum() for w in (0.01, 0.04))
    assert 2.5 < thick / thin < 6


def test_the_contour_runs_along_the_face(scene: Scene) -> None:
    image = drawn(scene, draw_contour, color="#ff00ff")
    rows, columns = np.nonzero(near(image, "#ff00ff"))
    beyond_ears = np.abs(rows - HEAD.center[1]) > 0.3 * HEAD.side
    rows, columns = rows[beyond_ears], columns[beyond_ears]
    radius = np.hypot((columns + 0.5 - HEAD.center[0]) / (0.41 * HEAD.side), (rows + 0.5 - HEAD.center[1]) / (0.53 * HEAD.side))
    assert np.median(radius) == pytest.approx(1, abs=0.03)
    assert np.quantile(radius, [0.05, 0.95]) == pytest.approx([1, 1], abs=0.1)


@pytest.mark.parametrize(
    "region", ["face", "head", "person", "hair", "lips", "left_eye", "right_eyebrow", "nose", "face-nose", "background"]
)
def test_every_region_has_an_outline(scene: Scene, region: str) -> None:
    assert near(drawn(scene, draw_contour, region=region, color="#ff00ff"), "#ff00ff").sum() > 30


def test_regions_are_tinted_and_named_inside_the_picture(scene: Scene) -> None:
    image = drawn(scene, draw_regions, opacity=1.0, names=False)
    hair = np.asarray(scene.mask("hair")) == 1
    assert (np.abs(image[hair] - palette()[13] / 255).max(axis=-1) < 1e-5).mean() > 0.95
    named = drawn(scene, draw_regions, opacity=1.0)
    assert named.shape == scene.image.shape
    changed = (named != image).any(axis=-1)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 200
    assert columns.min() > 240 or columns.max() < 240


def test_a_picture_too_small_for_a_legend_has_none() -> None:
    small = example_scene("tiny")
    assert np.array_equal(drawn(small, draw_regions), drawn(small, draw_regions, names=False))


@pytest.mark.parametrize("region", ["face", "lips", "hair", "background", "eyeglasses"])
def test_a_region_alone(scene: Scene, region: str) -> None:
    image, mask = drawn(scene, show_region, region=region, color="#00ff00"), np.asarray(scene.mask(region))
    np.testing.assert_allclose(image[mask == 1], scene.image[mask == 1], rtol=1e-6)
    assert near(image, "#00ff00")[mask == 0].all()
    np.testing.assert_allclose(drawn(scene, show_region, region=region, show="mask")[..., 0], mask, rtol=1e-6)


def test_names_stay_inside_and_are_readable_on_anything() -> None:
    for ground in (0.0, 0.5, 1.0):
        image = np.full((60, 200, 3), ground, np.float32)
        labelled(image, "left eyebrow", (150, 3), 20, (1, 0, 0))
        rows, columns = np.nonzero((image != ground).any(axis=-1))
        assert rows.max() < 25
        assert columns.max() == 199
        plate = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert plate.max() > 0.9
        assert np.median(plate) < 0.2
    narrow = np.ones((60, 20, 3), np.float32)
    labelled(narrow, "left eyebrow", (5, 30), 20, (1, 0, 0))
    assert (narrow == 1).all()


def test_the_legend_takes_the_quieter_corner() -> None:
    image = np.full((400, 600, 3), 0.5, np.float32)
    image[200:, :300] = np.random.default_rng(0).random((200, 300, 3), np.float32)
    before = image.copy()
    legend(image, ["hair", "skin"], [(1, 0, 0), (0, 1, 0)])
    assert np.array_equal(image[:, :300], before[:, :300])
    assert (image[-20:, -20:] != before[-20:, -20:]).any()


def test_a_box_turns_clockwise() -> None:
    assert outline((0, 0, 4, 2), 90) == pytest.approx(np.array([[3, -1], [3, 3], [1, 3], [1, -1]]))

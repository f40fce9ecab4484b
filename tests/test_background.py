"""Backgrounds blurred, replaced and cut away: no trace of the old one, no bleeding of the person into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from facefx.chains.painting import apply_effect
from facefx.declare.declarations import EffectSpec
from facefx.effects.scene.blur_background import blur_background
from facefx.effects.scene.cutout import cutout
from facefx.effects.scene.replace_background import replace_background
from facefx.effects.tools.layers import behind, in_front
from facefx.errors import ImageError
from facefx.face.scene import Scene
from facefx.pixels import color
from facefx.testing.drawn import PORTRAIT, drawn_face, label_picture, painted


def run(scene: Scene, spec: EffectSpec, **params: Any) -> Scene:
    return apply_effect(scene, spec, spec.resolve(params), np.random.SeedSequence(0))


@pytest.fixture
def scene() -> Scene:
    image = painted(label_picture()).astype(np.float32) / 255
    return Scene(image, (drawn_face(PORTRAIT, image),))


@pytest.fixture
def soft() -> Scene:
    """The same out of focus: colours mix at every edge."""
    image = cv2.GaussianBlur(painted(label_picture()).astype(np.float32) / 255, (0, 0), 2.0)
    return Scene(image, (drawn_face(PORTRAIT, image),))


@pytest.fixture
def striped() -> Scene:
    """The same person before white and grey stripes."""
    labels = label_picture()
    image = painted(labels).astype(np.float32) / 255
    stripes = np.broadcast_to(np.where(np.arange(labels.shape[1]) // 6 % 2, 1.0, 0.6)[None, :, None], image.shape)
    image = np.where((labels == 0)[..., None], stripes, image).astype(np.float32)
    return Scene(image, (drawn_face(PORTRAIT, image),))


def test_a_blurred_background_has_none_of_the_persons_colors(scene: Scene) -> None:
    image = run(scene, blur_background, radius=0.2).image
    background = np.asarray(scene.mask("background")) == 1
    plain = np.median(scene.image[background], axis=0)
    assert np.abs(image[background] - plain).max() < 0.02  # the drawn background is of one colour up to the very edge


def test_stripes_run_together_and_the_person_stays(striped: Scene) -> None:
    image = run(striped, blur_background, radius=0.15, falloff=0.0).image
    background, person = (np.asarray(striped.mask(region)) == 1 for region in ("background", "person"))
    assert striped.image[background].std() > 0.19
    assert image[background].std() < 0.07
    assert np.array_equal(image[person], striped.image[person])


def test_light_is_averaged_not_code_values(striped: Scene) -> None:
    image = run(striped, blur_background, radius=0.3, falloff=0.0).image
    corner = image[:40, :36].mean()
    assert corner == pytest.approx(0.831, abs=0.008)  # the mean of the two lights; the mean of their code values is 0.8


def test_it_grows_away_from_the_person(striped: Scene) -> None:
    image = run(striped, blur_background, radius=0.06, falloff=1.0).image
    above, beside = image[2:12, 2:60], image[-12:-2, 2:14]
    assert above.std() < 0.5 * beside.std()


def test_no_radius_no_change(scene: Scene) -> None:
    assert np.array_equal(run(scene, blur_background, radius=0.0).image, scene.image)


def hair_edge(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Where hair and background mix, (H, W) bool, and the hair's own colour."""
    person = np.asarray(scene.mask("person"))
    edge = (person > 0.05) & (person < 0.7)
    edge[70:] = False
    assert edge.sum() > 50
    return edge, np.median(scene.image[35:45, 85:100], axis=(0, 1))


@pytest.mark.parametrize("new", ["#0000ff", "#ffffff", "#000000"])
def test_a_new_background_leaves_no_trace_of_the_old(soft: Scene, new: str) -> None:
    """At every pixel: the person's share of the hair's colour, and the rest the new background's."""
    image = run(soft, replace_background, color=new).image
    background = np.asarray(soft.mask("background"))
    target = np.array(color.parse(new), np.float32)
    there = image[background == 1]
    np.testing.assert_allclose(there, np.broadcast_to(target, there.shape), rtol=0, atol=1e-4)
    edge, hair = hair_edge(soft)
    share = background[edge][:, None]
    expected = (1 - share) * hair + share * target
    naive = (1 - share) * soft.image[edge] + share * target
    assert np.abs(image[edge] - expected).mean() < 0.5 * np.abs(naive - expected).mean()


def test_gradients_run_from_the_first_color_to_the_second(scene: Scene) -> None:
    image = run(scene, replace_background, fill="gradient", color="#ff0000", second="#0000ff").image
    assert image[0, 2] == pytest.approx([1, 0, 0], abs=0.02)
    assert image[-1, 2] == pytest.approx([0, 0, 1], abs=0.02)
    spot = run(scene, replace_background, fill="spotlight", color="#ffffff", second="#000000").image
    assert spot[2, 2].mean() < 0.3


def test_a_picture_covers_the_background(scene: Scene, tmp_path: Path) -> None:
    wide = np.zeros((20, 80, 3), np.uint8)
    wide[:, :30], wide[:, 30:50], wide[:, 50:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    path = tmp_path / "wide.png"
    Image.fromarray(wide).save(path)
    image = run(scene, replace_background, picture=str(path)).image
    background = np.asarray(scene.mask("background")) == 1
    assert np.median(image[background], axis=0) == pytest.approx([0, 1, 0], abs=0.02)  # the middle, cut to the portrait's shape
    with pytest.raises(ImageError, match="nowhere"):
        run(scene, replace_background, picture=str(tmp_path / "nowhere.png"))


def test_a_cutout_has_the_persons_colors_under_its_soft_edges(soft: Scene) -> None:
    result = run(soft, cutout)
    assert result.alpha is not None
    edge, hair = hair_edge(soft)
    assert np.abs(result.image[edge] - hair).mean() < 0.5 * np.abs(soft.image[edge] - hair).mean()


def test_layers_of_nothing_and_of_everything() -> None:
    image = np.random.default_rng(0).random((9, 7, 3), np.float32)
    empty, full = np.zeros((9, 7), np.float32), np.ones((9, 7), np.float32)
    assert np.array_equal(in_front(image, empty, 5), image)
    assert np.array_equal(in_front(image, full, 5), image)
    assert np.array_equal(behind(image, full, 1), image)
    assert np.array_equal(behind(image, empty, 1), image)
    assert behind(image, full, 3).shape == (3, 3, 3)


def test_holes_are_filled_from_around() -> None:
    image = np.full((40, 40, 3), 0.25, np.float32)
    background = np.ones((40, 40), np.float32)
    image[10:30, 10:30], background[10:30, 10:30] = 1.0, 0.0
    np.testing.assert_allclose(behind(image, background, 1), np.full_like(image, 0.25), rtol=0, atol=1e-4)

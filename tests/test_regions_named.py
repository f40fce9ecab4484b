"""Regions with a plus and a minus, grown and feathered, wherever one can be named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import facefx
from cli_helpers import run, write
from conftest import Fakes
from facefx.chains.sequence import Chain, chain, load_look
from facefx.errors import ParameterError, UnknownName
from facefx.labels import Label, Region, is_scene_wide, labels_of
from facefx.pixels.masks import reshaped
from facefx.plugins.installed import registry
from facefx.video.stream import asked_of
from synthetic import FakeDetector, FakeSegmenter, Head


@pytest.fixture
def scene(make_portrait: Callable[..., np.ndarray]) -> facefx.Scene:
    picture = make_portrait(Head((100, 100), 80), Head((290, 100), 60), size=(200, 400))
    return facefx.parse(picture, segmenter=FakeSegmenter(), detector=FakeDetector())


def test_a_minus_takes_away_and_the_order_counts() -> None:
    face, eyes = Region.FACE.labels, Region.EYES.labels
    assert labels_of("face-eyes") == face - eyes
    assert labels_of("face - eyes - lips") == face - eyes - Region.LIPS.labels
    assert labels_of("face-eyes+left_eye") == face - {Label.RIGHT_EYE}
    assert labels_of("left_eye+face-eyes") == face - eyes
    assert labels_of("hair-lips") == {Label.HAIR}
    assert is_scene_wide("picture-face")
    assert is_scene_wide("person")
    assert not is_scene_wide("person-clothing")


@pytest.mark.parametrize("region", ["eyes-face", "face-picture"])
def test_nothing_left_is_said(region: str) -> None:
    with pytest.raises(ParameterError, match="leaves nothing"):
        labels_of(region)


@pytest.mark.parametrize("region", ["face-", "-eyes", "face--eyes", "face-eye", "face+", "", "-"])
def test_what_is_no_name_is_named(region: str) -> None:
    with pytest.raises(UnknownName):
        labels_of(region)


def test_a_mask_without_a_part(scene: facefx.Scene) -> None:
    face, without = (np.asarray(scene.mask(name)) for name in ("face", "face-eyes"))
    eyes = np.asarray(scene.mask("eyes")) > 0.9
    assert without[eyes].max() < 0.1
    away = cv2.dilate(np.asarray(scene.mask("eyes")), np.ones((9, 9))) == 0
    np.testing.assert_allclose(without[away], face[away], atol=0.02)
    rest, person = np.asarray(scene.mask("picture-face")), np.asarray(scene.mask("face"))
    np.testing.assert_allclose(rest, 1 - person, atol=1e-6)


def test_growing_goes_in_face_units_of_each_face(scene: facefx.Scene) -> None:
    for face in scene.faces:
        lips, grown = (np.asarray(face.mask("lips", grow=by)) >= 0.5 for by in (0.0, 0.1))
        reach = 0.1 * face.box.side
        away = cv2.distanceTransform((~lips).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        assert grown[away <= reach - 1.5].all()
        assert not grown[away > reach + 1.5].any()
        smaller = np.asarray(face.mask("lips", grow=-0.03)) >= 0.5
        inside = cv2.distanceTransform(lips.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        assert 0 < smaller.sum() < lips.sum()
        assert not smaller[inside <= 0.03 * face.box.side - 1.5].any()


def test_feathering_softens_and_keeps_the_middle_of_the_edge(scene: facefx.Scene) -> None:
    face = scene.faces[0]
    sharp, soft = (np.asarray(face.mask("hair", feather=by)) for by in (0.0, 0.1))
    assert ((soft > 0.05) & (soft < 0.95)).sum() > 2 * ((sharp > 0.05) & (sharp < 0.95)).sum()
    assert soft.sum() == pytest.approx(sharp.sum(), rel=0.02)
    assert soft.min() == 0
    assert soft.max() <= 1


def test_the_picture_s_border_is_no_edge() -> None:
    mask = np.ones((10, 20), np.float32)
    window, same = reshaped((0, 0, 20, 10), mask, -3, 2, (10, 20))
    assert window == (0, 0, 20, 10)
    np.testing.assert_allclose(same, mask, atol=1e-6)
    window, less = reshaped((5, 0, 25, 10), mask, -3, 0, (10, 40))  # left and right of it the picture goes on
    assert window == (5, 0, 25, 10)
    assert less[:, :3].max() == 0
    assert less[:, 3:-3].min() == 1
    assert less[:, -3:].max() == 0
    window, more = reshaped((5, 2, 6, 3), np.ones((1, 1), np.float32), 9, 0, (30, 30))
    assert window == (0, 0, 15, 12)
    assert (more > 0.5).sum() > 100


@pytest.mark.parametrize("name", [name for name, spec in registry().effects.items.items() if spec.shaping])
def test_effects_paint_where_they_are_told(scene: facefx.Scene, name: str) -> None:
    """Grown they change more, and never anything outside of the mask that the same words give."""
    for region, grow in (("lips", 0.0), ("lips", 0.1), ("face-eyes", 0.0)):
        step = chain(name, region=region, grow=grow, feather=0.02)
        done = np.asarray(step.edit(scene).image)
        outside = np.asarray(scene.mask(region, grow=grow, feather=0.02)) == 0
        assert outside.any()
        np.testing.assert_array_equal(done[outside], scene.image[outside])
    sizes = [(np.asarray(chain(name, region="lips", grow=by).edit(scene).image) != scene.image).sum() for by in (0.0, 0.2)]
    assert sizes[1] > sizes[0]


def test_every_effect_whose_region_is_named_takes_any() -> None:
    named = [spec for spec in registry().effects.items.values() if "region" in spec.parameters]
    assert {spec.name for spec in named} >= {"grade", "glow", "cartoon", "sketch", "show_region", "draw_contour"}
    for spec in named:
        assert spec.resolve({"region": "face-eyes"})["region"] == "face-eyes", spec.name
        assert "grow" in spec.parameters, spec.name
        with pytest.raises(ParameterError, match="no region is called"):
            spec.resolve({"region": "face-eye"})


def test_a_wide_region_grows_too(scene: facefx.Scene) -> None:
    person, grown = (np.asarray(scene.mask("person", grow=by)) > 0.5 for by in (0.0, 0.1))
    assert grown.sum() > 1.05 * person.sum()
    assert grown[person].all()
    without = np.asarray(scene.mask("background", grow=-0.1)) > 0.5
    assert (without & grown).sum() < 0.02 * without.sum()


def test_a_look_keeps_it(tmp_path: Path) -> None:
    look = chain("grade", region="face-eyes", grow=-0.02, feather=0.03, preset="noir")
    look.save(tmp_path / "look.yaml")
    assert load_look(tmp_path / "look.yaml").to_dict() == look.to_dict()
    assert dict(load_look(tmp_path / "look.yaml").steps[0].params)["region"] == "face-eyes"


def test_a_film_asks_for_it() -> None:
    assert asked_of(Chain(chain("grade", region="face-eyes").steps)) == {"face-eyes"}


def test_on_the_command_line(fakes: Fakes, portrait: np.ndarray, tmp_path: Path) -> None:
    photo = write(tmp_path / "a.png", portrait)
    result = run("apply", photo, "-o", tmp_path / "b.png", "--effect", "grade:region=face-eyes,grow=0.02,feather=0.01,preset=noir")
    assert (result.exit_code, result.stderr) == (0, "")

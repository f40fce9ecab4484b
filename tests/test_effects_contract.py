"""The contract, for every built-in effect and analyzer: generated from what the builtin plugin offers, so a new one is in it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

import facefx
from conftest import Fakes
from facefx import chain
from facefx.declare.declarations import AnalyzerSpec, EffectSpec
from facefx.face.face import FaceView
from facefx.face.scene import Scene
from facefx.labels import Label, is_scene_wide, labels_of
from facefx.pixels.masks import depth
from facefx.plugins import builtin
from facefx.testing import check_effect, parameters
from synthetic import PORTRAIT, FakeSegmenter, Head, ScriptedDetector, label_picture, painted

EFFECTS = list(builtin.facefx_effects())
ANALYZERS = list(builtin.facefx_analyzers())
#: Effects that paint a part of their region, which no label names.
SPARING = {"brighten_eyes", "apply_eyeliner", "apply_eyeshadow"}
SPARING |= {"smooth_skin", "even_skin", "soften_under_eyes", "reduce_shine", "apply_foundation", "apply_blush", "contour_face"}
SPARING |= {"line_lips", "recolor_brows"}
#: Effects that find nothing to do: drawn eyes have no iris, drawn skin no blemish, and no reference is given.
IDLE = {"recolor_eyes", "remove_blemishes", "transfer_makeup"}
#: One of each kind: what all of a kind share is the core's.
FIRST = {spec.kind: spec.name for spec in reversed(EFFECTS)}.values()
every_effect = pytest.mark.parametrize("spec", EFFECTS, ids=lambda spec: spec.name)
#: Every effect, too; the fast ones are one of each kind.
first_of_its_kind = pytest.mark.parametrize(
    "spec", [pytest.param(spec, id=spec.name, marks=() if spec.name in FIRST else pytest.mark.slow) for spec in EFFECTS]
)


@pytest.fixture
def portrait(portrait: np.ndarray, portrait_labels: np.ndarray) -> np.ndarray:
    """With teeth that are not white as paper: of white ones nothing is to be whitened."""
    stained = portrait.copy()
    stained[portrait_labels == list(Label).index(Label.INNER_MOUTH), 2] -= 20
    return stained


def out_of_reach(spec: EffectSpec, scene: Scene) -> np.ndarray:
    """(H, W) bool: where an effect may change nothing. A warp reaches farther than its region, an overlay anywhere."""
    if spec.kind == "cutout":  # nothing of the background stays beneath the alpha
        return np.zeros(scene.size, bool)
    if spec.private:
        mask = np.asarray(scene.mask(spec.region)) > 0
        outline = FaceView(scene.faces[0], (0, 0, scene.size[1], scene.size[0])).outline()
        return np.asarray(depth(~(mask | outline)) > 0.1 * scene.faces[0].box.side)
    if spec.kind == "paint":
        return np.asarray(scene.mask(spec.region) == 0)
    away = np.full(scene.size, spec.kind == "warp")
    for face in scene.faces if spec.kind == "warp" else ():
        reach = spec.margin * face.box.side + 1
        x0, y0, x1, y1 = (
            int(v) for v in (face.box.x0 - reach, face.box.y0 - reach, face.box.x1 + reach + 1, face.box.y1 + reach + 1)
        )
        away[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = False
    return away


def colors(spec: EffectSpec, picture: np.ndarray) -> np.ndarray:
    """The picture without the transparency that a cutout gives it."""
    assert picture.shape[-1] == (4 if spec.kind == "cutout" else 3)
    return picture[..., :3]


#: One of each room: the fast loop holds these to the contract, and every effect to the tests below.
REPRESENTATIVES = ("recolor_lips", "shine_hair", "recolor_eyes", "smooth_skin", "slim_face", "cutout", "draw_boxes")


@pytest.mark.parametrize("spec", [spec for spec in EFFECTS if spec.name in REPRESENTATIVES], ids=lambda spec: spec.name)
def test_the_contract_in_brief(spec: EffectSpec) -> None:
    """Every scene with the defaults, then one example."""
    check_effect(spec, examples=1)


@pytest.mark.slow
@every_effect
def test_the_contract(spec: EffectSpec) -> None:
    """Every scene with the defaults, then forty examples."""
    check_effect(spec, examples=40)


@pytest.mark.parametrize("spec", [*EFFECTS, *ANALYZERS], ids=lambda spec: spec.name)
def test_the_declaration(spec: EffectSpec | AnalyzerSpec) -> None:
    assert spec.summary.endswith(".")
    assert all(p.help for p in spec.parameters.values() if p.kind != "color")
    assert json.loads(json.dumps(spec.json_schema)) == spec.json_schema
    assert spec.resolve({}) == {name: p.default for name, p in spec.parameters.items()}


@first_of_its_kind
def test_the_same_kind_comes_out(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    step = chain(spec.name)
    plain = step(portrait)
    assert plain.dtype == np.uint8
    assert colors(spec, plain).shape == portrait.shape
    assert np.array_equal(plain, portrait) == (spec.name in IDLE)
    alpha = np.random.default_rng(0).integers(0, 255, (*portrait.shape[:2], 1), np.uint8)
    with_alpha = step(np.concatenate([portrait, alpha], axis=-1))
    if spec.kind == "cutout":
        assert (with_alpha[..., 3:] <= alpha).all()
    elif spec.kind == "warp":  # which takes what is transparent along
        still = out_of_reach(spec, step.run(portrait).scene)
        assert np.array_equal(with_alpha[still][..., 3:], alpha[still])
    else:
        assert np.array_equal(with_alpha[..., 3:], alpha)
    deep = step(portrait.astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - plain).max() <= 1.01
    floats = step(portrait / np.float32(255))
    assert floats.dtype == np.float32
    assert np.abs(floats * 255 - plain).max() <= 0.51
    image = step(Image.fromarray(portrait))
    assert isinstance(image, Image.Image)
    assert np.array_equal(np.asarray(image), plain)


@first_of_its_kind
def test_only_the_region_changes_and_the_argument_stays(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    before = portrait.copy()
    result = chain(spec.name).run(portrait)
    assert np.array_equal(portrait, before)
    changed = (colors(spec, result.image) != portrait).any(axis=-1)
    assert changed.any() == (spec.name not in IDLE)
    assert not changed[out_of_reach(spec, result.scene)].any()
    if spec.kind == "paint" and spec.name not in SPARING | IDLE:
        assert changed[result.scene.mask(spec.region) == 1].mean() > 0.5


@pytest.mark.slow
@every_effect
def test_the_same_again(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    assert np.array_equal(chain(spec.name)(portrait), chain(spec.name)(portrait))


@pytest.mark.slow
@every_effect
def test_two_faces_get_what_each_gets_alone(spec: EffectSpec, fakes: Fakes) -> None:
    if is_scene_wide(spec.region) or spec.kind == "overlay":
        pytest.skip("it is called once for all faces, and may look at the whole picture")
    heads = [Head((90, 100), 80), Head((330, 110), 90)]
    both = chain(spec.name)(painted(label_picture(heads, (230, 440)), noise=0))
    for head in heads[1:] if spec.random else heads:  # the larger one is the first alone too, and so gets the same random numbers
        alone = chain(spec.name)(painted(label_picture([head], (230, 440)), noise=0))
        x0, x1 = int(head.center[0] - 75), int(head.center[0] + 75)
        difference = np.abs(both[:, max(x0, 0) : x1].astype(int) - alone[:, max(x0, 0) : x1])
        assert (difference > 2).mean() < 0.002


@cache
def cut_by_the_border(center: tuple[float, float]) -> Scene:
    """Parsed once for all effects, none of which may change it."""
    head = Head(center, 96)
    return facefx.parse(painted(label_picture([head])), segmenter=FakeSegmenter(), detector=ScriptedDetector(head.detection))


@every_effect
@pytest.mark.parametrize("center", [(30, 95), *(pytest.param(c, marks=pytest.mark.slow) for c in ((160, 95), (93, 50), (93, 160)))])
def test_a_face_cut_by_the_border(spec: EffectSpec, center: tuple[float, float]) -> None:
    scene = cut_by_the_border(center)
    before = scene.image.copy()
    edited = chain(spec.name).edit(scene)
    assert np.array_equal(scene.image, before)
    assert edited.image.shape == before.shape
    assert not (edited.image != before).any(axis=-1)[out_of_reach(spec, scene)].any()


@pytest.mark.slow
@every_effect
def test_every_parameter_is_taken(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray, tmp_path: Path) -> None:
    segmenter, detector = FakeSegmenter(), ScriptedDetector(PORTRAIT.detection)
    scene = facefx.parse(portrait, segmenter=segmenter, detector=detector)
    reference = tmp_path / "reference.png"
    Image.fromarray(portrait).save(reference)

    @given(parameters(spec))
    def run(params: dict[str, Any]) -> None:
        if "portrait" in spec.supplies and params["reference"]:
            params = {**params, "reference": str(reference)}  # an effect that takes a portrait takes no picture without a face
        assert chain(spec.name, **params).edit(scene).image.shape == portrait.shape

    run()


@every_effect
def test_the_region_exists(spec: EffectSpec) -> None:
    assert labels_of(spec.region)

"""The contract, for every built-in effect and analyzer: generated from what the builtin plugin offers, so a new one is in it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import facefx
from conftest import Fakes
from facefx import builtin, chain
from facefx.declare import AnalyzerSpec, EffectSpec
from facefx.labels import labels_of
from facefx.testing import check_effect, parameters
from synthetic import PORTRAIT, FakeSegmenter, Head, ScriptedDetector, label_picture, painted

EFFECTS = list(builtin.facefx_effects())
ANALYZERS = list(builtin.facefx_analyzers())
every_effect = pytest.mark.parametrize("spec", EFFECTS, ids=lambda spec: spec.name)
every_analyzer = pytest.mark.parametrize("spec", ANALYZERS, ids=lambda spec: spec.name)


@every_effect
def test_the_contract(spec: EffectSpec) -> None:
    check_effect(spec, examples=40)


@pytest.mark.parametrize("spec", [*EFFECTS, *ANALYZERS], ids=lambda spec: spec.name)
def test_the_declaration(spec: EffectSpec | AnalyzerSpec) -> None:
    assert spec.summary.endswith(".")
    assert all(p.help for p in spec.parameters.values() if p.kind != "color")
    assert json.loads(json.dumps(spec.json_schema)) == spec.json_schema
    assert spec.resolve({}) == {name: p.default for name, p in spec.parameters.items()}


@every_effect
def test_the_same_kind_comes_out(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    step = chain(spec.name)
    plain = step(portrait)
    assert plain.dtype == np.uint8
    assert plain.shape == portrait.shape
    assert not np.array_equal(plain, portrait)
    alpha = np.random.default_rng(0).integers(0, 255, (*portrait.shape[:2], 1), np.uint8)
    with_alpha = step(np.concatenate([portrait, alpha], axis=-1))
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


@every_effect
def test_only_the_region_changes_and_the_argument_stays(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    before = portrait.copy()
    result = chain(spec.name).run(portrait)
    assert np.array_equal(portrait, before)
    mask = result.scene.mask(spec.region)
    changed = (result.image != portrait).any(axis=-1)
    assert not changed[mask == 0].any()
    assert changed[mask == 1].mean() > 0.5


@every_effect
def test_the_same_again(spec: EffectSpec, fakes: Fakes, portrait: np.ndarray) -> None:
    assert np.array_equal(chain(spec.name)(portrait), chain(spec.name)(portrait))


@every_effect
def test_two_faces_get_what_each_gets_alone(spec: EffectSpec, fakes: Fakes) -> None:
    heads = [Head((90, 100), 80), Head((330, 110), 90)]
    both = chain(spec.name)(painted(label_picture(heads, (230, 440)), noise=0))
    for head in heads:
        alone = chain(spec.name)(painted(label_picture([head], (230, 440)), noise=0))
        x0, x1 = int(head.center[0] - 75), int(head.center[0] + 75)
        difference = np.abs(both[:, max(x0, 0) : x1].astype(int) - alone[:, max(x0, 0) : x1])
        assert (difference > 2).mean() < 0.002


@every_effect
@pytest.mark.parametrize("center", [(30, 95), (160, 95), (93, 50), (93, 160)])
def test_a_face_cut_by_the_border(spec: EffectSpec, center: tuple[float, float]) -> None:
    head = Head(center, 96)
    image = painted(label_picture([head]))
    result = chain(spec.name).run(image, segmenter=FakeSegmenter(), detector=ScriptedDetector(head.detection), require_face=False)
    assert result.image.shape == image.shape
    assert not (result.image != image).any(axis=-1)[result.scene.mask(spec.region) == 0].any()


@every_effect
def test_every_parameter_is_taken(spec: EffectSpec, portrait: np.ndarray) -> None:
    segmenter, detector = FakeSegmenter(), ScriptedDetector(PORTRAIT.detection)
    scene = facefx.parse(portrait, segmenter=segmenter, detector=detector)

    @given(parameters(spec))
    def run(params: dict[str, Any]) -> None:
        picture = facefx.open_image(portrait)
        result = chain(spec.name, **params)._run(picture, scene, require_face=False)
        assert result.image.shape == portrait.shape

    run()


@every_effect
def test_the_region_exists(spec: EffectSpec) -> None:
    assert labels_of(spec.region)


def measured(image: np.ndarray, head: Head, name: str) -> Any:
    result = chain(name).run(image, segmenter=FakeSegmenter(), detector=ScriptedDetector(head.detection))
    assert result.image is image or np.array_equal(result.image, image)
    (report,) = result.reports
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    return report[name]


def numbers(value: Any) -> list[float]:
    """All numbers of a report that are lengths or places, in order."""
    if isinstance(value, dict):
        return [n for key in sorted(value) if key not in ("score", "roll") for n in numbers(value[key])]
    if isinstance(value, list):
        return [n for v in value for n in numbers(v)]
    return [float(value)] if isinstance(value, int | float) else []


@every_analyzer
@given(scale=st.sampled_from([1.5, 2.0, 3.0]))
def test_analyzers_scale_with_the_picture(spec: AnalyzerSpec, scale: float) -> None:
    small = Head((93.5, 98), 96)
    large = Head((93.5 * scale, 98 * scale), 96 * scale)
    size = (round(189 * scale), round(187 * scale))
    first = numbers(measured(painted(label_picture([small])), small, spec.name))
    second = numbers(measured(painted(label_picture([large], size)), large, spec.name))
    if spec.name == "face_contour":  # has as many points as pixels, so compare the extremes
        first, second = ([min(v[0::2]), max(v[0::2]), min(v[1::2]), max(v[1::2])] for v in (first, second))
    assert np.array(second) / scale == pytest.approx(np.array(first), abs=4.0)


@every_analyzer
def test_analyzers_agree_about_the_mirrored_picture(spec: AnalyzerSpec, portrait: np.ndarray) -> None:
    plain = measured(portrait, PORTRAIT, spec.name)
    flipped = measured(np.ascontiguousarray(portrait[:, ::-1]), PORTRAIT, spec.name)  # PORTRAIT is in the middle

    def mirror(value: Any, key: str = "") -> Any:
        if isinstance(value, dict) and {"x0", "x1"} <= set(value):
            return value | {"x0": 187 - value["x1"], "x1": 187 - value["x0"]}
        if isinstance(value, dict):
            swapped = {"left_eye": "right_eye", "right_eye": "left_eye"}
            return {swapped.get(k, k): mirror(v, k) for k, v in value.items()}
        if key == "points":
            return [[187 - x, y] for x, y in value]
        return value

    first, second = numbers(mirror(plain)), numbers(flipped)
    if spec.name == "face_contour":
        first, second = ([min(v[0::2]), max(v[0::2]), min(v[1::2]), max(v[1::2])] for v in (first, second))
    assert np.array(second) == pytest.approx(np.array(first), abs=1.01)


def test_the_boxes_are_where_the_parts_were_painted(portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    boxes = measured(portrait, PORTRAIT, "eye_boxes")
    for name, indices in {"left_eye": [4], "right_eye": [5], "mouth": [10, 11, 12]}.items():
        rows, columns = np.nonzero(np.isin(portrait_labels, indices))
        expected = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
        assert [boxes[name][k] for k in ("x0", "x1", "y0", "y1")] == pytest.approx(expected, abs=1.5)


def test_an_eye_that_cannot_be_seen_has_no_box(portrait_labels: np.ndarray) -> None:
    portrait_labels[portrait_labels == 5] = 13  # hair hangs over it
    boxes = measured(painted(portrait_labels), PORTRAIT, "eye_boxes")
    assert boxes["right_eye"] is None
    assert boxes["left_eye"]["x0"] > PORTRAIT.center[0]


def test_the_contour_is_the_faces(portrait_labels: np.ndarray) -> None:
    portrait_labels[np.isin(portrait_labels, [8, 9])] = 13  # hair over the ears, whose edge would mix to skin's colour
    points = np.array(measured(painted(portrait_labels), PORTRAIT, "face_contour")["points"])
    radius = np.hypot(*((points - PORTRAIT.center) / [0.41 * 96, 0.53 * 96]).T)  # 1 on the ellipse that was painted
    assert np.median(radius) == pytest.approx(1, abs=0.02)
    assert radius.min() > 0.93
    assert np.quantile(radius, 0.9) < 1.05  # spurs of a pixel may follow a seam, where two colours mix to skin's


def test_all_analyzers_at_once(fakes: Fakes, portrait: np.ndarray) -> None:
    (report,) = facefx.analyze(portrait)
    assert set(report) == {spec.name for spec in ANALYZERS}
    assert report.to_dict()["face"] == report.face == 0
    assert len(report) == len(ANALYZERS)
    with pytest.raises(KeyError):
        report["mood"]
    report["face_boxes"]["box"].clear()
    assert report["face_boxes"]["box"]  # nobody can change what was measured

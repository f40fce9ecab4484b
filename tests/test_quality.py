"""How often the network looks, and at what: counted, since a clock would tell something else on every machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facefx
from facefx import Box, Detection, chain
from facefx.errors import ParameterError
from facefx.image import canvas as canvases
from facefx.image import modes
from facefx.inference import segmenter as segmenters
from facefx.inference.cards import QUALITIES, Quality, installed_models
from facefx.inference.ensemble import Ensemble
from facefx.inference.segmenter import OnnxSegmenter
from facefx.parsing.parser import Parser
from synthetic import FakeSegmenter

SAMPLE = Path(__file__).parents[1] / "samples"


class Told:
    """A detector that is told where the face is."""

    takes_windows = True

    def __init__(self, box: Box) -> None:
        self.box, self.calls = box, 0

    def detect(self, rgb: Any) -> list[Detection]:
        self.calls += 1
        return [Detection(self.box)]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sides of the crops that went through the network, one by one."""
    seen: list[int] = []

    def counted(session: Any, model: str, batch: np.ndarray, **more: Any) -> np.ndarray:
        seen.extend([batch.shape[2]] * len(batch))
        return run(session, model, batch, **more)

    run = segmenters.run_session
    monkeypatch.setattr(segmenters, "run_session", counted)
    return seen


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return np.asarray(facefx.open_image(next(SAMPLE.glob("straight.jpg"))).rgb)


@pytest.fixture(scope="module")
def face(portrait: np.ndarray) -> Told:
    (found,) = facefx.parse(portrait).faces
    return Told(Box.square(found.box.center, 1.07 * found.box.side))


SIZES = OnnxSegmenter.from_folder(installed_models()["unet-lite0"]).card.qualities


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_face_is_looked_at_as_often_as_its_quality_says(
    portrait: np.ndarray, face: Told, looks: list[int], quality: Quality
) -> None:
    scene = facefx.parse(portrait, detector=face, quality=quality)
    size, mirror, _ = SIZES[quality]
    assert looks == [size] * (2 if mirror else 1)
    for region in ("lips", "skin", "eyes", "eyebrows", "nose"):
        scene.mask(region)
    assert len(looks) <= (2 if mirror else 1), "parts of the face do not leave the crop"


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_chain_parses_once(portrait: np.ndarray, face: Told, looks: list[int], quality: Quality) -> None:
    face.calls = 0
    many = chain("recolor_lips").then("smooth_skin").then("recolor_brows").then("whiten_teeth").then("face_boxes")
    many.run(portrait, detector=face, quality=quality)
    assert (len(looks), face.calls) == (2 if SIZES[quality].mirror else 1, 1)


def test_the_wide_crop_is_looked_at_once_and_only_for_what_leaves_the_near_one(
    portrait: np.ndarray, face: Told, looks: list[int]
) -> None:
    x, y = face.box.center
    side = face.box.side
    part = portrait[int(y - 0.62 * side) : int(y + 0.7 * side)]  # hair to the edge of it
    room = np.pad(part, ((int(side), int(side)), (int(side), int(side)), (0, 0)), "edge")
    told = Told(Box.square((x + int(side), 0.62 * side + int(side)), side))
    scene = facefx.parse(room, detector=told, person="colours")  # looks for whole people are not counted
    assert len(looks) == 1
    for region in ("lips", "skin", "left_eye"):
        scene.mask(region)
    assert len(looks) == 1
    for region in ("hair", "neck", "background", "hair"):
        scene.mask(region)
    assert len(looks) == 2


def test_what_is_converted_follows_the_face_and_not_the_picture(
    portrait: np.ndarray, face: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted: list[int] = []

    def counted(native: Any, icc: bytes | None = None) -> Any:
        answer = modes.native_rgb(native, icc)
        converted.append(answer.shape[0] * answer.shape[1])
        return answer

    monkeypatch.setattr(canvases, "native_rgb", counted)
    for effects in (["recolor_lips"], ["recolor_hair", "smooth_skin", "recolor_eyes"], ["slim_face"]):
        areas = []
        for room in (500, 2500):
            small = np.pad((portrait * 255).astype(np.uint8), ((room, 0), (room, 0), (0, 0)), constant_values=128)
            moved = Told(Box(*(v + room for v in (face.box.x0, face.box.y0, face.box.x1, face.box.y1))))
            steps = chain(effects[0])
            for effect in effects[1:]:
                steps = steps.then(effect)
            converted.clear()
            steps.run(small, detector=moved)
            areas.append(sum(converted))
        assert areas[1] < 1.5 * areas[0], f"{effects} convert {areas} pixels in a small and in a large picture"


def test_qualities_are_parsed_with_different_care(portrait: np.ndarray) -> None:
    masks = {quality: facefx.parse(portrait, quality=quality).mask("hair") for quality in QUALITIES}
    for quality in ("fast", "balanced"):
        assert not np.array_equal(masks[quality], masks["best"])
        assert np.abs(masks[quality] - masks["best"]).mean() < 0.02


@pytest.mark.parametrize("function", [facefx.parse, facefx.analyze, chain("recolor_lips").run], ids=["parse", "analyze", "run"])
def test_what_is_no_quality_is_refused(function: Callable[..., Any]) -> None:
    image = np.full((64, 64, 3), 0.5)
    with pytest.raises(ParameterError, match=r"quality='finest' .* fast, balanced, best"):
        function(image, quality="finest")
    with pytest.raises(ParameterError, match="has no qualities"):
        function(image, segmenter=FakeSegmenter(), quality="best")


def test_an_ensemble_passes_it_on() -> None:
    ensemble = Ensemble([OnnxSegmenter.from_folder(installed_models()["unet-lite0"]), FakeSegmenter()], [2, 1])
    best = ensemble.with_quality("best")
    assert best.members[0].mirror
    assert best.weights == ensemble.weights
    assert best.members[1] is ensemble.members[1]


def test_an_object_keeps_its_own_and_a_parser_tells_them_apart() -> None:
    own = OnnxSegmenter.from_folder(installed_models()["unet-lite0"], quality="best")
    assert Parser.of(own).segmenter is own
    assert len({Parser.of(own, quality=quality).identity for quality in QUALITIES}) == 3

"""What facefx returns can be sent to another process, as `multiprocessing.Pool.map` does with arguments and answers."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

import facefx
from facefx.inference.segmenter import OnnxSegmenter
from synthetic import FakeDetector, FakeSegmenter

SAMPLES = Path(__file__).parents[1] / "samples"
MODELS = SAMPLES.parent / "models"


def test_a_report_is_the_same_elsewhere(portrait: np.ndarray) -> None:
    (report,) = facefx.analyze(portrait, segmenter=FakeSegmenter(), detector=FakeDetector())
    copy = pickle.loads(pickle.dumps(report))
    assert type(copy) is facefx.Report
    assert copy == report
    assert copy.to_dict() == report.to_dict()
    with pytest.raises(TypeError):
        copy._values["eye_boxes"] = "1"


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_result_is_the_same_elsewhere(portrait: np.ndarray, looked_at: bool) -> None:
    look = facefx.chain("recolor_lips", color="#00f").then("eye_boxes")
    result = look.run(portrait, segmenter=FakeSegmenter(), detector=FakeDetector())
    if looked_at:
        assert result.scene.image.shape == portrait.shape
    copy = pickle.loads(pickle.dumps(result))
    assert np.array_equal(copy.image, result.image)
    assert copy.reports == result.reports
    assert np.array_equal(copy.scene.image, result.scene.image)
    assert np.array_equal(copy.scene.label_map(), result.scene.label_map())
    for label in ("lips", "hair", "background"):
        assert np.array_equal(*(np.asarray(scene.faces[0].mask(label)) for scene in (copy.scene, result.scene)))


def test_what_facefxs_own_models_saw_is_the_same_elsewhere() -> None:
    pytest.importorskip("onnxruntime")
    result = facefx.chain("recolor_hair").run(SAMPLES / "straight.jpg")
    copy = pickle.loads(pickle.dumps(result))
    for region in ("person", "hair", "skin", "lips", "neck"):
        assert np.array_equal(*(np.asarray(scene.mask(region)) for scene in (copy.scene, result.scene)))


def test_a_segmenter_can_be_sent_and_keeps_its_settings() -> None:
    pytest.importorskip("onnxruntime")
    crops = np.full((1, 96, 96, 3), 0.3, np.float32)
    model = OnnxSegmenter.from_folder(MODELS / "unet-lite0", quality="best").for_frames(96)
    copy = pickle.loads(pickle.dumps(model))
    assert (copy.card, copy.quality, copy.size, copy.mirror) == (model.card, "best", 96, False)
    assert np.array_equal(copy.probabilities(crops), model.probabilities(crops))
    with pytest.raises(TypeError):
        copy.card.scores["mean_f1"] = 1.0


def test_chains_that_are_equal_have_the_same_hash() -> None:
    looks = [facefx.chain("recolor_lips", color="#c00").then("face_boxes") for _ in range(2)]
    assert len({*looks, facefx.chain("recolor_lips", color="#00c").then("face_boxes")}) == 2


def measured(path: Path) -> tuple[facefx.Report, ...]:
    return facefx.analyze(path)


@pytest.mark.slow
def test_a_pool_analyzes() -> None:
    pytest.importorskip("onnxruntime")
    paths = [SAMPLES / "astronaut.jpg", SAMPLES / "closeup.jpg"]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert [len(reports) for reports in pool.map(measured, paths)] == [len(facefx.analyze(path)) for path in paths]

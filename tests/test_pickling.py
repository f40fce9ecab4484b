"""What facefx returns can be sent to another process, as `multiprocessing.Pool.map` does with arguments and answers."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

import facefx
from synthetic import FakeDetector, FakeSegmenter

SAMPLES = Path(__file__).parents[1] / "samples"


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


def measured(path: Path) -> tuple[facefx.Report, ...]:
    return facefx.analyze(path)


@pytest.mark.slow
def test_a_pool_analyzes() -> None:
    pytest.importorskip("onnxruntime")
    paths = [SAMPLES / "astronaut.jpg", SAMPLES / "closeup.jpg"]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert [len(reports) for reports in pool.map(measured, paths)] == [len(facefx.analyze(path)) for path in paths]

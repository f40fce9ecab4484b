"""Every installed segmenter, detector and analyzer keeps its contract: a new one is tested here the day it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import pytest

from facefx import Box, Detection, EffectError, analyzer
from facefx.plugins import builtin
from facefx.plugins.installed import registry
from facefx.testing import check_analyzer, check_detector, check_segmenter
from synthetic import FakeDetector, FakeSegmenter

#: Those that run no model and measure no colours; the contract of the others takes seconds each.
CHEAP = {"facefx:whole_frame"}
CHEAP |= {f"facefx:{spec.name}" for spec in builtin.facefx_analyzers()} - {"facefx:colors", "facefx:irises"}


def by_cost(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=() if name in CHEAP else pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", by_cost(registry().segmenters.items))
def test_segmenters_keep_their_contract(name: str) -> None:
    check_segmenter(registry().segmenter(name))


@pytest.mark.parametrize("name", by_cost(registry().detectors.items))
def test_detectors_keep_their_contract(name: str) -> None:
    if name == "facefx:cascade" and not hasattr(cv2, "CascadeClassifier"):
        pytest.skip("this OpenCV has no cascades, as none has from version 5 on")
    check_detector(registry().detector(name))


@pytest.mark.parametrize("name", by_cost(registry().analyzers.items))
def test_analyzers_keep_their_contract(name: str) -> None:
    check_analyzer(registry().analyzers[name])


def test_a_segmenter_that_depends_on_its_company_is_found() -> None:
    class Sociable(FakeSegmenter):
        def probabilities(self, crops: np.ndarray) -> np.ndarray:
            answer = super().probabilities(crops)
            return answer if len(crops) == 1 else np.roll(answer, 1, axis=1)

    with pytest.raises(AssertionError, match="alone and among others"):
        check_segmenter(Sociable())


def test_a_segmenter_that_writes_into_its_crops_is_found() -> None:
    class Vandal(FakeSegmenter):
        def probabilities(self, crops: np.ndarray) -> np.ndarray:
            answer = super().probabilities(crops)
            crops += 0.1
            return answer

    with pytest.raises(AssertionError, match="changed the crops"):
        check_segmenter(Vandal())


def test_a_detector_that_sees_double_or_changes_its_mind_is_found() -> None:
    class Double(FakeDetector):
        def detect(self, rgb: np.ndarray) -> list[Detection]:
            return [Detection(Box(0, 0, 10, 10)), Detection(Box(0, 0, 10, 10))]

    class Fickle(FakeDetector):
        turn = 0

        def detect(self, rgb: np.ndarray) -> list[Detection]:
            self.turn += 1
            return [Detection(Box(0, 0, 10, 10 + self.turn))]

    with pytest.raises(AssertionError, match="twice"):
        check_detector(Double())
    with pytest.raises(AssertionError, match="other faces"):
        check_detector(Fickle())


def not_a_dict(face: Any) -> Any:
    return [1.0]


def not_a_number(face: Any) -> Any:
    return {"width": float("nan")}


def not_json(face: Any) -> Any:
    return {"width": {1, 2}}


def fails(face: Any) -> Any:
    return {"width": 1 / 0}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (not_a_dict, "returned a list; it must return a dict"),
        (not_a_number, "None for what is not seen"),
        (not_json, "a set"),
        (fails, r"test_models_contract\.py, line \d+\): ZeroDivisionError"),
    ],
)
def test_an_analyzer_that_returns_nonsense_is_told_what_to_do(function: Any, message: str) -> None:
    with pytest.raises(EffectError, match=message):
        check_analyzer(analyzer(function))


def test_numpys_numbers_are_welcome() -> None:
    def wide(face: Any) -> Any:
        return {"width": np.float32(face.box.width), "corners": np.arange(4), "seen": np.bool_(True)}

    check_analyzer(analyzer(wide))


def test_an_analyzer_that_paints_is_found() -> None:
    def paints(face: Any) -> Any:
        face.picture[:] = 0
        return {}

    with pytest.raises(EffectError, match="read-only"):
        check_analyzer(analyzer(paints))

    def parses(face: Any) -> Any:
        face.parsing.probabilities[:] = 0
        return {}

    with pytest.raises(AssertionError, match="changed the parsing"):
        check_analyzer(analyzer(parses))

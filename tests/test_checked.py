"""The guard round segmenters and detectors: whatever they do, one clear error, which says whose fault it is."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import facefx
from facefx import Box, Detection, PluginError
from facefx.labels import scheme
from facefx.parsing.parser import Parser
from facefx.plugins.installed import Registry
from facefx.shown import shown
from synthetic import FakeDetector, FakeSegmenter

SIDE = 64


class Answering(FakeSegmenter):
    """A segmenter that returns what it was given."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def probabilities(self, crops: np.ndarray) -> Any:
        right = super().probabilities(crops)
        return self.answer(right) if callable(self.answer) else self.answer


def logits(right: np.ndarray) -> np.ndarray:
    return np.log(np.clip(right, 1e-4, 1)).astype(np.float32)


WRONG_ANSWERS = {
    "None": None,
    "a list": lambda right: right.tolist(),
    "a class too few": lambda right: right[:, 1:],
    "too small": lambda right: right[..., ::2, ::2],
    "whole numbers": lambda right: right.argmax(1),
    "logits": logits,
    "NaN": lambda right: right * np.float32("nan"),
    "zeros": np.zeros_like,
    "one crop too few": lambda right: right[:-1],
    "a masked array": np.ma.masked_array,
    "infinity of both signs": lambda right: np.where(right > 0.5, np.float32("inf"), -np.float32("inf")),
    "half precision beyond its range": lambda right: np.full_like(right, 60_000, np.float16),
}


@pytest.mark.parametrize("answer", WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_a_segmenter_that_answers_nonsense(answer: Any, portrait: np.ndarray) -> None:
    with pytest.raises(PluginError, match=r"the segmenter .*test_checked\.Answering.* returned"):
        facefx.parse(portrait, segmenter=Answering(answer), detector=FakeDetector())


def test_the_message_for_logits_says_what_to_do(portrait: np.ndarray) -> None:
    with pytest.raises(PluginError, match="take the softmax of logits"):
        facefx.parse(portrait, segmenter=Answering(logits), detector=FakeDetector())


@pytest.mark.parametrize(
    "change",
    [
        {"input_size": (64, 32)},
        {"input_size": 64},
        {"input_size": (16, 16)},
        {"input_size": (10**5000,) * 2},
        {"scheme": "celebamask"},
        {"scheme": None},
    ],
    ids=shown,
)
def test_a_segmenter_that_is_none(change: dict[str, Any], portrait: np.ndarray) -> None:
    usual = {"name": "odd", "scheme": scheme("celebamask"), "input_size": (64, 64), "probabilities": lambda crops: crops}
    with pytest.raises(PluginError, match=f"has the {next(iter(change))}"):
        facefx.parse(portrait, segmenter=SimpleNamespace(**usual | change), detector=FakeDetector())


GOOD = Box(10, 10, 60, 60)
WRONG_DETECTIONS = {
    "None": None,
    "tuples": [(10, 10, 60, 60)],
    "an array": np.zeros((1, 4)),
    "a box of no size": [Detection(Box(10, 10, 10, 60))],
    "a NaN box": [Detection(Box(10, float("nan"), 60, 60))],
    "an endless box": [Detection(Box(10, 10, float("inf"), 60))],
    "a NaN roll": [Detection(GOOD, roll=float("nan"))],
    "a score of 7": [Detection(GOOD, score=7)],
    "a box of thousands of digits": [Detection(Box(10, 10, 10**5000, 60))],
    "a box as far as the moon": [Detection(Box(1e30, 1e30, 2e30, 2e30))],
    "text as a roll": [Detection(GOOD, roll="7")],  # type: ignore[arg-type]
    "a tuple as a box": [Detection((1, 2, 3, 4))],  # type: ignore[arg-type]
}


@pytest.mark.parametrize("answer", WRONG_DETECTIONS.values(), ids=WRONG_DETECTIONS)
def test_a_detector_that_answers_nonsense(answer: Any, portrait: np.ndarray) -> None:
    class Odd:
        def detect(self, rgb: np.ndarray) -> Any:
            return answer

    with pytest.raises(PluginError, match=r"the detector .*test_checked\..*Odd returned"):
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector=Odd())


def test_whatever_they_raise_names_class_file_and_line(portrait: np.ndarray) -> None:
    class Broken(FakeDetector):
        def detect(self, rgb: np.ndarray) -> list[Detection]:
            np.linalg.inv(np.zeros((2, 2)))
            return []

    with pytest.raises(PluginError, match=r"Broken.* failed \(.*test_checked\.py, line \d+\): LinAlgError: Singular matrix"):
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector=Broken())


class Unkind(BaseException):
    """An error of a plugin's own, which cannot even be shown."""

    def __str__(self) -> str:
        raise SystemExit(3)


@pytest.mark.parametrize("error", [Unkind, SystemExit, type("Stop", (KeyboardInterrupt,), {}), MemoryError, RecursionError])
def test_not_even_a_base_exception_passes(error: type[BaseException], portrait: np.ndarray) -> None:
    def fail(*args: Any) -> Any:
        raise error

    for segmenter, detector in (
        (Answering(fail), FakeDetector()),
        (FakeSegmenter(), SimpleNamespace(detect=fail)),
        (FakeSegmenter(), type("Odd", (), {"detect": property(fail)})()),
        (type("Odd", (FakeSegmenter,), {"scheme": property(fail)})(), FakeDetector()),
        (type("Odd", (FakeSegmenter,), {"with_quality": fail})(), FakeDetector()),
    ):
        with pytest.raises(PluginError, match="failed"):
            facefx.parse(
                portrait, segmenter=segmenter, detector=detector, quality="fast" if hasattr(segmenter, "with_quality") else None
            )


def test_ctrl_c_is_not_the_plugins_fault(portrait: np.ndarray) -> None:
    def interrupted(right: np.ndarray) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        facefx.parse(portrait, segmenter=Answering(interrupted), detector=FakeDetector())


def test_long_messages_and_names_are_shown_in_short(portrait: np.ndarray) -> None:
    class Talking(FakeDetector):
        name = "x" * 10**6

        def detect(self, rgb: np.ndarray) -> list[Detection]:
            raise ValueError("y" * 10**6)

    with pytest.raises(PluginError) as caught:
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector=Talking())
    assert len(str(caught.value)) < 3000


def test_a_detector_cannot_change_the_picture(portrait: np.ndarray) -> None:
    class Vandal(FakeDetector):
        def detect(self, rgb: np.ndarray) -> list[Detection]:
            rgb[:] = 0
            return []

    with pytest.raises(PluginError, match="read-only"):
        facefx.parse(portrait, segmenter=FakeSegmenter(), detector=Vandal())


def test_an_answer_that_is_right_passes_untouched() -> None:
    crops = np.random.default_rng(0).random((2, SIDE, SIDE, 3), np.float32)
    fake = FakeSegmenter()
    assert np.array_equal(Parser(fake, FakeDetector()).probabilities(crops), fake.probabilities(crops))


def test_a_factory_that_fails_is_named(fresh_registry: Registry, portrait: np.ndarray) -> None:
    def missing() -> Any:
        raise OSError("no such camera")

    fresh_registry.detectors.items["facefx-x:far"] = missing
    fresh_registry.segmenters.items["facefx-x:none"] = lambda: None  # type: ignore[return-value]
    with pytest.raises(PluginError, match=r"the detector 'facefx-x:far' .*test_checked\.py, line \d+.*OSError: no such camera"):
        facefx.parse(portrait, detector="far")
    with pytest.raises(PluginError, match=r"the segmenter 'facefx-x:none' made .*NoneType, which has no name"):
        facefx.parse(portrait, segmenter="none")


def test_a_factory_may_resolve_another_and_not_itself(fresh_registry: Registry) -> None:
    fresh_registry.segmenters.items["facefx-x:inner"] = FakeSegmenter
    fresh_registry.segmenters.items["facefx-x:outer"] = lambda: fresh_registry.segmenter("inner")
    fresh_registry.segmenters.items["facefx-x:loop"] = lambda: fresh_registry.segmenter("loop")
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(fresh_registry.segmenter("outer")), daemon=True)
    thread.start()
    thread.join(10)
    assert made == [fresh_registry.segmenter("inner")]
    with pytest.raises(PluginError, match="asks for itself"):
        fresh_registry.segmenter("loop")


def test_identities_tell_apart_what_gives_other_answers(fresh_registry: Registry) -> None:
    class Named(FakeDetector):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    fresh_registry.detectors.items["facefx-x:one"] = FakeDetector
    fresh_registry.detectors.items["facefx-x:two"] = FakeDetector
    parsers = [
        Parser.of(),
        Parser.of(detector="cascade"),
        Parser.of(detector="one"),
        Parser.of(detector="two"),
        Parser.of(detector=Named("a")),
        Parser.of(detector=Named("b")),
        Parser.of("pspnet-lite0"),
        Parser.of("ensemble:unet-lite0+pspnet-lite0"),
    ]
    assert len({parser.identity for parser in parsers}) == len(parsers)
    assert Parser.of().identity == Parser.of("unet-lite0", "finder").identity
    assert Parser.of(detector=Named("a")).identity == Parser.of(detector=Named("a")).identity
    assert "sha256 " in Parser.of().identity

"""Several segmenters as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facefx
from facefx.errors import ParameterError, UnknownName
from facefx.inference.ensemble import Ensemble
from facefx.labels import LabelScheme, scheme
from facefx.plugins.resolve import resolve_segmenter
from synthetic import PORTRAIT, FakeSegmenter, ScriptedDetector
from tiny_models import model_bytes, write_model

CROPS = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)


class Constant:
    """Gives one class all the probability, and remembers how large the crops were that it was given."""

    def __init__(self, index: int, size: int, labels: str = "celebamask") -> None:
        self.name, self.index, self.input_size = f"constant{index}", index, (size, size)
        self.scheme: LabelScheme = scheme(labels)
        self.given: list[tuple[int, ...]] = []

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.given.append(crops.shape)
        answer = np.zeros((len(crops), len(self.scheme), *crops.shape[1:3]), np.float32)
        answer[:, self.index] = 1
        return answer


def test_it_is_the_mean_of_its_members() -> None:
    members = [Constant(1, 64), Constant(1, 64), Constant(13, 64)]
    answer = Ensemble(members).probabilities(CROPS)
    assert answer.shape == (2, 19, 64, 64)
    assert answer.dtype == np.float32
    assert answer[:, 1] == pytest.approx(2 / 3)
    assert answer[:, 13] == pytest.approx(1 / 3)
    assert answer.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_weights_count_by_their_ratio() -> None:
    members = [Constant(1, 64), Constant(13, 64)]
    small, large = Ensemble(members, [1, 3]), Ensemble(members, [20, 60])
    assert small.probabilities(CROPS)[:, 13] == pytest.approx(0.75)
    assert np.array_equal(small.probabilities(CROPS), large.probabilities(CROPS))


def test_each_member_sees_its_own_size_and_the_largest_sets_the_crop() -> None:
    small, large = Constant(1, 32), Constant(13, 64)
    both = Ensemble([small, large])
    assert both.input_size == (64, 64)
    given = CROPS.copy()
    assert both.probabilities(given).shape == (2, 19, 64, 64)
    assert (small.given, large.given) == ([(2, 32, 32, 3)], [(2, 64, 64, 3)])
    assert np.array_equal(given, CROPS)


def test_what_a_smaller_member_says_stays_in_its_place() -> None:
    """A crop dark on its right half: the answer's step must lie where the crop's is, whatever the sizes."""

    class Bright(Constant):
        def probabilities(self, crops: np.ndarray) -> np.ndarray:
            bright = crops.mean(axis=-1)
            return np.stack([1 - bright, bright], axis=1)

    crop = np.zeros((1, 64, 64, 3), np.float32)
    crop[:, :, :32] = 1
    answer = Ensemble([Bright(0, 32, "hair"), Bright(0, 64, "hair")]).probabilities(crop)[0, 1]
    assert (answer[:, :31] > 0.85).all()
    assert (answer[:, 33:] < 0.15).all()
    assert answer[:, 31] + answer[:, 32] == pytest.approx(1)


def test_other_schemes_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"one label scheme; given were constant1 \(celebamask\), constant2 \(eyes_lips\)"):
        Ensemble([Constant(1, 64), Constant(2, 64, "eyes_lips")])


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, float("nan")], [1, float("inf")], [1, 1, 1]])
def test_weights_that_make_no_sense(weights: list[float]) -> None:
    with pytest.raises(ParameterError, match="give 2 positive numbers"):
        Ensemble([Constant(1, 64), Constant(2, 64)], weights)


def test_nobody_is_no_ensemble() -> None:
    with pytest.raises(ParameterError, match="give it one or more"):
        Ensemble([])


def test_an_ensemble_of_copies_parses_like_one(portrait: np.ndarray) -> None:
    detector = ScriptedDetector(PORTRAIT.detection)
    alone = facefx.parse(portrait, segmenter=FakeSegmenter(), detector=detector)
    together = facefx.parse(portrait, segmenter=Ensemble([FakeSegmenter(), FakeSegmenter()]), detector=detector)
    assert np.array_equal(together.label_map(), alone.label_map())
    assert alone.label_map().any()


def test_it_is_named_by_its_members_names_and_folders(tmp_path: Path, portrait: np.ndarray) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra facefx[cpu]")
    first, second = (write_model(tmp_path / name, model_bytes(), size=size) for name, size in (("a", 64), ("b", 96)))
    wanted = f"ensemble:{first}+{second}"
    segmenter = resolve_segmenter(wanted)
    assert (segmenter.name, segmenter.input_size) == ("ensemble:a+b", (96, 96))
    assert isinstance(segmenter, Ensemble)
    assert segmenter.members[0] is resolve_segmenter(first)
    detector = ScriptedDetector(PORTRAIT.detection)
    both = facefx.parse(portrait, segmenter=wanted, detector=detector).label_map()
    alone = facefx.parse(portrait, segmenter=second, detector=detector).label_map()
    assert (both == alone).mean() > 0.9


def test_a_member_that_is_not_installed_is_named(fresh_registry: object) -> None:
    with pytest.raises(UnknownName, match="no segmenter is called 'nobody'"):
        resolve_segmenter("ensemble:nobody+nobody-else")

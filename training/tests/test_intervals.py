"""Bootstrap intervals of scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx.labels import scheme
from facefx_training.cli import app
from facefx_training.data import Pictures
from facefx_training.judge.evaluate import report
from facefx_training.judge.intervals import intervals, rare_f1
from facefx_training.judge.metrics import confusion

CELEBAMASK = scheme("celebamask")
NECKLACE = CELEBAMASK.classes.index("necklace")


def drawn(count: int, with_necklace: int, seed: int = 0) -> tuple[list[np.ndarray], Pictures]:
    """Label maps of which a tenth of the pixels is said wrongly, and pictures; so many of them with a necklace."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, NECKLACE, (count, 24, 24)).astype(np.uint8)
    truth[:with_necklace, :4] = NECKLACE
    wrong = rng.random(truth.shape) < rng.uniform(0, 0.2, (count, 1, 1))
    said = np.where(wrong, 0, truth).astype(np.uint8)
    return list(said), Pictures([str(i) for i in range(count)], np.zeros((count, 24, 24, 3), np.uint8), truth)


def test_the_score_lies_within_and_more_pictures_narrow_it() -> None:
    width = {}
    for count in (20, 200):
        said, pictures = drawn(count, count // 10)
        matrix = sum(confusion(t, p, 19) for t, p in zip(pictures.labels, said, strict=True))
        whole = report(np.asarray(matrix))
        found = intervals(said, pictures, CELEBAMASK)
        for name in ("accuracy", "miou", "mean_f1", "rare"):
            low, high = found[name]
            assert low <= whole[name] <= high, name
        assert found["necklace"][1] - found["necklace"][0] > found["skin"][1] - found["skin"][0]
        width[count] = found["accuracy"][1] - found["accuracy"][0]
    assert width[200] < 0.6 * width[20]


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    everybody, all_pictures = drawn(4000, 400)
    truth = np.mean([np.mean(s == t) for s, t in zip(everybody, all_pictures.labels, strict=True)]) * 100
    within = 0
    for seed in range(1, 41):
        low, high = intervals(*drawn(60, 6, seed), CELEBAMASK)["accuracy"]
        within += low <= truth <= high
    assert within >= 34  # of 40; 38 are expected


def test_it_is_the_same_again_and_what_is_not_there_has_none() -> None:
    said, pictures = drawn(10, 0)
    found = intervals(said, pictures, CELEBAMASK)
    assert found == intervals(said, pictures, CELEBAMASK)
    assert "necklace" not in found
    assert found != intervals(said, pictures, CELEBAMASK, seed=1)


def test_rare_parts_are_those_that_there_are() -> None:
    f1 = np.full(19, np.nan)
    assert np.isnan(rare_f1(f1.tolist(), CELEBAMASK))
    f1[[NECKLACE, CELEBAMASK.classes.index("hat")]] = 0.4, 0.8
    assert rare_f1(f1.tolist(), CELEBAMASK) == pytest.approx(0.6)
    assert np.isnan(rare_f1([0.5] * 5, scheme("eyes_lips")))


def test_the_command(tmp_path: Path, pairs: Path) -> None:
    model = write_model(tmp_path / "tiny")
    asked = ["evaluate", str(model), "--data", str(pairs), "--size", "96", "--interval"]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    found = json.loads(done.output.splitlines()[0])["whole_frame_96"]
    low, high = found["interval"]["mean_f1"]
    assert low <= found["mean_f1"] <= high

"""The robustness benchmark moves pictures and labels alike, and counts right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import facefx
import robustness as benchmark
from facefx.labels import Label, Region
from synthetic import INDEX, PORTRAIT, FakeSegmenter, ScriptedDetector, distances, label_picture, painted

LIPS, HAIR = [INDEX[label] for label in Region.LIPS.labels], [INDEX[Label.HAIR]]


@pytest.fixture
def pair() -> Any:
    labels = label_picture()
    return benchmark.Pair(painted(labels).astype(np.float32) / 255, labels, (benchmark.face_of(labels),))


@pytest.mark.slow
def test_pictures_and_labels_move_alike(pair: Any) -> None:
    """The colours of a drawn head tell its labels."""
    for condition, make in benchmark.CONDITIONS.items():
        if condition in ("dark", "blurred", "24 px"):
            continue
        made = make(pair, pair)
        nearest = distances(made.image).argmin(axis=0)
        for part in (LIPS, HAIR):
            there = np.isin(made.labels, part)
            assert there.any() or (part is LIPS and condition == "0.3 below the lower edge"), condition
            assert not there.any() or np.isin(nearest, part)[there].mean() > 0.75, condition


def test_sizes_and_places(pair: Any) -> None:
    made = benchmark.small(48)(pair, pair)
    assert benchmark.side_of(made) == pytest.approx(48, rel=0.1)
    assert made.labels.shape == (576, 576)
    x0, _, x1, _ = benchmark.cut_at_the_side(pair, pair).faces[0]
    assert x0 == 0
    assert x1 == pytest.approx(0.6 * (pair.faces[0][2] - pair.faces[0][0]), abs=2)
    both = benchmark.overlapping(pair, pair)
    assert len(both.faces) == 2
    assert np.array_equal(benchmark.turned(180)(pair, pair).labels[::-1, ::-1] == 13, benchmark.turned(0)(pair, pair).labels == 13)


def test_counting(pair: Any) -> None:
    scene = facefx.parse(pair.image, segmenter=FakeSegmenter(), detector=ScriptedDetector(PORTRAIT.detection))
    tally = benchmark.Tally()
    tally.add(scene, pair)
    assert (tally.found, tally.faces) == (1, 1)
    assert tally.mean_f1 > 0.8
    assert tally.sure[0] > 0.7
    nobody = benchmark.Tally()
    nobody.add(scene.of(()), pair)
    assert nobody.cells == ["0 of 1", "0.0", "–"]
    elsewhere = benchmark.Tally()
    far = benchmark.Pair(pair.image, pair.labels, ((0, 0, 5, 5),))
    elsewhere.add(scene, far)
    assert elsewhere.found == 0


def test_a_part_that_is_not_labelled_does_not_count() -> None:
    tally = benchmark.Tally()
    tally.matrix[1, 1] = tally.matrix[0, 0] = 10
    assert tally.mean_f1 == 1
    tally.matrix[2, 0] = 10
    assert tally.mean_f1 == 0.5

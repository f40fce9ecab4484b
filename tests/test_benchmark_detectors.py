"""The detectors' benchmark counts right, whatever the detectors do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import detectors as benchmark
from facefx.face.values import Box
from facefx.image.picture import save_image


def square(x: float, y: float, side: float) -> Box:
    return Box.square((x, y), side)


def test_a_face_is_found_once_and_what_is_left_is_false() -> None:
    faces = [benchmark.Truth(square(50, 50, 40)), benchmark.Truth(square(150, 50, 40))]
    hits, false = benchmark.match([square(52, 50, 40), square(50, 50, 42), square(300, 50, 40), square(150, 50, 60)], faces)
    assert hits == [0, 1]
    assert false == [False, True, True, False]
    assert benchmark.match([square(150, 50, 90)], faces) == ([], [True])  # too large to be the same
    assert benchmark.match([], faces) == ([], [])
    assert benchmark.match([square(0, 0, 9)], []) == ([], [True])


def test_hidden_faces_count_neither_way(tmp_path: Path) -> None:
    save_image(np.zeros((20, 20, 3), np.uint8), tmp_path / "0000.png")
    common = {"roll": -170.0, "light": 90.0}
    faces = [common | {"box": square(x, 50, 40).to_dict(), "visible": visible} for x, visible in ((50, 1.0), (150, 0.3))]
    shown = {"0000.png": faces}
    (tmp_path / "faces.json").write_text(json.dumps(shown))
    samples = benchmark.read_composed(tmp_path)
    outcome = benchmark.measure(lambda rgb: [square(150, 50, 40), square(250, 50, 40)], samples, "test")
    assert outcome.recall(lambda truth: truth.box.side, 0, 99) == (0, 1)
    assert outcome.recall(lambda truth: truth.turn, 90, 181) == (0, 1)
    assert outcome.false() == (1, 2)
    assert benchmark.row_of(outcome, None, 1.0)["all boxes that are false"] == "50 % of 2"


@pytest.mark.parametrize(("turn", "nose"), [(0, 0.0), (30, 0.4), (-100, -0.7)])
def test_landmarks_tell_the_box_the_turn_and_the_yaw(turn: float, nose: float) -> None:
    points = np.zeros((68, 2))
    points[:, 0] = np.linspace(-1, 1, 68)
    points[0], points[16], points[8] = (-1, 0), (1, 0), (0, 1)
    points[17:27, 1] = -0.5
    points[36:42], points[42:48], points[30] = (-0.4, -0.2), (0.4, -0.2), (nose, 0.2)
    angle = np.deg2rad(turn)
    spun = points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * 30 + 100
    truth = benchmark.truth_of(spun)
    assert truth.turn == pytest.approx(abs(turn))
    assert truth.yaw == pytest.approx(abs(nose))
    x, y = np.subtract(truth.box.center, (spun.min(axis=0) + spun.max(axis=0)) / 2)
    assert np.sign(round(x, 6)) == np.sign(round(np.sin(angle), 6))  # up along the face
    assert np.sign(round(y, 6)) == -np.sign(round(np.cos(angle), 6))


def test_of_a_frame_with_two_rows_the_last_counts(tmp_path: Path) -> None:
    once, beside, again = (np.random.default_rng(seed).uniform(0, 50, 136) for seed in range(3))
    columns = ["image", *(f"{axis}{i}" for i in range(68) for axis in "xy")]
    rows = [["a.jpg", *beside], ["b.jpg", *once], ["a.jpg", *again]]
    (tmp_path / "landmarks.csv").write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]))
    samples = {sample.path: sample.faces for sample in benchmark.read_frames(tmp_path, 10)}
    truths = {name: (benchmark.truth_of(points.reshape(68, 2)),) for name, points in (("a.jpg", again), ("b.jpg", once))}
    assert samples == {tmp_path / "images" / name: faces for name, faces in truths.items()}
    assert len(benchmark.read_frames(tmp_path, 1)) == 1


def test_a_figure_that_a_detector_lacks_is_a_dash() -> None:
    headings, rows = benchmark.table_of({"one": {"a": "1", "b": "2"}, "other": {"a": "3"}})
    assert headings == ["", "one", "other"]
    assert rows == [["a", "1", "3"], ["b", "2", "–"]]

"""The detectors' benchmark counts right, whatever the detectors do."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from facefx.image import save_image
from facefx.types import Box

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "detectors.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_detectors", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["benchmark_detectors"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def square(x: float, y: float, side: float) -> Box:
    return Box.square((x, y), side)


def test_a_face_is_found_once_and_what_is_left_is_false(benchmark: ModuleType) -> None:
    faces = [benchmark.Truth(square(50, 50, 40)), benchmark.Truth(square(150, 50, 40))]
    hits, false = benchmark.match([square(52, 50, 40), square(50, 50, 42), square(300, 50, 40), square(150, 50, 60)], faces)
    assert hits == [0, 1]
    assert false == [False, True, True, False]
    assert benchmark.match([square(150, 50, 90)], faces) == ([], [True])  # too large to be the same
    assert benchmark.match([], faces) == ([], [])
    assert benchmark.match([square(0, 0, 9)], []) == ([], [True])


def test_hidden_faces_count_neither_way(benchmark: ModuleType, tmp_path: Path) -> None:
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
def test_landmarks_tell_the_box_the_turn_and_the_yaw(benchmark: ModuleType, turn: float, nose: float) -> None:
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


def test_the_table_goes_between_its_marks(benchmark: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- detectors -->\nold\n<!-- /detectors -->\nafter\n")
    benchmark.show({"one": {"a": "1", "b": "2"}, "other": {"a": "3"}}, page)
    table = "|  | one | other |\n|---|---|---|\n| a | 1 | 3 |\n| b | 2 | – |"
    assert page.read_text() == f"before\n<!-- detectors -->\n\n{table}\n\n<!-- /detectors -->\nafter\n"
    assert "one" in capsys.readouterr().out

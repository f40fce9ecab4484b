"""Models in 8-bit integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.data import Pictures, read_celebamask, read_names
from facefx_training.export import quantize as quantizing
from facefx_training.export.quantize import quantize

ON = "faces/val.txt, 2 pictures"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


@pytest.fixture
def judged(pairs: Path) -> Pictures:
    return read_celebamask(pairs, read_names(pairs / "val.txt"))


@pytest.fixture
def calibration(pairs: Path) -> np.ndarray:
    return read_celebamask(pairs, read_names(pairs / "train.txt")).images


def test_integers_give_nearly_the_same_labels(tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    before = (model / "model.onnx").read_bytes(), (model / "card.toml").read_bytes()
    written = quantize(model, tmp_path / "tiny-int8", calibration, judged, ON)
    assert (before[0], before[1]) == ((model / "model.onnx").read_bytes(), (model / "card.toml").read_bytes())
    assert written["quantization"]["same_labels"] > 95
    assert abs(written["quantization"]["lost_f1"]) < 5

    card = ModelCard.read(tmp_path / "tiny-int8")
    graph = onnx.load_from_string(card.model_bytes()).graph  # checks the sha256
    rounded = [w for w in graph.initializer if w.data_type == TensorProto.INT8 and len(w.dims) == 4]
    assert [list(w.dims) for w in rounded] == [[3, 3, 3, 3]]
    assert np.abs(onnx.numpy_helper.to_array(rounded[0]).astype(int)).max() <= 64  # 7 bits
    (scales,) = (w for w in graph.initializer if w.name == f"{rounded[0].name.removesuffix('_quantized')}_scale")
    assert list(scales.dims) == [3]  # one for each channel
    (reading,) = (node for node in graph.node if node.name == "reading")
    assert {w.name: w.data_type for w in graph.initializer}[reading.input[1]] == TensorProto.FLOAT  # the last layer is not rounded


def test_the_new_card_has_scores_of_its_own(tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    quantize(model, tmp_path / "deep" / "tiny-int8", calibration[:3], judged, ON)
    old, card = ModelCard.read(model), ModelCard.read(tmp_path / "deep" / "tiny-int8")
    assert (card.name, card.summary) == ("tiny-int8", "reads colours; int8")
    assert set(card.scores) == {"whole_frame_96", "end_to_end"}
    assert card.scores["end_to_end"]["on"] == ON
    assert card.scores["end_to_end"]["mean_f1"] > 50
    assert (card.license, card.data_license, card.training) == (old.license, old.data_license, old.training)


def test_other_sizes_and_numbers_run_too(tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    quantize(model, tmp_path / "tiny-int8", calibration[:2], judged, ON)
    session = onnxruntime.InferenceSession(str(tmp_path / "tiny-int8" / "model.onnx"), providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"image": np.random.default_rng(0).random((2, 3, 64, 32), np.float32)})
    assert answer.shape == (2, 19, 64, 32)
    assert answer.sum(1) == pytest.approx(1, abs=1e-4)


def test_a_model_that_was_not_judged_does_not_appear(
    tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(quantizing, "_judge", broken)
    (tmp_path / "models").mkdir()
    with pytest.raises(KeyboardInterrupt):
        quantize(model, tmp_path / "models" / "tiny-int8", calibration[:2], judged, ON)
    assert list((tmp_path / "models").iterdir()) == []


def test_the_command(tmp_path: Path, model: Path, pairs: Path) -> None:
    into = tmp_path / "tiny-int8"
    arguments = ["quantize", str(model), str(into), "--data", str(pairs), "--pictures", "4", "--limit", "1"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "the same label at " in done.output
    assert ModelCard.read(into).scores["end_to_end"]["on"] == "faces/val.txt, 1 pictures"

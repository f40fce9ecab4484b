"""Models in 8-bit integers."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.data import Pictures, read_celebamask, read_names
from facefx_training.export import quantize as quantizing
from facefx_training.export.average import average_models
from facefx_training.export.quantize import quantize
from facefx_training.export.quick_softmax import with_quick_softmax
from facefx_training.export.to_onnx import write_onnx
from facefx_training.networks.layers import softmax_of_classes, upsample
from facefx_training.networks.onnx_graph import folded

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


def test_integers_give_nearly_the_same_labels(model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    floats, before = (model / "model.onnx").read_bytes(), ModelCard.read(model)
    said = quantize(model, calibration, judged, ON)
    assert said["same_labels"] > 95
    assert abs(said["lost_f1"]) < 5
    assert said["on"] == ON
    card = ModelCard.read(model)
    assert (model / "model.onnx").read_bytes() == floats
    assert (card.sha256, card.scores, card.training) == (before.sha256, before.scores, before.training)
    assert [run.int8 for run in card.qualities.values()] == [True, True, False]

    graph = onnx.load_from_string(card.int8_bytes()).graph  # checks the sha256
    rounded = [w for w in graph.initializer if w.data_type == TensorProto.INT8 and len(w.dims) == 4]
    assert [list(w.dims) for w in rounded] == [[3, 3, 3, 3]]
    assert np.abs(onnx.numpy_helper.to_array(rounded[0]).astype(int)).max() <= 64  # 7 bits
    (scales,) = (w for w in graph.initializer if w.name == f"{rounded[0].name.removesuffix('_quantized')}_scale")
    assert list(scales.dims) == [3]  # one for each channel
    (reading,) = (node for node in graph.node if node.name == "reading")
    assert {w.name: w.data_type for w in graph.initializer}[reading.input[1]] == TensorProto.FLOAT  # the last layer is not rounded


def test_other_sizes_and_numbers_run_too(model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    quantize(model, calibration[:2], judged, ON)
    session = onnxruntime.InferenceSession(str(model / "model.int8.onnx"), providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"image": np.random.default_rng(0).random((2, 3, 64, 32), np.float32)})
    assert answer.shape == (2, 19, 64, 32)
    assert answer.sum(1) == pytest.approx(1, abs=1e-4)


def test_integers_that_were_not_judged_do_not_appear(
    tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(quantizing, "_compared", broken)
    card = (model / "card.toml").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        quantize(model, calibration[:2], judged, ON)
    assert sorted(path.name for path in model.iterdir()) == ["card.toml", "model.onnx"]
    assert (model / "card.toml").read_bytes() == card
    assert [path.name for path in tmp_path.glob("*") if path.name.startswith("tmp")] == []


def test_other_weights_have_no_integers_yet(tmp_path: Path, model: Path, calibration: np.ndarray, judged: Pictures) -> None:
    quantize(model, calibration[:2], judged, ON)
    average_models({model: 1.0}, tmp_path / "mean", version="2")
    average_models({model: 1.0}, model, version="2")
    for folder in (tmp_path / "mean", model):
        card = ModelCard.read(folder)
        assert card.int8_sha256 is None
        assert not any(run.int8 for run in card.qualities.values())
        assert not (folder / "model.int8.onnx").exists()


def test_the_command(model: Path, pairs: Path) -> None:
    arguments = ["quantize", str(model), "--data", str(pairs), "--pictures", "4", "--limit", "1"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "the same label at " in done.output
    assert tomllib.loads((model / "card.toml").read_text("utf-8"))["int8"]["on"] == "faces/val.txt, 1 pictures"


@pytest.mark.parametrize("margin", [0, 3], ids=["whole", "with margins cut off"])
def test_the_quick_softmax_gives_the_same(margin: int) -> None:
    class Small(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            logits = torch.nn.functional.conv2d(image, 30 * torch.linspace(-1, 1, 15).reshape(5, 3, 1, 1), stride=2)
            height, width = (n - margin for n in image.shape[-2:])
            return softmax_of_classes(upsample(logits, 2)[..., :height, :width])

    model = folded(write_onnx(Small()))
    picture = np.random.default_rng(0).random((2, 3, 34, 50), np.float32)
    before = answer(model, picture)
    quick = with_quick_softmax(model)
    onnx.checker.check_model(quick, full_check=True)
    assert [node.op_type for node in quick.graph.node].count("ReduceSum") == 0
    assert before.max() > 0.99
    np.testing.assert_allclose(answer(quick, picture), before, rtol=0, atol=1e-5)


def test_what_ends_otherwise_stays_as_it_is() -> None:
    class Bare(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return softmax_of_classes(image * 2)

    model = folded(write_onnx(Bare()))
    assert with_quick_softmax(model).SerializeToString() == model.SerializeToString()


def answer(model: onnx.ModelProto, picture: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": picture})[0])

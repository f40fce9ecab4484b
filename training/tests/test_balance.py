"""How readily a model says each class."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper
from tiny_onnx import less_sure, write_model
from typer.testing import CliRunner

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.data import read_celebamask, read_names
from facefx_training.export.balance import balance
from facefx_training.judge.entrant import Entrant
from facefx_training.judge.predictors import whole_frame


def unsure(folder: Path, shift: float = 0.0) -> Path:
    """The model less sure of what it says, and necklaces said so much more readily."""
    return less_sure(folder, "necklace", shift)


def test_a_class_that_is_said_too_readily_is_said_less(tmp_path: Path, pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"))
    exact, model = unsure(write_model(tmp_path / "exact")), unsure(write_model(tmp_path / "ready"), 2.75)
    done = balance(model, tmp_path / "even", pictures, version="2.0.0", command="facefx-train balance")
    assert done.added["necklace"] < -1
    assert done.after > done.before + 0.5
    f1 = {}
    for folder in (exact, model, tmp_path / "even"):
        report, _ = Entrant.read(folder).judge(whole_frame(folder, 96), pictures)
        f1[folder.name] = report["mean_f1"]
    assert f1["even"] > f1["ready"] + 0.5
    assert f1["even"] >= f1["exact"] - 0.5


def test_the_card_tells_what_was_done_and_keeps_no_scores(tmp_path: Path, pairs: Path) -> None:
    model = unsure(write_model(tmp_path / "tiny"), 2.75)
    done = CliRunner().invoke(
        app, ["balance", str(model), str(model), "--data", str(pairs), "--version", "1.2.0"], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "necklace -" in done.output
    card = ModelCard.read(model)
    assert (card.name, card.version, card.scores) == ("tiny", "1.2.0", {})
    card.model_bytes()  # is what the card says
    training = tomllib.loads((model / "card.toml").read_text("utf-8"))["training"]
    assert training["balanced"]["added_to_logits"]["necklace"] < 0
    assert training["commands"][-1].startswith("facefx-train balance tiny models/tiny --data ")


def test_a_model_without_a_bias_for_each_class_is_refused(tmp_path: Path, pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "val.txt"))
    model = write_model(tmp_path / "merged", "lapa")  # its last convolution sums probabilities
    with pytest.raises(ModelError, match="ends in no convolution with a bias for each of its 11 classes"):
        balance(model, tmp_path / "even", pictures, version="1", command="")
    assert not (tmp_path / "even").exists()


def test_a_bias_that_the_graph_works_out_first_is_shifted_too(tmp_path: Path, pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"))
    model, plain = unsure(write_model(tmp_path / "tiny"), 2.75), tmp_path / "plain"
    done = balance(model, plain, pictures, version="1", command="")
    graph = onnx.load(model / "model.onnx")
    bias = next(tensor for tensor in graph.graph.initializer if tensor.name == "bias")
    bias.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(bias), "negative"))  # as pix2pix's comes of its palette
    graph.graph.node.insert(0, onnx.helper.make_node("Neg", ["negative"], ["bias"]))
    old = hashlib.sha256((model / "model.onnx").read_bytes()).hexdigest()
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    text = (model / "card.toml").read_text("utf-8")
    (model / "card.toml").write_text(text.replace(old, hashlib.sha256(graph.SerializeToString()).hexdigest()), "utf-8")
    again = balance(model, tmp_path / "even", pictures, version="1", command="")
    assert again == done
    written = onnx.load(tmp_path / "even" / "model.onnx").graph
    assert "Neg" not in {node.op_type for node in written.node}
    assert "negative" not in {tensor.name for tensor in written.initializer}  # which onnxruntime would warn of


def test_once_is_enough(tmp_path: Path, pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"))
    once = balance(unsure(write_model(tmp_path / "tiny"), 2.75), tmp_path / "once", pictures, version="1", command="")
    twice = balance(tmp_path / "once", tmp_path / "twice", pictures, version="1", command="")
    assert twice.before == pytest.approx(once.after, abs=0.2)  # weights are rounded to half precision
    assert once.after - 0.2 <= twice.after <= once.after + 1

"""The mean of models' weights."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.export.average import average_models


def weights(folder: Path) -> list[np.ndarray]:
    graph = onnx.load_from_string(ModelCard.read(folder).model_bytes()).graph  # checks the sha256
    return [numpy_helper.to_array(tensor) for tensor in graph.initializer]


def moved(folder: Path, by: float) -> Path:
    """The model with other weights, as if it had been trained further."""
    path = folder / "model.onnx"
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array((values + by).astype(values.dtype), f"{tensor.name}.later"))
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if any(tensor.name == f"{name}.later" for tensor in model.graph.initializer):
                node.input[place] = f"{name}.later"
    onnx.save(model, path)
    card = folder / "card.toml"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card.write_text(re.sub(r'(?m)^sha256 = ".*"', f'sha256 = "{digest}"', card.read_text()))
    return folder


def test_the_mean_of_two(tmp_path: Path) -> None:
    first, second = write_model(tmp_path / "first"), moved(write_model(tmp_path / "second"), 0.5)
    result = CliRunner().invoke(app, ["average", f"{first}=0.75", f"{second}=0.25", str(tmp_path / "mean"), "--version", "1.1.0"])
    assert result.exit_code == 0, result.output
    for mean, one, other in zip(weights(tmp_path / "mean"), weights(first), weights(second), strict=True):
        assert mean.dtype == one.dtype
        np.testing.assert_allclose(mean.astype(float), 0.75 * one.astype(float) + 0.25 * other.astype(float), rtol=2e-3, atol=1e-3)
    card = ModelCard.read(tmp_path / "mean")
    assert (card.name, card.version, not card.scores) == ("mean", "1.1.0", True)
    assert [(part["name"], part["share"]) for part in card.training["averaged"]] == [("first", 0.75), ("second", 0.25)]
    assert card.training["commands"][-1] == "facefx-train average first=0.75 second=0.25 models/mean"
    assert card.parameters == ModelCard.read(first).parameters
    assert card.qualities == ModelCard.read(first).qualities


def test_what_cannot_be_averaged_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    first, other = write_model(tmp_path / "first"), write_model(tmp_path / "other", "lapa")
    with pytest.raises(ModelError, match="not versions of one network"):
        average_models({first: 0.5, other: 0.5}, tmp_path / "mean", version="1")
    with pytest.raises(ModelError, match="in all they must weigh 1"):
        average_models({first: 0.5}, tmp_path / "mean", version="1")
    assert not (tmp_path / "mean").exists()
    wrong = CliRunner().invoke(app, ["average", str(first), str(tmp_path / "mean")])
    assert wrong.exit_code == 2


def test_painters_paint_in_the_colours_of_one_of_them(tmp_path: Path) -> None:
    painters = [write_model(tmp_path / "one"), moved(write_model(tmp_path / "other"), 0.5)]
    for folder in painters:
        card = folder / "card.toml"
        card.write_text(re.sub(r'(?m)^family = ".*"', 'family = "pix2pix"', card.read_text()))
    shares = [f"{folder}=0.5" for folder in painters]
    for painter, options in ((painters[1], []), (painters[0], ["--colours", str(painters[0])])):
        result = CliRunner().invoke(app, ["average", *shares, str(tmp_path / "mean"), *options])
        assert result.exit_code == 0, result.output
        mean, one, other, given = (weights(folder) for folder in (tmp_path / "mean", *painters, painter))
        for number, values in enumerate(mean):
            is_palette = values.shape[1:] == (3, 1, 1)
            wanted = given[number] if is_palette else 0.5 * one[number].astype(float) + 0.5 * other[number].astype(float)
            np.testing.assert_allclose(values.astype(float), wanted, rtol=2e-3, atol=1e-3)
        training = ModelCard.read(tmp_path / "mean").training
        assert training.get("colours", {}).get("name") == ("one" if options else None)
        assert training["commands"][-1].endswith("models/mean --colours one" if options else "models/mean")


def test_no_other_family_has_colours(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    with pytest.raises(ModelError, match="paints in no colours"):
        average_models({model: 1.0}, tmp_path / "mean", version="1", colours=model)
    assert not (tmp_path / "mean").exists()

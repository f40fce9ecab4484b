"""How much more readily eyes are to be said on small faces."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_onnx import less_sure, write_model
from typer.testing import CliRunner

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard
from facefx.labels import Region
from facefx_training.cli import app
from facefx_training.data import read_celebamask, read_names
from facefx_training.export.small_eyes import small_eyes


def shy(folder: Path) -> Path:
    """The model less sure of what it says, and of eyes least."""
    return less_sure(folder, Region.EYES, -3)


def test_eyes_that_are_said_too_seldom_are_said_more_often(tmp_path: Path, pairs: Path) -> None:
    model = shy(write_model(tmp_path / "tiny"))
    done = CliRunner().invoke(app, ["small-eyes", str(model), "--data", str(pairs), "--version", "1.2.0"], catch_exceptions=False)
    assert done.exit_code == 0
    card = ModelCard.read(model)
    assert card.version == "1.2.0"
    assert card.small_eyes > 0
    assert f"{card.small_eyes:g} is added to the logits of eyes" in done.output
    assert card.training["commands"][-1].startswith("facefx-train small-eyes models/tiny --data ")


def test_no_kind_of_picture_loses_by_it(tmp_path: Path, pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"))
    found = small_eyes(shy(write_model(tmp_path / "tiny")), pictures, version="2.0.0", command="")
    assert found.before.keys() == found.after.keys()
    assert all(found.after[kind] > before - 0.1 for kind, before in found.before.items())
    assert sum(found.after.values()) > sum(found.before.values())


def test_a_card_that_says_so_already_stays(tmp_path: Path, pairs: Path) -> None:
    """A model that answers as before is no new version."""
    model = shy(write_model(tmp_path / "tiny"))
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"))
    found = small_eyes(model, pictures, version="2.0.0", command="")
    assert small_eyes(model, pictures, version="3.0.0", command="") == found
    assert ModelCard.read(model).version == "2.0.0"


def test_a_model_that_knows_no_eyes_is_refused(tmp_path: Path, pairs: Path) -> None:
    model = write_model(tmp_path / "tiny", "hair")
    before = (model / "card.toml").read_bytes()
    with pytest.raises(ModelError, match="the model 'tiny' knows no eyes; its classes are background, hair"):
        small_eyes(model, read_celebamask(pairs, read_names(pairs / "val.txt")), version="1", command="")
    assert (model / "card.toml").read_bytes() == before

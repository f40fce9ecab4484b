"""``facefx-train evaluate --hair``: photos that show hair and no face count too."""

from __future__ import annotations

import json
from pathlib import Path

from test_pseudo import hair_folder
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx_training.cli import app


def test_hair_without_a_face_is_scored_on_the_whole_frame(tmp_path: Path, pairs: Path) -> None:
    hair, scores = hair_folder(tmp_path / "set" / "hair"), tmp_path / "scores.json"
    model = write_model(tmp_path / "tiny", blind_to=("left_eye", "right_eye", "nose", "upper_lip", "lower_lip"))
    command = ["evaluate", model, "--data", pairs, "--hair", hair, "--json", scores]
    CliRunner().invoke(app, [str(word) for word in command], catch_exceptions=False)
    found = json.loads(scores.read_text())["hair_set_hair"]
    assert (found["pictures"], found["with_a_face"], found["f1"]) == (2, 0, 0.0)
    assert found["f1_whole_frame"] > 85

"""The options of ``facefx-train train`` and ``detector train``, which are made from the fields of their settings."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from facefx.errors import ParameterError
from facefx_training.cli import app
from facefx_training.detection.config import DetectorConfig
from facefx_training.run.config import Config
from facefx_training.run.options import options_of, words

#: As a run wrote it before the options were in the fields.
EARLIER = {
    "minutes": 132.0, "steps": None, "sizes": [[0.0, 256], [0.55, 320]], "batch": 8, "weight_decay": 0.01, "warmup": 0.02,
    "ema": 0.998, "start": "models/unet-lite0", "stored": 384, "validate_every": 10, "validate_on": 40, "workers": 1, "threads": 2,
    "seed": 0, "data": "data/faces", "extra": [["data/more", 0.75], ["data/figaro", 0.06]], "scheme": "celebamask",
    "family": "unet", "options": {"stem": 0, "encoder": "efficientnet-lite0"}, "encoder_rate": 0.00035, "decoder_rate": 0.00105,
    "schedule": "cosine", "plateau": 3, "patience": None, "loss": "ce+dice", "class_weights": {"necklace": 8.0},
    "oftener": {"necklace": 6.0}, "critic": "lsgan", "critic_rate": 0.00014, "critic_width": 32, "l1": 100.0, "supervision": 1.0,
    "augment": "cpu", "accelerator": "auto", "devices": 1, "num_nodes": 1, "precision": "32",
}  # fmt: skip
PLAIN = Config(data="D", steps=1)
DETECTOR = DetectorConfig(faces="F", steps=1)
THRICE = {"encoder_rate": 3 * 5e-4, "decoder_rate": 3 * 1.5e-3, "critic_rate": 3 * 2e-4}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls a training command, and returns the folder and the settings that it would train with."""
    found: list[Any] = []
    for module in ("facefx_training.run.train", "facefx_training.detection.train"):
        monkeypatch.setattr(f"{module}.train", lambda config, into: found.append((into, config)))

    def call(line: str) -> Any:
        result = CliRunner().invoke(app, shlex.split(line), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return found.pop()

    return call


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", PLAIN),
        ("--rate 3", replace(PLAIN, **THRICE)),
        ("--encoder resnet18 --option stem=8 --option dropout=0.2",
         replace(PLAIN, options={"stem": 8, "dropout": 0.2, "encoder": "resnet18"})),
        ("--size 0=64 --size 0.5=96", replace(PLAIN, sizes=((0.0, 64), (0.5, 96)))),
        ("--extra A=0.25 --extra x/y=z=0.5", replace(PLAIN, extra=(("A", 0.25), ("x/y=z", 0.5)))),
        ("--paste 0.5", replace(PLAIN, paste=0.5)),
        ("--teacher models/x --teacher y --temperature 2", replace(PLAIN, teacher=("models/x", "y"), temperature=2.0)),
        ("--start models/x --encoder-from models/y/", replace(PLAIN, start="models/x", encoder_from="models/y")),
        ("--start models/x/ --num-nodes 2 --critic-width 8", replace(PLAIN, start="models/x", num_nodes=2, critic_width=8)),
    ],
)  # fmt: skip
def test_a_command_line_says_what_its_options_always_said(given: Any, line: str, expected: Config) -> None:
    assert given(f"train --into run --data D --steps 1 --augment cpu {line}") == (Path("run"), expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", DETECTOR),
        ("--rate 0.0031 --frames a/b", replace(DETECTOR, rate=0.0031, encoder_rate=0.0031 / 4, frames="a/b")),
        ("--size 0=64 --batch 3 --start run", replace(DETECTOR, sizes=((0.0, 64),), batch=3, start="run")),
    ],
)
def test_a_detectors_too(given: Any, line: str, expected: DetectorConfig) -> None:
    assert given(f"detector train --into run --faces F --steps 1 {line}") == (Path("run"), expected)


@pytest.mark.parametrize("cuda", [False, True])
def test_where_pictures_are_varied_depends_on_the_machine(given: Any, cuda: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    _, config = given("train --into run --data D --steps 1")
    assert config.augment == ("gpu" if cuda else "cpu")
    assert given("train --into run --data D --steps 1 --augment cpu")[1].augment == "cpu"


@pytest.mark.parametrize(
    ("command", "config"),
    [
        ("train", replace(PLAIN, steps=None, minutes=72.5, options={"stem": 8, "encoder": "resnet18"}, extra=(("A", 0.25),),
                          l1=50.0, sizes=((0.0, 64), (0.5, 96)), family="segnet", precision="bf16-mixed", patience=4, seed=3,
                          teacher=("T", "U"), teacher_weight=0.5,
                          **THRICE)),
        ("detector train", replace(DETECTOR, frames="G", rate=1e-3, encoder_rate=2.5e-4, workers=0, sizes=((0.0, 64),))),
    ],
)  # fmt: skip
def test_the_words_of_settings_give_them_again(given: Any, command: str, config: Config | DetectorConfig) -> None:
    assert words(PLAIN) == ["--data D", "--steps 1"]  # nothing that is as by default
    augment = "--augment cpu" if command == "train" else ""
    assert given(f"{command} --into run {augment} {' '.join(words(config))}") == (Path("run"), config)


@pytest.mark.parametrize(("command", "settings"), [("train", Config), ("detector train", DetectorConfig)])
def test_the_help_shows_every_option_with_what_its_field_says(command: str, settings: type) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], terminal_width=400, env={"COLUMNS": "400"}, color=False).output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    for name, (place, *_) in options_of(settings).items():
        (line,) = (row for row in plain.splitlines() if f"--{name.replace('_', '-')} " in row.replace("|", " ")[:40])
        assert place.option.help in line
        assert place.option.help.endswith(".")


def test_what_is_no_pair_or_no_choice_is_refused() -> None:
    for words_ in (["--size", "64"], ["--option", "stem"], ["--extra", "=3"], ["--schedule", "step"]):
        with pytest.raises(ParameterError, match=r"form A=B|not one of"):
            CliRunner().invoke(app, ["train", "--into", "r", "--data", "D", "--steps", "1", *words_], catch_exceptions=False)
    assert CliRunner().invoke(app, ["train", "--into", "r", "--steps", "1"]).exit_code == 2  # --data must be given


def test_the_settings_of_an_earlier_run_still_load(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(EARLIER))
    config = Config.load(tmp_path / "config.json")
    assert (config.sizes, config.start) == (((0.0, 256), (0.55, 320)), "models/unet-lite0")
    assert {name: getattr(config, name) for name in EARLIER if name not in ("sizes", "extra")} == {
        name: value for name, value in EARLIER.items() if name not in ("sizes", "extra")
    }
    assert "--rate 0.7" in words(config)
    config.save(tmp_path / "again.json")
    since = {"crops": "face", "teacher": [], "teacher_weight": 1.0, "temperature": 1.0, "paste": 0.0, "encoder_from": None}
    assert json.loads((tmp_path / "again.json").read_text()) == EARLIER | since

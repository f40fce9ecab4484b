"""The commands that tell what is installed: effects, models, plugins, doctor."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import facefx.plugins.installed
from cli_helpers import run
from facefx.cli.exit_codes import ExitCode
from facefx.cli.versions import NOT_INSTALLED
from facefx.inference import runtime
from facefx.inference import segmenter as onnx
from facefx.inference.cards import ModelCard
from facefx.labels import scheme
from facefx.plugins import installed as plugins
from facefx.plugins.installed import PluginInfo, Registry
from facefx.plugins.resolve import DEFAULT_SEGMENTER

CARD = """
name = "tiny"
version = "2.3.4"
family = "toy"
summary = "for tests"
sha256 = "{sha256}"
parameters = 1234567
license = "CC0-1.0"
data_license = "data for tests"
[input]
size = [64, 64]
[labels]
scheme = "celebamask"
classes = {classes}
[scores]
accuracy = 0.5
[scores.val]
mean_f1 = 77.25
"""


@pytest.fixture
def model(tmp_path: Path, fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed model whose file is not a network, but is the one that its card describes."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    classes = json.dumps(scheme("celebamask").classes)
    (folder / "card.toml").write_text(CARD.format(sha256=hashlib.sha256(b"weights").hexdigest(), classes=classes))
    fresh_registry.segmenters.items.clear()
    fresh_registry.segmenters.items["facefx:tiny"] = folder
    monkeypatch.setattr("facefx.inference.cards.detectors_among", lambda models: {})
    return folder


def use_broken_plugin(monkeypatch: pytest.MonkeyPatch, strict: bool) -> None:
    def load() -> object:
        raise ImportError("no such module")

    dist = SimpleNamespace(name="facefx-broken", version="0.9")
    entry = SimpleNamespace(name="mine", value="broken:plugin", dist=dist, load=load)
    monkeypatch.setattr(facefx.plugins.installed, "entry_points", lambda group: [entry])
    monkeypatch.setenv("FACEFX_PLUGINS", "on")
    monkeypatch.setenv("FACEFX_STRICT_PLUGINS", "1" if strict else "0")
    plugins._find.cache_clear()


def test_effects_lists_all(fresh_registry: Registry) -> None:
    shown = run("effects").stdout
    for spec in fresh_registry.effects.items.values():
        assert spec.name in shown
        assert spec.summary in shown


@pytest.mark.slow
def test_effects_shows_one(fresh_registry: Registry) -> None:
    for spec in fresh_registry.effects.items.values():
        shown = run("effects", spec.name).stdout
        assert f'--effect "{spec.name}:' in shown
        for parameter in spec.parameters.values():
            for words in (parameter.name, parameter.allowed, str(parameter.default), parameter.help):
                assert words in shown


def test_effects_prints_json_schema(fresh_registry: Registry) -> None:
    spec = fresh_registry.effects["recolor_lips"]
    assert json.loads(run("effects", "recolor_lips", "--schema").stdout) == spec.json_schema
    assert json.loads(run("effects", "--schema").stdout)["facefx:recolor_lips"] == spec.json_schema
    result = run("effects", "recolour_lips")
    assert result.exit_code == ExitCode.BAD_REQUEST
    assert "Did you mean 'recolor_lips'?" in result.stderr


def test_models_shows_the_card(model: Path) -> None:
    result = run("models")
    assert result.exit_code == ExitCode.OK
    for words in ("2.3.4", "toy", "1,234,567", "64 x 64", "celebamask (19)", "val.mean_f1", "77.25", "CC0-1.0", "data for tests"):
        assert words in result.stdout
    assert str(model) in result.stdout
    assert "accuracy" not in result.stdout


def test_models_tells_of_a_changed_file_a_bad_card_and_none_at_all(model: Path, fresh_registry: Registry) -> None:
    (model / "model.onnx").write_bytes(b"other weights")
    result = run("models")
    assert result.exit_code == ExitCode.SETUP
    assert "damaged or tampered with" in result.stdout
    assert "1 of 2 models" in result.stderr  # the other is that of people
    (model / "card.toml").write_text("nothing")
    assert "not valid TOML" in run("models").stdout
    fresh_registry.segmenters.items.clear()
    assert run("models").exit_code == ExitCode.SETUP


@pytest.mark.usefixtures("fakes")
def test_models_lists_segmenters_without_a_card() -> None:
    result = run("models")
    assert result.exit_code == ExitCode.OK
    assert "brings its own code" in result.stdout


def test_plugins_lists_offers_and_problems(fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    use_broken_plugin(monkeypatch, strict=False)
    result = run("plugins")
    assert result.exit_code == ExitCode.OK
    for words in ("builtin", "recolor_lips", "whole_frame", "facefx-broken", "0.9", "ImportError: no such module"):
        assert words in result.stdout


def test_a_broken_plugin_is_an_error_in_strict_mode(fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    use_broken_plugin(monkeypatch, strict=True)
    result = run("plugins")
    assert result.exit_code == ExitCode.SETUP
    assert "facefx-broken:mine" in result.stderr
    examined = run("doctor")
    assert examined.exit_code == ExitCode.SETUP
    assert "FACEFX_PLUGINS=off" in examined.stdout


@pytest.mark.usefixtures("fakes")
def test_doctor_on_a_good_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFX_THREADS", "1")
    result = run("doctor")
    assert result.exit_code == ExitCode.OK
    for words in (
        "python",
        "numpy",
        "opencv",
        np.__version__,
        "FACEFX_THREADS=1",
        f"{DEFAULT_SEGMENTER} runs",
        "facefx works here",
    ):
        assert words in result.stdout


def test_doctor_on_a_bad_plugin_only_warns(fakes: object, fresh_registry: Registry) -> None:
    fresh_registry.plugins.append(PluginInfo("facefx-broken", "0.9", "mine", problem="no such module"))
    result = run("doctor")
    assert result.exit_code == ExitCode.OK
    assert "warning: plugin: update or remove facefx-broken" in result.stdout


def test_doctor_without_the_default_model(fakes: object, fresh_registry: Registry) -> None:
    fresh_registry.segmenters.items.clear()
    result = run("doctor")
    assert result.exit_code == ExitCode.SETUP
    assert "PROBLEM: segmenter" in result.stdout


@pytest.mark.usefixtures("fakes")
def test_doctor_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    result = run("doctor")
    assert result.exit_code == ExitCode.SETUP
    assert "pip install 'facefx[cpu]'" in result.stdout


def test_doctor_names_wheels_of_opencv_that_lie_over_each_other(fakes: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "opencv wheels" not in run("doctor").stdout
    there = {"opencv-python": "5.0.0.93", "opencv-python-headless": "4.14.0.94"}
    module = sys.modules["facefx.cli.doctor"]  # `facefx.cli.doctor` is the command
    monkeypatch.setattr(module, "distribution_version", lambda name: there.get(name, NOT_INSTALLED))
    result = run("doctor")
    assert result.exit_code == ExitCode.OK
    assert "opencv-python 5.0.0.93, opencv-python-headless 4.14.0.94 share the folder cv2" in result.stdout
    assert "warning: opencv wheels: pip uninstall opencv-python opencv-python-headless" in result.stdout


def test_doctor_says_which_provider_really_runs(model: Path, fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = onnx.OnnxSegmenter(ModelCard.read(model))

    def even(outputs: None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [np.full((len(feed["image"]), 19, 64, 64), 1 / 19, np.float32)]

    session: Any = SimpleNamespace(
        get_providers=lambda: ["CPUExecutionProvider"], get_inputs=lambda: [SimpleNamespace(name="image")], run=even
    )
    monkeypatch.setattr(segmenter, "_floats", lambda: session)
    fresh_registry.segmenters.items[f"facefx:{DEFAULT_SEGMENTER}"] = lambda: segmenter
    monkeypatch.setattr(runtime, "available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    result = run("doctor")
    assert result.exit_code == ExitCode.OK
    assert "CPUExecutionProvider runs" in result.stdout
    assert "CUDAExecutionProvider did not start" in result.stdout
    assert "weights: CC0-1.0; data: data for tests" in result.stdout


def test_doctor_on_a_thread_count_that_is_none(model: Path, fresh_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_registry.segmenters.items[f"facefx:{DEFAULT_SEGMENTER}"] = model
    monkeypatch.setattr(runtime, "_onnxruntime", lambda: SimpleNamespace(SessionOptions=SimpleNamespace))
    monkeypatch.setenv("FACEFX_THREADS", "many")
    result = run("doctor")
    assert result.exit_code == ExitCode.SETUP
    assert "FACEFX_THREADS must be a whole number" in result.stdout

"""`facefx models add`, `remove`, `verify` and `check`; detectors by their folders."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

import facefx
from cli_helpers import run
from facefx.cli.exit_codes import ExitCode
from facefx.inference import hub
from facefx.inference.cards import ModelCard, home, installed_models, local_models
from facefx.inference.detector.onnx import OnnxDetector
from facefx.plugins import installed as plugins
from facefx.plugins.installed import Registry, registry
from facefx.plugins.resolve import DEFAULT_DETECTOR, resolve_detector, resolve_segmenter
from tiny_models import bisenet_bytes, model_bytes, onnx, with_integers, write_bisenet, write_model

pytest.importorskip("onnxruntime", reason="needs the extra facefx[cpu]")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: Registry) -> Path:
    """The folder that models are added to."""
    monkeypatch.delenv("FACEFX_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "data"))
    plugins._find.cache_clear()
    return home()


def forget_what_is_installed() -> None:
    plugins._find.cache_clear()


def test_a_folder_is_added_used_by_name_verified_and_removed(kept: Path, tmp_path: Path) -> None:
    source = write_bisenet(tmp_path / "bisenet", size=64)
    (source / "notes.txt").write_text("not a part of it")
    done = run("models", "add", source)
    assert done.exit_code == ExitCode.OK
    assert f"bisenet 1.0.0 is in {kept / 'bisenet'}" in done.stdout
    assert sorted(path.name for path in (kept / "bisenet").iterdir()) == ["card.toml", "model.onnx"]
    assert [path.name for path in kept.iterdir()] == ["bisenet"]
    shutil.rmtree(source)
    forget_what_is_installed()
    assert registry().segmenter("bisenet") is registry().segmenter("local:bisenet")
    assert "bisenet" in run("models").stdout
    assert run("models", "verify", "bisenet").stdout == "ok  local:bisenet\n"
    (kept / "bisenet" / "model.onnx").write_bytes(model_bytes())
    damaged = run("models", "verify", "bisenet")
    assert damaged.exit_code == ExitCode.SETUP
    assert "BROKEN  local:bisenet" in damaged.stdout
    assert "damaged or tampered" in damaged.stdout
    assert run("models", "remove", "local:bisenet").exit_code == ExitCode.OK
    assert list(kept.iterdir()) == []
    assert local_models() == {}


def test_a_networks_integers_come_and_go_with_it(kept: Path, tmp_path: Path) -> None:
    source = with_integers(write_model(tmp_path / "tiny"))
    assert run("models", "add", source).exit_code == ExitCode.OK
    assert sorted(path.name for path in (kept / "tiny").iterdir()) == ["card.toml", "model.int8.onnx", "model.onnx"]
    forget_what_is_installed()
    assert "in 8-bit integers" in run("models", "check", kept / "tiny").stdout
    (kept / "tiny" / "model.int8.onnx").write_bytes(model_bytes())
    damaged = run("models", "verify", "tiny")
    assert damaged.exit_code == ExitCode.SETUP
    assert "model.int8.onnx is not the file that its card describes" in damaged.stdout
    assert run("models", "add", kept / "tiny").exit_code == ExitCode.SETUP
    assert run("models", "remove", "tiny").exit_code == ExitCode.OK
    assert list(kept.iterdir()) == []


def test_all_models_are_verified_by_default(kept: Path) -> None:
    verified = run("models", "verify")
    assert verified.exit_code == ExitCode.OK
    for name in ("facefx:unet-lite0", "facefx:finder"):
        assert f"ok  {name}\n" in verified.stdout
    assert run("models", "verify", "unet-lite").exit_code == ExitCode.BAD_REQUEST


def test_a_file_is_added_with_the_card_beside_it_or_the_one_that_is_named(kept: Path, tmp_path: Path) -> None:
    made = write_model(tmp_path / "tiny")
    file = shutil.copy(made / "model.onnx", tmp_path / "some export.onnx")
    alone = run("models", "add", file)
    assert alone.exit_code == ExitCode.SETUP
    assert "neither some export.toml nor card.toml lies beside it" in alone.stderr
    assert run("models", "add", file, "--card", made / "card.toml").exit_code == ExitCode.OK
    assert (kept / "tiny" / "model.onnx").read_bytes() == model_bytes()
    shutil.copy(made / "card.toml", tmp_path / "some export.toml")
    assert run("models", "add", file).exit_code == ExitCode.OUTPUT_REFUSED
    assert run("models", "add", file, "--force").exit_code == ExitCode.OK


def test_a_detector_is_added_from_its_folder_or_file(kept: Path) -> None:
    shipped = installed_models()[DEFAULT_DETECTOR]
    for source in (shipped, shipped / "detector.onnx"):
        assert run("models", "add", source, "--force").exit_code == ExitCode.OK
        assert sorted(path.name for path in (kept / DEFAULT_DETECTOR).iterdir()) == ["card.toml", "detector.onnx"]
    forget_what_is_installed()
    assert isinstance(registry().detector(f"local:{DEFAULT_DETECTOR}"), OnnxDetector)


def test_the_first_listed_folder_is_where_models_go(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFX_MODELS", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    assert run("models", "add", write_model(tmp_path / "tiny")).exit_code == ExitCode.OK
    assert (tmp_path / "a" / "tiny" / "card.toml").exists()
    assert not kept.exists()


@pytest.mark.parametrize("name", ["../escape", "a/b", ".hidden", "", "CON:", "x" * 65])
def test_a_model_cannot_be_called_like_a_path(kept: Path, tmp_path: Path, name: str) -> None:
    done = run("models", "add", write_model(tmp_path / "tiny", name=name))
    assert done.exit_code == ExitCode.SETUP
    assert "allowed: letters, digits" in done.stderr
    assert list(kept.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "tiny"]


def test_what_does_not_work_is_not_added(kept: Path, tmp_path: Path) -> None:
    broken = write_model(tmp_path / "tiny", b"no network")
    assert run("models", "add", broken).exit_code == ExitCode.SETUP
    assert run("models", "add", tmp_path / "nothing").exit_code == ExitCode.SETUP
    assert list(kept.iterdir()) == []


def test_weights_that_lie_in_another_file_are_not_added(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the checksum covers is a model: data beside it could change later."""
    model = onnx.load_from_string(model_bytes())
    weight = model.graph.initializer[0]
    folder = tmp_path / "split"
    data = weight.raw_data
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "weights.bin"), ("offset", "0"), ("length", str(len(data)))):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    write_model(folder, model.SerializeToString())
    (folder / "weights.bin").write_bytes(data)
    refused = run("models", "add", folder)
    assert refused.exit_code == ExitCode.SETUP
    assert list(kept.iterdir()) == []


def test_only_what_was_added_is_removed_and_nothing_of_ones_own_with_it(kept: Path, tmp_path: Path) -> None:
    shipped = run("models", "remove", "unet-lite0")
    assert shipped.exit_code == ExitCode.BAD_REQUEST
    assert "no added model is called 'unet-lite0'" in shipped.stderr
    assert run("models", "remove", "../data").exit_code == ExitCode.BAD_REQUEST
    run("models", "add", write_model(tmp_path / "tiny"))
    (kept / "tiny" / "mine.txt").write_text("mine")
    assert run("models", "remove", "tiny").exit_code == ExitCode.OK
    assert [path.name for path in (kept / "tiny").iterdir()] == ["mine.txt"]


def test_check_tells_step_by_step(tmp_path: Path) -> None:
    checked = run("models", "check", write_bisenet(tmp_path / "bisenet", seed=1, size=64))
    assert checked.exit_code == ExitCode.OK
    for words in (
        "is the file that it describes",
        "gives output (batch, 19, 64, 64), aux1",
        "19 classes of the scheme 'celebamask'",
        "fast: crops of 64 x 64 pixels",
        "best: crops of 64 x 64 pixels, and in the mirror",
        "Nothing is wrong",
    ):
        assert words in checked.stdout
    assert run("models", "check", installed_models()[DEFAULT_DETECTOR]).exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('values = "logits"', "", "where its card says probabilities, which sum to 1; if they are logits, say output"),
        ("std = [0.229, 0.224, 0.225]", "std = [1e-42, 1, 1]", "those of RGB in [0, 1], std above 0"),
        ('sha256 = "', 'sha256 = "0', "not the file that its card describes"),
        ('name = "output"', 'name = "none"', "none is called 'none'"),
        ("size = [64, 64]", "size = [96, 96]", "Got: 96 Expected: 64"),
    ],
)
def test_check_says_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = write_bisenet(tmp_path / "bisenet", size=64)
    text = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(text.replace(old, new), "utf-8")
    checked = run("models", "check", folder)
    assert checked.exit_code == ExitCode.SETUP
    assert message in checked.stderr


def test_check_finds_damaged_weights(tmp_path: Path) -> None:
    model = onnx.load_from_string(model_bytes())
    model.graph.initializer[1].raw_data = np.full(19, np.nan, np.float32).tobytes()
    checked = run("models", "check", write_model(tmp_path / "tiny", model.SerializeToString()))
    assert checked.exit_code == ExitCode.SETUP
    assert "NaN or infinity" in checked.stderr


def test_check_tells_probabilities_from_logits(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    text = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(f'output = "logits"\n{text}', "utf-8")
    assert "are probabilities already" in run("models", "check", folder).stderr


def test_check_prints_a_card_to_begin_with(tmp_path: Path) -> None:
    file = tmp_path / "parser.onnx"
    file.write_bytes(bisenet_bytes(size=64))
    draft = run("models", "check", file).stdout
    card = tomllib.loads(draft)
    assert card["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (card["input"]["size"], card["output"]["name"]) == ([64, 64], "output")
    assert '"output", "aux1", "aux2"' in draft
    assert "19 of them" in draft
    assert run("models", "check", tmp_path / "none.onnx").exit_code == ExitCode.SETUP


def test_a_detector_is_given_by_its_folder(portrait: np.ndarray, kept: Path) -> None:
    folder = installed_models()[DEFAULT_DETECTOR]
    by_folder = resolve_detector(folder)
    assert isinstance(by_folder, OnnxDetector)
    assert resolve_detector(str(folder)) is by_folder
    assert facefx.Parser.of(detector=folder).detector is by_folder
    rgb = portrait.astype(np.float32) / 255
    assert by_folder.detect(rgb) == registry().detector(DEFAULT_DETECTOR).detect(rgb)
    with pytest.raises(facefx.ModelError, match="no model card"):
        resolve_detector(kept / "none")


def test_a_plugin_offers_a_detector_as_a_folder(kept: Path) -> None:
    class Plugin:
        @facefx.hookimpl
        def facefx_detectors(self) -> dict[str, Path]:
            return {"mine": installed_models()[DEFAULT_DETECTOR]}

    registry().add("dist", "1", "entry", Plugin())
    assert isinstance(registry().detector("mine"), OnnxDetector)


def test_what_was_added_is_what_was_checked(kept: Path, tmp_path: Path) -> None:
    """The copy is checked, not the source, which may change meanwhile."""
    seen = []
    real = hub.checked

    def checked(folder: Path):  # type: ignore[no-untyped-def]
        seen.append(folder.parent)
        return real(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "checked", checked)
        hub.add(write_model(tmp_path / "tiny"))
    assert seen == [kept]
    assert isinstance(resolve_segmenter(kept / "tiny").card, ModelCard)  # type: ignore[attr-defined]

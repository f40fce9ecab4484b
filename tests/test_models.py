"""Model cards, and the segmenter that runs the models they describe."""

from __future__ import annotations

import logging
import os
import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facefx
from facefx.errors import AmbiguousName, MissingExtra, ModelError, ParameterError, UnknownName
from facefx.inference import segmenter as segmenter_module
from facefx.inference.cards import ModelCard, Quality, find_card, installed_models, local_models, segmenters_among
from facefx.inference.detector.whole_frame import WholeFrame
from facefx.inference.external_data import keeps_data_outside
from facefx.inference.runtime import available_providers
from facefx.inference.segmenter import OnnxSegmenter
from facefx.parsing.parser import Parser
from facefx.plugins import installed as plugins
from facefx.plugins.installed import registry
from facefx.plugins.resolve import DEFAULT_SEGMENTER, resolve_segmenter
from pages import ROOT
from synthetic import PORTRAIT, ScriptedDetector
from tiny_models import model_bytes, onnx, with_integers, write_model

ort = pytest.importorskip("onnxruntime", reason="needs the extra facefx[cpu]")
CROP = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)


def run(folder: Path) -> np.ndarray:
    return OnnxSegmenter.from_folder(folder).probabilities(CROP)


def test_a_model_runs_by_its_card(tmp_path: Path, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    folder = write_model(tmp_path / "tiny")
    segmenter = OnnxSegmenter.from_folder(folder)
    assert (segmenter.name, segmenter.scheme.name, segmenter.input_size) == ("tiny", "celebamask", (64, 64))
    probabilities = segmenter.probabilities(CROP)
    assert probabilities.shape == (2, 19, 64, 64)
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    scene = facefx.parse(portrait, segmenter=folder, detector=ScriptedDetector(PORTRAIT.detection))
    hair = np.asarray(scene.mask("hair")) >= 0.5
    assert (hair & (portrait_labels == 13)).sum() / (hair | (portrait_labels == 13)).sum() > 0.9


def test_no_side_of_a_face_is_preferred(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    fair, plain = OnnxSegmenter.from_folder(folder, quality="best"), OnnxSegmenter(ModelCard.read(folder), mirror=False)
    mirrored = np.ascontiguousarray(CROP[:, :, ::-1])
    swap = list(fair.scheme.mirror)
    np.testing.assert_allclose(fair.probabilities(mirrored), fair.probabilities(CROP)[:, swap, :, ::-1], rtol=0, atol=1e-6)
    average = (plain.probabilities(CROP) + plain.probabilities(mirrored)[:, swap, :, ::-1]) / 2
    np.testing.assert_allclose(fair.probabilities(CROP), average, rtol=0, atol=1e-6)


def test_for_frames_it_sees_each_crop_once_at_another_size_in_the_same_session(tmp_path: Path) -> None:
    photos = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny"), mirror=True, provider="cpu")
    frames = photos.for_frames(96)
    assert (frames.input_size, photos.input_size) == ((96, 96), (64, 64))
    assert (frames.mirror, photos.mirror) == (False, True)
    assert frames._session is photos._session
    plain = OnnxSegmenter(photos.card, mirror=False, provider="cpu")
    np.testing.assert_array_equal(frames.probabilities(CROP), plain.probabilities(CROP))


@pytest.mark.parametrize(
    ("quality", "size", "looks"), [("fast", 64, 1), ("balanced", 96, 1), ("best", 96, 2)], ids=["fast", "balanced", "best"]
)
def test_a_quality_runs_the_network_so_often_for_a_crop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quality: Quality, size: int, looks: int
) -> None:
    seen = []
    real = segmenter_module.run_session
    monkeypatch.setattr(
        segmenter_module,
        "run_session",
        lambda session, model, batch, **more: seen.append(batch.shape) or real(session, model, batch, **more),
    )
    segmenter = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny", size=96), quality=quality, provider="cpu")
    assert (segmenter.quality, segmenter.input_size, segmenter.mirror) == (quality, (size, size), looks == 2)
    assert segmenter.probabilities(np.full((3, size, size, 3), 0.5, np.float32)).shape == (3, 19, size, size)
    assert seen == [(1, 3, size, size)] * 3 * looks  # on the CPU one by one: the memory of a large batch would stay


def test_the_qualities_of_a_model_share_its_session_also_when_none_was_made_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = ort.InferenceSession
    monkeypatch.setattr(ort, "InferenceSession", lambda *a, **k: made.append(1) or real(*a, **k))
    balanced = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny"))
    best, fast = balanced.with_quality("best"), balanced.with_quality("fast")
    assert not made
    assert (fast.quality, balanced.quality, best.quality) == ("fast", "balanced", "best")
    assert best._session is balanced._session is fast._session
    assert len(made) == 1
    assert len({Parser(each, WholeFrame()).identity for each in (fast, balanced, best, best.for_frames(96))}) == 4
    both = (balanced.probabilities(CROP) + balanced.probabilities(CROP[:, :, ::-1])[:, list(best.scheme.mirror), :, ::-1]) / 2
    np.testing.assert_array_equal(best.probabilities(CROP), both)


def test_by_name_or_folder_the_quality_is_balanced(tmp_path: Path) -> None:
    for segmenter in (resolve_segmenter(None), resolve_segmenter(write_model(tmp_path / "tiny"))):
        assert isinstance(segmenter, OnnxSegmenter)
        assert (segmenter.quality, segmenter.mirror) == ("balanced", False)


def test_no_quality_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="quality='finest' is not allowed; give one of fast, balanced, best"):
        OnnxSegmenter.from_folder(write_model(tmp_path / "tiny")).with_quality("finest")  # type: ignore[arg-type]


def test_a_model_of_one_size_keeps_it_when_it_is_to_be_fast(tmp_path: Path) -> None:
    model = onnx.load_from_string(model_bytes())
    for dimension in model.graph.input[0].type.tensor_type.shape.dim[2:]:
        dimension.dim_value = 96
    segmenter = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny", model.SerializeToString(), size=96), quality="fast")
    assert segmenter.input_size == (96, 96)
    assert segmenter.probabilities(np.full((1, 96, 96, 3), 0.5, np.float32)).shape == (1, 19, 96, 96)


def test_a_card_says_how_its_qualities_run_the_model(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    path = folder / "card.toml"
    plain = path.read_text("utf-8")
    assert ModelCard.read(folder).qualities == {
        "fast": (32, False, False), "balanced": (64, False, False), "best": (64, True, False)
    }  # fmt: skip
    path.write_text(f"{plain}[quality.balanced]\nsize = 96\nmean_f1 = 0.4\n[quality.fast]\nmirror = true\n", "utf-8")
    assert ModelCard.read(folder).qualities == {
        "fast": (32, True, False), "balanced": (96, False, False), "best": (64, True, False)
    }  # fmt: skip
    for table, message in [
        ("[quality.finest]\nsize = 96", "has a quality 'finest'; allowed: fast, balanced, best"),
        ("[quality.fast]\nsize = 65", "its quality 'fast' has size = 65 and mirror = False; allowed: a multiple of 32"),
        ("[quality.fast]\nsize = 0", "has size = 0"),
        ("[quality.fast]\nmirror = 1", "mirror = 1; allowed: .* true or false"),
        ("[quality.fast]\nint8 = 1", "int8 = 1; allowed: false, or true where"),
        ("[quality.fast]\nint8 = true", "int8 = True; allowed: false, or true where"),
        ("[quality]\nfast = 64", "lacks or garbles"),
        ("quality = 3", "lacks or garbles"),
    ]:
        path.write_text(f"{plain}\n{table}\n" if table[0] == "[" else f"{table}\n{plain}", "utf-8")
        with pytest.raises(ModelError, match=message):
            ModelCard.read(folder)


def test_the_quick_qualities_run_the_integers_and_the_best_one_the_floats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEFX_PROVIDER", raising=False)
    plain = OnnxSegmenter.from_folder(write_model(tmp_path / "plain"))
    model = OnnxSegmenter.from_folder(with_integers(write_model(tmp_path / "tiny")), provider="cpu")
    assert [run.int8 for run in model.card.qualities.values()] == [True, True, False]
    in_floats = plain.probabilities(CROP)
    for quality in ("fast", "balanced"):
        assert not np.allclose(model.with_quality(quality).probabilities(CROP), in_floats, atol=0.01)
    best = model.with_quality("best")
    best.mirror = False
    np.testing.assert_array_equal(best.probabilities(CROP), in_floats)
    film, fine = model.for_frames(64), best.for_frames(64)
    np.testing.assert_array_equal(film.probabilities(CROP), model.probabilities(CROP))
    np.testing.assert_array_equal(fine.probabilities(CROP), in_floats)
    assert len({Parser(each, WholeFrame()).identity for each in (model, best, plain)}) == 3


def test_integers_are_for_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenter_module, "providers_for", lambda name: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    model = OnnxSegmenter.from_folder(with_integers(write_model(tmp_path / "tiny")))
    plain = OnnxSegmenter.from_folder(write_model(tmp_path / "plain"))
    np.testing.assert_array_equal(model.probabilities(CROP), plain.probabilities(CROP))


def test_integers_that_are_not_those_of_the_card_do_not_run(tmp_path: Path) -> None:
    folder = with_integers(write_model(tmp_path / "tiny"), sha256="0" * 64)
    with pytest.raises(ModelError, match=r"model\.int8\.onnx is not the file that its card describes"):
        OnnxSegmenter.from_folder(folder, provider="cpu").probabilities(CROP)
    with pytest.raises(ModelError, match=r"model\.int8\.onnx is not the file"):
        ModelCard.read(folder).verify()
    (folder / "model.int8.onnx").unlink()
    with pytest.raises(ModelError, match=r"has no readable .*model\.int8\.onnx"):
        ModelCard.read(folder).verify()


def test_the_docs_show_the_qualities_of_the_default_model_as_its_card_has_them() -> None:
    card = find_card(DEFAULT_SEGMENTER)
    figures = tomllib.loads((card.folder / "card.toml").read_text("utf-8"))["quality"]
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    number = r"([\d.]+)"
    rows = re.findall(rf"\| `(\w+)`.* \| (\d+) px \| (yes|no) \| {number} \| {number} \| {number} \| {number} \|", page)
    shown = {
        name: (int(size), mirror == "yes", *map(float, scores), *card.qualities[name][:2])
        for name, size, mirror, _, *scores in rows
    }
    names = ("size", "mirror", "mean_f1", "miou", "accuracy", "size", "mirror")
    assert shown == {quality: tuple(table[name] for name in names) for quality, table in figures.items()}


def test_a_folder_is_given_as_path_or_text_and_loaded_once(tmp_path: Path) -> None:
    from facefx.plugins.resolve import resolve_segmenter

    folder = write_model(tmp_path / "tiny")
    assert resolve_segmenter(folder) is resolve_segmenter(str(folder))


def test_the_card_is_read(tmp_path: Path) -> None:
    card = ModelCard.read(write_model(tmp_path / "tiny"))
    assert (card.name, card.license, card.parameters, card.input_size) == ("tiny", "Apache-2.0", 76, (64, 64))
    assert card.scores["mean_f1"] == 0.5
    with pytest.raises(TypeError):
        card.scores["mean_f1"] = 1  # type: ignore[index]


def test_the_provider_that_runs_is_reported(tmp_path: Path) -> None:
    segmenter = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny"))
    assert segmenter.provider in available_providers()
    assert "CPUExecutionProvider" in available_providers()


def test_a_provider_that_does_not_start_is_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("facefx.inference.runtime.available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    real = ort.InferenceSession
    monkeypatch.setattr(
        ort, "InferenceSession", lambda content, options, providers, **more: real(content, options, providers=providers[1:])
    )
    with caplog.at_level(logging.WARNING):
        assert OnnxSegmenter.from_folder(write_model(tmp_path / "tiny")).provider == "CPUExecutionProvider"
    assert "CUDAExecutionProvider is installed but did not start" in caplog.text


def test_threads_share_one_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = ort.InferenceSession
    monkeypatch.setattr(ort, "InferenceSession", lambda *a, **k: made.append(1) or real(*a, **k))
    segmenter = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny"))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(segmenter.probabilities, [CROP] * 8))
    assert len(made) == 1
    assert all(np.array_equal(answer, answers[0]) for answer in answers)


def test_the_number_of_threads_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEFX_THREADS", "1")
    assert run(write_model(tmp_path / "tiny")).shape == (2, 19, 64, 64)


def test_a_file_that_is_not_the_cards_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    content = bytearray((folder / "model.onnx").read_bytes())
    content[-1] ^= 1
    (folder / "model.onnx").write_bytes(bytes(content))
    with pytest.raises(ModelError, match=r"not the file that its card describes \(sha256 .*damaged or tampered"):
        run(folder)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model card at .*card\.toml"):
        run(tmp_path)
    folder = write_model(tmp_path / "tiny")
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"'tiny' has no readable .*model\.onnx"):
        run(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ["background", "hair"]}, r"lists the classes \('background', 'hair'\), but its scheme 'celebamask'"),
        ({"size": 16}, r"input size \(16, 16\); allowed: square, 32"),
    ],
)
def test_cards_that_contradict_themselves(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ModelCard.read(write_model(tmp_path / "tiny", **change))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[input]", "[input", "not valid TOML"),
        ("parameters = 76", "", "lacks or garbles 'parameters'"),
        ("size = [64, 64]", "size = [64]", "lacks or garbles"),
        ("size = [64, 64]", "size = 64", "lacks or garbles"),
        ("[labels]", "[label]", "lacks or garbles 'labels'"),
        ('scheme = "celebamask"', 'scheme = "celeba"', "no label scheme is called 'celeba'"),
        ('scheme = "celebamask"', "scheme = [1]", "lacks or garbles"),
        ("classes = [", "classes = 3 # [", "has classes = 3; allowed: a list of names"),
        ("[scores]\nmean_f1 = 0.5", "", ""),
        ("[input]\nsize = [64, 64]\n[labels]", "input = 3\n[labels]", "lacks or garbles"),
        ("size = [64, 64]", "size = [inf, inf]", "lacks or garbles"),
        ("size = [64, 64]", "size = [nan, nan]", "lacks or garbles"),
        ("size = [64, 64]", "size = [1000000000, 1000000000]", "32 to 4096 pixels"),
        ("parameters = 76", "parameters = inf", "lacks or garbles"),
        ("parameters = 76", "parameters = " + "9" * 5000, "not valid TOML"),
        ("parameters = 76", "parameters = 76\nx = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("parameters = 76", "parameters = 76\n" + "#" * 2**20, "not valid|no model card"),
        ('family = "tiny"', f'family = "{"x" * 3000}"', "at most 2000 characters"),
        ('family = "tiny"', "family = {a = 1}", "where a text"),
        ("classes = [", f'classes = ["{"x" * 10**5}", ', "lists the classes"),
        ("[scores]", '[quality."' + "x" * 10**5 + '"]\nsize = 64\n[scores]', "it has a quality 'xxx"),
        ("[scores]", "[quality.fast]\nsize = 99999968\n[scores]", "up to 4096"),
    ],
)
def test_garbled_cards(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = write_model(tmp_path / "tiny")
    text = (folder / "card.toml").read_text("utf-8")
    assert old in text
    (folder / "card.toml").write_text(text.replace(old, new), "utf-8")
    if message:
        with pytest.raises(ModelError, match=message) as caught:
            ModelCard.read(folder)
        assert len(str(caught.value)) < 1500
    else:
        assert not ModelCard.read(folder).scores


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_no_card_and_no_model(tmp_path: Path) -> None:
    """Opening one would wait for ever."""
    folder = write_model(tmp_path / "tiny")
    for name, message in (("model.onnx", "no readable"), ("card.toml", "no model card")):
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(ModelError, match=message):
            run(folder)


def test_a_card_in_the_wrong_encoding(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_bytes("name = 'é'".encode("latin-1"))
    with pytest.raises(ModelError, match="not valid TOML"):
        ModelCard.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (model_bytes(channels=11), "gives 11 classes, but its card names 19"),
        (model_bytes(inputs=1), "takes .*allowed: one input"),
        (model_bytes(names=("image", "other")), "takes .*allowed: one input"),
        (model_bytes(halve=True), r"shape \(\d, 19, 32, 32\); its card promises \(\d, 19, 64, 64\)"),
        (b"not a model at all", "onnxruntime cannot run the model 'tiny'"),
        (b"", "onnxruntime cannot run the model 'tiny'"),
    ],
    ids=["classes", "channels", "inputs", "size", "garbage", "empty"],
)
def test_models_that_do_not_match_their_card(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        run(write_model(tmp_path / "tiny", content))


def test_weights_outside_of_the_model_file_are_not_read(tmp_path: Path) -> None:
    model = onnx.load_from_string(model_bytes())
    weight = model.graph.initializer[0]
    (tmp_path / "secret.bin").write_bytes(weight.raw_data)
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", str(tmp_path / "secret.bin")), ("offset", "0"), ("length", str(19 * 3 * 4))):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    with pytest.raises(ModelError, match="keeps weights in another file"):
        run(write_model(tmp_path / "tiny", model.SerializeToString()))


def outside() -> Any:
    """A tensor whose numbers are in another file."""
    tensor = onnx.TensorProto(name="far", dims=[1], data_type=onnx.TensorProto.FLOAT, data_location=onnx.TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def test_weights_outside_are_found_wherever_a_model_may_name_them() -> None:
    make = onnx.helper
    sparse = onnx.SparseTensorProto(values=outside(), indices=make.make_tensor("i", onnx.TensorProto.INT64, [1], [0]), dims=[4])
    branch = make.make_graph([make.make_node("Constant", [], ["y"], value=outside())], "branch", [], [])
    nodes = [
        make.make_node("Constant", [], ["y"], value=outside()),
        make.make_node("Constant", [], ["y"], sparse_value=sparse),
        make.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch),
        make.make_node("Odd", ["x"], ["y"], domain="odd", several=[branch, branch]),
        make.make_node("Odd", ["x"], ["y"], domain="odd", several=[outside()]),
        make.make_node("Odd", ["x"], ["y"], domain="odd", several=[sparse]),
    ]
    graphs = [make.make_graph([node], "g", [], []) for node in nodes]
    graphs += [make.make_graph([], "g", [], [], [outside()]), make.make_graph([], "g", [], [], sparse_initializer=[sparse])]
    for graph in graphs:
        assert keeps_data_outside(make.make_model(graph).SerializeToString())
    opset = [make.make_opsetid("", 17)]
    model = make.make_model(make.make_graph([], "g", [], []))
    model.functions.append(make.make_function("odd", "f", [], ["y"], [nodes[0]], opset))
    assert keeps_data_outside(model.SerializeToString())
    model = make.make_model(make.make_graph([], "g", [], []))
    model.training_info.add().algorithm.CopyFrom(graphs[0])
    assert keeps_data_outside(model.SerializeToString())


@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(0, 255))
def test_any_bytes_are_asked_for_weights_outside(noise: bytes, place: int, byte: int) -> None:
    whole = bytearray(model_bytes())
    assert not keeps_data_outside(bytes(whole))
    whole[place % len(whole)] = byte
    for content in (noise, bytes(whole), bytes(whole[: place % len(whole)]), b"\x3a" * 50_000):
        assert keeps_data_outside(content) in (True, False)


def changed_output(*operations: str, **constants: np.ndarray) -> bytes:
    """The tiny model with further operations behind it, each ``NAME`` or ``NAME:constant``."""
    model = onnx.load_from_string(model_bytes())
    last = "probabilities"
    for number, (name, _, constant) in enumerate(operation.partition(":") for operation in operations):
        model.graph.node.append(onnx.helper.make_node(name, [last, *([constant] if constant else [])], [f"out{number}"]))
        last = f"out{number}"
    for name, value in constants.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    model.graph.output[0].name = last
    if operations[-1].startswith("Sequence"):
        kind = onnx.helper.make_tensor_type_proto(onnx.TensorProto.FLOAT, None)
        model.graph.output[0].type.CopyFrom(onnx.helper.make_sequence_type_proto(kind))
    if operations[-1].startswith("ArgMax"):
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed_output("Mul:nan", nan=np.array(np.nan, np.float32)), "returned NaN or infinity"),
        (changed_output("Mul:nan", nan=np.array(np.inf, np.float32)), "returned NaN or infinity"),
        (
            changed_output("Mul:nil", "Add:same", nil=np.array(0, np.float32), same=np.array(1 / 19, np.float32)),
            "the same of every",
        ),
        (changed_output("SequenceConstruct"), "allowed: one input .*and one output"),
        (changed_output("ArgMax"), "allowed: one input .*and one output"),
    ],
    ids=["NaN", "infinity", "constant", "a sequence", "labels"],
)
def test_a_model_that_says_nothing_is_an_error_and_no_picture_without_faces(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        run(write_model(tmp_path / "tiny", content))


def test_a_wall_is_background_and_one_colour_is_one_class(tmp_path: Path) -> None:
    """A crop of one colour has one answer, and so may one that is all of one class beyond doubt."""
    segmenter = OnnxSegmenter.from_folder(write_model(tmp_path / "tiny"))
    answer = segmenter.probabilities(np.full((1, 64, 64, 3), 0.5, np.float32))
    assert np.ptp(answer, axis=(2, 3)).max() == 0
    OnnxSegmenter.from_folder(
        write_model(
            tmp_path / "sure",
            changed_output(
                "Mul:nil", "Add:sure", nil=np.array(0, np.float32), sure=np.eye(1, 19, dtype=np.float32)[..., None, None]
            ),
        )
    ).probabilities(CROP)


def test_of_two_models_of_one_name_the_first_folders_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write_model(first / "tiny")
    write_model(second / "tiny")
    write_model(second / "other")
    monkeypatch.setenv("FACEFX_MODELS", f"{first}:{second}:{tmp_path / 'none'}")
    cards = local_models()
    assert (cards["tiny"], cards["other"]) == (first / "tiny", second / "other")
    assert find_card("tiny").folder == first / "tiny"
    assert find_card(second / "tiny").folder == find_card(str(second / "tiny")).folder == second / "tiny"
    with pytest.raises(UnknownName, match=r"no model is called 'tinny'\. Did you mean 'tiny'"):
        find_card("tinny")


def test_the_users_models_are_segmenters_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: object) -> None:
    write_model(tmp_path / "tiny")
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path))
    plugins._find.cache_clear()
    segmenter = registry().segmenter("tiny")
    assert segmenter.name == "tiny"
    assert registry().segmenter("local:tiny") is segmenter


def test_a_folder_called_like_a_shipped_model_takes_nobodys_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_registry: object
) -> None:
    write_model(tmp_path / DEFAULT_SEGMENTER)
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path))
    plugins._find.cache_clear()
    shipped = resolve_segmenter(None)
    assert isinstance(shipped, OnnxSegmenter)
    assert shipped.card.folder.parent != tmp_path
    with pytest.raises(AmbiguousName, match=f"facefx:{DEFAULT_SEGMENTER}, local:{DEFAULT_SEGMENTER}"):
        resolve_segmenter(DEFAULT_SEGMENTER)


def test_without_onnxruntime_the_pip_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: np.ndarray) -> None:
    folder = write_model(tmp_path / "tiny")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"onnxruntime.*pip install 'facefx\[cpu\]'"):
        facefx.parse(portrait, segmenter=folder)
    with pytest.raises(MissingExtra):
        available_providers()


INSTALLED = sorted(segmenters_among(installed_models()).items())


#: The smallest that comes with facefx; the others take a second each to start.
SMALL = "unet2015"


@pytest.mark.parametrize(
    ("name", "folder"),
    [pytest.param(name, folder, id=name, marks=() if name == SMALL else pytest.mark.slow) for name, folder in INSTALLED],
)
def test_the_models_that_come_with_facefx_are_what_their_cards_say(name: str, folder: Path) -> None:
    card = ModelCard.read(folder)
    assert card.name == name == folder.name
    probabilities = OnnxSegmenter(card).probabilities(np.full((1, *card.input_size, 3), 0.5, np.float32))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-3)
    last = onnx.load(folder / "model.onnx").graph.node[-1]
    assert last.op_type != "Softmax"  # slower than all the rest; `facefx-train export models/NAME models/NAME` writes it out

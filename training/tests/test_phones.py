"""Models for phones: the network that converters are given, and what each format's own runtime makes of the written file."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from tiny_faces import face
from tiny_onnx import write_model
from typer.testing import CliRunner

import facefx
from facefx.errors import MissingExtra, ModelError, ParameterError
from facefx.inference.cards import ModelCard
from facefx.inference.segmenter import OnnxSegmenter
from facefx_training.cli import app
from facefx_training.export.phones import CARD, PhoneModel, PhoneSegmenter, write_for_phones
from facefx_training.export.phones.converters import converter
from facefx_training.networks.published_network import PublishedNetwork

MODELS = Path(__file__).parents[2] / "models"
NEEDS = {"tflite": "litert_torch", "ncnn": "pnnx", "coreml": "coremltools"}
SIZE = 64

# The converters' own code warns about itself, and onnxruntime is told by us of nothing else.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]


def installed(to: str) -> None:
    if find_spec(NEEDS[to]) is None:
        pytest.skip(f"{NEEDS[to]} is not installed: pip install 'facefx-training[{to}]'")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(2):
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.cvtColor(face(160, seed)[0], cv2.COLOR_RGB2BGR))
    return folder


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("size", [64, 72])  # 72 is padded inside
@pytest.mark.parametrize("name", ["unet-lite0", "pspnet-lite0", "transunet-lite0", "pix2pix-19", "pix2pix-eyes-lips", "unet2015"])
def test_a_published_graph_is_the_same_in_torch_and_ends_before_the_softmax(name: str, size: int) -> None:
    content = (MODELS / name / "model.onnx").read_bytes()
    image = face(size)[0].transpose(2, 0, 1)[None].astype(np.float32) / 255
    network = PublishedNetwork(content, size).eval()
    assert network.logits
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"image": image})
    with torch.no_grad():
        logits = network(torch.from_numpy(image)).numpy()
    np.testing.assert_allclose(softmax(logits), expected, atol=1e-4)
    assert np.abs(logits.sum(1) - 1).max() > 0.1  # they are no probabilities


def test_mean_and_deviation_of_the_card_become_part_of_the_network() -> None:
    content = (MODELS / "unet2015" / "model.onnx").read_bytes()
    image = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    mean, std = (0.2, 0.4, 0.6), (0.5, 1.5, 2.0)
    with torch.no_grad():
        seen = (image - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
        expected = PublishedNetwork(content, SIZE)(seen)
        given = PublishedNetwork(content, SIZE, mean=mean, std=std)(image)
    np.testing.assert_allclose(given.numpy(), expected.numpy(), atol=1e-4)


def test_operators_that_cannot_be_written_are_named() -> None:
    with pytest.raises(ModelError, match="ArgMax"):
        PublishedNetwork((MODELS / "segnet-lite0" / "model.onnx").read_bytes(), SIZE)


@pytest.mark.parametrize(
    ("to", "precision", "agreement"),
    [
        ("tflite", "float32", 99.9),
        ("tflite", "float16", 99.9),
        ("tflite", "int8", 90),
        ("ncnn", "float32", 99.9),
        ("ncnn", "float16", 99),
    ],
)
def test_the_written_model_answers_as_onnxruntime_does(
    to: str, precision: str, agreement: float, tmp_path: Path, model: Path, photos: Path
) -> None:
    installed(to)
    into = tmp_path / "phone"
    source = ModelCard.read(model)
    card = write_for_phones(source, into, to=to, precision=precision, size=SIZE, photos=photos)
    assert json.loads((into / CARD).read_text())["compared"] == card["compared"]
    assert card["compared"]["same_labels_percent"] >= agreement
    # measured once more, on a picture that the export has not seen
    crop = face(SIZE, 5)[0].astype(np.float32) / 255
    phone = PhoneSegmenter(PhoneModel(into))
    given = phone.probabilities(crop[None])
    expected = OnnxSegmenter(source).for_frames(SIZE).probabilities(crop[None])
    assert 100 * (given.argmax(1) == expected.argmax(1)).mean() >= agreement
    if precision == "float32":
        np.testing.assert_allclose(given, expected, atol=1e-3)
    assert set(card["files"]) == {path.name for path in into.iterdir()} - {CARD}


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_core_ml_takes_an_image_and_gives_logits(precision: str, tmp_path: Path, model: Path, photos: Path) -> None:
    """It cannot be run but on Apple's platforms: what is checked is its description."""
    installed("coreml")
    import coremltools

    into = tmp_path / "phone"
    card = write_for_phones(ModelCard.read(model), into, to="coreml", precision=precision, size=SIZE, photos=photos)
    description = coremltools.models.MLModel(str(into / "model.mlpackage"), skip_model_load=True).get_spec().description
    (taken,), (given,) = description.input, description.output
    assert (taken.name, taken.type.imageType.width, taken.type.imageType.height) == ("image", SIZE, SIZE)
    assert (given.name, list(given.type.multiArrayType.shape)) == ("logits", [1, 19, SIZE, SIZE])
    assert "not run" in card["compared"]
    with pytest.raises(ModelError, match="Apple"):
        PhoneSegmenter(PhoneModel(into)).probabilities(np.zeros((1, SIZE, SIZE, 3), np.float32))


def test_the_pages_python_gives_the_labels_that_facefx_gives(tmp_path: Path, model: Path, photos: Path) -> None:
    """What is done before and after on a phone, as docs/android.md says it in Kotlin, and once more in Python."""
    installed("tflite")
    write_for_phones(ModelCard.read(model), tmp_path / "phone", to="tflite", precision="float16", size=SIZE, photos=photos)
    page = (Path(__file__).parents[2] / "docs" / "android.md").read_text("utf-8")
    told: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], told)

    drawn = face(160, 3)[0]
    photo = np.full((200, 230, 3), 128, np.uint8)
    photo[40:, 35:195] = drawn
    segmenter = OnnxSegmenter(ModelCard.read(model)).for_frames(SIZE)
    (found,) = facefx.parse(photo, segmenter=segmenter, detector=[(58, 60, 166, 180)]).faces[:1]
    labels, (left, top, side) = told["labels_of"](photo, (58, 60, 166, 180), str(tmp_path / "phone" / "model.tflite"))
    assert labels.shape == (SIZE, SIZE)
    # where facefx's crop has the corners of the page's window, in shares of either
    corners = np.array([[left, top, 1], [left + side, top + side, 1]]) @ found.parsing.affine.T
    np.testing.assert_allclose(corners, [[0, 0], [SIZE, SIZE]], atol=1.0)
    parsed = np.asarray(found.parsing.probabilities).argmax(0)
    assert (labels == parsed).mean() > 0.95
    assert len(np.unique(labels)) > 5


def test_a_converter_that_is_missing_names_the_line_for_pip() -> None:
    with pytest.raises(MissingExtra, match=r"pip install 'facefx-training\[tflite\]'"):
        converter("no_such_converter", "tflite")


def test_formats_and_precisions_that_there_are_not_are_refused(tmp_path: Path, model: Path, photos: Path) -> None:
    card = ModelCard.read(model)
    with pytest.raises(ParameterError, match="tflite, ncnn, coreml"):
        write_for_phones(card, tmp_path / "phone", to="onnx", photos=photos)
    with pytest.raises(ParameterError, match="float32, float16"):
        write_for_phones(card, tmp_path / "phone", to="ncnn", precision="int8", photos=photos)
    assert not (tmp_path / "phone").exists()


def test_the_command_writes_and_evaluate_scores_what_was_written(tmp_path: Path, model: Path, photos: Path, pairs: Path) -> None:
    installed("ncnn")
    into, scores = tmp_path / "phone", tmp_path / "scores.json"
    words = ["export", str(model), str(into), "--to", "ncnn", "--size", str(SIZE), "--photos", str(photos)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "float16" in done.output
    words = ["evaluate", str(into), "--data", str(pairs), "--end-to-end", "--json", str(scores), "--into-card"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    found = json.loads(scores.read_text())
    assert set(found) == {"whole_frame_64", "end_to_end"}
    assert found["whole_frame_64"]["accuracy"] > 90
    assert json.loads((into / CARD).read_text())["scores"] == found

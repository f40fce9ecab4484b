"""The classifier that needs numpy alone, and the face shapes that it tells."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from facefx.analyzers.face_shape import MODEL, face_shape
from facefx.analyzers.outline import OUTLINE, outline_of
from facefx.errors import ModelError, UnknownName
from facefx.inference.cards import CLASSIFIER, local_models, segmenters_among
from facefx.inference.classifier import Classifier, installed_classifier
from facefx.testing.drawn import PORTRAIT, Head, drawn_face, label_picture, painted


def write(folder: Path, *, waves: int = 7, sha256: str | None = None, temperature: str = "2.0") -> Path:
    """A model of two measurements and three classes."""
    rng = np.random.default_rng(0)
    shapes = {"mean": (2,), "scale": (2,), "waves": (2, waves), "phases": (7,), "weights": (7, 3), "bias": (3,)}
    folder.mkdir()
    np.savez(folder / CLASSIFIER, **{name: rng.uniform(0.5, 1, shape).astype(np.float32) for name, shape in shapes.items()})
    sha256 = sha256 or hashlib.sha256((folder / CLASSIFIER).read_bytes()).hexdigest()
    card = f'sha256 = "{sha256}"\nclasses = ["a", "b", "c"]\nmeasurements = ["x", "y"]\ntemperature = {temperature}\n'
    (folder / "card.toml").write_text(card, "utf-8")
    return folder


def test_it_is_logistic_regression_on_waves(tmp_path: Path) -> None:
    model = Classifier.read(write(tmp_path / "m"))
    values = np.array([[0.3, -1.0], [2.0, 0.5]])
    standard = (values - model.mean) / model.scale
    logits = np.zeros((2, 3))
    for wave, phase, weights in zip(model.waves.T, model.phases, model.weights, strict=True):
        logits += np.outer(np.sqrt(2 / 7) * np.cos(standard @ wave + phase), weights)
    shares = np.exp((logits + model.bias) / 2.0)
    assert model.probabilities(values) == pytest.approx(shares / shares.sum(axis=1, keepdims=True))


def test_waves_stand_for_a_gaussian_kernel() -> None:
    rng = np.random.default_rng(0)
    many, gamma = 20_000, 0.3
    waves = rng.normal(0, np.sqrt(2 * gamma), (2, many))
    phases = rng.uniform(0, 2 * np.pi, many)
    model = Classifier(("a",), ("x", "y"), np.zeros(2), np.ones(2), waves, phases, np.zeros((many, 1)), np.zeros(1))
    points = rng.normal(size=(5, 2))
    features = model.expanded(points)
    distances = ((points[:, None] - points) ** 2).sum(axis=-1)
    assert features @ features.T == pytest.approx(np.exp(-gamma * distances), abs=0.03)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the file that its card describes"):
        Classifier.read(write(tmp_path / "changed", sha256="0" * 64))
    with pytest.raises(ModelError, match="do not fit"):
        Classifier.read(write(tmp_path / "waves", waves=6))
    with pytest.raises(ModelError, match="no model card"):
        Classifier.read(tmp_path / "nothing")
    with pytest.raises(ModelError, match="holds NaN, infinity"):
        Classifier.read(write(tmp_path / "nan", temperature="nan"))
    with pytest.raises(ModelError, match="not above 0"):
        Classifier.read(write(tmp_path / "cold", temperature="0"))
    for content in (b"", b"PK", b"PK\3\4" + b"\0" * 40):
        sha256 = hashlib.sha256(content).hexdigest()
        folder = write(tmp_path / sha256, sha256=sha256)
        (folder / CLASSIFIER).write_bytes(content)
        with pytest.raises(ModelError, match="cannot be read"):
            Classifier.read(folder)
    (write(tmp_path / "lacking") / "card.toml").write_text("", "utf-8")
    with pytest.raises(ModelError, match="sha256"):
        Classifier.read(tmp_path / "lacking")


def test_a_classifier_is_found_and_is_no_segmenter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "mine")
    monkeypatch.setenv("FACEFX_MODELS", str(tmp_path))
    assert local_models()["mine"] == tmp_path / "mine"
    assert "mine" not in segmenters_among(local_models())
    assert installed_classifier("mine").classes == ("a", "b", "c")
    with pytest.raises(UnknownName, match="mnie"):
        installed_classifier("mnie")


def test_the_shipped_model_fits_what_is_measured() -> None:
    model = installed_classifier(MODEL)
    assert model.measurements == OUTLINE
    assert model.classes == ("heart", "oblong", "oval", "round", "square")
    shares = model.probabilities(model.mean + np.random.default_rng(0).normal(size=(20, len(OUTLINE))) * model.scale)
    assert shares.sum(axis=1) == pytest.approx(np.ones(20))


def test_a_narrower_face_is_oblong_and_a_wider_one_round() -> None:
    model = installed_classifier(MODEL)
    widths = np.array([name.startswith("log_") for name in OUTLINE])
    narrow, usual, wide = model.probabilities(model.mean + np.outer([-0.1, 0.0, 0.1], widths))
    oblong, rounded = model.classes.index("oblong"), model.classes.index("round")
    assert narrow[oblong] > usual[oblong] > wide[oblong]
    assert narrow[rounded] < usual[rounded] < wide[rounded]


def test_the_likeliest_shape_is_the_label() -> None:
    result = face_shape.function(drawn_face(PORTRAIT, painted(label_picture()).astype(np.float32) / 255))
    assert result["label"] == max(result["scores"], key=result["scores"].get)
    assert sum(result["scores"].values()) == pytest.approx(1, abs=1e-3)


def test_the_outline_does_not_depend_on_size_place_and_side() -> None:
    picture = np.zeros((400, 400, 3), np.float32)
    first, second = (outline_of(drawn_face(head, picture)) for head in (Head((100, 100), 80), Head((200, 210), 160)))
    assert first is not None
    assert second == pytest.approx(first, abs=1e-6)
    face = drawn_face(Head((200, 210), 160), picture)
    mirror = face.parsing.probabilities[list(face.parsing.scheme.mirror), :, ::-1]
    flipped = outline_of(face.moved_to(picture, type(face.parsing)(mirror, face.parsing.scheme, face.parsing.affine)))
    assert flipped == pytest.approx(first, abs=0.02)


def test_a_face_without_a_mouth_has_no_shape() -> None:
    labels = label_picture([Head((32.0, 32.0), 40.0)], (64, 64))
    labels[np.isin(labels, [10, 11, 12])] = 1
    face = drawn_face(PORTRAIT, np.zeros((189, 187, 3), np.float32), labels)
    assert face_shape.function(face) == {"label": None, "scores": {}}

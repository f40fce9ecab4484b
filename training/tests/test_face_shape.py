from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from facefx.analyzers.outline import OUTLINE
from facefx.errors import FacefxError
from facefx.inference.classifier import Classifier
from facefx.testing.drawn import Head, drawn_face, label_picture, painted
from facefx_training.cli import app
from facefx_training.shapes import Outlines, Settings, fit, grouped_folds, judged, read_outlines
from facefx_training.shapes.copies import fingerprint, groups_alike
from facefx_training.shapes.fit import fitted_temperature

CLASSES = ("long", "wide")
SMALL = Settings(waves=40, gamma=0.02, ridge=0.003)


def outlines(count: int = 60, apart: float = 1.0) -> Outlines:
    """Two shapes, whose outlines lie so many standard deviations apart in each measurement; every fourth is a copy."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    values = rng.normal(size=(count, len(OUTLINE)))
    values += apart * labels[:, None]
    groups = np.arange(count)
    groups[::4] = np.maximum(groups[::4] - 2, 0)
    return Outlines(CLASSES, values, labels, groups, left_out=1)


def test_folds_keep_groups_together_and_classes_even() -> None:
    rng = np.random.default_rng(1)
    labels, groups = rng.integers(0, 3, 100), rng.integers(0, 40, 100)
    place = grouped_folds(labels, groups, 5, np.random.default_rng(0))
    assert all(len(set(place[groups == group])) == 1 for group in groups)
    counts = np.array([[np.sum((place == fold) & (labels == label)) for label in range(3)] for fold in range(5)])
    assert np.ptp(counts, axis=0).max() <= 4
    assert not np.array_equal(place, grouped_folds(labels, groups, 5, np.random.default_rng(2)))


def test_it_learns_what_can_be_learnt_and_no_more() -> None:
    clear = judged(outlines(apart=1.0), SMALL, folds=3, repeats=2, seed=0)
    assert clear.accuracy > 0.9
    assert clear.confusion.sum() == pytest.approx(60)
    assert np.diag(clear.confusion).sum() / 60 == pytest.approx(clear.accuracy)
    nothing = judged(outlines(apart=0.0), SMALL, folds=3, repeats=2, seed=0)
    assert 0.25 < nothing.accuracy < 0.7
    assert nothing.temperature > 1  # what is no better than guessing must not be sure of itself
    assert nothing.first_two == 1.0


def test_fitting_is_repeatable_and_shows_in_its_seed() -> None:
    photos = outlines()
    one, again, other = (fit(photos.values, photos.labels, CLASSES, Settings(40, 0.05, 0.001, seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.weights, again.weights)
    assert not np.array_equal(one.waves, other.waves)


def test_the_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3))
    shares = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
    labels = np.array([rng.choice(3, p=p) for p in shares])
    assert fitted_temperature(3 * logits, labels) == pytest.approx(3, abs=0.3)


def test_copies_are_told_from_other_faces() -> None:
    heads = [Head((60.0, 60.0), 70.0), Head((110.0, 90.0), 90.0), Head((60.0, 60.0), 70.0, eyeglasses=True)]
    faces = [drawn_face(head, painted(label_picture([head], (200, 200))).astype(np.float32) / 255) for head in heads]
    darker = faces[0].moved_to(0.6 * faces[0].picture, faces[0].parsing)
    groups = groups_alike(np.array([fingerprint(face) for face in [*faces, darker]]))
    assert groups[0] == groups[1] == groups[3]  # elsewhere, larger, darker
    assert groups[2] != groups[0]


def test_photos_are_read_and_the_command_writes_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import facefx
    from facefx.face.scene import Scene

    def parse(path: Path) -> Scene:
        picture = np.zeros((200, 200, 3), np.float32)
        seed = int(path.stem)
        side = 60.0 + 5 * (seed % 7)
        picture[:] = np.random.default_rng(seed).random((200, 200, 1), np.float32)
        return Scene(picture, () if seed == 9 else (drawn_face(Head((100.0, 100.0), side), picture),))

    monkeypatch.setattr(facefx, "parse", parse)
    for shape, numbers in (("long", range(10)), ("wide", range(10, 20))):
        (tmp_path / "data" / shape).mkdir(parents=True)
        for number in numbers:
            (tmp_path / "data" / shape / f"{number}.jpg").touch()
    photos = read_outlines(tmp_path / "data")
    assert photos.classes == CLASSES
    assert len(photos.labels) == 19
    assert photos.left_out == 1

    kept, model = tmp_path / "outlines.npz", tmp_path / "model"
    arguments = ["face-shape", "--data", tmp_path / "data", "--into", model, "--outlines", kept, "--waves", 20, "--folds", 2]
    for _ in range(2):  # the second time without photos
        result = CliRunner().invoke(app, [str(a) for a in [*arguments, "--repeats", 2]])
        assert result.exit_code == 0, result.output
        monkeypatch.setattr(facefx, "parse", None)
    assert "% right" in result.output
    card = tomllib.loads((model / "card.toml").read_text("utf-8"))
    assert card["training"]["data"]["per_class"] == {"long": 9, "wide": 10}
    assert sum(sum(row.values()) for row in card["scores"]["confusion"].values()) == pytest.approx(19, abs=0.3)
    assert Classifier.read(model).probabilities(photos.values).shape == (19, 2)


def test_outlines_of_another_facefx_are_refused(tmp_path: Path) -> None:
    photos = outlines()
    photos.save(tmp_path / "o.npz")
    assert np.array_equal(Outlines.load(tmp_path / "o.npz").values, photos.values)
    with np.load(tmp_path / "o.npz") as arrays:
        np.savez(tmp_path / "o.npz", **{**arrays, "measurements": np.array(["other"])})
    with pytest.raises(FacefxError, match="other measurements"):
        Outlines.load(tmp_path / "o.npz")
    (tmp_path / "empty" / "long").mkdir(parents=True)
    with pytest.raises(FacefxError, match="at least two folders"):
        read_outlines(tmp_path / "empty")

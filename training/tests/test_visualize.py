"""Pictures of what a model gets right and wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_faces import face, index, read_picture
from tiny_onnx import write_model
from typer.testing import CliRunner

from facefx.image.overlay import palette
from facefx.labels import scheme
from facefx_training.cli import app
from facefx_training.data import Pictures, read_celebamask, read_names
from facefx_training.judge.entrant import CELEBAMASK, Entrant
from facefx_training.judge.sheet import VIEWS, contact_sheet, strip, worst_first
from facefx_training.judge.visualize import visualize

SIDE = 96


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV's cascades find no face in these ellipses, and a network of eyes and lips cannot search for one."""
    monkeypatch.setattr("facefx.plugins.resolve.DEFAULT_DETECTOR", "whole_frame")


def views(truth: np.ndarray, said: np.ndarray, labels: str = "celebamask") -> dict[str, np.ndarray]:
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    row = strip(image, truth, said, scheme(labels), SIDE)
    assert row.shape == (SIDE, 5 * SIDE, 3)
    return dict(zip(VIEWS, np.hsplit(row, 5), strict=True))


def test_errors_are_red_where_the_prediction_differs_and_nowhere_else() -> None:
    truth = face(SIDE)[1]
    said = truth.copy()
    said[10:20, 10:20] = (truth[10:20, 10:20] + 1) % 19
    unknown = truth.copy()
    unknown[40:60, 40:60] = 255
    errors = views(truth, said)["errors"]
    red = (errors == (255, 40, 40)).all(-1)
    assert np.array_equal(red, truth != said)
    assert (errors[~red] == 30).all()
    assert not (views(unknown, truth)["errors"] == (255, 40, 40)).all(-1).any()


def test_labels_are_shown_in_facefxs_colours() -> None:
    truth = face(SIDE)[1]
    shown = views(truth, np.zeros_like(truth))
    assert np.array_equal(shown["label"], palette()[truth])
    assert not shown["prediction"].any()
    assert (shown["overlay"] == shown["image"]).all()
    few = np.minimum(truth, 4)
    assert np.array_equal(views(few, few, "eyes_lips")["prediction"], palette("eyes_lips")[few])


def test_the_worst_come_first_and_pictures_without_parts_last() -> None:
    truths = [face(SIDE, seed)[1] for seed in range(3)]
    wrong = np.where(truths[0] == index("hair"), index("hat"), truths[0]).astype(np.uint8)
    bare = np.zeros_like(wrong)
    pictures = Pictures("abcd", np.zeros((4, SIDE, SIDE, 3), np.uint8), np.stack([truths[1], bare, truths[0], truths[2]]))
    ranked = worst_first(pictures, [truths[1], bare, wrong, truths[2]], CELEBAMASK)
    assert [i for _, i in ranked] == [2, 0, 3, 1]
    assert ranked[0][0] == pytest.approx(100 * 9 / 10)  # nine of ten parts are right, hair is not
    assert ranked[1][0] == 100
    assert np.isnan(ranked[3][0])


def test_a_strip_for_each_picture(tmp_path: Path, pairs: Path) -> None:
    model = Entrant.read(write_model(tmp_path / "tiny"))
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt")[:3])
    written = visualize(model, pictures, tmp_path / "out")
    assert len(written) == 3
    assert sorted((tmp_path / "out").iterdir()) == written
    ranks, f1, names = zip(*(path.stem.split("_", 2) for path in written), strict=True)
    assert ranks == ("001", "002", "003")
    assert list(map(float, f1)) == sorted(map(float, f1))
    assert set(names) == set(pictures.names)
    height, width = read_picture(written[0]).shape[:2]
    assert width == 5 * 320
    assert height > 320
    assert len(visualize(model, pictures, tmp_path / "worst", worst=1)) == 1


def test_a_model_of_few_parts_is_shown_against_what_it_knows(tmp_path: Path, pairs: Path) -> None:
    model = Entrant.read(write_model(tmp_path / "few", "eyes_lips"))
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt")[:1])
    (path,) = visualize(model, pictures, tmp_path / "out")
    assert float(path.stem.split("_")[1]) > 50
    picture = read_picture(path).astype(int)
    errors = picture[-320:, 4 * 320 :]
    assert (np.abs(errors - (255, 40, 40)).max(-1) < 30).mean() < 0.05


def test_the_command(tmp_path: Path, pairs: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    arguments = ["visualize", str(folder), "--data", str(pairs), "--into", str(tmp_path / "out"), "--worst", "1"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 pictures, the worst is 001_" in done.output
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_contact_sheet_of_several(tmp_path: Path) -> None:
    images, labels = zip(*(face(SIDE, seed) for seed in range(3)), strict=True)
    contact_sheet(Pictures("abc", np.stack(images), np.stack(labels)), labels, tmp_path / "sheet.png", side=48)
    assert read_picture(tmp_path / "sheet.png").shape == (2 * 48, 2 * 5 * 48, 3)

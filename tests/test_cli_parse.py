"""``facefx parse`` and ``facefx analyze``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import faceless, read, run, write
from facefx.cli.exit_codes import ExitCode
from facefx.image.overlay import palette
from facefx.labels import scheme
from synthetic import HairSegmenter

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def photo(tmp_path: Path, portrait: np.ndarray) -> Path:
    return write(tmp_path / "photo.png", portrait)


@pytest.mark.parametrize("name", ["celebamask", "lapa", "eyes_lips", "hair"])
def test_the_label_picture_holds_exact_indices_and_the_palette(name: str, photo: Path, tmp_path: Path) -> None:
    result = run("parse", photo, "-o", tmp_path / "labels.png", "--scheme", name)
    assert (result.exit_code, result.output) == (ExitCode.OK, "")
    with Image.open(tmp_path / "labels.png") as labels:
        assert labels.mode == "P"
        np.testing.assert_array_equal(np.asarray(labels), facefx.parse(photo).label_map(name))
        colors = np.reshape(labels.getpalette()[: 3 * len(scheme(name))], (-1, 3))
    np.testing.assert_array_equal(colors, palette(name))
    assert len(np.unique(read(tmp_path / "labels.png"))) > 1


def test_the_segmenters_own_scheme_is_the_default(portrait: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefx.parsing.parser.resolve_segmenter", lambda _: HairSegmenter())
    photo = write(tmp_path / "photo.png", portrait)
    assert run("parse", photo, "-o", tmp_path / "hair.png", "--overlay", tmp_path / "overlay.png").exit_code == ExitCode.OK
    assert set(np.unique(read(tmp_path / "hair.png"))) == {0, 1}


def test_the_overlay_shows_the_picture_with_a_legend(photo: Path, portrait: np.ndarray, tmp_path: Path) -> None:
    assert run("parse", photo, "--overlay", tmp_path / "overlay.png").exit_code == ExitCode.OK
    shown, (height, width) = read(tmp_path / "overlay.png"), portrait.shape[:2]
    assert shown.shape[1] > width
    background = facefx.parse(photo).label_map() == 0
    np.testing.assert_array_equal(shown[:height, :width][background], portrait[background])
    assert (shown[:height, :width][~background] != portrait[~background]).any(axis=1).mean() > 0.95


def test_parse_errors(photo: Path, tmp_path: Path) -> None:
    labels, empty, bad = tmp_path / "labels.png", write(tmp_path / "empty.png", faceless()), tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    taken = write(tmp_path / "taken.png", faceless())
    for code, *arguments in (
        (ExitCode.USAGE, photo),
        (ExitCode.USAGE, photo, "-o", labels, "--overlay", labels),
        (ExitCode.NO_FACE, empty, "-o", labels),
        (ExitCode.BAD_PICTURE, bad, "-o", labels),
        (ExitCode.BAD_REQUEST, photo, "-o", labels, "--scheme", "nothing"),
        (ExitCode.OUTPUT_REFUSED, photo, "-o", tmp_path / "labels.jpg"),
        (ExitCode.OUTPUT_REFUSED, photo, "-o", taken),
        (ExitCode.OUTPUT_REFUSED, photo, "-o", labels, "--overlay", taken),
        (ExitCode.SETUP, photo, "-o", labels, "--segmenter", f"{tmp_path}/nothing"),
    ):
        assert run("parse", *arguments).exit_code == code, arguments
    assert not labels.exists()
    assert run("parse", photo, "-o", taken, "--force").exit_code == ExitCode.OK


def test_a_folder_is_parsed_into_folders_and_onto_a_sheet(portrait: np.ndarray, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    write(photos / "a.png", portrait)
    write(photos / "b.jpg", portrait)
    write(photos / "nobody.png", faceless())
    (photos / "notes.txt").write_text("no picture")
    result = run("parse", photos, "-o", f"{tmp_path}/out/", "--overlay", f"{tmp_path}/out/", "--sheet", tmp_path / "sheet.png")
    assert result.exit_code == ExitCode.SOME_FAILED
    assert "1 of 3 pictures failed" in result.stderr
    assert "nobody.png" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jpg", "a.png", "b.jpg", "b.png"]
    np.testing.assert_array_equal(read(tmp_path / "out" / "a.png"), facefx.parse(portrait).label_map())
    sheet, side = read(tmp_path / "sheet.png").astype(int), max(portrait.shape[:2])
    assert sheet.shape[1] > 3 * side  # the one without a face is shown too
    last = sheet[:, -sheet.shape[1] // 3 :]
    assert (np.abs(last - faceless()[0, 0]).max(axis=2) <= 1).sum() == faceless().shape[0] * faceless().shape[1]
    again = run("parse", photos, "--sheet", tmp_path / "sheet.png")
    assert again.exit_code == ExitCode.OUTPUT_REFUSED


def test_several_pictures_need_folders_and_files_of_their_own(photo: Path, portrait: np.ndarray, tmp_path: Path) -> None:
    other, empty = write(tmp_path / "other.png", portrait), tmp_path / "empty"
    empty.mkdir()
    for code, *arguments in (
        (ExitCode.USAGE, photo, other, "--overlay", tmp_path / "one.png"),
        (ExitCode.USAGE, photo, "--overlay", tmp_path / "one.png", "--sheet", tmp_path / "one.png"),
        (ExitCode.BAD_PICTURE, empty, "-o", tmp_path),
    ):
        assert run("parse", *arguments).exit_code == code, arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "other.png", "photo.png"]


def test_analyze_prints_json(photo: Path) -> None:
    result = run("analyze", photo, "--json")
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert json.loads(result.stdout) == [{"file": str(photo), "faces": [r.to_dict() for r in facefx.analyze(photo)]}]


def test_analyze_shows_tables(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photo.parent)  # a long path goes on in the next line
    shown = run("analyze", photo.name).stdout
    for words in (f"{photo.name}, face 0", "face_boxes", "left_eye", "high)", "values (see them with --json)"):
        assert words in shown


def test_analyze_goes_on_after_a_bad_picture(photo: Path, tmp_path: Path) -> None:
    empty, missing = write(tmp_path / "empty.png", faceless()), tmp_path / "missing.png"
    result = run("analyze", missing, empty, photo, "--json")
    assert result.exit_code == ExitCode.SOME_FAILED
    first, second, third = json.loads(result.stdout)
    assert "there is no file" in first["error"]
    assert "no face" in second["error"]
    assert len(third["faces"]) == 1
    assert "error" not in third


def test_analyze_errors(photo: Path, tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.png", faceless())
    result = run("analyze", empty, "--json")
    assert result.exit_code == ExitCode.NO_FACE
    assert json.loads(result.stdout)[0]["faces"] == []
    assert run("analyze", tmp_path / "missing.png").exit_code == ExitCode.BAD_PICTURE
    assert run("analyze", photo, "--detector", "nobody").exit_code == ExitCode.BAD_REQUEST

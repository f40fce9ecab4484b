"""The source's own quality and date are kept where one asks, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

import facefx
from cli_helpers import run
from facefx import batch
from facefx.errors import ParameterError
from facefx.image.picture import open_image
from facefx.video.animation import animate
from pictures import encoded
from synthetic import PORTRAIT, SIZE, FakeDetector, FakeSegmenter, label_picture, painted

FACE = Image.fromarray(painted(label_picture([PORTRAIT], SIZE)))
LIPS = facefx.chain("recolor_lips")
PARTS: dict[str, Any] = {"segmenter": FakeSegmenter(), "detector": FakeDetector()}
LONG_AGO = 1_000_000_000


def tables_of(path: Path) -> dict[int, list[int]]:
    with Image.open(path) as image:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        return image.quantization


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("quality", [40, 75, 97])
def test_a_jpeg_keeps_its_steps_and_its_colours_resolution(tmp_path: Path, quality: int, mode: str, subsampling: int) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(FACE.convert(mode), "JPEG", quality=quality, subsampling=subsampling))
    facefx.save_image(tmp_path / "in.jpg", tmp_path / "out.jpg", quality="keep")
    assert tables_of(tmp_path / "out.jpg") == tables_of(tmp_path / "in.jpg")
    with Image.open(tmp_path / "in.jpg") as before, Image.open(tmp_path / "out.jpg") as after:
        assert JpegImagePlugin.get_sampling(after) == JpegImagePlugin.get_sampling(before)
        if mode == "CMYK":  # of whose colours' resolution Pillow tells nothing
            return
        # what was rounded to these steps once is hardly rounded again
        assert np.abs(np.asarray(before, int) - np.asarray(after)).mean() < (0.3 if quality < 90 else 1)
    assert abs((tmp_path / "out.jpg").stat().st_size / (tmp_path / "in.jpg").stat().st_size - 1) < 0.1


def test_a_number_is_a_number_whatever_the_source(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(FACE, "JPEG", quality=40))
    facefx.save_image(tmp_path / "in.jpg", tmp_path / "out.jpg")
    facefx.save_image(FACE, tmp_path / "plain.jpg", quality=95)
    assert tables_of(tmp_path / "out.jpg") == tables_of(tmp_path / "plain.jpg")


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP"])
def test_what_says_nothing_of_its_quality_becomes_a_jpeg_of_95(tmp_path: Path, format: str) -> None:
    (tmp_path / "in").write_bytes(encoded(FACE, format))
    facefx.save_image(tmp_path / "in", tmp_path / "out.jpg", quality="keep")
    facefx.save_image(FACE, tmp_path / "plain.jpg", quality=95)
    assert tables_of(tmp_path / "out.jpg") == tables_of(tmp_path / "plain.jpg")


def test_an_image_of_pillow_knows_its_steps_too(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(FACE, "JPEG", quality=40))
    with Image.open(tmp_path / "in.jpg") as image:
        facefx.save_image(image, tmp_path / "out.jpg", quality="keep")
    assert tables_of(tmp_path / "out.jpg") == tables_of(tmp_path / "in.jpg")


def test_a_webp_without_loss_stays_so(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "with this the file has more chunks"
    for name, options in {"plain": {}, "extended": {"exif": exif.tobytes()}}.items():
        data = encoded(FACE, "WEBP", lossless=True, **options)
        (tmp_path / "in.webp").write_bytes(data)
        facefx.save_image(tmp_path / "in.webp", tmp_path / f"{name}.webp", quality="keep")
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"{name}.webp")), np.asarray(FACE))
    (tmp_path / "lossy.webp").write_bytes(encoded(FACE, "WEBP", quality=50))
    assert open_image(tmp_path / "lossy.webp").metadata.compression is None


def test_an_animation_without_loss_stays_so(tmp_path: Path) -> None:
    frames = [FACE, FACE.rotate(1)]
    frames[0].save(tmp_path / "in.webp", save_all=True, append_images=frames[1:], duration=40, lossless=True)
    os.utime(tmp_path / "in.webp", (LONG_AGO, LONG_AGO))
    animate(tmp_path / "in.webp", tmp_path / "kept.webp", LIPS, file_quality="keep", keep_date=True, **PARTS)
    animate(tmp_path / "in.webp", tmp_path / "plain.webp", LIPS, **PARTS)
    with Image.open(tmp_path / "kept.webp") as kept, Image.open(tmp_path / "plain.webp") as plain:
        np.testing.assert_array_equal(np.asarray(kept.convert("RGB"))[:8], np.asarray(FACE)[:8])
        assert (np.asarray(plain.convert("RGB"))[:8] != np.asarray(FACE)[:8]).any()
    assert (tmp_path / "kept.webp").stat().st_mtime == LONG_AGO


@pytest.mark.parametrize("quality", [0, 101, True, "best", 95.0, None, "95"])
def test_other_qualities_are_refused(tmp_path: Path, quality: object) -> None:
    with pytest.raises(ParameterError, match="1 to 100, or 'keep'"):
        facefx.save_image(FACE, tmp_path / "out.jpg", quality=quality)  # type: ignore[arg-type]


def test_the_date_is_that_of_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(FACE, "JPEG"))
    os.utime(tmp_path / "in.jpg", ns=(LONG_AGO * 10**9 + 5, LONG_AGO * 10**9 + 123_456_789))
    facefx.save_image(tmp_path / "in.jpg", tmp_path / "new.jpg")
    facefx.save_image(tmp_path / "in.jpg", tmp_path / "old.jpg", date_of=tmp_path / "in.jpg")
    assert (tmp_path / "old.jpg").stat().st_mtime_ns == LONG_AGO * 10**9 + 123_456_789
    assert (tmp_path / "new.jpg").stat().st_mtime > LONG_AGO + 1
    with pytest.raises(facefx.errors.OutputError, match="cannot be written"):
        facefx.save_image(tmp_path / "in.jpg", tmp_path / "none.jpg", date_of=tmp_path / "is not there")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jpg", "new.jpg", "old.jpg"]


def test_on_the_command_line(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.write_bytes(encoded(FACE, "JPEG", quality=60))
    os.utime(source, (LONG_AGO, LONG_AGO))
    asked = ("apply", source, "-o", target, "--effect", "recolor_lips", "--no-face", "copy", "--detector", "whole_frame")
    assert run(*asked, "--file-quality", "keep", "--keep-date").exit_code == 0
    assert tables_of(target) == tables_of(source)
    assert target.stat().st_mtime == LONG_AGO
    for wrong in ("0", "101", "kept", "-1"):
        assert "--file-quality" in run(*asked, "--force", "--file-quality", wrong).stderr
    assert "--keep-date" in run("apply", source, "-o", "-", "--effect", "recolor_lips", "--keep-date").stderr


def test_in_a_batch(tmp_path: Path) -> None:
    photos, done = tmp_path / "in", tmp_path / "out"
    photos.mkdir()
    for number, quality in enumerate((50, 90)):
        (photos / f"{number}.jpg").write_bytes(encoded(FACE, "JPEG", quality=quality))
        os.utime(photos / f"{number}.jpg", (LONG_AGO + number, LONG_AGO + number))
    run_it = batch.prepare(photos, done, LIPS, no_face="copy", file_quality="keep", keep_date=True, detector="whole_frame")
    assert [record.status.value for record in run_it.run(workers=1, sheet=False)] == ["done", "done"]
    for number in range(2):
        assert tables_of(done / f"{number}.jpg") == tables_of(photos / f"{number}.jpg")
        assert (done / f"{number}.jpg").stat().st_mtime == LONG_AGO + number
    with pytest.raises(ParameterError, match="file_quality='best'"):
        batch.prepare(photos, tmp_path / "other", LIPS, file_quality="best")

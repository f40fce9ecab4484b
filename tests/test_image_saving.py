"""The door: nothing of the user's is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facefx.errors import OutputError, ParameterError
from facefx.image.picture import open_image, save_image
from pictures import MODES, SHAPES, an_array, an_image, one_pixel_red


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "gif", "PNG"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_can_be_saved_in_every_format(mode: str, suffix: str, tmp_path: Path) -> None:
    image = an_image(mode, (8, 8))
    path = save_image(image, tmp_path / f"out.{suffix}", quality=100)
    again = open_image(path)
    assert again.size == (8, 8)
    if suffix.lower() in ("png", "tif", "tiff") and mode not in ("HSV", "F"):
        assert np.array_equal(again.rgb, open_image(image).rgb)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_array_can_be_saved(shape: tuple[int, ...], dtype: str, tmp_path: Path) -> None:
    array = an_array(shape, dtype)
    for suffix in ("jpg", "png", "webp", "tif"):
        again = open_image(save_image(array, tmp_path / f"out.{suffix}", quality=100))
        if suffix in ("png", "tif"):
            np.testing.assert_allclose(again.rgb, open_image(array).rgb, atol=0.51 / 255 if dtype == "float64" else 0)


def test_transparency_turns_white_where_there_is_no_alpha(tmp_path: Path) -> None:
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 8, 16))
    for suffix in ("jpg", "bmp"):
        pixels = open_image(save_image(image, tmp_path / f"out.{suffix}", quality=100)).rgb * 255
        np.testing.assert_allclose(pixels[8, 2], (10, 20, 30), atol=3)
        np.testing.assert_allclose(pixels[8, 13], 255, atol=3)
    gif = open_image(save_image(image, tmp_path / "out.gif"))
    assert gif.alpha is not None
    assert np.array_equal(gif.alpha, open_image(image).alpha)  # type: ignore[arg-type]


def test_an_edited_picture_can_be_saved(tmp_path: Path) -> None:
    picture = open_image(an_image("RGBA"))
    edited = picture.with_rgb(one_pixel_red(picture.rgb))
    again = open_image(save_image(edited, tmp_path / "out.png"))
    assert np.array_equal(again.rgb, edited.rgb)
    assert np.array_equal(again.alpha, picture.alpha)  # type: ignore[arg-type]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="there already"):
        save_image(an_image("RGB"), path)
    assert path.read_bytes() == b"mine"
    save_image(an_image("RGB"), path, force=True)
    assert open_image(path).size == (5, 7)


def test_links_are_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target.png").write_bytes(b"mine")
    for name, target in (("link.png", "target.png"), ("dangling.png", "none.png")):
        (tmp_path / name).symlink_to(tmp_path / target)
        with pytest.raises(OutputError, match="symbolic link"):
            save_image(an_image("RGB"), tmp_path / name, force=True)
    assert (tmp_path / "target.png").read_bytes() == b"mine"
    assert not (tmp_path / "none.png").exists()


def test_wrong_targets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name, message in [
        ("folder.png", "is a folder"),
        ("none/out.png", "make it first"),
        ("out.xyz", "suffixes"),
        ("out", "suffixes"),
    ]:
        with pytest.raises(OutputError, match=message):
            save_image(an_image("RGB"), tmp_path / name)
    with pytest.raises(OutputError, match="format 'EPS'"):
        save_image(an_image("RGB"), tmp_path / "out", format="eps")
    for quality in (0, 101, "high"):
        with pytest.raises(ParameterError, match="quality"):
            save_image(an_image("RGB"), tmp_path / "out.png", quality=quality)  # type: ignore[arg-type]
    assert save_image(an_image("RGB"), tmp_path / "out", format="png").read_bytes().startswith(b"\x89PNG")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["folder.png", "out"]


def test_a_failure_midway_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jpg"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="JPEG"):
        save_image(np.zeros((1, 70_000), np.uint8), path, force=True)

    def disk_full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", disk_full)
    with pytest.raises(OutputError, match="No space left"):
        save_image(an_image("RGB"), path, force=True)
    assert path.read_bytes() == b"mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.jpg"]

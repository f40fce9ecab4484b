"""The door: every kind in comes out as the same kind."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from facefx.errors import ImageError
from facefx.image.picture import open_image
from pictures import DTYPES, FORMATS, MODES, SHAPES, an_array, an_image, encoded, one_pixel_red, same

# --- every kind comes back as it was


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_array_comes_back_as_it_was_except_where_it_changed(shape: tuple[int, ...], dtype: str) -> None:
    array = an_array(shape, dtype)
    before = array.copy()
    picture = open_image(array)
    assert picture.size == (5, 7)
    assert picture.rgb.shape == (5, 7, 3)
    assert picture.rgb.dtype == np.float32
    assert (picture.alpha is None) == (len(shape) == 2 or shape[2] in (1, 3))
    assert same(picture.like(picture.rgb.copy()), array)

    out = picture.like(one_pixel_red(picture.rgb))
    assert isinstance(out, np.ndarray)
    assert out.dtype == array.dtype
    assert out.shape == array.shape
    top = 1 if out.dtype.kind == "f" else np.iinfo(out.dtype).max
    grey = len(shape) == 2 or shape[2] < 3
    wanted = [0.8 * 0.299 + 0.1 * 0.587 + 0.2 * 0.114] if grey else [0.8, 0.1, 0.2]
    np.testing.assert_allclose(np.atleast_1d(out[1, 2])[: len(wanted)] / top, wanted, atol=0.51 / 255 if top == 255 else 1e-5)
    out[1, 2] = array[1, 2] if picture.alpha is None else [*out[1, 2][:-1], array[1, 2][-1]]
    if picture.alpha is not None:
        assert out[1, 2][-1] == array[1, 2][-1]
        out[1, 2] = array[1, 2]
    assert same(out, array)
    assert same(array, before)


@pytest.mark.parametrize("mode", MODES)
def test_a_pil_image_comes_back_as_it_was_except_where_it_changed(mode: str) -> None:
    image = an_image(mode)
    image.info["comment"] = b"mine"
    before = image.copy()
    picture = open_image(image)
    assert same(picture.like(picture.rgb.copy()), before)

    out = picture.like(one_pixel_red(picture.rgb))
    assert isinstance(out, Image.Image)
    assert (out.mode, out.size, out.info["comment"]) == (mode, image.size, b"mine")
    again = open_image(out)
    untouched = np.ones((5, 7), bool)
    untouched[1, 2] = False
    assert np.array_equal(again.rgb[untouched], picture.rgb[untouched])
    if mode not in ("1", "P", "L", "LA", "I;16", "I", "F"):
        np.testing.assert_allclose(again.rgb[1, 2], (0.8, 0.1, 0.2), atol=0.02)
    if picture.alpha is not None:
        assert again.alpha is not None
        assert np.array_equal(again.alpha, picture.alpha)
    assert same(image, before)


def test_rgb_is_what_numpy_and_pillow_say_it_is() -> None:
    image = an_image("RGBA")
    picture = open_image(image)
    assert picture.alpha is not None
    assert np.array_equal(picture.rgb, np.asarray(image)[..., :3] / np.float32(255))
    assert np.array_equal(picture.alpha, np.asarray(image)[..., 3] / np.float32(255))
    cmyk = an_image("CMYK")
    assert np.array_equal(open_image(cmyk).rgb, np.asarray(cmyk.convert("RGB")) / np.float32(255))
    deep = an_array((4, 4), "uint16")
    assert np.array_equal(open_image(deep).rgb, np.repeat(deep[..., None] / np.float32(65535), 3, axis=2))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_array_survives_both_the_shortcut_and_the_conversion(data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(["uint8", "uint16", "float32"])))
    elements = st.floats(0, 1, width=32, allow_subnormal=False) if dtype.kind == "f" else st.integers(0, int(np.iinfo(dtype).max))
    side = st.integers(1, 9)
    shape = (data.draw(side), data.draw(side), *data.draw(st.sampled_from([(), (1,), (3,), (4,)])))
    array = data.draw(hnp.arrays(dtype, shape, elements=elements))
    picture = open_image(array)
    assert same(picture.like(picture.rgb), array)
    # and by way of floats: paint the whole picture onto another one of its kind, whose every pixel differs
    other = np.where(array > np.iinfo(dtype).max // 2 if dtype.kind == "u" else array > 0.5, 0, 1).astype(dtype)
    if array.ndim == 3 and array.shape[2] == 4:
        other[..., 3] = array[..., 3]
    painted = open_image(other).like(picture.rgb)
    assert isinstance(painted, np.ndarray)
    np.testing.assert_allclose(painted, array, atol=0 if dtype.kind == "u" else 1e-6)


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from(MODES), width=st.integers(1, 9), height=st.integers(1, 9), format=st.sampled_from(["PNG", "TIFF", None])
)
def test_any_mode_comes_back_from_files_and_memory(mode: str, width: int, height: int, format: str | None) -> None:
    image = an_image(mode, (width, height))
    if format is None or mode in ("I", "I;16", "F", "HSV") or mode == "YCbCr" or (format == "PNG" and mode == "CMYK"):
        picture = open_image(image)
        assert same(picture.like(picture.rgb), image)
    else:
        data = encoded(image, format)
        picture = open_image(io.BytesIO(data))
        assert same(picture.like(picture.rgb), image)
        out = open_image(data).like(open_image(data).rgb)
        assert isinstance(out, bytes)
        assert Image.open(io.BytesIO(out)).format == format
        assert same(open_image(out).native, image)


def test_the_picture_shares_no_memory_with_what_came_in_or_goes_out() -> None:
    array = an_array((4, 4, 3), "uint8")
    picture = open_image(array)
    kept = array.copy()
    array[:] = 0
    out = picture.like(picture.rgb)
    assert isinstance(out, np.ndarray)
    out[:] = 1
    assert same(picture.like(picture.rgb), kept)
    assert not picture.rgb.flags.writeable
    image = an_image("L")
    picture = open_image(image)
    image.paste(0, (0, 0, 7, 5))
    assert not same(picture.like(picture.rgb), image)
    assert open_image(picture) is picture


def test_odd_memory_layouts_are_taken() -> None:
    array = an_array((6, 8, 3), "uint8")[::-1, ::2]
    array.flags.writeable = False
    picture = open_image(array)
    assert same(picture.like(picture.rgb), np.ascontiguousarray(array))


def test_each_container_gives_its_kind(tmp_path: Path) -> None:
    image = an_image("RGB")
    data = encoded(image)
    path = tmp_path / "in.png"
    path.write_bytes(data)
    for source in (path, str(path), io.BytesIO(data)):
        picture = open_image(source)
        assert same(picture.like(picture.rgb), image)
    with path.open("rb") as file:
        assert same(open_image(file).native, image)
    for blob in (data, bytearray(data), memoryview(data)):
        picture = open_image(blob)
        out = picture.like(one_pixel_red(picture.rgb))
        assert isinstance(out, bytes)
        assert np.asarray(Image.open(io.BytesIO(out)))[1, 2].tolist() == [204, 26, 51]


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_come_back_in_their_format(format: str) -> None:
    smooth = Image.linear_gradient("L").resize((40, 30)).convert("P" if format == "GIF" else "RGB")
    picture = open_image(encoded(smooth, format))
    out = picture.like(picture.rgb)
    assert isinstance(out, bytes)
    again = Image.open(io.BytesIO(out))
    assert (again.format, again.size) == (format, (40, 30))
    difference = np.abs(open_image(out).rgb - picture.rgb).max()
    assert difference == 0 if format in ("PNG", "TIFF", "BMP", "GIF") else difference < 0.03


@pytest.mark.parametrize(
    "bad", [np.zeros((5, 7, 3), np.uint8), np.zeros((7, 5, 3), np.float32), [[0.0]], np.full((5, 7, 3), np.nan)]
)
def test_like_refuses_what_are_no_colours(bad: Any) -> None:
    with pytest.raises(ImageError, match="new colours"):
        open_image(an_array((5, 7, 3), "uint8")).like(bad)


def test_like_cuts_to_the_range() -> None:
    picture = open_image(np.full((1, 2, 3), 100, np.uint8))
    out = picture.like(np.array([[[-1.0, 2.0, 0.5], [1, 0, 1]]]))
    assert np.array_equal(out, np.array([[[0, 255, 128], [255, 0, 255]]], np.uint8))


# --- palettes


def test_a_palette_gives_unused_entries_to_new_colours() -> None:
    image = Image.new("P", (4, 2))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((3, 1), 1)
    picture = open_image(image)
    rgb = picture.rgb.copy()
    rgb[0, 0], rgb[0, 1] = (1, 0, 0), (0, 0, 1)
    out = picture.like(rgb)
    assert isinstance(out, Image.Image)
    expected = np.asarray(image.convert("RGB")).copy()
    expected[0, 0], expected[0, 1] = (255, 0, 0), (0, 0, 255)
    assert np.array_equal(out.convert("RGB"), expected)
    assert same(open_image(encoded(out)).native.convert("RGB"), out.convert("RGB"))  # type: ignore[union-attr]


def test_a_full_palette_takes_the_nearest_entry() -> None:
    image = Image.frombytes("P", (16, 17), bytes(range(256)) + bytes(16))
    image.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    picture = open_image(image)
    rgb = picture.rgb.copy()
    rgb[16, 5] = 100.2 / 255
    out = picture.like(rgb)
    assert isinstance(out, Image.Image)
    assert out.getpixel((5, 16)) == 100
    assert np.array_equal(np.asarray(out)[:16], np.asarray(image)[:16])


@pytest.mark.parametrize("transparency", [1, bytes([255, 0, 100])])
def test_transparent_palette_pixels_get_the_new_colour_and_keep_their_alpha(transparency: int | bytes) -> None:
    image = Image.frombytes("P", (3, 1), bytes([0, 1, 2]))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.info["transparency"] = transparency
    picture = open_image(encoded(image))
    picture_alpha = [1, 0, 100 / 255] if isinstance(transparency, bytes) else [1, 0, 1]
    assert picture.alpha is not None
    np.testing.assert_allclose(picture.alpha[0], picture_alpha, atol=1e-6)
    out = open_image(picture.like(np.ones((1, 3, 3), np.float32)))  # type: ignore[arg-type]
    assert out.alpha is not None
    assert np.array_equal(out.alpha, picture.alpha)
    assert (out.rgb == 1).all()  # what is see-through can be made visible again, so nothing of the old may stay there


def test_a_palette_with_its_own_alpha_keeps_it() -> None:
    image = an_image("RGBA", (6, 6)).quantize(12)
    picture = open_image(image)
    out = open_image(picture.like(1 - picture.rgb))  # type: ignore[arg-type]
    assert out.alpha is not None
    assert picture.alpha is not None
    assert np.array_equal(out.alpha, picture.alpha)


def test_a_colour_key_is_alpha() -> None:
    image = Image.new("RGB", (2, 1), (1, 2, 3))
    image.putpixel((1, 0), (9, 9, 9))
    picture = open_image(encoded(image, transparency=(1, 2, 3)))
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[0, 1]]

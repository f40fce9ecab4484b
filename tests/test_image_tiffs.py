"""TIFFs hold pictures in many layouts: each is read as it should be seen, or refused by name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facefx.errors import ImageError
from facefx.image.picture import open_image, save_image
from facefx.image.rare_modes import plain
from pictures import an_array, an_image, needs_pillow_13, read_back
from tiffs import a_tiff

ORDERS = {"little-endian": "<", "big-endian": ">"}


def values_of(data: bytes) -> np.ndarray:
    """What a picture is worked on as, a float a channel, and alpha behind."""
    picture = open_image(data)
    return np.asarray(picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha]), np.float64)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("planar", [False, True], ids=["together", "planar"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_in_every_layout(channels: int, planar: bool, deflate: bool, order: str) -> None:
    array = an_array((8, 7, channels), "uint16")
    array = array[..., 0] if channels == 1 else array
    shown = values_of(a_tiff(array, order=order, planar=planar and channels > 1, deflate=deflate))
    expected = array / 65535 if array.ndim == 3 else np.repeat(array[..., None] / 65535, 3, axis=2)
    np.testing.assert_allclose(shown, expected, atol=1e-6)


@pytest.mark.parametrize(("dtype", "order"), [("uint8", "<"), ("uint8", ">"), ("uint16", "<")])  # Pillow reads no other
def test_where_white_is_0(dtype: str, order: str) -> None:
    array = an_array((8, 7), dtype)
    shown = values_of(a_tiff(array, order=order, t262=0))
    np.testing.assert_allclose(shown[..., 0], 1 - array / np.iinfo(array.dtype).max, atol=1e-6)


def test_16_bits_with_alpha_multiplied_in() -> None:
    straight = an_array((8, 7, 4), "uint16")
    straight[..., 3] = np.maximum(straight[..., 3], 20_000)
    straight[0, 0, 3] = 65535
    stored = straight.copy()
    stored[..., :3] = np.round(straight[..., :3] * (straight[..., 3:] / 65535))
    shown = values_of(a_tiff(stored, t338=1))
    np.testing.assert_allclose(shown, straight / 65535, atol=4 / 65535)
    stored[1, 1] = (900, 40_000, 0, 0)  # more colour than its alpha allows: no number above 1, no division by nothing
    assert values_of(a_tiff(stored, t338=1))[1, 1].tolist() == [1, 1, 0, 0]


@needs_pillow_13
def test_8_bit_grey_with_alpha_multiplied_in_is_read_and_written(tmp_path: Path) -> None:
    straight = an_array((8, 7, 2), "uint8")
    straight[..., 1] = np.maximum(straight[..., 1], 60)
    stored = straight.copy()
    stored[..., 0] = np.round(straight[..., 0] * (straight[..., 1] / 255))
    (tmp_path / "in.tif").write_bytes(a_tiff(stored, t338=1))
    picture = open_image(tmp_path / "in.tif")
    assert np.abs(picture.rgb[..., 0] * 255 - straight[..., 0]).max() <= 3  # which is what 8 bits of the product leave
    assert picture.alpha is not None
    np.testing.assert_allclose(picture.alpha * 255, straight[..., 1], atol=1e-4)
    save_image(tmp_path / "in.tif", tmp_path / "out.png")
    assert read_back(tmp_path / "out.png").mode == "LA"


MODES = ["La", "RGBa", "RGBX", "PA", "I;16B", "I;16L", "I;16"]


def of_mode(mode: str) -> Image.Image:
    if mode.startswith("I;16"):
        array = an_array((5, 7), "uint16")
        return Image.frombytes(mode, (7, 5), array.astype(">u2" if mode.endswith("B") else "<u2").tobytes())
    if mode == "PA":
        palette = an_image("P")
        palette.putalpha(Image.fromarray(an_array((5, 7), "uint8")))
        assert palette.mode == "PA"
        return palette
    return an_image({"La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}[mode]).convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_the_rarer_modes_become_the_same_picture_in_a_usual_one(mode: str) -> None:
    image = of_mode(mode)
    image.info["dpi"] = (72, 72)
    made = plain(image, "it")
    assert made.mode in ("LA", "RGBA", "RGB", "I;16")
    assert made.info["dpi"] == (72, 72)
    if mode.startswith("I;16"):
        assert np.array_equal(np.asarray(made), np.asarray(image))
    else:
        assert np.array_equal(np.asarray(made), np.asarray(image.convert(made.mode)))


def test_modes_that_cannot_be_worked_on_are_named() -> None:
    with pytest.raises(ImageError, match=r"it holds a picture of mode LAB.*save it as RGB"):
        plain(Image.new("LAB", (2, 2)), "it")
    with pytest.raises(ImageError, match="mode LAB"):
        open_image(a_tiff(an_array((4, 4, 3), "uint8"), t262=8))


@pytest.mark.parametrize("tag", ["t34675", "t282", "t283", "t296", "t305", "t33723", "t37724"])
def test_tags_beside_the_pixels_may_be_anything(tag: str, tmp_path: Path) -> None:
    """An ICC profile, a resolution, texts: of another type than they should be, they are left out and the picture is kept."""
    array = an_array((4, 5, 3), "uint8")
    for value in (1, 65535, b"\xff\xfe\0 1234567"):
        (tmp_path / "in.tif").write_bytes(a_tiff(array, **{tag: value}))
        assert np.array_equal(np.asarray(open_image(tmp_path / "in.tif").native), array)
        for format in ("png", "jpg", "tif"):
            save_image(tmp_path / "in.tif", tmp_path / f"out.{format}", force=True)


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 338])
def test_tags_of_the_layout_may_be_anything(tag: int) -> None:
    for value in (0, 1, 2, 3, 5, 255, 65535, b"\xff\xfe\0\0", b"", b"\0" * 20):
        for planar in (False, True):
            with suppress(ImageError):
                open_image(a_tiff(an_array((4, 5, 4), "uint16"), planar=planar, **{f"t{tag}": value}))


@given(st.data())
def test_a_planar_16_bit_tiff_that_is_damaged_gives_a_picture_or_our_error(data: st.DataObject) -> None:
    file = bytearray(a_tiff(an_array((4, 5, 3), "uint16"), planar=True, order=data.draw(st.sampled_from("<>"))))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ImageError):
        open_image(bytes(file[: data.draw(st.integers(0, len(file)))] if data.draw(st.booleans()) else file))

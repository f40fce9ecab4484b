"""The door: every kind in comes out as the same kind, files are met with suspicion, and nothing of the user's is lost."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import ExifTags, Image, ImageCms, ImageOps, features

from facefx.errors import ImageError, OutputError, ParameterError
from facefx.image import open_image, save_image

RNG = np.random.default_rng(7)
SHAPES = [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4)]
DTYPES = ["uint8", "uint16", "float32", "float64", ">u2"]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "I", "F"]
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"] + (["AVIF"] if features.check("avif") else [])
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def an_array(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    kind = np.dtype(dtype)
    return (
        RNG.random(shape).astype(kind)
        if kind.kind == "f"
        else RNG.integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)
    )


def an_image(mode: str, size: tuple[int, int] = (7, 5)) -> Image.Image:
    width, height = size
    if mode in ("I;16", "I"):
        grey = RNG.integers(0, 65535, (height, width), endpoint=True)
        return Image.fromarray(grey.astype(np.uint16 if mode == "I;16" else np.int32))
    if mode == "F":
        return Image.fromarray(RNG.random((height, width)).astype(np.float32))
    channels = {"1": 0, "L": 0, "P": 0, "LA": 2, "RGBA": 4, "CMYK": 4}.get(mode, 3)
    values = RNG.integers(0, 255, (height, width, channels) if channels else (height, width), dtype=np.uint8, endpoint=True)
    if mode == "1":
        return Image.fromarray(values > 127)
    image = Image.frombytes(mode, size, values.tobytes())
    if mode == "P":
        image.putpalette(RNG.integers(0, 255, 768, dtype=np.uint8, endpoint=True).tobytes())
    return image


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def encoded_16(array: np.ndarray, suffix: str = ".png") -> bytes:
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(array.shape[2] if array.ndim == 3 else 1)
    return cv2.imencode(suffix, array if order is None else cv2.cvtColor(array, order))[1].tobytes()


def read_back(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Image.Image):
        return isinstance(b, Image.Image) and a.mode == b.mode and a.size == b.size and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)


def one_pixel_red(rgb: np.ndarray) -> np.ndarray:
    rgb = rgb.copy()
    rgb[1, 2] = (0.8, 0.1, 0.2)
    return rgb


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
def test_transparent_palette_pixels_stay_as_they_are(transparency: int | bytes) -> None:
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
    assert (out.rgb[0, 0] == 1).all()
    assert np.array_equal(out.rgb[0, 1], picture.rgb[0, 1])


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


# --- 16 bits


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
def test_16_bit_files_lose_no_bit(shape: tuple[int, ...], suffix: str, tmp_path: Path) -> None:
    array = an_array(shape, "uint16")
    path = tmp_path / f"in{suffix}"
    path.write_bytes(encoded_16(array, suffix))
    picture = open_image(path)
    assert same(picture.like(picture.rgb), array)
    blob = open_image(path.read_bytes()).like(picture.rgb)
    assert isinstance(blob, bytes)
    assert same(open_image(blob).native, array)
    for target in ("out.png", "out.tif"):
        save_image(picture, tmp_path / target)
        assert same(open_image(tmp_path / target).native, array)
        read = cv2.imread(str(tmp_path / target), cv2.IMREAD_UNCHANGED)
        assert read is not None
        assert read.dtype == np.uint16
    save_image(picture, tmp_path / "out.jpg")
    assert open_image(tmp_path / "out.jpg").size == (5, 7)


def test_16_bit_grey_kinds_are_written_with_16_bits(tmp_path: Path) -> None:
    deep = an_array((5, 7), "uint16")
    for number, image in enumerate([deep, deep[..., None], Image.fromarray(deep), Image.fromarray(deep.astype(np.int32))]):
        save_image(image, tmp_path / f"{number}.png")
        assert same(open_image(tmp_path / f"{number}.png").native, deep)
    grey_alpha = an_array((5, 7, 2), "uint16")
    for suffix in ("png", "tif"):
        save_image(grey_alpha, tmp_path / f"la.{suffix}")
        assert open_image(tmp_path / f"la.{suffix}").size == (5, 7)
    assert np.array_equal(open_image(tmp_path / "la.png").native, grey_alpha[..., [0, 0, 0, 1]])  # type: ignore[arg-type]


def test_16_bit_files_keep_profile_and_author(tmp_path: Path) -> None:
    picture = open_image(with_exif(an_image("RGB"), 1, icc_profile=PROFILE))
    deep = open_image(an_array((5, 7, 3), "uint16"))
    for suffix in ("png", "tif"):
        target = save_image(type(picture)(deep.native, picture.metadata, encoded=False), tmp_path / f"out.{suffix}")
        for keep in (open_image(target).metadata, open_image(save_image(open_image(target), target, force=True)).metadata):
            assert keep.icc == PROFILE
            assert exif_of(keep.exif)[ExifTags.Base.Artist] == "Ada"


# --- EXIF


def with_exif(image: Image.Image, orientation: int, format: str = "PNG", **options: Any) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Ada"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.LensModel: "50mm", ExifTags.Base.ExifImageWidth: 99}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (51.0, 28.0, 40.0)}
    return encoded(image, format, exif=exif.tobytes(), **options)


def exif_of(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """What a camera held that way writes (EXIF 2.3, 4.6.4): 6 is to be turned clockwise to be seen, so was turned the other way."""
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }
    return np.ascontiguousarray(turned[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_all_orientations_are_made_upright(orientation: int, format: str, tmp_path: Path) -> None:
    upright = np.kron(RNG.integers(0, 2, (3, 5), dtype=np.uint8) * 255, np.ones((16, 16), np.uint8))
    upright[:16, :16], upright[:16, -16:], upright[-16:] = 255, 0, 128
    upright = np.repeat(upright[..., None], 3, axis=2)
    data = with_exif(Image.fromarray(stored(upright, orientation)), orientation, format)
    picture = open_image(data)
    assert picture.size == (48, 80)
    np.testing.assert_allclose(picture.rgb * 255, upright, atol=0 if format in ("PNG", "TIFF") else 12)
    path = tmp_path / "in"
    path.write_bytes(data)
    for turned in (
        open_image(path).like(picture.rgb),
        open_image(read_back(path)).like(picture.rgb),
        Image.open(io.BytesIO(picture.like(picture.rgb))),
    ):  # type: ignore[arg-type]
        assert isinstance(turned, Image.Image)
        assert turned.size == (80, 48)
        assert ExifTags.Base.Orientation not in turned.getexif()
        assert ImageOps.exif_transpose(turned).size == (80, 48)
        assert turned.getexif()[ExifTags.Base.Artist] == "Ada"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_all_orientations_of_16_bit_files_are_made_upright(orientation: int, format: str) -> None:
    upright = an_array((3, 5, 3), "uint16")
    data = encoded_16(stored(upright, orientation), f".{format.lower()}")
    if format == "PNG":
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
        data = data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
    else:
        height, width = stored(upright, orientation).shape[:2]
        entries = {
            256: (4, 1, width),
            257: (4, 1, height),
            259: (3, 1, 1),
            262: (3, 1, 2),
            273: (4, 1, 200),
            274: (3, 1, orientation),
        }
        entries |= {258: (3, 3, 190), 277: (3, 1, 3), 278: (4, 1, height), 279: (4, 1, width * height * 6), 284: (3, 1, 1)}
        fields = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
        head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + fields + bytes(4)
        data = head.ljust(190, b"\0") + struct.pack("<3H", 16, 16, 16) + bytes(4) + stored(upright, orientation).tobytes()
    assert same(open_image(data).native, upright)


def test_gps_is_dropped_unless_asked_for_and_the_rest_kept(tmp_path: Path) -> None:
    image = open_image(io.BytesIO(with_exif(an_image("RGB"), 6, "JPEG", icc_profile=PROFILE, dpi=(300, 300))))
    for suffix in ("jpg", "png", "webp", "tif"):
        for keep_gps in (False, True):
            exif = read_back(save_image(image, tmp_path / f"{keep_gps}.{suffix}", keep_gps=keep_gps)).getexif()
            assert bool(exif.get_ifd(ExifTags.IFD.GPSInfo)) == keep_gps
            assert exif[ExifTags.Base.Artist] == "Ada"
            assert dict(exif.get_ifd(ExifTags.IFD.Exif)) == {ExifTags.Base.LensModel: "50mm"}
        written = read_back(tmp_path / f"False.{suffix}")
        assert written.info["icc_profile"] == PROFILE
        assert suffix == "webp" or round(written.info["dpi"][0]) == 300
        assert b"GPS" not in (tmp_path / f"False.{suffix}").read_bytes()
    out = open_image(with_exif(an_image("RGB"), 1)).like(np.zeros((5, 7, 3)))
    assert not Image.open(io.BytesIO(out)).getexif().get_ifd(ExifTags.IFD.GPSInfo)  # type: ignore[arg-type]


def test_opening_a_pil_image_leaves_its_exif_alone() -> None:
    image = Image.open(io.BytesIO(with_exif(an_image("RGB"), 6)))
    open_image(image)
    assert image.getexif()[ExifTags.Base.Orientation] == 6
    assert image.size == (7, 5)


def test_broken_exif_does_not_stop_a_good_picture() -> None:
    image = an_image("RGB")
    data = encoded(image, exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage")
    assert same(open_image(io.BytesIO(data)).native, image)


# --- what is not a picture


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 3), np.int32), "dtype int32"),
        (np.zeros((4, 4), bool), "dtype bool"),
        (np.zeros((4, 4), np.float16), "dtype float16"),
        (np.zeros((4, 4), object), "dtype object"),
        (np.zeros((3, 4, 9), np.uint8), "channels-first"),
        (np.zeros(4, np.uint8), r"shape \(4,\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"shape \(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.full((4, 4), np.inf, np.float32), "infinity"),
        (np.full((4, 4), 255.0), "0 to 1|in .0, 1."),
        (np.full((4, 4), -0.1), "from -0.1"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(array: np.ndarray, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        open_image(array)


@pytest.mark.parametrize(
    "image", [Image.new("LAB", (2, 2)), Image.new("F", (2, 2), 7), Image.new("I", (2, 2), -1), Image.new("RGB", (0, 2))]
)
def test_pil_images_that_are_no_pictures_are_refused(image: Image.Image) -> None:
    with pytest.raises(ImageError, match="PIL image"):
        open_image(image)


def test_paths_and_objects_that_are_no_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "cut.jpg").write_bytes(encoded(an_image("RGB", (64, 64)), "JPEG")[:900])
    for source, message in [
        (tmp_path, "folder"),
        (tmp_path / "none.png", "there is no file"),
        ("a\0b", "cannot be read|no file"),
        ("/dev/null", "regular"),
        (tmp_path / "empty.png", "empty"),
        (b"", "empty"),
        (tmp_path / "text.png", "not a picture"),
        (tmp_path / "cut.jpg", "damaged"),
        (io.StringIO("text"), "binary mode"),
        (42, "cannot open a int"),
        (None, "cannot open a NoneType"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ]:
        with pytest.raises(ImageError, match=message):
            open_image(source)  # type: ignore[arg-type]


def test_formats_go_by_content_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(an_image("RGB")))
    assert open_image(tmp_path / "in.jpg").metadata.format == "PNG"
    with pytest.raises(ImageError, match="not a picture"):
        open_image(encoded(an_image("RGB"), "PPM"))


def a_bomb(side: int) -> bytes:
    data = encoded(Image.new("1", (8, 8)))
    header = b"IHDR" + struct.pack(">II", side, side) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize("side", [9_600, 10_001, 20_000, 2**31 - 1])
def test_bombs_are_refused_by_their_header(side: int) -> None:
    with pytest.raises(
        ImageError, match="too large" if side > 10_000 else "damaged"
    ):  # 92 megapixels: above Pillow's warning, below our cap
        open_image(a_bomb(side))


def test_the_cap_counts_for_every_kind_and_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.zeros((10, 10, 3), np.uint8)
    cap = Image.MAX_IMAGE_PIXELS
    for source in (
        array,
        Image.fromarray(array),
        encoded(Image.fromarray(array)),
        io.BytesIO(encoded(Image.fromarray(array), "JPEG")),
    ):
        with pytest.raises(ImageError, match="too large"):
            open_image(source, max_pixels=99)
    monkeypatch.setenv("FACEFX_MAX_PIXELS", "99")
    with pytest.raises(ImageError, match="FACEFX_MAX_PIXELS"):
        open_image(array)
    assert open_image(array, max_pixels=100).size == (10, 10)
    for wrong in ("many", "0", "-5", ""):
        monkeypatch.setenv("FACEFX_MAX_PIXELS", wrong)
        with pytest.raises(ParameterError, match="FACEFX_MAX_PIXELS"):
            open_image(array)
    assert cap == Image.MAX_IMAGE_PIXELS


def test_a_16_bit_chunk_that_claims_gigabytes_is_refused_at_once() -> None:
    data = encoded_16(an_array((9, 9, 3), "uint16"))
    assert data.endswith(b"IEND\xaeB`\x82")
    claim = struct.pack(">I", 2**31 - 1) + b"IDAT"
    with pytest.raises(ImageError, match="damaged"):
        open_image(data[:-12] + claim + data[-12:])


def test_a_larger_cap_than_pillows_is_honoured() -> None:
    image = Image.new("1", (20_000, 10_000))
    assert open_image(encoded(image), max_pixels=200_000_000).size == (10_000, 20_000)


SEEDS = {
    **{format: encoded(an_image("P" if format == "GIF" else "RGB", (9, 9)), format) for format in FORMATS},
    "exif": with_exif(an_image("RGB", (9, 9)), 6, "JPEG"),
    "palette": encoded(an_image("P", (9, 9)), transparency=bytes(range(200))),
    "cmyk": encoded(an_image("CMYK", (9, 9)), "JPEG"),
    "deep png": encoded_16(an_array((9, 9, 3), "uint16")),
    "deep tiff": encoded_16(an_array((9, 9, 3), "uint16"), ".tiff"),
}


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_open_or_raise_an_image_error(name: str, data: st.DataObject) -> None:
    blob = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    blob = blob[: data.draw(st.integers(0, len(blob)))] if data.draw(st.booleans()) else blob
    try:
        picture = open_image(bytes(blob), max_pixels=1_000_000)
    except ImageError:
        return
    assert picture.rgb.shape == (*picture.size, 3)
    assert picture.alpha is None or picture.alpha.shape == picture.size
    rgb = picture.rgb.copy()
    rgb[0] = 1 - rgb[0]
    with suppress(OutputError):
        assert isinstance(picture.like(rgb), bytes)


def test_threads_open_pictures_at_once() -> None:
    data = [encoded(an_image("RGB", (50, 50)), "JPEG") for _ in range(8)]
    wrong: list[BaseException] = []

    def work() -> None:
        try:
            for blob in data:
                open_image(blob).like(open_image(blob).rgb)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --- saving


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

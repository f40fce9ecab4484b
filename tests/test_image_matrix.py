"""Every kind of picture that people have, through the door and back: container by mode by orientation by colour profile."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, features

from facefx.errors import ImageError, MissingExtra
from facefx.image.picture import open_image, save_image
from pictures import (
    ADOBE,
    DARK_GREY,
    P3,
    PROFILE,
    SRGB_CURVE,
    WIDE,
    an_array,
    an_image,
    cmyk_profile,
    curve_tag,
    encoded,
    encoded_16,
    icc_profile,
    needs_pillow_13,
    read_back,
    rgb_profile,
    rgb_table_profile,
    same,
    stored,
    table_tag,
    with_exif,
)

try:
    import pillow_heif
except ImportError:
    pillow_heif = None

needs_avif = pytest.mark.skipif("avif" not in features.get_supported_modules(), reason="this Pillow has no AVIF")
needs_heif = pytest.mark.skipif(pillow_heif is None, reason="pillow-heif is not installed")

#: What each container holds.
KINDS: list[Any] = [
    *[("JPEG", mode) for mode in ("L", "RGB", "CMYK")],
    *[("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")],
    *[("WEBP", mode) for mode in ("RGB", "RGBA")],
    *[("TIFF", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "F")],
    pytest.param(("TIFF", "YCbCr"), marks=needs_pillow_13),
    *[("BMP", mode) for mode in ("1", "L", "P", "RGB")],
    ("GIF", "P"),
    *[pytest.param(("AVIF", mode), marks=needs_avif) for mode in ("RGB", "RGBA")],
    *[pytest.param(("HEIF", mode), marks=needs_heif) for mode in ("RGB", "RGBA")],
]
LOSSLESS = ("PNG", "TIFF", "BMP", "GIF")
SUFFIX = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "BMP": "bmp", "GIF": "gif", "AVIF": "avif", "HEIF": "heic"}


def smooth(mode: str, size: tuple[int, int] = (40, 24)) -> Image.Image:
    """A picture of a mode in which compression loses little."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    rgb = np.stack([0.2 + 0.6 * x, 0.3 + 0.5 * y, 0.7 - 0.4 * x], axis=-1)
    image = Image.fromarray((rgb * 255).astype(np.uint8))
    if mode == "F":
        return Image.fromarray(rgb[..., 0].astype(np.float32))
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray((55 + 200 * y).astype(np.uint8)))
    return image.convert(mode)


def painted(rgb: np.ndarray) -> np.ndarray:
    """Another colour in a patch."""
    rgb = rgb.copy()
    rgb[8:16, 10:30] = (0.8, 0.2, 0.4)
    return rgb


PATCH = (slice(8, 16), slice(10, 30))


# --- containers by modes


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back_as_itself(kind: tuple[str, str], tmp_path: Path) -> None:
    format, mode = kind
    if format == "HEIF":
        pillow_heif.register_heif_opener()
    image = smooth(mode)
    data = encoded(image, format, **({"quality": 95} if format not in LOSSLESS else {}))
    path = tmp_path / f"in.{SUFFIX[format]}"
    path.write_bytes(data)
    picture = open_image(path)
    assert picture.size == (24, 40)
    assert isinstance(picture.native, Image.Image)
    assert picture.native.mode == mode
    assert picture.color_space == "sRGB"
    if format in LOSSLESS:
        assert same(picture.native.convert("RGB"), image.convert("RGB")) if format == "GIF" else same(picture.native, image)
    assert (picture.alpha is None) == ("A" not in mode)

    untouched = picture.like(picture.rgb)
    assert same(untouched, picture.native)
    out = open_image(save_image(picture.with_rgb(painted(picture.rgb)), tmp_path / f"out.{SUFFIX[format]}"))
    assert isinstance(out.native, Image.Image)
    assert out.native.mode == {"YCbCr": "RGB", "F": "L"}.get(mode, mode)
    elsewhere = np.ones((24, 40), bool)
    elsewhere[PATCH] = False
    elsewhere = cv2.erode(elsewhere.astype(np.uint8), np.ones((9, 9))) > 0  # what a lossy format smears stays near the edge
    np.testing.assert_allclose(out.rgb[elsewhere], picture.rgb[elsewhere], atol=0 if format in LOSSLESS and mode != "F" else 0.05)
    if mode in ("RGB", "RGBA", "CMYK", "YCbCr", "P"):
        np.testing.assert_allclose(out.rgb[12, 20], (0.8, 0.2, 0.4), atol=0.05)
    if picture.alpha is not None:
        np.testing.assert_allclose(out.alpha, picture.alpha, atol=0.02)

    blob = open_image(data).like(painted(picture.rgb))
    assert isinstance(blob, bytes)
    assert Image.open(io.BytesIO(blob)).format == format


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("shape", [(24, 40), (24, 40, 3), (24, 40, 4)])
def test_16_bits_change_only_where_they_are_painted(shape: tuple[int, ...], suffix: str, tmp_path: Path) -> None:
    array = an_array(shape, "uint16")
    (tmp_path / f"in{suffix}").write_bytes(encoded_16(array, suffix))
    picture = open_image(tmp_path / f"in{suffix}")
    out = open_image(save_image(picture.with_rgb(painted(picture.rgb)), tmp_path / f"out{suffix}")).native
    assert isinstance(out, np.ndarray)
    assert out.dtype == np.uint16
    changed = (out != array).reshape(24, 40, -1).any(axis=-1)
    assert changed[PATCH].mean() > 0.99
    changed[PATCH] = False
    assert not changed.any()
    if len(shape) == 3:
        assert out[12, 20, :3].tolist() == [52428, 13107, 26214]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_small_palettes_can_be_painted_on(bits: int, tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(encoded(smooth("RGB").quantize(2**bits), "PNG", bits=bits))
    picture = open_image(tmp_path / "in.png")
    out = open_image(save_image(picture.with_rgb(painted(picture.rgb)), tmp_path / "out.png"))
    assert np.array_equal(out.rgb[:8], picture.rgb[:8])
    np.testing.assert_allclose(out.rgb[12, 20], (0.8, 0.2, 0.4), atol=0.01)


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF", "MPO", pytest.param("AVIF", marks=needs_avif)])
def test_of_several_frames_the_first_is_taken_if_asked_for(format: str) -> None:
    first = smooth("P" if format == "GIF" else "RGB")
    data = encoded(first, format, save_all=True, append_images=[Image.new(first.mode, first.size)])
    if format != "MPO":  # whose second picture is the phone's own affair
        with pytest.raises(ImageError, match=r"has 2 (frames|pages).*first_frame=True"):
            open_image(data)
    picture = open_image(data, first_frame=format != "MPO")
    np.testing.assert_allclose(picture.rgb, open_image(first).rgb, atol=0 if format in LOSSLESS else 0.06)
    out = picture.like(painted(picture.rgb))
    assert isinstance(out, bytes)
    assert Image.open(io.BytesIO(out)).format == ("JPEG" if format == "MPO" else format)


def test_float_tiffs_outside_of_zero_to_one_are_refused() -> None:
    data = encoded(Image.fromarray(np.full((4, 4), 2.5, np.float32)), "TIFF")
    with pytest.raises(ImageError, match="scale or clip"):
        _ = open_image(data).rgb


@needs_heif
@pytest.mark.parametrize("orientation", [1, 6])
def test_heic_from_a_phone(orientation: int, tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    icc = WIDE["Display P3"]
    upright = np.asarray(smooth("RGB"))
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    exif[ExifTags.Base.Orientation] = orientation
    data = encoded(Image.fromarray(stored(upright, orientation)), "HEIF", quality=95, exif=exif.tobytes(), icc_profile=icc)
    (tmp_path / "in.heic").write_bytes(data)
    picture = open_image(tmp_path / "in.heic")
    assert picture.size == (24, 40)
    assert picture.color_space == "Display P3"
    out = open_image(save_image(picture.with_rgb(painted(picture.rgb)), tmp_path / "out.heic"))
    np.testing.assert_allclose(out.rgb[12, 20], (0.8, 0.2, 0.4), atol=0.06)
    assert (out.size, out.metadata.icc) == ((24, 40), icc)


def test_heic_without_its_extra_says_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.delitem(Image.SAVE, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtra, match=r"facefx\[heif\]"):
        open_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(MissingExtra, match=r"facefx\[heif\]"):
        save_image(an_image("RGB"), tmp_path / "out.heic")


# --- orientations, EXIF and GPS


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", pytest.param("AVIF", marks=needs_avif)])
def test_every_orientation_goes_out_upright_without_gps(format: str, orientation: int, tmp_path: Path) -> None:
    upright = np.asarray(smooth("RGB", (48, 32)))
    path = tmp_path / f"in.{SUFFIX[format]}"
    path.write_bytes(with_exif(Image.fromarray(stored(upright, orientation)), orientation, format, icc_profile=WIDE["Display P3"]))
    picture = open_image(path)
    assert picture.size == (32, 48)
    out = read_back(save_image(picture, tmp_path / f"out.{SUFFIX[format]}"))
    np.testing.assert_allclose(np.asarray(out.convert("RGB"), float), upright, atol=0 if format in LOSSLESS else 14)
    exif = out.getexif()
    assert exif[ExifTags.Base.Artist] == "Ada"
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert out.info["icc_profile"] == WIDE["Display P3"]


# --- colour profiles


def littlecms(image: Image.Image, icc: bytes, intent: int = 1) -> np.ndarray:
    """sRGB by the library that most programs use, to 8 bits."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    done = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), intent, "RGB", flags=flags)
    assert done is not None
    return np.asarray(done) / np.float32(255)


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_wide_colours_are_seen_as_they_are_and_the_profile_stays(name: str, suffix: str, tmp_path: Path) -> None:
    icc, image = WIDE[name], smooth("RGB")
    image.save(tmp_path / f"in.{suffix}", icc_profile=icc, quality=95)
    picture = open_image(tmp_path / f"in.{suffix}")
    assert picture.color_space == name
    assert isinstance(picture.native, Image.Image)
    np.testing.assert_allclose(picture.rgb, littlecms(picture.native, icc), atol=1.01 / 255)
    assert np.abs(picture.rgb - np.asarray(picture.native) / 255).max() > 0.02

    edited = picture.with_rgb(painted(picture.rgb))
    untouched = np.ones((24, 40), bool)
    untouched[PATCH] = False
    assert np.array_equal(np.asarray(edited.native)[untouched], np.asarray(picture.native)[untouched])
    np.testing.assert_allclose(edited.rgb[PATCH], np.broadcast_to((0.8, 0.2, 0.4), (8, 20, 3)), atol=2 / 255)
    out = open_image(save_image(edited, tmp_path / f"out.{suffix}"))
    assert out.metadata.icc == icc
    np.testing.assert_allclose(out.rgb[12, 20], (0.8, 0.2, 0.4), atol=0.05 if suffix in ("jpg", "webp") else 2 / 255)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_wide_colours_in_other_modes(mode: str, tmp_path: Path) -> None:
    icc, image = WIDE["Display P3"], smooth(mode)
    image.save(tmp_path / "in.png", icc_profile=icc)
    picture = open_image(tmp_path / "in.png")
    np.testing.assert_allclose(picture.rgb, littlecms(image.convert("RGB"), icc), atol=1.01 / 255)
    assert same(picture.like(picture.rgb), image)
    edited = picture.with_rgb(painted(picture.rgb))
    np.testing.assert_allclose(edited.rgb[12, 20], (0.8, 0.2, 0.4), atol=2 / 255)


def test_wide_colours_keep_16_bits(tmp_path: Path) -> None:
    ramp = np.linspace(9000, 9400, 24 * 40).astype(np.uint16).reshape(24, 40)  # less than two steps of 8 bits
    array = np.dstack([ramp, ramp, ramp])
    metadata = open_image(encoded(smooth("RGB"), icc_profile=WIDE["Adobe RGB"])).metadata
    plain = open_image(array)
    for suffix in ("png", "tif"):
        target = save_image(type(plain)(array, metadata, encoded=False), tmp_path / f"in.{suffix}")
        picture = open_image(target)
        assert picture.color_space == "Adobe RGB"
        assert len(np.unique(picture.rgb[..., 0])) > 300
        darker = picture.with_rgb(picture.rgb * np.float32(0.5))
        assert isinstance(darker.native, np.ndarray)
        assert len(np.unique(darker.native[..., 0])) > 100
        np.testing.assert_allclose(darker.rgb, picture.rgb * 0.5, atol=5e-5)
        assert same(open_image(save_image(darker, tmp_path / f"out.{suffix}")).native, darker.native)


def test_cmyk_goes_by_its_profile(tmp_path: Path) -> None:
    icc, image = cmyk_profile(), smooth("CMYK")
    image.save(tmp_path / "in.tif", icc_profile=icc)
    picture = open_image(tmp_path / "in.tif")
    assert picture.color_space == "Muddy press"
    assert np.array_equal(picture.rgb, littlecms(image, icc))
    assert np.abs(picture.rgb - np.asarray(image.convert("RGB")) / 255).max() > 0.1
    assert same(picture.like(picture.rgb), image)
    edited = picture.with_rgb(painted(picture.rgb)).native
    assert isinstance(edited, Image.Image)
    assert edited.mode == "CMYK"
    red = Image.new("RGB", (1, 1), (204, 51, 102))
    back = ImageCms.profileToProfile(
        red,
        ImageCms.createProfile("sRGB"),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        1,
        "CMYK",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert back is not None
    assert edited.getpixel((20, 12)) == back.getpixel((0, 0))


def test_rgb_goes_by_its_table() -> None:
    icc, image = rgb_table_profile(), smooth("RGB")
    picture = open_image(with_profile(image, "PNG", icc))
    assert picture.color_space == "Dull scanner"
    assert np.array_equal(picture.rgb, littlecms(image, icc))
    edited = picture.with_rgb(painted(picture.rgb)).native
    assert isinstance(edited, Image.Image)
    assert edited.getpixel((0, 0)) == image.getpixel((0, 0))
    assert edited.getpixel((20, 12)) == ImageCms.profileToProfile(
        Image.new("RGB", (1, 1), (204, 51, 102)), ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(icc)), 1,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    ).getpixel((0, 0))  # type: ignore[union-attr]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data())
def test_no_damaged_profile_stops_a_picture(data: st.DataObject) -> None:
    icc = bytearray(data.draw(st.sampled_from([*WIDE.values(), DARK_GREY, rgb_table_profile(), cmyk_profile()])))
    for _ in range(data.draw(st.integers(1, 6))):
        icc[data.draw(st.integers(0, len(icc) - 1))] = data.draw(st.integers(0, 255))
    whole = bytes(icc[: data.draw(st.integers(20, len(icc)))])
    picture = open_image(with_profile(smooth(data.draw(st.sampled_from(["RGB", "L", "CMYK"])), (6, 4)), "TIFF", whole))
    assert np.isfinite(picture.rgb).all()
    assert picture.color_space
    assert picture.with_rgb(1 - picture.rgb).size == (4, 6)


@pytest.mark.parametrize("suffix", ["png", "webp", "bmp", "gif"])
def test_where_a_profile_cannot_follow_the_picture_becomes_srgb(suffix: str, tmp_path: Path) -> None:
    picture = open_image(with_profile(smooth("CMYK"), "TIFF", cmyk_profile()))
    out = open_image(save_image(picture, tmp_path / f"cmyk.{suffix}", quality=100))
    assert out.metadata.icc is None
    np.testing.assert_allclose(out.rgb, picture.rgb, atol=0.06 if suffix == "gif" else 0.5 / 255)
    grey = open_image(with_profile(smooth("LA"), "PNG", DARK_GREY))
    out = open_image(save_image(grey, tmp_path / f"grey.{suffix}", quality=100))
    if suffix in ("png", "webp"):
        assert out.metadata.icc == (DARK_GREY if suffix == "png" else None)
        np.testing.assert_allclose(out.rgb, grey.rgb, atol=1 / 255)
    wide = open_image(with_profile(smooth("RGB"), "PNG", WIDE["Adobe RGB"]))
    out = open_image(save_image(wide, tmp_path / f"wide.{suffix}", quality=100))
    assert out.metadata.icc == (WIDE["Adobe RGB"] if suffix in ("png", "webp") else None)
    np.testing.assert_allclose(out.rgb, wide.rgb, atol=0.08 if suffix == "gif" else 1 / 255)


def with_profile(image: Image.Image, format: str, icc: bytes) -> io.BytesIO:
    return io.BytesIO(encoded(image, format, icc_profile=icc))


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_goes_by_its_curve(mode: str) -> None:
    picture = open_image(with_profile(smooth(mode), "PNG", DARK_GREY))
    assert picture.color_space == "Dark grey"
    light = np.asarray(smooth(mode).getchannel(0)) / 255
    np.testing.assert_allclose(linear_of(picture.rgb[..., 0]), light**3, atol=2e-4)
    edited = picture.with_rgb(painted(picture.rgb))
    assert same(picture.like(picture.rgb), picture.native)
    np.testing.assert_allclose(edited.rgb[12, 20], 0.299 * 0.8 + 0.587 * 0.2 + 0.114 * 0.4, atol=0.04)


def linear_of(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def test_a_cutout_of_a_cmyk_picture_is_srgb() -> None:
    picture = open_image(with_profile(smooth("CMYK"), "TIFF", cmyk_profile()))
    cutout = picture.with_rgb(picture.rgb, np.full((24, 40), 0.5, np.float32))
    assert isinstance(cutout.native, Image.Image)
    assert (cutout.native.mode, cutout.metadata.icc, "icc_profile" in cutout.native.info) == ("RGBA", None, False)
    np.testing.assert_allclose(cutout.rgb, picture.rgb, atol=0.5 / 255)


SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


@pytest.mark.parametrize("icc", [PROFILE, rgb_profile(SRGB, curve_tag(*SRGB_CURVE), "sRGB by another name")])
def test_srgb_by_any_name_is_left_alone(icc: bytes) -> None:
    picture = open_image(with_profile(smooth("RGB"), "PNG", icc))
    assert picture.color_space == "sRGB"
    assert np.array_equal(picture.rgb, np.asarray(smooth("RGB")) / np.float32(255))
    assert picture.metadata.icc == icc


@pytest.mark.parametrize(
    ("icc", "name"),
    [
        (b"not a profile at all", "damaged"),
        (WIDE["Display P3"][:300], "unnamed"),
        (DARK_GREY, "Dark grey"),  # for grey pictures
        (icc_profile("Lab", "XYZ", {}, "Lab"), "Lab"),
    ],
)
def test_a_profile_of_no_use_does_not_stop_a_good_picture(icc: bytes, name: str, tmp_path: Path) -> None:
    picture = open_image(with_profile(smooth("RGB"), "PNG", icc))
    assert picture.color_space == f"{name} (not applied)"
    assert np.array_equal(picture.rgb, np.asarray(smooth("RGB")) / np.float32(255))
    save_image(picture, tmp_path / "out.jpg")


@pytest.mark.parametrize(
    "curve",
    [
        curve_tag(1.8),
        curve_tag(2.2, 1.0, 0.0, 0.0, 0.0),
        table_tag(np.array([])),
        table_tag(np.array([563])),
        table_tag(65535 * np.linspace(0, 1, 256) ** 1.8),
    ],
)
@pytest.mark.parametrize("primaries", [P3, ADOBE])
def test_curves_of_every_kind_agree_with_littlecms(curve: bytes, primaries: np.ndarray) -> None:
    icc = rgb_profile(primaries, curve, "any")
    image = an_image("RGB", (64, 64))
    picture = open_image(with_profile(image, "PNG", icc))
    np.testing.assert_allclose(picture.rgb, littlecms(image, icc), atol=1.5 / 255)
    middle = np.clip(picture.rgb, 0.2, 0.7)
    np.testing.assert_allclose(picture.with_rgb(middle).rgb, middle, atol=2.5 / 255)


def test_a_pil_image_with_a_profile_stays_one() -> None:
    image = smooth("RGB")
    image.info["icc_profile"] = WIDE["Display P3"]
    picture = open_image(image)
    assert picture.color_space == "Display P3"
    out = picture.like(painted(picture.rgb))
    assert isinstance(out, Image.Image)
    assert out.info["icc_profile"] == WIDE["Display P3"]
    np.testing.assert_allclose(open_image(out).rgb[12, 20], (0.8, 0.2, 0.4), atol=2 / 255)

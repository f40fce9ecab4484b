"""The door: what files hold beside pixels of eight bits is kept, or dropped on purpose."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from facefx.image.picture import open_image, save_image
from pictures import PROFILE, RNG, an_array, an_image, encoded, encoded_16, read_back, same, stored, with_exif

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


def exif_of(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


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

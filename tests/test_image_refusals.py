"""The door: files and objects are met with suspicion."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facefx.errors import ImageError, OutputError, ParameterError
from facefx.image.picture import open_image
from pictures import FORMATS, an_array, an_image, encoded, encoded_16, with_exif


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


@pytest.mark.slow
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


@pytest.mark.parametrize("name", ["JPEG", *(pytest.param(name, marks=pytest.mark.slow) for name in SEEDS if name != "JPEG")])
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

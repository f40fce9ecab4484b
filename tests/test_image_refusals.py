"""The door: files and objects are met with suspicion."""

from __future__ import annotations

import io
import os
import signal
import struct
import threading
import warnings
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facefx.errors import FacefxError, ImageError, OutputError, ParameterError
from facefx.image import guarded_pillow
from facefx.image.animation import open_animation
from facefx.image.claimed_sizes import claimed_size
from facefx.image.guarded_pillow import pillow
from facefx.image.jpeg_scans import scans_in
from facefx.image.picture import open_image
from pictures import FORMATS, an_array, an_image, encoded, encoded_16, with_exif
from tiffs import a_tiff


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


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "is not a picture, or damaged"),
        (b"\0\0\0\x20ftypisom" + bytes(40), "facefx video"),
        (b"\x1aE\xdf\xa3" + bytes(40), "facefx video"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(40), "facefx video"),
        (b"\0\0\0\x20ftypheic" + bytes(40), "HEIC|HEIF|heif"),
        (a_tiff(np.zeros((4, 4, 3), np.uint16), t339=3), "TIFF that is damaged, or of a kind not read"),  # 3: floats
    ],
)
def test_what_a_file_is_instead_of_a_picture_is_said(data: bytes, words: str) -> None:
    with pytest.raises(FacefxError, match=words):
        open_image(data)


def test_errors_name_an_open_file(tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(encoded(an_image("RGB", (64, 64)), "JPEG")[:900])
    with (tmp_path / "cut.jpg").open("rb") as file, pytest.raises(ImageError, match=r"the file '.*cut\.jpg' is damaged"):
        open_image(file)
    with os.fdopen(os.open(tmp_path / "cut.jpg", os.O_RDONLY), "rb") as file, pytest.raises(ImageError, match="given file object"):
        open_image(file)  # whose name is a number


def test_formats_go_by_content_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded(an_image("RGB")))
    assert open_image(tmp_path / "in.jpg").metadata.format == "PNG"
    with pytest.raises(ImageError, match="not a picture"):
        open_image(encoded(an_image("RGB"), "PPM"))


def a_bomb(side: int) -> bytes:
    data = encoded(Image.new("L", (8, 8)))
    header = b"IHDR" + struct.pack(">II", side, side) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize(
    ("side", "message"),
    [(4_000, "damaged"), (9_600, "claims 9600 x 9600"), (10_001, "too large"), (2**31 - 1, "too large")],
)
def test_bombs_are_refused_by_their_header(side: int, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        open_image(a_bomb(side))


def test_a_large_blank_sheet_is_none() -> None:
    blank = encoded(Image.new("1", (9_900, 9_900)), "TIFF", compression="group4")
    assert open_image(blank).size == (9_900, 9_900)


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("BMP", "TIFF")])
def test_a_kilobyte_that_claims_to_be_a_hundred_megapixels(format: str) -> None:
    data = bytearray(a_bomb(9_999) if format == "PNG" else encoded(an_image("P" if format == "GIF" else "RGB", (8, 8)), format))
    places = {
        "JPEG": (b"\xff\xc0", 5, ">HH"),
        "GIF": (b"GIF", 6, "<HH"),
        "WEBP": (b"\x9d\x01\x2a", 3, "<HH"),
        "AVIF": (b"ispe", 8, ">II"),
    }
    if format in places:
        mark, behind, layout = places[format]
        struct.pack_into(layout, data, data.index(mark) + behind, 9_999, 9_999)
    with pytest.raises(ImageError, match=r"claims 9999 x 9999 pixels in|its size takes"):
        open_image(bytes(data))


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan stands in it so often."""
    data = encoded(an_image("RGB", (64, 64)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded() -> None:
    assert open_image(with_scans(20)).size == (64, 64)
    with pytest.raises(ImageError, match="more than 100 scans"):
        open_image(with_scans(500))
    data = encoded(an_image("RGB"), "JPEG")
    with pytest.raises(ImageError, match="more than 10000 segments"):
        open_image(data[:2] + b"\xff\xfe\0\2" * 20_000 + data[2:])
    for wrong in (b"", b"\xff", b"\xff\xc0", b"\xff\xc0\0\0", b"\xff\xda\0\0\xff\xc2", b"\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\0"):
        assert not scans_in(b"\xff\xd8" + wrong).problem


@pytest.mark.parametrize(
    "options", [{}, {"subsampling": "4:2:0"}, {"subsampling": "4:4:4"}, {"quality": 100}, {"restart_marker_rows": 1}], ids=str
)
def test_a_jpeg_that_lacks_nothing_but_its_end_is_whole(options: dict[str, object]) -> None:
    values = np.random.default_rng(20).integers(0, 256, (35, 50, 3), np.uint8)
    if options.get("subsampling") != "4:4:4":  # where squares share colour, that of the last would be blended into those beside it
        values[16:, 32:] = values[16:, 32:, :1]
    data = encoded(Image.fromarray(values), "JPEG", **options)
    whole = np.asarray(open_image(data).native)
    for cut in (data[:-2], data[:-1], data[:-2] + b"\0\0"):
        assert np.array_equal(np.asarray(open_image(cut).native), whole)
    accepted: list[int] = []
    for missing in (*range(3, 60), 200, 400):
        found = whole
        with suppress(ImageError):
            found = np.asarray(open_image(data[:-missing]).native)
            accepted.append(missing)
        assert np.array_equal(found[:32], whole[:32])  # the last square's end may go unnoticed, and no more
        assert np.array_equal(found[:, :48], whole[:, :48])
    assert len(accepted) <= 3


def test_a_progressive_jpeg_without_its_end_may_lack_scans_and_is_refused() -> None:
    with pytest.raises(ImageError, match="cut short"):
        open_image(encoded(an_image("RGB", (50, 35)), "JPEG", progressive=True)[:-2])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (64, 64), (333, 20)], ids=str)
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"optimize": True}, {"quality": 1, "subsampling": "4:2:0"}], ids=str
)
def test_no_jpeg_as_small_as_can_be_is_taken_for_empty(mode: str, size: tuple[int, int], options: dict[str, object]) -> None:
    for level in (0, 255):
        image = Image.new(mode, size, (level,) * len(Image.new(mode, (1, 1)).getbands()))
        assert open_image(encoded(image, "JPEG", **options)).size == size[::-1]


def test_threads_decode_at_the_same_time_and_are_shown_their_own_warnings() -> None:
    """Nobody waits for a picture of somebody else's: one thread stops in the middle of its own."""
    data, inside, go_on = encoded(an_image("RGB", (64, 64))), threading.Event(), threading.Event()
    cap = Image.MAX_IMAGE_PIXELS

    def stop() -> None:
        with pillow("it"):
            inside.set()
            assert go_on.wait(30)
            warnings.warn("nobody sees this", stacklevel=1)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        assert inside.wait(30)
        other = threading.Thread(target=lambda: open_image(data), daemon=True)
        other.start()
        other.join(30)
        assert not other.is_alive()
        with pytest.warns(UserWarning, match="everybody sees this"):
            warnings.warn("everybody sees this", stacklevel=1)
    finally:
        go_on.set()
        thread.join()
    assert cap == Image.MAX_IMAGE_PIXELS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_forked_while_another_thread_decodes_can_open_pictures() -> None:
    data, inside, go_on = encoded(an_image("RGB", (64, 64))), threading.Event(), threading.Event()
    cap = Image.MAX_IMAGE_PIXELS

    def stop() -> None:
        with pillow("it"), guarded_pillow._limit.lock:
            inside.set()
            go_on.wait(30)

    thread = threading.Thread(target=stop)
    thread.start()
    assert inside.wait(30)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # which ends a process that waits for ever
        os._exit(0 if open_image(data).size == (64, 64) and cap == Image.MAX_IMAGE_PIXELS else 1)
    go_on.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


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


def test_a_gif_whose_later_frame_reaches_far_beyond_it_is_refused_before_room_is_made(tmp_path: Path) -> None:
    """1.7 KB took 20 GB: Pillow grows the picture by each frame, 65535 x 65535 at most."""
    frames = [Image.new("L", (12, 9), shade) for shade in (10, 120, 230)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    data = bytearray(out.getvalue())
    assert claimed_size(bytes(data)) == (12, 9)
    place = data.index(b"\x2c\0\0\0\0", data.index(b"\x2c\0\0\0\0") + 1)  # the second frame's
    for changed in (struct.pack("<HHHH", 0, 0, 65535, 65535), struct.pack("<HHHH", 6000, 6000, 12, 9)):
        data[place + 1 : place + 9] = changed
        path = tmp_path / "far.gif"
        path.write_bytes(data)
        with pytest.raises(ImageError, match=r"too large|claims"):
            open_animation(path)
        with pytest.raises(ImageError, match=r"too large|claims"):
            open_image(path, first_frame=True)

"""The canvas: the numbers of a whole float picture, window by window, of every kind; only what is asked for is converted."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facefx import open_image
from facefx.image import canvas as canvases
from facefx.image import modes
from facefx.image.canvas import Canvas
from facefx.pixels import geometry
from test_image_matrix import WIDE

HEIGHT, WIDTH = 12, 17
RNG = np.random.default_rng(3)
BYTES = RNG.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
RGB = Image.fromarray(BYTES[..., :3])

KINDS: dict[str, Any] = {
    "uint8": BYTES[..., :3].copy(),
    "uint8 grey": BYTES[..., 0].copy(),
    "uint8 grey and alpha": BYTES[..., :2].copy(),
    "uint8 with alpha": BYTES,
    "uint16": BYTES[..., :3].astype(np.uint16) * 257,
    "float32": (BYTES[..., :3] / 255).astype(np.float32),
    "float64 with alpha": BYTES / 255,
    **{mode: RGB.convert(mode) for mode in ("RGB", "L", "LA", "RGBA", "P", "1", "CMYK", "YCbCr", "HSV")},
    "I;16": Image.fromarray(BYTES[..., 0].astype(np.uint16) * 257),
}


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, int, int]:
    x0, y0 = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
    return x0, y0, draw(st.integers(x0 + 1, WIDTH)), draw(st.integers(y0 + 1, HEIGHT))


@pytest.mark.parametrize("kind", KINDS)
@given(painted=st.lists(windows(), max_size=5), asked=windows(), seed=st.integers(0, 9))
def test_windows_are_those_of_the_whole_picture_painted_at_once(
    kind: str, painted: list[tuple[int, int, int, int]], asked: tuple[int, int, int, int], seed: int
) -> None:
    picture = open_image(KINDS[kind])
    whole, canvas, rng = picture.rgb.copy(), picture.canvas, np.random.default_rng(seed)
    for x0, y0, x1, y1 in painted:
        pixels = np.where(
            rng.random((y1 - y0, x1 - x0, 1)) < 0.5, whole[y0:y1, x0:x1], rng.random((y1 - y0, x1 - x0, 3), np.float32)
        )
        before = np.array(canvas.image)
        after = canvas.painted((x0, y0, x1, y1), pixels)
        assert np.array_equal(canvas.image, before)
        canvas = after
        whole[y0:y1, x0:x1] = pixels
    x0, y0, x1, y1 = asked
    assert np.array_equal(canvas[y0:y1, x0:x1], whole[y0:y1, x0:x1])
    assert np.array_equal(canvas.image, whole)
    assert np.array_equal(np.asarray(picture.with_canvas(canvas).native), np.asarray(picture.with_rgb(whole).native))


@pytest.mark.parametrize("kind", KINDS)
@given(painted=st.lists(windows(), max_size=3), asked=windows())
def test_a_copy_of_a_window_may_be_changed(
    kind: str, painted: list[tuple[int, int, int, int]], asked: tuple[int, int, int, int]
) -> None:
    canvas = open_image(KINDS[kind]).canvas
    for x0, y0, x1, y1 in painted:
        canvas = canvas.painted((x0, y0, x1, y1), np.full((y1 - y0, x1 - x0, 3), 0.25, np.float32))
    x0, y0, x1, y1 = asked
    copy = canvas.copied(asked)
    whole = np.array(canvas.image)
    np.testing.assert_array_equal(copy, whole[y0:y1, x0:x1])
    copy[:] = 0.5
    np.testing.assert_array_equal(canvas.image, whole)
    np.testing.assert_array_equal(canvas.copied(asked), whole[y0:y1, x0:x1])


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_only(kind: str) -> None:
    canvas = Canvas.of(open_image(KINDS[kind]).canvas.painted((2, 2, 5, 5), np.zeros((3, 3, 3), np.float32)))
    for part in (canvas.image, canvas[:, :], canvas[3:4, 3:4], canvas[0:9, 0:9]):
        assert not part.flags.writeable


def test_an_array_of_the_callers_is_not_written_to_nor_locked() -> None:
    array = KINDS["float32"].copy()
    canvas = Canvas(array)
    assert array.flags.writeable
    assert not canvas.image.flags.writeable
    assert canvas.image.base is not None  # no copy


def test_a_profile_is_followed_window_by_window() -> None:
    image = RGB.copy()
    image.info["icc_profile"] = WIDE["Display P3"]
    picture = open_image(image)
    whole = np.array(modes.native_rgb(picture.native, picture.metadata.icc))
    assert np.array_equal(picture.canvas[3:9, 2:11], whole[3:9, 2:11])
    painted = picture.canvas.painted((2, 3, 6, 8), np.full((5, 4, 3), 0.25, np.float32))
    whole[3:8, 2:6] = 0.25
    assert np.array_equal(np.asarray(picture.with_canvas(painted).native), np.asarray(picture.with_rgb(whole).native))


@pytest.mark.parametrize("kind", ["uint8", "RGB", "uint8 grey", "L", "RGBA", "uint16", "float32", "CMYK"])
def test_a_smaller_copy_is_the_mean_of_what_it_stands_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvases, "_MUCH", 100)
    picture = open_image(KINDS[kind])
    small = picture.canvas.reduced((1, 0, 17, 12), (4, 3))
    expected = picture.rgb[:, 1:].reshape(3, 4, 4, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, expected, atol=0.51 / 255)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pillow_makes_the_same_small_copy_of_its_images(mode: str) -> None:
    ramp = np.add.outer(np.arange(90), 2 * np.arange(60)).astype(np.uint8)
    picture = open_image(Image.fromarray(np.dstack([ramp, ramp // 2, 255 - ramp])).convert(mode))
    small = picture.canvas.reduced((4, 11, 56, 89), (6, 9))
    expected = Canvas.of(picture.rgb).reduced((4, 11, 56, 89), (6, 9))
    np.testing.assert_allclose(small[1:-1, 1:-1], expected[1:-1, 1:-1], atol=2 / 255)


@pytest.mark.parametrize("kind", ["uint8", "RGB", "L", "uint16", "float32"])
@pytest.mark.parametrize("side", [4.0, 9.0, 40.0])
def test_crops_are_those_of_the_whole_picture(kind: str, side: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvases, "_MUCH", 100)
    picture = open_image(KINDS[kind])
    affine = geometry.crop_affine((8.3, 5.1), side, 20, 8)
    crop = geometry.cut(open_image(KINDS[kind]).canvas, affine, 8)
    np.testing.assert_allclose(crop, geometry.cut(picture.rgb, affine, 8), atol=1.5 / 255)


@pytest.mark.parametrize("kind", ["uint8", "RGB", "LA", "RGBA", "uint16"])
def test_only_the_window_is_converted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[int] = []

    def counted(native: Any, icc: bytes | None = None) -> Any:
        answer = modes.native_rgb(native, icc)
        converted.append(answer.shape[0] * answer.shape[1])
        return answer

    monkeypatch.setattr(canvases, "native_rgb", counted)
    canvas = open_image(KINDS[kind]).canvas
    canvas = canvas.painted((3, 3, 8, 9), canvas[3:9, 3:8] * 0.5)
    canvas.reduced((0, 0, 16, 12), (4, 3)) if canvas.stored else None
    assert converted == [30]


def test_what_is_done_with_is_freed_at_once() -> None:
    """A cycle would keep a photo's floats until the collector happens to run: in a loop, gigabytes."""
    array = np.random.default_rng(0).integers(0, 255, (96, 80, 3), np.uint8)
    canvas = Canvas(Image.fromarray(array))
    canvas.image, canvas[:90, :70]
    painted = canvas.painted((0, 0, 10, 10), np.zeros((10, 10, 3), np.float32))
    held = weakref.ref(canvas)
    del canvas
    assert held() is not None  # under what was painted
    del painted
    assert held() is None

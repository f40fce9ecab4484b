"""Where there is nothing of a picture, and warps: alpha goes along with what it belongs to, a cutout's and the picture's own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import facefx
from conftest import Fakes
from facefx import Chain, chain, effect
from facefx.chains.warping import warped
from facefx.face.face import FaceView
from facefx.face.scene import Scene
from facefx.testing import example_scene
from facefx.video import animate, process
from facefx.video.convert import convert
from pictures import encoded_16


def over(rgb: np.ndarray, alpha: np.ndarray, color: tuple[float, float, float]) -> np.ndarray:
    """The picture on a wall of one colour."""
    return np.asarray(rgb * alpha[..., None] + np.array(color, np.float32) * (1 - alpha[..., None]))


def lens(size: tuple[int, int], height: float) -> np.ndarray:
    """A displacement that is zero at the borders of its window."""
    rows, columns = np.ogrid[0 : np.pi : size[0] * 1j, 0 : np.pi : size[1] * 1j]
    shape = np.sin(rows) * np.sin(columns)
    return np.stack([height * shape, -height / 2 * shape], axis=-1).astype(np.float32)


@effect(kind="warp", margin=0.5)
def bend(face: FaceView) -> np.ndarray:
    """Move the middle of the face and what is round it up and to the left."""
    return lens(face.shape, 0.2 * min(face.shape))


def with_own_alpha(picture: np.ndarray) -> np.ndarray:
    """(H, W, 4): as it is where it is not its background, which is what the corner shows; green beneath."""
    there = np.abs(picture.astype(int) - picture[0, 0]).max(axis=-1) > 8
    return np.dstack([np.where(there[..., None], picture, (0, 255, 0)), 255 * there]).astype(np.uint8)


def test_a_warp_after_a_cutout_is_a_cutout_after_the_warp() -> None:
    scene, warp, cut = example_scene("portrait"), chain(bend), chain("cutout")
    left, still, wanted = (look.edit(scene).alpha for look in (cut | warp, cut, warp | cut))
    assert left is not None
    assert still is not None
    assert wanted is not None
    assert np.abs(still - wanted).mean() > 0.1
    assert np.abs(left - wanted).mean() < 0.01
    assert left.min() >= 0
    assert left.max() <= 1


def test_what_no_warp_reaches_is_not_written() -> None:
    scene = chain("cutout").edit(example_scene("portrait"))
    assert chain("slim_face", strength=0.0).edit(scene).alpha is scene.alpha


@pytest.mark.parametrize("color", [(0, 0, 0), (1, 1, 1), (0.1, 0.8, 0.2)])
def test_on_any_wall_the_warped_cutout_is_the_cutout_warped_on_it(color: tuple[float, float, float]) -> None:
    """So nothing of what is hidden comes out at the edges, and no colour is darker for being half transparent."""
    rng = np.random.default_rng(3)
    rgb = np.full((96, 96, 3), 0.5, np.float32) + rng.normal(0, 0.02, (96, 96, 3)).astype(np.float32)
    rows, columns = np.mgrid[:96, :96]
    alpha = np.clip(30 - np.hypot(rows - 48, columns - 48), 0, 1).astype(np.float32)
    hidden = np.where(alpha[..., None] > 0, rgb, np.array([1, 0, 1], np.float32))
    window, field = (8, 8, 88, 88), lens((80, 80), 7)
    done = warped(Scene(hidden, (), alpha), window, field)
    wanted = warped(Scene(over(hidden, alpha, color), ()), window, field).image
    assert done.alpha is not None
    apart = np.abs(over(done.image, done.alpha, color) - wanted)
    assert apart.max() < 0.1  # the one interpolates with cubic splines, the other linearly
    assert apart.mean() < 0.002
    assert np.abs(done.alpha - alpha).max() > 0.9  # it did move


def test_what_does_not_move_keeps_its_bits_and_its_alpha() -> None:
    scene = chain("cutout").edit(example_scene("portrait"))
    field = np.zeros((40, 60, 2), np.float32)
    field[10:20, 20:40] = 3
    done = warped(scene, (30, 30, 90, 70), field)
    assert scene.alpha is not None
    assert done.alpha is not None
    still = np.ones(scene.size, bool)
    still[40:50, 50:70] = False
    np.testing.assert_array_equal(done.alpha[still], scene.alpha[still])
    np.testing.assert_array_equal(done.image[still], scene.image[still])
    whole = np.ones(scene.size, np.float32)
    opaque = warped(Scene(scene.canvas, scene.faces, whole), (30, 30, 90, 70), field)
    assert opaque.alpha is whole


def as_kind(rgba: np.ndarray, kind: str) -> Any:
    match kind:
        case "array":
            return rgba
        case "floats":
            return (rgba / 255).astype(np.float32)
        case "RGBA" | "LA":
            return Image.fromarray(rgba).convert(kind)
        case "16-bit PNG":
            return encoded_16(rgba.astype(np.uint16) * 257)
    data = io.BytesIO()
    Image.fromarray(rgba).save(data, kind, **{"lossless": True} if kind == "WEBP" else {})
    return data.getvalue()


@pytest.mark.parametrize("kind", ["array", "floats", "RGBA", "LA", "16-bit PNG", "PNG", "WEBP", "GIF"])
def test_the_pictures_own_alpha_moves_too(fakes: Fakes, portrait: np.ndarray, kind: str) -> None:
    """A picture that was cut out elsewhere, say."""
    rgba = with_own_alpha(portrait)
    given = facefx.open_image(as_kind(rgba, kind))
    done = chain(bend).run(as_kind(rgba, kind))
    assert type(done.image) is type(as_kind(rgba, kind))
    picture = facefx.open_image(done.image)
    assert given.alpha is not None
    assert picture.alpha is not None
    if kind == "LA":  # grey tells the segmenter too little for the shape of the head to be compared
        assert np.abs(picture.alpha - given.alpha).max() > 0.5
        return
    head = np.where(rgba[..., 3:] > 0, rgba[..., :3], portrait[0, 0])  # what is moved, on a wall
    wanted = chain(bend).run(head.astype(np.uint8)).image
    there = np.abs(wanted.astype(int) - portrait[0, 0]).max(axis=-1) > 8
    apart, stale = ((np.abs(alpha - there) > 0.5).mean() for alpha in (picture.alpha, given.alpha))
    assert stale > 0.005
    assert apart < 0.2 * stale
    seen = picture.alpha > 0.5
    green = (picture.rgb[..., 1] - np.delete(picture.rgb, 1, axis=-1).max(axis=-1))[seen]
    assert green.max() < 0.5  # nothing of what was beneath has come out


def test_what_only_paints_leaves_it_alone(fakes: Fakes, portrait: np.ndarray) -> None:
    rgba = with_own_alpha(portrait)
    done = chain("recolor_lips", color="#0000ff")(rgba)
    np.testing.assert_array_equal(done[..., 3], rgba[..., 3])
    assert (done != rgba).any()


def test_a_cutout_leaves_no_more_than_there_was(fakes: Fakes, portrait: np.ndarray) -> None:
    rgba = np.dstack([portrait, np.full(portrait.shape[:2], 255, np.uint8)])
    rgba[:100, :, 3] = 128
    once, twice = chain("cutout").run(portrait).picture.alpha, chain("cutout").run(rgba).picture.alpha
    assert once is not None
    assert twice is not None
    np.testing.assert_allclose(twice, once * (rgba[..., 3] / 255), atol=1.5 / 255)


def test_in_films_animations_and_pages(fakes: Fakes, portrait: np.ndarray, tmp_path: Path) -> None:
    rgba = with_own_alpha(portrait)
    facefx.register(bend)  # a film's look is written down
    look = chain("bend")
    wanted = look(rgba)[..., 3] > 127
    assert (wanted != (rgba[..., 3] > 127)).mean() > 0.005

    def is_moved(alpha: np.ndarray, close: float = 0.002) -> bool:
        return bool((wanted != (alpha > 127)).mean() < close)

    (frame,) = process([rgba], look)
    assert is_moved(frame[..., 3])

    for ending, options in ((".gif", {}), (".webp", {"lossless": True}), (".tif", {})):
        source, target = tmp_path / f"in{ending}", tmp_path / f"out{ending}"
        first, second = Image.fromarray(rgba), Image.fromarray(np.ascontiguousarray(rgba + np.uint8(0)))
        second.putpixel((0, 0), (9, 9, 9, 255))  # two that are alike would become one
        first.save(source, save_all=True, append_images=[second], **options)
        animate(source, target, look)
        with Image.open(target) as image:
            assert image.n_frames == 2
            assert is_moved(np.asarray(image.convert("RGBA"))[..., 3])

    source, target = tmp_path / "in.mov", tmp_path / "out.mov"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("qtrle", rate=10)
        stream.height, stream.width = rgba.shape[:2]
        stream.pix_fmt = "argb"
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgba, format="rgba").reformat(format="argb")))
        container.mux(stream.encode(None))
    convert(source, target, look)
    with av.open(str(target)) as container:
        shown = [one.to_ndarray(format="rgba") for one in container.decode(video=0)]
    assert len(shown) == 2
    assert is_moved(shown[1][: rgba.shape[0], : rgba.shape[1], 3], 0.01)  # which has even sides


def test_nothing_is_cut_out_of_a_picture_that_only_has_alpha(fakes: Fakes, portrait: np.ndarray) -> None:
    """A kind that cannot be soft stays what it is: only a cutout makes a GIF a PNG."""
    data = as_kind(with_own_alpha(portrait), "GIF")
    assert chain(bend)(data)[:3] == b"GIF"
    assert chain("cutout")(data)[1:4] == b"PNG"
    assert Chain()(data)[:3] == b"GIF"

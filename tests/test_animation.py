"""Animations and pages: every frame is edited, and times, loop and alpha stay; or it is refused, in words."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin, features

import facefx
from cli_helpers import run
from conftest import Fakes
from facefx import chain
from facefx.batch import prepare
from facefx.cli.exit_codes import ExitCode
from facefx.errors import ImageError, OutputError
from facefx.image.animation import open_animation
from facefx.image.palettes import paletted
from facefx.video import animate
from facefx.video.animation import Animated
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import empty, film

LIPS = chain("recolor_lips", color="#2040c0", strength=1.0)
TIMES = [100, 40, 250, 70]
needs_avif = pytest.mark.skipif("avif" not in features.get_supported_modules(), reason="this Pillow cannot write AVIF")
ENDINGS = [".gif", ".webp", ".png", pytest.param(".avif", marks=needs_avif)]


def edit(source: Path, target: Path, **options: Any) -> Animated:
    return animate(source, target, LIPS, segmenter=FakeSegmenter(), detector=FakeDetector(), **options)


def few_colors(frame: np.ndarray) -> np.ndarray:
    return np.asarray(frame // 16 * 16, np.uint8)


def write(path: Path, frames: list[np.ndarray], **options: Any) -> Path:
    images = [Image.fromarray(frame) for frame in frames]
    if path.suffix == ".webp":
        options |= {"lossless": True, "exact": True}
    if path.suffix == ".avif":
        options["quality"] = 95
    images[0].save(path, save_all=True, append_images=images[1:], **{"duration": TIMES[: len(frames)]} | options)
    return path


def read(path: Path) -> tuple[list[int], Any, list[np.ndarray]]:
    """Times, loop, and the frames as they are shown, (H, W, 4) uint8."""
    times, frames = [], []
    with Image.open(path) as image:
        loop = image.info.get("loop")
        for place in range(image.n_frames):
            image.seek(place)
            image.load()
            times.append(round(image.info.get("duration", 0)))
            frames.append(np.asarray(image.convert("RGBA")))
    return times, loop, frames


def is_blue(frame: np.ndarray) -> bool:
    """Whether there are painted lips."""
    return int(((frame[..., 2].astype(int) - frame[..., 0]) > 60).sum()) > 50


@pytest.mark.parametrize("ending", [".gif", ".tiff"])
def test_a_look_that_needs_no_face_is_laid_on_any_animation(tmp_path: Path, ending: str, fakes: Fakes) -> None:
    source, target = write(tmp_path / f"in{ending}", empty(2)), tmp_path / f"out{ending}"
    refused = run("apply", source, "-o", target, "--effect", "recolor_lips")
    assert refused.exit_code == ExitCode.NO_FACE
    done = run("apply", source, "-o", target, "--effect", "sketch")
    assert (done.exit_code, done.stderr) == (ExitCode.OK, "")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("loop", [0, 3])
def test_every_frame_is_edited_and_times_and_loop_stay(tmp_path: Path, ending: str, loop: int) -> None:
    frames = [*(few_colors(frame) for frame in film(3)), few_colors(empty(1)[0])]
    source = write(tmp_path / f"in{ending}", frames, loop=loop)
    before = read(source)
    done = edit(source, tmp_path / f"out{ending}")
    assert (done.frames, done.most_faces) == (4, 1)
    times, looped, shown = read(tmp_path / f"out{ending}")
    assert (times, looped) == (TIMES, before[1])
    assert [is_blue(frame) for frame in shown[:3]] == [True] * 3
    exact = ending in (".gif", ".png")
    for was, now in zip(before[2], shown, strict=True):
        off = np.abs(was[:60].astype(int) - now[:60])
        assert off.max() == 0 if exact else off.mean() < 3


def test_a_gif_that_runs_once_does(tmp_path: Path) -> None:
    source = write(tmp_path / "in.gif", [few_colors(frame) for frame in film(2)])
    edit(source, tmp_path / "out.gif")
    assert read(tmp_path / "out.gif")[1] is None
    edit(source, tmp_path / "out.webp")
    assert read(tmp_path / "out.webp")[1] == 1


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("disposal", [1, 2])
def test_alpha_is_kept_whatever_the_frames_before_leave_behind(tmp_path: Path, ending: str, disposal: int) -> None:
    frames = []
    for number, frame in enumerate(film(3)):
        alpha = np.full(frame.shape[:2], 255, np.uint8)
        alpha[:20, 10 * number : 10 * number + 40] = 0
        frames.append(np.dstack([few_colors(frame), alpha]))
    options = {"disposal": disposal} if ending == ".gif" else {}
    source = write(tmp_path / f"in{ending}", frames, **options)
    shown = read(source)[2]
    edit(source, tmp_path / f"out{ending}")
    edited = read(tmp_path / f"out{ending}")[2]
    assert len(edited) == len(shown) == 3
    for was, now in zip(shown, edited, strict=True):
        assert np.abs(was[..., 3].astype(int) - now[..., 3]).mean() < 1
        assert is_blue(now)


def test_the_picture_of_a_png_that_is_not_in_the_animation(tmp_path: Path) -> None:
    source = write(tmp_path / "in.png", film(3), default_image=True, duration=[100, 40])
    edit(source, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.default_image
        assert image.n_frames == 3
    assert all(is_blue(frame) for frame in read(tmp_path / "out.png")[2])


def test_pages_are_edited_one_by_one(tmp_path: Path) -> None:
    large, small = film(1)[0], film(1, size=(140, 200))[0]
    pages = [Image.fromarray(large), Image.fromarray(empty(1)[0]).convert("L"), Image.fromarray(small)]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:], dpi=(300, 300))
    done = edit(tmp_path / "in.tif", tmp_path / "out.tif")
    assert done.frames == 3
    with Image.open(tmp_path / "out.tif") as image:
        assert image.n_frames == 3
        assert image.info["dpi"] == (300, 300)
        shown = []
        for page in range(3):
            image.seek(page)
            shown.append((image.mode, np.asarray(image)))
    assert [mode for mode, _ in shown] == ["RGB", "L", "RGB"]
    assert is_blue(shown[0][1])
    assert is_blue(shown[2][1])
    assert shown[2][1].shape == small.shape


def test_a_thumbnail_in_a_tiff_is_no_page(tmp_path: Path) -> None:
    small = TiffImagePlugin.ImageFileDirectory_v2()
    small[254] = 1
    thumbnail = Image.fromarray(film(1)[0]).resize((56, 40))
    thumbnail.encoderinfo = {"tiffinfo": small}
    Image.fromarray(film(1)[0]).save(tmp_path / "in.tif", save_all=True, append_images=[thumbnail])
    with Image.open(tmp_path / "in.tif") as image:
        assert image.n_frames == 2
        image.seek(1)
        assert image.tag_v2.get(254) == 1
    assert open_animation(tmp_path / "in.tif") is None
    assert facefx.open_image(tmp_path / "in.tif").size == film(1)[0].shape[:2]


def test_in_python_one_of_several_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    source = write(tmp_path / "in.gif", film(2))
    for kind in (source, source.read_bytes(), io.BytesIO(source.read_bytes())):
        with pytest.raises(ImageError, match=r"2 frames.*facefx\.video\.animate.*first_frame=True"):
            LIPS.run(kind)  # type: ignore[arg-type]
    first = facefx.open_image(source, first_frame=True)
    assert LIPS.run(first, segmenter=FakeSegmenter(), detector=FakeDetector()).image.size == (224, 160)


def test_what_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "in.gif", film(2))
    Image.fromarray(film(1)[0]).save(tmp_path / "still.gif")
    with pytest.raises(ImageError, match="one picture"):
        edit(tmp_path / "still.gif", tmp_path / "out.gif")
    for name in ("out.jpg", "out.tif", "out.bmp"):
        with pytest.raises(OutputError, match=r"2 frames.*\.webp.*first_frame=True"):
            edit(source, tmp_path / name)
    (tmp_path / "there.gif").write_text("precious")
    with pytest.raises(OutputError, match="there already"):
        edit(source, tmp_path / "there.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.gif", "still.gif", "there.gif"]


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "in.png", film(4))
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(ImageError, match="damaged or cut short"):
        edit(source, tmp_path / "out.png")


def test_the_command_edits_all_frames_or_the_first(tmp_path: Path, fakes: Fakes) -> None:
    source = write(tmp_path / "in.gif", [few_colors(frame) for frame in film(3)])
    effect = ("--effect", "recolor_lips:color=#2040c0,strength=1")
    assert run("apply", source, "-o", tmp_path / "out.gif", *effect).exit_code == ExitCode.OK
    assert [is_blue(frame) for frame in read(tmp_path / "out.gif")[2]] == [True] * 3
    refused = run("apply", source, "-o", tmp_path / "out.jpg", *effect)
    assert refused.exit_code == ExitCode.OUTPUT_REFUSED
    assert "--first-frame" in refused.output
    assert run("apply", source, "-o", tmp_path / "out.jpg", *effect, "--first-frame").exit_code == ExitCode.OK
    assert is_blue(facefx.open_image(tmp_path / "out.jpg").rgb * 255)
    assert run("parse", source, "-o", tmp_path / "labels.png").exit_code == ExitCode.BAD_PICTURE
    assert run("parse", source, "-o", tmp_path / "labels.png", "--first-frame").exit_code == ExitCode.OK


def test_a_batch_edits_all_frames(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.gif", [few_colors(frame) for frame in film(3)])
    Image.fromarray(film(1)[0]).save(tmp_path / "in" / "b.png")
    detector, segmenter = FakeDetector(), FakeSegmenter()
    records = list(
        prepare(tmp_path / "in", tmp_path / "out", LIPS, segmenter=segmenter, detector=detector).run(workers=1, sheet=True)
    )
    assert {record.file: (record.status.value, record.faces) for record in records} == {"a.gif": ("done", 1), "b.png": ("done", 1)}
    assert [is_blue(frame) for frame in read(tmp_path / "out" / "a.gif")[2]] == [True] * 3
    first = list(
        prepare(tmp_path / "in", tmp_path / "one", LIPS, segmenter=segmenter, detector=detector, first_frame=True).run(workers=1)
    )
    assert all(record.status.value == "done" for record in first)
    with Image.open(tmp_path / "one" / "a.gif") as image:
        assert getattr(image, "n_frames", 1) == 1


@given(st.integers(1, 400), st.integers(0, 400), st.booleans(), st.integers(0, 2**32 - 1))
def test_what_did_not_change_keeps_its_colours_in_a_palette(old: int, new: int, see_through: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    colors = rng.integers(0, 256, (old, 3), np.uint8)
    before = colors[rng.integers(0, old, (24, 24))]
    after = before.copy()
    after[:8] = rng.integers(0, 256, (max(new, 1), 3), np.uint8)[rng.integers(0, max(new, 1), (8, 24))] if new else before[:8]
    if see_through:
        alpha = np.where(rng.random((24, 24)) < 0.3, 0, 255).astype(np.uint8)
        before, after = np.dstack([before, alpha]), np.dstack([after, alpha])
    shown = np.asarray(paletted(after, before).convert("RGBA"))
    seen = np.ones((24, 24), bool) if not see_through else after[..., 3] > 0
    assert np.array_equal(shown[..., 3] > 0, seen)
    kept = seen.copy()
    kept[:8] = False
    if len(np.unique(before[seen][:, :3], axis=0)) <= 200:
        assert np.array_equal(shown[kept][:, :3], after[kept][:, :3])


def test_who_is_hidden_in_an_animation_is_hidden_in_every_frame_and_nothing_tells_of_them(tmp_path: Path) -> None:
    """As in a film: also in a frame in which nobody can be told, between two in which somebody can."""
    portrait = np.asarray(Image.open(Path(__file__).parents[1] / "samples" / "straight.jpg").convert("RGB").resize((192, 192)))
    frames = [np.clip(portrait.astype(int) + 2 * number, 0, 255).astype(np.uint8) for number in range(7)]
    frames[3][60:130, 40:150] = 90  # a hand, say
    exif = Image.Exif()
    exif[0x013B] = "Jane Doe"
    source, target = tmp_path / "in.webp", tmp_path / "out.webp"
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(source, save_all=True, append_images=others, duration=80, lossless=True, exif=exif)
    done = animate(source, target, chain("anonymize", method="block"))
    assert (done.frames, done.with_faces) == (7, 7)
    assert "Artist" in done.dropped
    with Image.open(target) as image:
        assert image.n_frames == 7
        assert 0x013B not in image.getexif()
        for number, before in enumerate(frames):
            image.seek(number)
            after = np.asarray(image.convert("RGB")).astype(int)
            changed = np.abs(after - before).max(axis=2)[65:125, 65:125] > 6
            assert changed.mean() > 0.9, f"frame {number} is bare"

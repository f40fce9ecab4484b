"""Films of every kind of light: range, matrix, bits, HDR and transparency come out as they went in, and what is painted is as
bright as was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx import chain
from facefx.chains.sequence import Chain
from facefx.video.convert import Conversion, convert
from facefx.video.light import Light, side_data
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import empty, film

av = pytest.importorskip("av", reason="video files need the extra 'video'")

LIPS = chain("recolor_lips", color="#c00", strength=1.0, light="absolute")  # a drawn face's skin tells of no light
SDR = Light(matrix=1, range=1, primaries=1, transfer=1, bits=8)
HLG = Light(matrix=9, range=1, primaries=9, transfer=18, bits=10)
PQ = replace(HLG, transfer=16)
WIDE = replace(HLG, transfer=14)
P3 = replace(WIDE, primaries=12)


def edit(source: Path, target: Path, look: Chain = LIPS, **options: Any) -> Conversion:
    return convert(source, target, look, segmenter=FakeSegmenter(), detector=FakeDetector(), **options)


def write(
    path: Path, frames: Sequence[np.ndarray], light: Light, *, codec: str = "libx264", format: str = "yuv420p", options: Any = None
) -> Path:
    """A film that is tagged like this, of RGB or RGBA numbers, (H, W, 3 or 4) uint8 or uint16."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options or {"crf": "4"})
        context = stream.codec_context
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = format
        context.colorspace, context.color_range = light.matrix, light.range
        context.color_primaries, context.color_trc = light.primaries, light.transfer
        for number, pixels in enumerate(frames):
            kind = {3: "rgb", 4: "rgba"}[pixels.shape[2]] + {
                ("rgb", 1): "24",
                ("rgb", 2): "48le",
                ("rgba", 1): "",
                ("rgba", 2): "64le",
            }[{3: "rgb", 4: "rgba"}[pixels.shape[2]], pixels.itemsize]
            picture = av.VideoFrame.from_ndarray(pixels, format=kind)
            if not format.startswith(("gbr", "rgb", "argb", "bgra")):
                picture = picture.reformat(format=format, dst_colorspace=light.matrix, dst_color_range=light.range)
            picture.color_primaries, picture.color_trc = light.primaries, light.transfer
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def read(path: Path) -> tuple[Any, list[np.ndarray]]:
    """The first frame as PyAV decodes it, and the RGB numbers of all, (H, W, 3) floats in [0, 1]."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        rgb = [f.reformat(format="rgb48le", src_colorspace=f.colorspace if f.colorspace != 2 else 5).to_ndarray() for f in frames]
    return frames[0], [pixels / 65535 for pixels in rgb]


def lips(pixels: np.ndarray) -> np.ndarray:
    """The middle of the lower lip of `video_helpers.HEAD`, in the first frames of a film: (3,)."""
    return np.asarray(np.median(pixels[115:118, 108:114].reshape(-1, 3), axis=0))


def are_red(lips: np.ndarray) -> bool:
    """Whether they are #c00, by and large: light and shade of the lips stay."""
    return bool(0.6 < lips[0] < 1 and max(lips[1:]) < 0.25)


def tags(frame: Any) -> tuple[int, ...]:
    return int(frame.colorspace), int(frame.color_range), int(frame.color_primaries), int(frame.color_trc)


@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("range_", [1, 2])
def test_the_range_and_the_matrix_are_the_sources_with_and_without_a_face(tmp_path: Path, range_: int, matrix: int) -> None:
    frames = [*empty(2), *film(3)]
    light = replace(SDR, range=range_, matrix=matrix)
    source = write(tmp_path / "in.mp4", frames, light)
    edit(source, tmp_path / "out.mp4", crf=4)
    before, originals = read(source)
    after, edited = read(tmp_path / "out.mp4")
    assert tags(after) == tags(before) == (matrix, range_, 1, 1)
    for was, now in zip(originals, edited, strict=True):
        assert np.abs(np.median(now[:60] - was[:60], axis=(0, 1))).max() < 0.008
    assert are_red(lips(edited[4]))


def test_an_rgb_film_gets_a_matrix_that_players_know(tmp_path: Path) -> None:
    frames = film(2)
    source = write(tmp_path / "in.mkv", frames, replace(SDR, matrix=0, range=2), codec="libx264rgb", format="rgb24")
    edit(source, tmp_path / "out.mp4", crf=4)
    after, edited = read(tmp_path / "out.mp4")
    assert (after.format.name, after.colorspace, after.color_range) == ("yuv420p", 1, 1)
    assert np.abs(edited[0][:60] - frames[0][:60] / 255).mean() < 0.015


@pytest.mark.parametrize("size", [(161, 225), (160, 225), (161, 224)])
def test_odd_sides_become_even_ones_that_phones_play(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = film(2, size=size)
    source = write(tmp_path / "in.mkv", frames, SDR, format="yuv444p")
    edit(source, tmp_path / "out.mp4", crf=4)
    after, edited = read(tmp_path / "out.mp4")
    assert (after.format.name, after.height % 2, after.width % 2) == ("yuv420p", 0, 0)
    assert edited[0].shape[:2] == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    assert np.abs(edited[0][:60, : size[1]] - frames[0][:60] / 255).mean() < 0.02
    assert np.abs(edited[0][-1] - edited[0][size[0] - 1]).max() < 0.1


@pytest.mark.parametrize("light", [HLG, PQ, WIDE, P3, replace(SDR, bits=10)])
def test_films_of_ten_bits_keep_them_and_are_painted_in_the_right_light(tmp_path: Path, light: Light) -> None:
    numbers = [light.from_srgb(frame.astype(np.uint16) * 257) for frame in [*empty(1), *film(2)]]
    options = {"crf": "4", "x265-params": "log-level=error:bframes=0"}
    source = write(tmp_path / "in.mp4", numbers, light, codec="libx265", format="yuv420p10le", options=options)
    edit(source, tmp_path / "out.mp4", crf=4)
    before, originals = read(source)
    after, edited = read(tmp_path / "out.mp4")
    assert after.format.name == "yuv420p10le"
    assert tags(after) == tags(before) == (light.matrix, 1, light.primaries, light.transfer)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert (container.streams.video[0].codec.name, container.streams.video[0].codec_context.codec_tag) == ("hevc", "hvc1")
    for was, now in zip(originals, edited, strict=True):
        assert np.abs(now[:60] - was[:60]).mean() < 0.004
    painted = light.to_srgb((edited[2] * 65535).astype(np.uint16)) / 65535
    plain = write(tmp_path / "plain.mp4", film(2), SDR)
    edit(plain, tmp_path / "plain_out.mp4", crf=4)
    off = np.abs(lips(painted) - lips(read(tmp_path / "plain_out.mp4")[1][1]))
    assert off.max() < 0.1  # the same red as in a plain film, but for what coding does to thin lips
    assert off[0] < 0.05


@pytest.mark.parametrize("light", [HLG, PQ])
def test_highlights_and_neon_beside_the_lips_stay(tmp_path: Path, light: Light) -> None:
    numbers = [light.from_srgb(frame.astype(np.uint16) * 257) for frame in film(2)]
    for frame in numbers:
        frame[:20, :40] = 58_000  # far brighter than a white sheet
        frame[:20, 60:100] = (0, 40_000, 0)  # BT.2020's own green
    options = {"crf": "4", "x265-params": "log-level=error:bframes=0"}
    source = write(tmp_path / "in.mov", numbers, light, codec="libx265", format="yuv420p10le", options=options)
    edit(source, tmp_path / "out.mov", crf=4)
    (_, was), (_, now) = read(source), read(tmp_path / "out.mov")
    for place in (np.s_[5:15, 5:35], np.s_[5:15, 65:95]):
        assert np.abs(now[1][place] - was[1][place]).max() < 0.02


@pytest.mark.parametrize("light", [HLG, PQ, WIDE])
def test_tone_mapping_makes_a_plain_film(tmp_path: Path, light: Light) -> None:
    greys = np.linspace(0, 255, 224).astype(np.uint8)[None, :, None].repeat(160, 0).repeat(3, 2)
    numbers = light.from_srgb(greys.astype(np.uint16) * 257)
    numbers[:40, :40] = 58_000
    options = {"crf": "4", "x265-params": "log-level=error:bframes=0"}
    source = write(tmp_path / "in.mp4", [numbers], light, codec="libx265", format="yuv420p10le", options=options)
    edit(source, tmp_path / "out.mp4", tone_map=True, crf=4)
    after, (shown,) = read(tmp_path / "out.mp4")
    assert (after.format.name, *tags(after)) == ("yuv420p", 1, 1, 1, 1)
    row = shown[100].mean(axis=1)
    assert (np.diff(row)[8:] > -0.012).all()  # brighter stays brighter
    assert np.abs(row[20:110] - greys[100, 20:110, 0] / 255).max() < 0.03  # what is dark stays as it was
    if light.is_hdr:
        assert row[-10:].mean() < shown[5:35, 5:35].mean() - 0.02  # and what outshines a white sheet is told from it


def test_the_master_of_a_film_is_told_on(tmp_path: Path) -> None:
    numbers = [PQ.from_srgb(frame.astype(np.uint16) * 257) for frame in empty(2)]
    display = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50):max-cll=1200,300"
    options = {"crf": "4", "x265-params": f"log-level=error:bframes=0:{display}"}
    source = write(tmp_path / "in.mp4", numbers, PQ, codec="libx265", format="yuv420p10le", options=options)
    edit(source, tmp_path / "out.mp4")
    (before, _), (after, _) = read(source), read(tmp_path / "out.mp4")
    kinds = ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    told = [{side.type.name: bytes(side) for side in side_data(frame) if side.type.name in kinds} for frame in (before, after)]
    assert told[0] == told[1]
    assert set(told[1]) == set(kinds)
    assert Light.of(after).peak == 4000


def see_through(count: int) -> list[np.ndarray]:
    """A head on nothing at all but for a grey stripe."""
    frames = film(count)
    alphas = [np.where(np.abs(frame.astype(int) - frame[0, 0]).max(axis=2) > 8, 255, 0).astype(np.uint8) for frame in frames]
    for alpha in alphas:
        alpha[:30] = 128
    return [np.dstack([frame, alpha]) for frame, alpha in zip(frames, alphas, strict=True)]


SEE_THROUGH = [
    pytest.param("in.mov", "prores_ks", "yuva444p10le", {"profile": "4444"}, id="ProRes 4444"),
    pytest.param("in.mov", "qtrle", "argb", {}, id="QuickTime Animation"),
    pytest.param("in.webm", "libvpx-vp9", "yuva420p", {"crf": "4", "b": "0", "auto-alt-ref": "0"}, id="VP9"),
]


@pytest.mark.parametrize("ending", [".webm", ".mov", ".mkv"])
@pytest.mark.parametrize(("name", "codec", "format", "options"), SEE_THROUGH)
def test_transparency_is_kept(tmp_path: Path, name: str, codec: str, format: str, options: dict[str, str], ending: str) -> None:
    frames = see_through(2)
    source = write(tmp_path / name, frames, SDR, codec=codec, format=format, options=options)
    done = edit(source, tmp_path / f"out{ending}", crf=4)
    again = edit(tmp_path / f"out{ending}", tmp_path / "again.mov", Chain(), crf=4)  # which reads it as any other
    assert done.frames == again.frames == 2
    with av.open(str(tmp_path / "again.mov")) as container:
        shown = [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]
    assert np.abs(shown[1][..., 3].astype(int) - frames[1][..., 3]).mean() < 4
    assert are_red(lips(shown[1][..., :3] / 255))


def test_what_is_transparent_becomes_white_where_it_must_and_that_is_said(tmp_path: Path) -> None:
    source = write(tmp_path / "in.mov", see_through(2), SDR, codec="qtrle", format="argb", options={})
    said: list[str] = []
    done = edit(source, tmp_path / "out.mp4", on_left_out=said.append)
    assert said == list(done.left_out)
    assert any("white" in what and ".webm" in what for what in said)
    _, (first, _) = read(tmp_path / "out.mp4")
    assert first[150:, :20].min() > 0.95
    assert 0.5 < first[5:25].mean() < 0.95


@pytest.mark.parametrize("ending", [".webm", ".mov", ".mkv"])
def test_a_cutout_film_is_transparent_and_hides_nothing_beneath(tmp_path: Path, ending: str) -> None:
    source = write(tmp_path / "in.mp4", film(3), SDR)
    edit(source, tmp_path / f"out{ending}", chain("cutout"), crf=4)
    edit(tmp_path / f"out{ending}", tmp_path / "read.mov", Chain())
    with av.open(str(tmp_path / "read.mov")) as container:
        shown = [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]
    assert len(shown) == 3
    assert shown[1][84, 110, 3] > 250
    assert shown[1][:8, :8, 3].max() < 5
    assert shown[1][:8, :8, :3].max() < 16  # not the background's colours


def test_deep_films_become_webm_with_the_bits_that_its_encoder_has(tmp_path: Path) -> None:
    numbers = [HLG.from_srgb(frame.astype(np.uint16) * 257) for frame in film(2)]
    options = {"crf": "4", "x265-params": "log-level=error:bframes=0"}
    source = write(tmp_path / "in.mp4", numbers, HLG, codec="libx265", format="yuv420p10le", options=options)
    done = edit(source, tmp_path / "out.webm", crf=4)
    after, (first, _) = read(tmp_path / "out.webm")
    if any(known.name == "yuv420p10le" for known in av.Codec("libvpx-vp9", "w").video_formats):
        assert (tags(after)[3], done.left_out) == (18, ())
    else:
        assert tags(after)[3] == 1
        assert any("8 bits" in what and ".mp4" in what for what in done.left_out)
        assert are_red(lips(first))


def test_webm_says_what_its_colours_are(tmp_path: Path) -> None:
    """VP9's own packets say it of the matrix and the range alone."""
    light = replace(P3, matrix=1, bits=8)
    source = write(tmp_path / "in.mkv", film(2), light)
    edit(source, tmp_path / "out.webm", crf=4)
    assert tags(read(tmp_path / "out.webm")[0]) == (*tags(read(source)[0])[:2], light.primaries, light.transfer)


@pytest.mark.parametrize("ending", [".webm", ".mov", ".mp4"])
def test_a_cutout_of_an_hdr_film(tmp_path: Path, ending: str) -> None:
    numbers = [HLG.from_srgb(frame.astype(np.uint16) * 257) for frame in film(2)]
    options = {"crf": "4", "x265-params": "log-level=error:bframes=0"}
    source = write(tmp_path / "in.mp4", numbers, HLG, codec="libx265", format="yuv420p10le", options=options)
    done = edit(source, tmp_path / f"out{ending}", chain("cutout"))
    after, (first, _) = read(tmp_path / f"out{ending}")
    assert tags(after)[3] == (1 if ending == ".webm" else 18)
    assert any("8 bits" in what for what in done.left_out) == (ending == ".webm")
    if ending == ".mp4":
        assert np.abs(first[:8, :8] - 0.75).max() < 0.02  # white as a sheet of paper, not as the sun


numbers_of = st.lists(st.integers(0, 65535), min_size=3, max_size=3)


@given(numbers_of, st.sampled_from([HLG, PQ, WIDE, P3]))
def test_there_and_back_again(rgb: list[int], light: Light) -> None:
    there = np.array(rgb, np.uint16)[None, None]
    back = light.to_srgb(light.from_srgb(there))
    assert (
        np.abs(back.astype(int) - there).max() <= 200
    )  # 0.3 %; PQ's steps of 16 bits are coarse in red and blue light that is dim


def test_white_is_where_the_standards_put_it() -> None:
    white = np.full((1, 1, 3), 65535, np.uint16)
    assert HLG.from_srgb(white)[0, 0] / 65535 == pytest.approx(0.75, abs=0.001)  # ITU-R BT.2408, table 1
    assert PQ.from_srgb(white)[0, 0] / 65535 == pytest.approx(0.58, abs=0.001)
    red = P3.from_srgb(np.array([[[65535, 0, 0]]], np.uint16))[0, 0] / 65535
    assert red == pytest.approx([0.9175, 0.2003, 0.1387], abs=0.002)  # CSS Color 4: color(srgb 1 0 0) in display-p3

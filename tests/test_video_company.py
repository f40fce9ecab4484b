"""What goes along with a film's picture: sound, subtitles, chapters and tags, on a clock that starts at zero; and what is left out,
which is said before the work."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_helpers import run
from conftest import Fakes
from facefx import chain
from facefx.cli.exit_codes import ExitCode
from facefx.errors import OutputError
from facefx.video.convert import Conversion, convert
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import empty, read_video, write_video

av = pytest.importorskip("av", reason="video files need the extra 'video'")
LIPS = chain("recolor_lips", color="#2040c0", strength=1.0)
PLACE = "+48.8577+002.2950/"


def edit(source: Path, target: Path, **options: Any) -> Conversion:
    return convert(source, target, LIPS, segmenter=FakeSegmenter(), detector=FakeDetector(), **options)


def remade(source: Path, target: Path, change: Any, later: float = 0.0) -> Path:
    """The same packets in another file, `later` seconds later, after `change` was called with what is written."""
    with av.open(str(source)) as original, av.open(str(target), "w", options={"movflags": "use_metadata_tags"}) as result:
        streams = {stream: result.add_stream_from_template(stream) for stream in original.streams}
        for stream, new in streams.items():
            new.time_base = stream.time_base
        change(result)
        for packet in original.demux():
            if packet.dts is not None:
                shift = round(Fraction(later) / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, streams[packet.stream]
                result.mux_one(packet)
    return target


def with_sounds(path: Path, codecs: list[str], languages: list[str]) -> Path:
    """A film with a sound in each of these codecs."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = 160, 224, "yuv420p"
        tones = [container.add_stream(codec, rate=48_000) for codec in codecs]
        for tone, language in zip(tones, languages, strict=True):
            tone.layout, tone.metadata["language"] = "mono", language
        for number, frame in enumerate(empty(3)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        for tone in tones:
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 4608), np.int16), format="s16", layout="mono")
            samples.rate, samples.pts = 48_000, 0
            for part in (samples, None):
                container.mux(tone.encode(part))
    return path


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_a_place_is_gone_from_every_tag_that_can_hold_one(tmp_path: Path, ending: str) -> None:
    plain = write_video(tmp_path / "plain.mp4", empty(2))
    hidden = {
        "location": PLACE, "location-eng": PLACE, "com.apple.quicktime.location.ISO6709": PLACE, "gps": "48.8577, 2.2950",
        "com.apple.quicktime.location.name": "Champ de Mars", "comment": f"seen at {PLACE}", "xmp": f"<x>{PLACE}</x>",
        "description": "48.8577, 2.2950", "firmware": "HERO9 serial C3441", "com.android.version": "14",
    }  # fmt: skip
    kept = {"title": "Holiday", "artist": "Ada", "com.apple.quicktime.make": "Apple", "date": "2026-11-28"}
    source = remade(plain, tmp_path / f"in{ending}", lambda result: result.metadata.update(hidden | kept))
    with av.open(str(source)) as container:
        assert PLACE in str(container.metadata)
    done = edit(source, tmp_path / f"out{ending}")
    data = (tmp_path / f"out{ending}").read_bytes()
    for text in (b"48.85", b"002.29", b"Champ", b"C3441"):
        assert text not in data
    assert any("--keep-gps" in what for what in done.left_out)
    with av.open(str(tmp_path / f"out{ending}")) as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
    assert (tags["title"], tags["artist"]) == ("Holiday", "Ada")
    edit(source, tmp_path / f"kept{ending}", keep_gps=True)
    with av.open(str(tmp_path / f"kept{ending}")) as container:
        assert "+48.8577" in next(text for name, text in container.metadata.items() if name.lower() == "location")


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm"])
def test_where_people_are_hidden_no_tag_names_them(tmp_path: Path, ending: str) -> None:
    def told(result: Any) -> None:
        names = ("title", "artist", "comment", "description", "performer", "copyright", "lyrics", "author", "keywords")
        result.metadata.update({name: f"SECRET {name}" for name in names} | {"date": "2026-11-28", "location": PLACE})
        result.metadata["make"] = "SECRET" * 12
        for stream in result.streams:
            stream.metadata.update(title="SECRET stream", handler_name="SECRET handler", language="eng", comment="SECRET")
        chapter = {"id": 1, "start": 0, "end": 40, "time_base": Fraction(1, 1000), "metadata": {"title": "SECRET chapter"}}
        result.set_chapters([chapter])

    source = remade(write_video(tmp_path / "plain.mp4", empty(2)), tmp_path / "in.mkv", told)
    assert b"SECRET" in source.read_bytes()
    hide = chain("anonymize")
    target = tmp_path / f"out{ending}"
    done = convert(source, target, hide, segmenter=FakeSegmenter(), detector=FakeDetector(), keep_gps=True)
    data = target.read_bytes()
    assert b"SECRET" not in data
    assert b"48.85" not in data
    assert any("artist" in what and "since people are hidden" in what for what in done.left_out)
    assert "where it was filmed is left out" in done.left_out
    with av.open(str(target)) as container:
        assert container.streams.audio[0].metadata["language"] == "eng"
        assert len(container.chapters()) == 1


def test_a_place_in_a_box_of_its_own_is_gone(tmp_path: Path) -> None:
    """Phones write ``©xyz``, which FFmpeg reads, and ``loci``, which says it in binary."""
    source = write_video(tmp_path / "in.mp4", empty(2), sound=False)
    with av.open(str(source)) as original, av.open(str(tmp_path / "place.mov"), "w") as result:
        stream = result.add_stream_from_template(original.streams.video[0])
        result.metadata["location"] = PLACE
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                result.mux_one(packet)
    assert b"\xa9xyz" in (tmp_path / "place.mov").read_bytes()
    edit(tmp_path / "place.mov", tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert b"loci" not in data
    assert b"xyz" not in data


def test_tags_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", empty(2))
    tagged = remade(source, tmp_path / "tagged.mp4", lambda result: result.metadata.update(title="Caf-"))
    tagged.write_bytes(tagged.read_bytes().replace(b"Caf-", b"Caf\xe9"))
    edit(tagged, tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert {name.lower(): text for name, text in container.metadata.items()}["title"].startswith("Caf")


@pytest.mark.parametrize("name", ["in.mkv", "in.ts", "in.mov"])
def test_a_clock_that_starts_late_is_set_to_zero(tmp_path: Path, name: str) -> None:
    plain = write_video(tmp_path / "plain.mp4", empty(6))
    source = remade(plain, tmp_path / name, lambda result: None, later=36_000.0)
    done = edit(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration / 1e6 < 1
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert abs(video.start_time * video.time_base - sound.start_time * sound.time_base) < 0.1
    times, _ = read_video(tmp_path / "out.mp4")
    assert len(times) == done.frames == 6
    assert max(np.abs(np.diff(times) - 3600)) <= 45  # half a millisecond, which is as exact as Matroska is
    assert all(problem.seconds < 1 for problem in done.problems)


def test_sound_that_the_file_cannot_hold_is_refused_before_the_work(tmp_path: Path) -> None:
    source = with_sounds(tmp_path / "in.mkv", ["wavpack"], ["eng"])
    with pytest.raises(OutputError, match=r"wavpack.*\.mkv.*--drop-sound"):
        edit(source, tmp_path / "out.mp4", progress=lambda *_: pytest.fail("it began"))
    assert not list(tmp_path.glob(".*"))
    done = edit(source, tmp_path / "out.mp4", drop_sound=True)
    assert any("wavpack" in what for what in done.left_out)
    done = edit(source, tmp_path / "out.mkv")
    assert done.left_out == ()
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio[0].codec.name == "wavpack"


@pytest.mark.parametrize(
    ("rate", "layout", "becomes"), [(16_000, "mono", "mono"), (44_100, "5.1", "5.1"), (48_000, "2.1", "stereo")]
)
def test_sound_that_webm_cannot_hold_becomes_opus(tmp_path: Path, rate: int, layout: str, becomes: str) -> None:
    """A tone that begins after half a second, heard at the same time, pitch and loudness."""
    source, wave = tmp_path / "in.mkv", np.sin(2 * np.pi * 440 * np.arange(rate) / rate, dtype=np.float32) / 3
    wave[: rate // 2] = 0
    with av.open(str(write_video(tmp_path / "plain.mkv", empty(25), sound=False))) as plain, av.open(str(source), "w") as container:
        picture = container.add_stream_from_template(plain.streams.video[0])  # which says 30,000 frames a second
        tone = container.add_stream("aac", rate=rate, layout=layout)
        tone.metadata["language"] = "ger"
        channels = tone.codec_context.layout.nb_channels
        samples = av.AudioFrame.from_ndarray(np.repeat(wave[None], channels, 0), format="fltp", layout=layout)
        samples.rate, samples.pts = rate, 0
        for packet in plain.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                container.mux(packet)
        for part in (samples, None):
            container.mux(tone.encode(part))
    said: list[str] = []
    edit(source, tmp_path / "out.webm", on_left_out=said.append)
    assert len(said) == 1
    assert "aac" in said[0]
    assert "Opus" in said[0]
    with av.open(str(tmp_path / "out.webm")) as container:
        sound = container.streams.audio[0]
        assert (sound.codec.name, sound.codec_context.layout.name, sound.metadata["language"]) == ("opus", becomes, "ger")
        frames = list(container.decode(sound))
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(float)
    heard = heard if frames[0].format.is_planar else heard[::channels]
    assert len(heard) / 48_000 == pytest.approx(1, abs=0.05)
    begins = int(np.argmax(np.abs(heard) > 0.1))
    assert begins / 48_000 + float(frames[0].pts * frames[0].time_base) == pytest.approx(0.5, abs=0.03)
    spectrum = np.abs(np.fft.rfft(heard[begins + 2400 :]))
    pitch = np.argmax(spectrum) * 48_000 / len(heard[begins + 2400 :])
    assert pitch == pytest.approx(440, abs=4)


def test_several_sounds_are_kept_with_their_languages_or_named(tmp_path: Path) -> None:
    source = with_sounds(tmp_path / "in.mkv", ["aac", "wavpack", "aac"], ["eng", "fre", "ger"])
    said: list[str] = []
    edit(source, tmp_path / "out.mp4", on_left_out=said.append)
    assert len(said) == 1
    assert "wavpack" in said[0]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [stream.metadata["language"] for stream in container.streams.audio] == ["eng", "ger"]
    edit(source, tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert [stream.metadata["language"] for stream in container.streams.audio] == ["eng", "fre", "ger"]


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_chapters_are_kept(tmp_path: Path, ending: str) -> None:
    plain = write_video(tmp_path / "plain.mp4", empty(6))
    base = Fraction(1, 1000)
    chapters = [
        {"id": 1, "start": 0, "end": 120, "time_base": base, "metadata": {"title": "Before"}},
        {"id": 2, "start": 120, "end": 240, "time_base": base, "metadata": {"title": "After", "location": PLACE}},
    ]
    source = remade(plain, tmp_path / f"in{ending}", lambda result: result.set_chapters(chapters))
    done = edit(source, tmp_path / f"out{ending}")
    assert done.left_out == ()
    with av.open(str(tmp_path / f"out{ending}")) as container:
        shown = container.chapters()
    assert [c["metadata"].get("title") for c in shown] == ["Before", "After"]
    assert [float(c["start"] * c["time_base"]) for c in shown] == pytest.approx([0, 0.12], abs=0.002)
    assert PLACE not in str(shown)


def test_subtitles_are_kept_or_named(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", empty(6), sound=False)
    with av.open(str(plain)) as original, av.open(str(tmp_path / "in.mkv"), "w") as result:
        stream = result.add_stream_from_template(original.streams.video[0])
        words = result.add_mux_stream("subrip")
        words.time_base = Fraction(1, 1000)
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                result.mux_one(packet)
        line = av.Packet(b"Hello")
        line.stream, line.time_base, line.pts, line.dts, line.duration = words, Fraction(1, 1000), 40, 40, 100
        result.mux_one(line)
    done = edit(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert done.left_out == ()
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert [bytes(packet) for packet in container.demux(subtitles=0) if packet.size] == [b"Hello"]
    done = edit(tmp_path / "in.mkv", tmp_path / "out.mp4")
    assert any("subtitles (srt" in what for what in done.left_out)


def test_data_and_further_pictures_are_named_and_left_out(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as container:
        first, second = (container.add_stream("libx264", rate=25) for _ in range(2))
        container.add_attachment("place.txt", "text/plain", PLACE.encode())
        for stream in (first, second):
            stream.height, stream.width, stream.pix_fmt = 160, 224, "yuv420p"
        for stream in (first, second):
            for number, frame in enumerate(empty(2)):
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
    done = edit(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert ["another picture (h264, stream 1)" in done.left_out[0], "place.txt" in done.left_out[1]] == [True, True]
    assert PLACE.encode() not in (tmp_path / "out.mkv").read_bytes()


def test_films_for_phones_begin_with_their_index(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mkv", empty(3))
    edit(source, tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_picture_on_the_cover_is_not_the_film(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", empty(4), sound=False)
    with av.open(str(film)) as original, av.open(str(tmp_path / "in.mp4"), "w") as result:
        cover = result.add_stream("mjpeg", rate=25)
        cover.height, cover.width, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = result.add_stream_from_template(original.streams.video[0])
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
        result.mux(cover.encode(picture))
        result.mux(cover.encode(None))
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                result.mux_one(packet)
    done = edit(tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert done.frames == 4
    assert any("another picture (mjpeg" in what for what in done.left_out)
    assert read_video(tmp_path / "out.mp4")[1][0].shape == (160, 224, 3)


MATRICES = ((1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1), (0, 1, -1, 0), (0, -1, 1, 0), (0, 1, 1, 0), (0, -1, -1, 0))


@pytest.mark.parametrize("matrix", MATRICES)
def test_the_whole_display_matrix_is_applied(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Turned and mirrored, as ISO/IEC 14496-12 says: x' = ax + cy, y' = bx + dy."""
    picture = empty(1)[0]
    picture[20:60, 30:120] = (220, 40, 40)
    source = write_video(tmp_path / "in.mp4", [picture] * 2, sound=False, crf=4)
    data = bytearray(source.read_bytes())
    a, b, c, d = matrix
    place = data.find(b"tkhd") + 44
    data[place : place + 36] = struct.pack(">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    source.write_bytes(data)
    edit(source, tmp_path / "out.mp4", crf=4)
    _, (shown, _) = read_video(tmp_path / "out.mp4")
    height, width = picture.shape[:2]
    corners = np.array([[a * x + c * y, b * x + d * y] for x, y in ((0, 0), (width - 1, height - 1))])
    low = corners.min(axis=0)
    expected = np.zeros(shown.shape, np.uint8)
    for y in range(height):
        for x in range(width):
            expected[b * x + d * y - low[1], a * x + c * y - low[0]] = picture[y, x]
    assert np.abs(shown.astype(int) - expected).mean() < 3


def test_a_very_wide_film_is_edited(tmp_path: Path) -> None:
    wide = [np.full((10, 4000, 3), 90 + 10 * number, np.uint8) for number in range(3)]
    source = write_video(tmp_path / "in.mkv", wide, sound=False)
    assert edit(source, tmp_path / "out.mkv").frames == 3


def test_the_command_says_before_the_work_what_is_left_out(tmp_path: Path, fakes: Fakes) -> None:
    source = with_sounds(tmp_path / "in.mkv", ["wavpack"], ["eng"])
    refused = run("video", source, tmp_path / "out.mp4", "--effect", "recolor_lips")
    assert refused.exit_code == ExitCode.OUTPUT_REFUSED
    assert "out.mkv" in refused.output
    done = run("video", source, tmp_path / "out.mp4", "--effect", "recolor_lips", "--drop-sound")
    assert done.exit_code == ExitCode.OK
    assert "wavpack" in done.output

"""Video files: what is kept, what is refused, and what a kill in the middle costs."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import run
from conftest import Fakes
from facefx import chain
from facefx.cli.exit_codes import ExitCode
from facefx.errors import ImageError, MissingExtra, OutputError, ParameterError
from facefx.video import convert as converting
from facefx.video import files
from facefx.video.convert import Conversion, convert
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import empty, film, read_video, sound_packets, uneven, write_video

av = pytest.importorskip("av", reason="video files need the extra 'video'")
LIPS = chain("recolor_lips", color="#2040c0", strength=1.0)


def edit(source: Path, target: Path, **options: object) -> Conversion:
    return convert(source, target, LIPS, segmenter=FakeSegmenter(), detector=FakeDetector(), **options)  # type: ignore[arg-type]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "PART", 4)


@pytest.mark.parametrize("ending", [".mp4", *(pytest.param(e, marks=pytest.mark.slow) for e in (".mkv", ".mov"))])
@pytest.mark.usefixtures("small_parts")
def test_times_sound_and_tags_are_kept(tmp_path: Path, ending: str) -> None:
    frames = [*empty(6), *film(3)]
    source = write_video(tmp_path / "in.mp4", frames, uneven(9))
    seen: list[tuple[int, int | None]] = []
    done = edit(source, tmp_path / f"out{ending}", progress=lambda n, total: seen.append((n, total)))
    assert (done.frames, done.resumed, done.problems) == (9, 0, ())
    assert seen == [(n, 9) for n in range(1, 10)]
    times, pictures = read_video(tmp_path / f"out{ending}")
    assert len(times) == 9
    # Matroska keeps milliseconds, and starts later where the sound begins before zero
    assert np.abs(np.array(times) - times[0] - uneven(9)).max() <= (0 if ending != ".mkv" else 90)
    assert sound_packets(tmp_path / f"out{ending}") == sound_packets(source)
    _, originals = read_video(source)
    assert np.abs(pictures[0].astype(int) - originals[0]).mean() < 1.5
    assert (np.abs(pictures[8].astype(int) - originals[8]).max(axis=-1) > 60).sum() > 50  # the lips are blue
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["in.mp4", f"out{ending}"])


def test_a_turned_video_is_made_upright(tmp_path: Path) -> None:
    upright = film(3)
    source = write_video(tmp_path / "in.mp4", [np.rot90(f).copy() for f in upright])
    data = bytearray(source.read_bytes())
    matrix = data.find(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)  # turn clockwise to show
    source.write_bytes(data)
    edit(source, tmp_path / "out.mp4")
    _, pictures = read_video(tmp_path / "out.mp4")
    assert pictures[0].shape == upright[0].shape
    far = np.abs(pictures[0].astype(int) - upright[0]).max(axis=-1) > 60
    assert 50 < far.sum() < 1500  # the lips and nothing else


@pytest.mark.parametrize("space", ["smpte170m", "bt709"])
def test_colours_survive(tmp_path: Path, space: str) -> None:
    (frame,) = film(1)
    number = {"smpte170m": 6, "bt709": 1}[space]
    with av.open(str(tmp_path / "in.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = frame.shape[1], frame.shape[0], "yuv420p"
        stream.codec_context.colorspace = stream.codec_context.color_primaries = stream.codec_context.color_trc = number
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p", dst_colorspace=number)
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    edit(tmp_path / "in.mp4", tmp_path / "out.mp4", crf=4)
    with av.open(str(tmp_path / "out.mp4")) as container:
        (shown,) = container.decode(video=0)
        assert shown.colorspace == number
        rgb = shown.reformat(format="rgb24", src_colorspace=number).to_ndarray()
    outside = np.ones(frame.shape[:2], bool)
    outside[100:125, 80:140] = False
    assert np.abs(rgb.astype(int) - frame)[outside].mean() < 4


def test_what_cannot_be_decoded_is_reported(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", film(12, step=3), sound=False)
    with av.open(str(source)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(source.read_bytes())
    position, size = places[4]
    data[position + 4 : position + size] = b"\xff" * (size - 4)
    source.write_bytes(data)
    done = edit(source, tmp_path / "out.mp4")
    assert done.problems
    assert done.problems[0].seconds == pytest.approx(4 / 25, abs=0.1)
    assert done.frames >= 11
    assert read_video(tmp_path / "out.mp4")[0][0] == 0


def test_a_damaged_frame_of_a_film_has_more_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading that looks for people must be told which frames are damaged."""
    source = write_video(tmp_path / "in.mp4", film(5))
    whole = files.VideoReader.frames

    def with_damage(reader: files.VideoReader) -> Iterator[files.Frame]:
        return (replace(frame, damaged=number == 2) for number, frame in enumerate(whole(reader)))

    def hidden_in_each(target: Path) -> list[int]:
        look = chain("anonymize", method="block")
        convert(source, target, look, segmenter=FakeSegmenter(), detector=FakeDetector())
        return [int((frame.max(axis=-1) < 40).sum()) for frame in read_video(target)[1]]

    usual = hidden_in_each(tmp_path / "usual.mp4")
    monkeypatch.setattr(files.VideoReader, "frames", with_damage)
    damaged = hidden_in_each(tmp_path / "damaged.mp4")
    assert min(usual) > 1000
    assert damaged[2] > 1.2 * usual[2]
    assert abs(damaged[0] - usual[0]) < 0.01 * usual[0]


@pytest.mark.slow
def test_a_file_that_breaks_off_is_edited_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mkv", empty(12), sound=False)
    (tmp_path / "in.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    done = edit(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert 2 <= done.frames <= 12
    assert len(read_video(tmp_path / "out.mkv")[0]) == done.frames


def test_what_is_refused(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", empty(1))
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{source}\n#EXT-X-ENDLIST\n")
    (tmp_path / "there.mp4").write_text("precious")
    Image.new("RGB", (32, 32)).save(tmp_path / "photo.jpg")
    for wrong, error, words in (
        ((tmp_path / "none.mp4", tmp_path / "out.mp4"), ImageError, "cannot be opened"),
        ((tmp_path / "photo.jpg", tmp_path / "out.mp4"), ImageError, "facefx apply"),
        ((tmp_path / "text.mp4", tmp_path / "out.mp4"), ImageError, "cannot be opened"),
        ((tmp_path / "list.m3u8", tmp_path / "out.mp4"), ImageError, "cannot be opened"),
        (("http://127.0.0.1/x.mp4", tmp_path / "out.mp4"), ImageError, "cannot be opened"),
        ((source, tmp_path / "out.avi"), OutputError, ".mp4, .m4v, .mov, .mkv"),
        ((source, tmp_path / "there.mp4"), OutputError, "there already"),
        ((source, tmp_path / "no" / "out.mp4"), OutputError, "does not exist"),
    ):
        with pytest.raises(error, match=words):
            edit(*wrong)
    with pytest.raises(OutputError, match="the video itself"):
        edit(source, source, force=True)
    with pytest.raises(ParameterError, match="0 to 51"):
        edit(source, tmp_path / "out.mp4", crf=60)
    assert (tmp_path / "there.mp4").read_text() == "precious"
    edit(source, tmp_path / "there.mp4", force=True)
    assert len(read_video(tmp_path / "there.mp4")[0]) == 1


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize("count", [7, 15])
def test_no_frame_is_lost_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, ending: str) -> None:
    """FFmpeg does not say when the frames of an H.264 film of exactly seven are decoded, nor of a last part of as many."""
    monkeypatch.setattr(converting, "PART", 8)  # 7 frames, and 8 + 7
    source = write_video(tmp_path / "in.mp4", empty(count), uneven(count), sound=False)
    assert edit(source, tmp_path / f"out{ending}").frames == count
    times, _ = read_video(tmp_path / f"out{ending}")
    assert np.abs(np.array(times) - uneven(count)).max() <= (90 if ending in (".mkv", ".webm") else 0)


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r"facefx\[video\]"):
        files.VideoReader(tmp_path / "x.mp4")


class Stopped(Exception):
    pass


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_an_unfinished_run_goes_on_after_its_last_part(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", film(10, step=1), uneven(10)), tmp_path / "out.mp4"

    def stop(done: int, total: int | None) -> None:
        if done == 7:
            raise Stopped

    with pytest.raises(Stopped):
        edit(source, target, progress=stop)
    assert not target.exists()
    done = edit(source, target)
    assert (done.frames, done.resumed) == (10, 4)
    edit(source, tmp_path / "once.mp4")
    (times, pictures), (_, once) = read_video(target), read_video(tmp_path / "once.mp4")
    assert times == uneven(10)
    for a, b in zip(pictures, once, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.skipif(sys.platform != "linux", reason="only here can memory be filled before it is given out")
def test_a_film_is_the_same_bytes_whatever_lay_in_memory(tmp_path: Path) -> None:
    """x264's code for AVX-512 looked at what nobody had written; a film in a hundred came out otherwise."""
    source = write_video(tmp_path / "in.mp4", film(4))
    code = "import sys; from pathlib import Path; from test_video_files import edit; edit(Path(sys.argv[1]), Path(sys.argv[2]))"
    written = []
    for filling in ("0", "1"):
        target = tmp_path / f"{filling}.mp4"
        environment = os.environ | {
            "MALLOC_PERTURB_": filling, "FACEFX_PLUGINS": "off", "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip
        subprocess.run([sys.executable, "-c", code, source, target], env=environment, check=True, timeout=120)
        written.append(target.read_bytes())
    assert written[0] == written[1]


@pytest.mark.usefixtures("small_parts")
def test_parts_of_a_source_that_has_changed_are_not_used(tmp_path: Path) -> None:
    """It may be as long as before: its date tells."""
    source, target = write_video(tmp_path / "in.mp4", empty(6)), tmp_path / "out.mp4"

    def stop(done: int, total: int | None) -> None:
        if done == 5:
            raise Stopped

    for _ in range(2):
        with pytest.raises(Stopped):
            edit(source, target, progress=stop)
        assert sorted(path.name for path in (tmp_path / ".out.mp4.partial").glob("*.film")) == ["part-000000.film"]
        os.utime(source, ns=(0, source.stat().st_mtime_ns + 1_000_000))
    assert edit(source, target).resumed == 0


@pytest.mark.usefixtures("small_parts")
def test_a_source_that_changes_while_it_is_read_gives_no_film(tmp_path: Path) -> None:
    """Where people are is looked for in one reading and hidden in another; sound is taken in a third."""
    source, target = write_video(tmp_path / "in.mp4", film(6)), tmp_path / "out.mp4"
    other = write_video(tmp_path / "other.mp4", film(6, step=-3.0))

    def change(done: int, total: int | None) -> None:
        if done == 5:
            other.replace(source)

    with pytest.raises(ImageError, match="has changed while it was read"):
        edit(source, target, progress=change)
    assert not target.exists()
    assert edit(source, target).resumed == 0
    edit(source, tmp_path / "once.mp4")
    assert target.read_bytes() == (tmp_path / "once.mp4").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_job_are_not_used(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", empty(6)), tmp_path / "out.mp4"

    def stop(done: int, total: int | None) -> None:
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        edit(source, target, progress=stop)
    assert edit(source, target, crf=30).resumed == 0


@pytest.mark.usefixtures("small_parts")
def test_a_second_run_to_the_same_file_stops(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="Windows has no such lock")
    source, target = write_video(tmp_path / "in.mp4", empty(6)), tmp_path / "out.mp4"
    refused: list[str] = []

    def second(done: int, total: int | None) -> None:
        if done == 5:
            before = sorted(path.name for path in (tmp_path / ".out.mp4.partial").iterdir())
            with pytest.raises(OutputError, match="another run is writing") as error:
                edit(source, target, crf=30)
            refused.append(str(error.value))
            assert sorted(path.name for path in (tmp_path / ".out.mp4.partial").iterdir()) == before

    assert edit(source, target, progress=second).frames == 6
    assert len(refused) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]
    assert edit(source, target, force=True).frames == 6


@pytest.mark.parametrize("names", [["diary.txt"], ["job.txt"], ["job.txt", "part-000000.film"]])
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path, names: list[str]) -> None:
    source, target = write_video(tmp_path / "in.mp4", empty(1)), tmp_path / "out.mp4"
    folder = tmp_path / ".out.mp4.partial"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("mine")
    with pytest.raises(OutputError, match="has not made"):
        edit(source, target, force=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(names, "mine")
    assert not target.exists()


@pytest.mark.usefixtures("small_parts")
def test_files_that_somebody_put_into_our_folder_stay(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", empty(6)), tmp_path / "out.mp4"

    def stop(done: int, total: int | None) -> None:
        if done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        edit(source, target, progress=stop)
    (tmp_path / ".out.mp4.partial" / "diary.txt").write_text("mine")
    assert edit(source, target, crf=30).resumed == 0
    assert [path.name for path in (tmp_path / ".out.mp4.partial").iterdir()] == ["diary.txt"]


def test_a_folder_of_a_run_that_had_just_begun_is_used(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", empty(1)), tmp_path / "out.mp4"
    (tmp_path / ".out.mp4.partial").mkdir()
    (tmp_path / ".out.mp4.partial" / "job.txt").touch()
    assert edit(source, target).frames == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


KILLED = """
import sys
sys.path[:0] = {paths}
from facefx import chain
from facefx.video import convert as converting
from synthetic import FakeDetector, FakeSegmenter
converting.PART = 4
converting.convert({source!r}, {target!r}, chain("recolor_lips", color="#2040c0", strength=1.0), segmenter=FakeSegmenter(),
                   detector=FakeDetector(), progress=lambda done, total: print(done, flush=True))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("small_parts")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
def test_a_killed_run_loses_nothing(tmp_path: Path) -> None:
    source, target = write_video(tmp_path / "in.mp4", film(12, step=1), uneven(12)), tmp_path / "out.mp4"
    paths = [str(Path(__file__).parent), str(Path(facefx.__file__).parents[1])]
    program = KILLED.format(paths=paths, source=str(source), target=str(target))
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ | {"FACEFX_PLUGINS": "off"}
    )
    assert child.stdout
    reached = next(int(line) for line in _lines(child) if int(line) >= 6)
    child.kill()
    child.wait()
    child.stdout.close()
    assert reached < 12
    assert not target.exists()
    done = edit(source, target)
    assert done.resumed in (4, 8)
    times, pictures = read_video(target)
    assert times == uneven(12)
    assert all((p[:, :, 2].astype(int) - p[:, :, 0] > 60).sum() > 50 for p in pictures)
    assert sound_packets(target) == sound_packets(source)


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    started = time.monotonic()
    assert child.stdout
    for line in child.stdout:
        yield line
        assert time.monotonic() - started < 120


@pytest.mark.usefixtures("fakes")
def test_the_command(tmp_path: Path, fakes: Fakes) -> None:
    source, target = write_video(tmp_path / "in.mp4", film(2)), tmp_path / "out.mp4"
    shown = run("video", source, target, "--effect", "recolor_lips:color=#2040c0")
    assert (shown.exit_code, shown.output) == (ExitCode.OK, "")
    assert len(read_video(target)[0]) == 2
    assert fakes.segmenter.calls
    again = run("video", source, target, "--effect", "recolor_lips")
    assert again.exit_code == ExitCode.OUTPUT_REFUSED
    assert "--force" in again.output
    assert run("video", tmp_path / "none.mp4", tmp_path / "x.mp4", "--effect", "recolor_lips").exit_code == ExitCode.BAD_PICTURE
    assert run("video", source, tmp_path / "x.mp4").exit_code == ExitCode.USAGE
    assert run("video", source, tmp_path / "x.mp4", "--effect", "recolor_lips", "--size", 10).exit_code == ExitCode.BAD_REQUEST


def test_more_frames_a_second_than_a_clock_can_tell_apart_are_not_believed(tmp_path: Path) -> None:
    """VP9's encoder refuses 30,000, and a progress bar would wait for so many."""
    plain = write_video(tmp_path / "plain.mkv", empty(6), sound=False)
    with av.open(str(plain)) as original, av.open(str(tmp_path / "in.mkv"), "w") as result:
        stream = result.add_stream_from_template(original.streams.video[0])  # without a rate: 30,000 is written
        for packet in original.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                result.mux(packet)
    with files.VideoReader(tmp_path / "in.mkv") as reader:
        if not av.__version__.startswith("18.0."):  # which gives none
            assert reader.stream.average_rate > 1000
        assert reader.rate == 25
        assert reader.expected_frames is None
    assert edit(tmp_path / "in.mkv", tmp_path / "out.webm").frames == 6


def test_a_narrow_deep_film_does_not_take_the_process_with_it(tmp_path: Path) -> None:
    """x265 writes beside its memory where a picture is narrower than two of its blocks."""
    script = f"""
import av, numpy as np, facefx
from facefx.video.convert import convert
with av.open({str(tmp_path / "in.mkv")!r}, "w") as file:
    stream = file.add_stream("ffv1", rate=25)
    stream.width, stream.height, stream.pix_fmt = 40, 64, "yuv420p10le"
    noise = np.random.default_rng(0)
    for _ in range(3):
        frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (64, 40, 3), np.uint8), format="rgb24")
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))
for number in range(4):
    convert({str(tmp_path / "in.mkv")!r}, {str(tmp_path)!r} + f"/{{number}}.mp4", facefx.chain("recolor_lips"))
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    with files.VideoReader(tmp_path / "3.mp4") as reader:
        assert (reader.stream.codec_context.name, reader.size) == ("hevc", (64, 40))


def test_sound_alone_and_unknown_codecs_are_refused_in_words(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", film(2))
    (tmp_path / "unknown.mp4").write_bytes(source.read_bytes().replace(b"avc1", b"xyz1").replace(b"avcC", b"xyzC"))
    with av.open(str(source)) as original, av.open(str(tmp_path / "sound.m4a"), "w", format="mp4") as result:
        stream = result.add_stream_from_template(original.streams.audio[0])
        for packet in original.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                result.mux(packet)
    with pytest.raises(ImageError, match="cannot decode"):
        edit(tmp_path / "unknown.mp4", tmp_path / "out.mp4")
    with pytest.raises(ImageError, match="no video stream"):
        edit(tmp_path / "sound.m4a", tmp_path / "out.mp4")

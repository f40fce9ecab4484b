"""``facefx apply``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import facefx
from cli_helpers import faceless, read, run, write
from facefx.cli.exit_codes import ExitCode
from synthetic import FakeDetector
from tiffs import a_tiff

LIPS = "recolor_lips:color=#00f,strength=1"

pytestmark = pytest.mark.usefixtures("fakes")


@pytest.fixture
def photo(tmp_path: Path, portrait: np.ndarray) -> Path:
    return write(tmp_path / "photo.png", portrait)


def bluer(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where a picture has become bluer."""
    return np.asarray(after[..., 2].astype(int) - before[..., 2] > 40)


def test_an_effect_gives_what_the_library_gives(photo: Path, portrait: np.ndarray, tmp_path: Path) -> None:
    result = run("apply", photo, "-o", tmp_path / "out.png", "--effect", LIPS)
    assert (result.exit_code, result.output) == (ExitCode.OK, "")
    expected = facefx.chain("recolor_lips", color="#00f", strength=1)(portrait)
    np.testing.assert_array_equal(read(tmp_path / "out.png"), expected)
    assert bluer(portrait, expected).sum() > 50


def test_looks_come_first_and_each_in_order(photo: Path, tmp_path: Path) -> None:
    red, green, blue = ("recolor_lips:strength=1,color=" + c for c in ("red", "lime", "blue"))
    for name, color in (("red", "red"), ("green", "lime")):
        facefx.chain("recolor_lips", strength=1.0, color=color).save(tmp_path / f"{name}.yaml")
    looks = ["--look", tmp_path / "red.yaml", "--look", tmp_path / "green.yaml"]
    assert run("apply", photo, "-o", tmp_path / "a.png", "--effect", blue, *looks).exit_code == 0
    assert run("apply", photo, "-o", tmp_path / "b.png", "--effect", red, "--effect", green, "--effect", blue).exit_code == 0
    assert run("apply", photo, "-o", tmp_path / "c.png", "--effect", blue, "--effect", red).exit_code == 0
    np.testing.assert_array_equal(read(tmp_path / "a.png"), read(tmp_path / "b.png"))
    assert (read(tmp_path / "a.png") != read(tmp_path / "c.png")).any()


def test_several_pictures_go_to_a_folder_and_a_bad_one_does_not_stop_the_others(photo: Path, tmp_path: Path) -> None:
    second = write(tmp_path / "second.png", read(photo))
    bad, empty = tmp_path / "bad.png", write(tmp_path / "empty.png", faceless())
    bad.write_bytes(b"no picture")
    result = run("apply", photo, bad, empty, second, "-o", f"{tmp_path}/made/here/", "--effect", LIPS)
    assert result.exit_code == ExitCode.SOME_FAILED
    assert sorted(p.name for p in (tmp_path / "made" / "here").iterdir()) == ["photo.png", "second.png"]
    summary, first_failure, second_failure = result.stderr.splitlines()
    assert "2 of 4 pictures failed" in summary
    assert str(bad) in first_failure
    assert "no face" in second_failure


def test_whatever_a_picture_does_the_others_are_done(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = write(tmp_path / "second.png", read(photo))
    odd = tmp_path / "odd.tif"
    odd.write_bytes(a_tiff(read(photo), t34675=1, t282=0))  # a profile and a resolution that are none
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    for format in (Image.OPEN, Image.SAVE):
        monkeypatch.delitem(format, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    real = FakeDetector.detect

    def failing(self: FakeDetector, rgb: np.ndarray) -> object:
        if rgb[0, 0, 0] > 0.99:
            raise MemoryError("so much")
        return real(self, rgb)

    monkeypatch.setattr(FakeDetector, "detect", failing)
    white = read(photo).copy()
    white[0, 0] = 255
    large, long = write(tmp_path / "large.png", white), tmp_path / f"{'x' * 300}.png"
    result = run("apply", photo, large, tmp_path / "b.heic", odd, long, second, "-o", f"{tmp_path}/made/", "--effect", LIPS)
    assert result.exit_code == ExitCode.SOME_FAILED
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["odd.tif", "photo.png", "second.png"]
    summary, *failures = result.stderr.splitlines()
    assert summary.endswith("3 of 6 pictures failed, the others are done:")
    for failure, words in zip(failures, ("MemoryError: so much", "facefx[heif]", "File name too long"), strict=True):
        assert words in failure


def test_a_folder_is_said_to_be_one_and_none_that_all_failed(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    alone = run("apply", tmp_path / "photos", "-o", f"{tmp_path}/done/", "--effect", LIPS)
    assert alone.exit_code == ExitCode.BAD_PICTURE
    assert "photos' is a folder" in alone.stderr
    assert "facefx batch" in alone.stderr
    both = run("apply", tmp_path / "photos", tmp_path / "gone.jpg", "-o", f"{tmp_path}/done/", "--effect", LIPS)
    summary, folder, gone = both.stderr.splitlines()
    assert summary == "facefx: 2 of 2 pictures failed:"
    assert "is a folder" in folder
    assert "there is no file" in gone


def test_format_stands_in_for_a_suffix_and_is_checked_first(photo: Path, tmp_path: Path) -> None:
    done = run("apply", photo, "-o", tmp_path / "no_suffix", "--effect", LIPS, "--format", "webp")
    assert done.exit_code == ExitCode.OK
    with Image.open(tmp_path / "no_suffix") as written:
        assert written.format == "WEBP"
    other = run("apply", photo, "-o", tmp_path / "x.jpg", "--effect", LIPS, "--format", "png")
    assert other.exit_code == ExitCode.OUTPUT_REFUSED
    assert "name it x.png" in other.stderr
    assert not (tmp_path / "x.jpg").exists()
    assert run("apply", photo, "-o", tmp_path / "x.jpeg", "--effect", LIPS, "--format", "jpg").exit_code == ExitCode.OK
    wrong = run("apply", photo, tmp_path / "gone.png", "-o", f"{tmp_path}/done/", "--effect", LIPS, "--format", "pgn")
    assert wrong.exit_code == ExitCode.OUTPUT_REFUSED
    assert "no picture can be written as '.pgn'" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "y" * 5000 + ".png"])
def test_a_name_that_is_too_long_is_said_once(name: str, photo: Path, tmp_path: Path) -> None:
    for arguments in (
        ("apply", photo, "-o", tmp_path / name, "--effect", LIPS),
        ("apply", tmp_path / name, "-o", tmp_path / "a.png", "--effect", LIPS),
        ("apply", photo, "-o", tmp_path / "a.png", "--look", tmp_path / name),
        ("apply", photo, "-o", tmp_path / name / "b" / "a.png", "--effect", LIPS),
        ("parse", photo, "-o", tmp_path / name),
        ("video", photo, "-o", tmp_path / f"{name}.mp4", "--effect", LIPS),
        ("batch", tmp_path / name, tmp_path / "out", "--effect", LIPS),
        ("batch", tmp_path, tmp_path / name, "--effect", LIPS),
    ):
        result = run(*arguments)
        assert result.exit_code not in (0, 1), arguments[0]
        assert len(result.stderr.splitlines()) <= 5, arguments[0]


def test_several_pictures_show_a_progress_bar_on_a_terminals_stderr(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = write(tmp_path / "second.png", read(photo))
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes rich believe in a terminal
    result = run("apply", photo, second, "-o", f"{tmp_path}/made/", "--effect", LIPS)
    assert "100%" in result.stderr
    assert result.stdout == ""


def test_several_pictures_to_one_file_are_a_usage_error(photo: Path, tmp_path: Path) -> None:
    second = write(tmp_path / "second.png", faceless())
    result = run("apply", photo, second, "-o", tmp_path / "out.png", "--effect", LIPS)
    assert result.exit_code == ExitCode.USAGE
    assert "folder" in result.stderr


def test_two_pictures_of_one_name_are_refused_before_anything_is_written(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = write(tmp_path / "other" / photo.name, read(photo))
    result = run("apply", photo, twin, "-o", f"{tmp_path}/made/", "--effect", LIPS, "--force")
    assert result.exit_code == ExitCode.OUTPUT_REFUSED
    assert not (tmp_path / "made").exists()


def test_nothing_to_do_is_a_usage_error(photo: Path, tmp_path: Path) -> None:
    facefx.Chain().save(tmp_path / "empty.json")
    assert run("apply", photo, "-o", tmp_path / "out.png").exit_code == ExitCode.USAGE
    assert run("apply", photo, "-o", tmp_path / "out.png", "--look", tmp_path / "empty.json").exit_code == ExitCode.USAGE


def test_no_face_is_an_error_or_is_copied(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.png", faceless())
    refused = run("apply", empty, "-o", tmp_path / "out.png", "--effect", LIPS)
    assert refused.exit_code == ExitCode.NO_FACE
    assert refused.stderr.startswith("facefx: no face was found in")
    assert "--no-face copy" in refused.stderr
    assert not (tmp_path / "out.png").exists()
    copied = run("apply", empty, "-o", tmp_path / "out.png", "--effect", LIPS, "--no-face", "copy")
    assert copied.exit_code == ExitCode.OK
    np.testing.assert_array_equal(read(tmp_path / "out.png"), faceless())


def test_a_look_that_needs_no_face_is_laid_on_any_picture(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.png", faceless())
    result = run("apply", empty, "-o", tmp_path / "out.png", "--effect", "sketch")
    assert (result.exit_code, result.stderr) == (ExitCode.OK, "")
    assert (read(tmp_path / "out.png") != faceless()).any()


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_bad_picture(content: bytes | None, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    result = run("apply", bad, "-o", tmp_path / "out.png", "--effect", LIPS)
    assert result.exit_code == ExitCode.BAD_PICTURE
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--effect", "recolor_lips:strength=2"),
        ("--effect", "recolour_lips"),
        ("--effect", LIPS, "--segmenter", "nobody"),
        ("--effect", LIPS, "--detector", "nobody"),
        ("--look", "missing.json"),
    ],
)
def test_a_bad_request(arguments: tuple[str, ...], photo: Path, tmp_path: Path) -> None:
    result = run("apply", photo, "-o", tmp_path / "out.png", *arguments)
    assert result.exit_code == ExitCode.BAD_REQUEST
    assert len(result.stderr.splitlines()) == 1


def test_a_look_that_is_not_yaml_is_one_line(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "look.yaml").write_text("a: [1,\nb: }")
    result = run("apply", photo, "-o", tmp_path / "out.png", "--look", tmp_path / "look.yaml")
    assert (result.exit_code, len(result.stderr.splitlines())) == (ExitCode.BAD_REQUEST, 1)


def test_outputs_that_are_refused_before_any_work(photo: Path, tmp_path: Path, fakes: object) -> None:
    taken = write(tmp_path / "taken.png", faceless())
    (tmp_path / "link.png").symlink_to(tmp_path / "elsewhere.png")
    for target in (taken, tmp_path / "link.png", tmp_path / "no" / "folder.png", tmp_path / "out.xyz", photo):
        result = run("apply", photo, "-o", target, "--effect", LIPS)
        assert (result.exit_code, len(result.stderr.splitlines())) == (ExitCode.OUTPUT_REFUSED, 1), target
    assert fakes.detector.calls == 0  # type: ignore[attr-defined]
    assert run("apply", photo, "-o", tmp_path / "link.png", "--force", "--effect", LIPS).exit_code == ExitCode.OUTPUT_REFUSED
    np.testing.assert_array_equal(read(taken), faceless())


def test_a_folder_that_cannot_be_made(photo: Path, tmp_path: Path) -> None:
    result = run("apply", photo, "-o", f"{photo}/sub/", "--effect", LIPS)
    assert result.exit_code == ExitCode.OUTPUT_REFUSED


def test_force_replaces_even_the_input(photo: Path, portrait: np.ndarray) -> None:
    assert run("apply", photo, "-o", photo, "--force", "--effect", LIPS).exit_code == ExitCode.OK
    assert bluer(portrait, read(photo)).any()


def test_a_folder_without_a_model_is_a_setup_error(photo: Path, tmp_path: Path) -> None:
    result = run("apply", photo, "-o", tmp_path / "out.png", "--effect", LIPS, "--segmenter", f"{tmp_path}/nothing")
    assert result.exit_code == ExitCode.SETUP
    assert "card.toml" in result.stderr


def test_what_every_picture_would_meet_ends_a_batch_at_once(
    photo: Path, tmp_path: Path, fakes: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(crops: np.ndarray) -> np.ndarray:
        raise facefx.ModelError("the model is damaged")

    monkeypatch.setattr(fakes.segmenter, "probabilities", broken)  # type: ignore[attr-defined]
    second = write(tmp_path / "second.png", read(photo))
    result = run("apply", photo, second, "-o", f"{tmp_path}/made/", "--effect", LIPS)
    assert (result.exit_code, result.stderr) == (ExitCode.SETUP, "facefx: the model is damaged\n")


def test_unexpected_errors_are_not_hidden(photo: Path, tmp_path: Path, fakes: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("facefx.image.picture.open_image", broken)
    with pytest.raises(ZeroDivisionError):
        run("apply", photo, "-o", tmp_path / "out.png", "--effect", LIPS)


def test_a_detector_that_fails_on_one_picture_does_not_stop_the_others(
    photo: Path, tmp_path: Path, fakes: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, calls = fakes.detector.detect, iter(range(9))  # type: ignore[attr-defined]

    def fragile(rgb: np.ndarray) -> list[object]:
        return sound(rgb) if next(calls) else 1 / 0  # type: ignore[no-any-return]

    monkeypatch.setattr(fakes.detector, "detect", fragile)  # type: ignore[attr-defined]
    second = photo.with_name("second.png")
    second.write_bytes(photo.read_bytes())
    result = run("apply", photo, second, "-o", f"{tmp_path / 'out'}/", "--effect", LIPS)
    assert result.exit_code == ExitCode.SOME_FAILED
    assert "test_cli_apply.py, line" in result.stderr
    assert "ZeroDivisionError" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["second.png"]


def test_ctrl_c(photo: Path, tmp_path: Path, fakes: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(rgb: np.ndarray) -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(fakes.detector, "detect", interrupted)  # type: ignore[attr-defined]
    result = run("apply", photo, "-o", tmp_path / "out.png", "--effect", LIPS)
    assert (result.exit_code, result.output) == (ExitCode.INTERRUPTED, "")
    assert [p.name for p in tmp_path.iterdir()] == ["photo.png"]


def test_the_position_is_kept_only_when_asked(tmp_path: Path, portrait: np.ndarray) -> None:
    exif = Image.Exif()
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    photo = tmp_path / "photo.jpg"
    Image.fromarray(portrait).save(photo, quality=100, subsampling="4:4:4", exif=exif)
    for options, kept in (((), False), (("--keep-gps",), True)):
        out = tmp_path / f"{kept}.jpg"
        assert run("apply", photo, "-o", out, "--effect", LIPS, *options).exit_code == ExitCode.OK
        with Image.open(out) as image:
            assert bool(image.getexif().get_ifd(ExifTags.IFD.GPSInfo)) is kept


def test_quality_makes_smaller_files(photo: Path, tmp_path: Path) -> None:
    for quality in (20, 95):
        run("apply", photo, "-o", tmp_path / f"{quality}.jpg", "--effect", LIPS, "--file-quality", quality)
    assert (tmp_path / "20.jpg").stat().st_size < 0.6 * (tmp_path / "95.jpg").stat().st_size
    assert run("apply", photo, "-o", tmp_path / "x.jpg", "--effect", LIPS, "--file-quality", 0).exit_code == ExitCode.USAGE


def test_a_number_as_quality_still_means_the_files(photo: Path, tmp_path: Path) -> None:
    results = [
        run("apply", photo, "-o", tmp_path / f"{option}.jpg", "--effect", LIPS, option, 30)
        for option in ("--quality", "--file-quality")
    ]
    assert (tmp_path / "--quality.jpg").read_bytes() == (tmp_path / "--file-quality.jpg").read_bytes()
    assert "--file-quality 30" in results[0].stderr
    assert run("apply", photo, "-o", tmp_path / "x.jpg", "--effect", LIPS, "--quality", 101).exit_code == ExitCode.USAGE
    wrong = run("apply", photo, "-o", tmp_path / "x.jpg", "--effect", LIPS, "--quality", "finest")
    assert "fast, balanced, best" in wrong.stderr

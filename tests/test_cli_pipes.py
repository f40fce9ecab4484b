"""``-`` for stdin and stdout."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import faceless, read, run, write
from facefx.cli.exit_codes import ExitCode

pytestmark = pytest.mark.usefixtures("fakes")


def encoded(pixels: np.ndarray, format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_apply_takes_stdin_and_writes_stdout(portrait: np.ndarray, tmp_path: Path) -> None:
    photo = write(tmp_path / "photo.png", portrait)
    assert run("apply", photo, "-o", tmp_path / "red.png", "--effect", "recolor_lips").exit_code == ExitCode.OK
    piped = run("apply", "-", "-o", "-", "--effect", "recolor_lips", stdin=encoded(portrait))
    assert (piped.exit_code, piped.stderr) == (ExitCode.OK, "")
    assert piped.stdout_bytes == (tmp_path / "red.png").read_bytes()
    mixed = run("apply", "-", "-o", tmp_path / "mixed.png", "--effect", "recolor_lips", stdin=encoded(portrait))
    assert mixed.exit_code == ExitCode.OK
    np.testing.assert_array_equal(read(tmp_path / "mixed.png"), read(tmp_path / "red.png"))


def test_stdout_keeps_the_pictures_format_unless_told(portrait: np.ndarray, tmp_path: Path) -> None:
    data = encoded(portrait, "JPEG")
    for more, format in (((), "JPEG"), (("--format", "webp"), "WEBP"), (("--format", ".png"), "PNG")):
        result = run("apply", "-", "-o", "-", "--effect", "recolor_lips", *more, stdin=data)
        assert opened(result.stdout_bytes).format == format
    assert (
        run("apply", "-", "-o", "-", "--effect", "recolor_lips", "--format", "xyz", stdin=data).exit_code == ExitCode.OUTPUT_REFUSED
    )
    photo = write(tmp_path / "photo.png", portrait)
    assert run("apply", photo, "-o", f"{tmp_path}/done/", "--effect", "recolor_lips", "--format", "jpg").exit_code == ExitCode.OK
    assert [path.name for path in (tmp_path / "done").iterdir()] == ["photo.jpg"]


def test_animations_go_through_pipes(portrait: np.ndarray) -> None:
    out = io.BytesIO()
    Image.fromarray(portrait).save(out, "WEBP", save_all=True, append_images=[Image.fromarray(portrait[:, ::-1])], lossless=True)
    result = run("apply", "-", "-o", "-", "--effect", "recolor_lips", stdin=out.getvalue())
    assert result.exit_code == ExitCode.OK
    assert (opened(result.stdout_bytes).format, opened(result.stdout_bytes).n_frames) == ("WEBP", 2)  # type: ignore[attr-defined]


def test_parse_and_analyze_take_stdin(portrait: np.ndarray) -> None:
    data, scene = encoded(portrait), facefx.parse(portrait)
    labels = run("parse", "-", "-o", "-", stdin=data)
    np.testing.assert_array_equal(np.asarray(opened(labels.stdout_bytes)), scene.label_map())
    for format, right in (("polygons", scene.to_polygons()), ("coco", scene.to_coco("-"))):
        result = run("parse", "-", "-o", "-", "--format", format, stdin=data)
        assert json.loads(result.stdout) == json.loads(json.dumps(right))
    assert run("parse", "-", "-o", "-", "--format", "svg", stdin=data).stdout == scene.to_svg()
    measured = json.loads(run("analyze", "-", "--json", stdin=data).stdout)
    assert measured == [{"file": "-", "faces": [r.to_dict() for r in facefx.analyze(portrait)]}]


def test_what_pipes_cannot_take(portrait: np.ndarray, tmp_path: Path) -> None:
    data, photo = encoded(portrait), write(tmp_path / "photo.png", portrait)
    lips = ("--effect", "recolor_lips")
    for code, given, *arguments in (
        (ExitCode.BAD_PICTURE, b"no picture", "apply", "-", "-o", "-", *lips),
        (ExitCode.BAD_PICTURE, b"", "parse", "-", "-o", "-"),
        (ExitCode.NO_FACE, encoded(faceless()), "apply", "-", "-o", "-", *lips),
        (ExitCode.USAGE, data, "apply", "-", "-o", f"{tmp_path}/done/", *lips),
        (ExitCode.USAGE, data, "apply", photo, "-", "-o", "-", *lips),
        (ExitCode.USAGE, data, "apply", "-", "-o", "-", *lips, "--effect", "face_boxes"),
        (ExitCode.USAGE, data, "parse", "-", "-o", "-", "--format", "masks"),
        (ExitCode.USAGE, data, "parse", "-", "-o", "-", "--overlay", "-"),
    ):
        result = run(*arguments, stdin=given)
        assert (result.exit_code, result.stdout_bytes) == (code, b""), arguments
        assert "held:" not in result.stderr, arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png"]


def test_errors_call_stdin_what_the_command_line_calls_it() -> None:
    result = run("analyze", "-", "--json", stdin=b"no picture")
    (measured,) = json.loads(result.stdout)
    assert "the file '-' is not a picture" in measured["error"]
    assert "the file '-' is not a picture" in result.stderr

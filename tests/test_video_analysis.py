"""``facefx analyze`` of films: numbers that stay with people, times, boxes and measurements, frame by frame."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli_helpers import run
from conftest import Fakes
from facefx.cli.exit_codes import ExitCode
from facefx.cli.tables import flat
from facefx.errors import ParameterError
from facefx.video.analysis import Film
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import HEAD, empty, film, uneven, write_video

pytest.importorskip("av", reason="video files need the extra 'video'")


def test_a_film_is_measured_frame_by_frame(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", film(6), uneven(6))
    with Film(source) as opened:
        assert opened.expected_frames == 6
        measured = list(opened.measured(segmenter=FakeSegmenter(), detector=FakeDetector()))
    assert [(m.frame, m.time) for m in measured] == [(n, round(t / 90_000, 6)) for n, t in enumerate(uneven(6))]
    assert [[face.track for face in m.faces] for m in measured] == [[0]] * 6
    middles = [m.faces[0].box.center[0] for m in measured]
    assert np.abs(np.array(middles) - (HEAD.center[0] + 2 * np.arange(6))).max() < 6
    assert measured[0].to_dict()["faces"][0]["head_pose"]["roll"] == pytest.approx(0, abs=5)
    with Film(source) as opened:
        some = list(opened.measured(segmenter=FakeSegmenter(), detector=FakeDetector(), every=4))
        assert [m.frame for m in some] == [0, 4]
    with Film(source) as opened, pytest.raises(ParameterError, match="every"):
        next(opened.measured(every=0))


@pytest.mark.usefixtures("fakes")
def test_the_command_writes_lines_and_rows(tmp_path: Path) -> None:
    source = write_video(tmp_path / "in.mp4", film(3))
    Image.fromarray(film(1)[0]).save(tmp_path / "still.png")
    images = [Image.fromarray(frame) for frame in film(2)]
    images[0].save(tmp_path / "in.gif", save_all=True, append_images=images[1:], duration=80)
    lines, rows = tmp_path / "out.jsonl", tmp_path / "out.csv"
    inputs = [source, tmp_path / "still.png", tmp_path / "in.gif"]
    done = run("analyze", *inputs, "--jsonl", lines, "--csv", rows)
    assert (done.exit_code, done.output) == (ExitCode.OK, "")
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(Path(e["file"]).name, e.get("frame"), len(e["faces"])) for e in entries] == [
        ("in.mp4", 0, 1), ("in.mp4", 1, 1), ("in.mp4", 2, 1), ("still.png", None, 1), ("in.gif", 0, 1), ("in.gif", 1, 1)
    ]  # fmt: skip
    table = list(csv.DictReader(rows.read_text().splitlines()))
    assert len(table) == 6
    assert [(row["track"], row["time"]) for row in table] == [
        ("0", "0.0"),
        ("0", "0.04"),
        ("0", "0.08"),
        ("", ""),
        ("0", "0.0"),
        ("0", "0.08"),
    ]
    assert float(table[2]["box.x0"]) == pytest.approx(entries[2]["faces"][0]["box"]["x0"])
    assert float(table[3]["head_pose.roll"]) == pytest.approx(entries[3]["faces"][0]["head_pose"]["roll"])
    again = run("analyze", source, "--csv", rows)
    assert again.exit_code == ExitCode.OUTPUT_REFUSED
    assert run("analyze", source, "--csv", rows, "--force", "--every", 2).exit_code == ExitCode.OK
    assert len(list(csv.DictReader(rows.read_text().splitlines()))) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.gif", "in.mp4", "out.csv", "out.jsonl", "still.png"]


def test_a_film_without_a_face_and_one_without_a_place_for_its_numbers(tmp_path: Path, fakes: Fakes) -> None:
    source = write_video(tmp_path / "in.mp4", film(2))
    asked = run("analyze", source)
    assert asked.exit_code == ExitCode.BAD_REQUEST
    assert "--csv" in asked.output
    assert not fakes.segmenter.calls
    first = run("analyze", source, "--jsonl", tmp_path / "no" / "out.jsonl")
    assert first.exit_code == ExitCode.OUTPUT_REFUSED
    blank = write_video(tmp_path / "blank.mp4", empty(2))
    assert run("analyze", blank, "--jsonl", tmp_path / "out.jsonl").exit_code == ExitCode.NO_FACE
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2


def test_what_has_a_place_in_a_row() -> None:
    values = {"box": {"x0": 1.5, "x1": None}, "tip": [2, 3], "contour": [[0, 0]] * 20, "name": "oval"}
    assert flat(values) == {"box.x0": 1.5, "box.x1": None, "tip.0": 2, "tip.1": 3, "name": "oval"}


def test_a_table_that_cannot_be_written_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder's permissions do not bind the root user, so what opens the file refuses."""
    real = Path.open

    def refusing(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.parent == tmp_path / "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(Path, "open", refusing)
    result = run("analyze", tmp_path / "gone.png", "--jsonl", tmp_path / "a.jsonl", "--csv", tmp_path / "locked" / "a.csv")
    assert result.exit_code == ExitCode.OUTPUT_REFUSED
    assert f"'{tmp_path / 'locked' / 'a.csv'}' cannot be written: Permission denied" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["locked"]

"""`facefx.batch`: what becomes of a folder. The engines have tests of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from batch_helpers import LOOK, Watcher, expected, files_in, fill, no_processes, portrait, write_faceless
from cli_helpers import faceless, read
from facefx import batch
from facefx.batch import Record, Status, running
from facefx.errors import ImageError, LookError, ModelError, OutputError, ParameterError, UnknownName
from facefx.image.picture import save_image
from synthetic import FakeSegmenter

pytestmark = pytest.mark.usefixtures("no_processes", "fresh_registry")
__all__ = ["no_processes"]

Run = Callable[..., list[Record]]


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path / "log")


@pytest.fixture
def go(tmp_path: Path, watcher: Watcher) -> Run:
    """Run a batch from ``in`` to ``out``, without a contact sheet; all its records."""

    def run(**options: object) -> list[Record]:
        options = {"segmenter": FakeSegmenter(), "detector": watcher, "sheet": False} | options
        return list(batch.run(tmp_path / "in", tmp_path / "out", options.pop("look", LOOK), **options))  # type: ignore[arg-type]

    return run


def report_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / batch.REPORT).read_text().splitlines()]


def test_the_tree_is_kept_and_every_file_has_its_record(tmp_path: Path, go: Run) -> None:
    names = fill(tmp_path / "in", 5)
    records = go()
    assert (expected(0) != portrait(0)).any()
    assert [r.file for r in records] == names
    assert files_in(tmp_path / "out") == sorted([*names, batch.REPORT])
    for record in records:
        assert (record.status, record.output, record.faces, record.error) == (Status.DONE, record.file, 1, None)
        assert record.seconds > 0
        assert record.bytes == (tmp_path / "out" / record.file).stat().st_size
        np.testing.assert_array_equal(read(tmp_path / "out" / record.file), expected(int(Path(record.file).stem)))
    assert [line["status"] for line in report_of(tmp_path / "out")] == ["done"] * 5
    assert list(batch.read_report(tmp_path / "out" / batch.REPORT)) == records


def test_a_bad_file_stops_nothing(tmp_path: Path, go: Run) -> None:
    names = fill(tmp_path / "in", 2)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "in" / "link.jpg").symlink_to("nowhere.jpg")
    records = {r.file: r for r in go()}
    assert {name for name, r in records.items() if r.status is Status.DONE} == set(names)
    for name in ("bad.jpg", "link.jpg"):
        assert records[name].status is Status.FAILED
        assert name in (records[name].error or "")
        assert not (tmp_path / "out" / name).exists()


def test_heic_without_its_extra_fails_its_file_only_and_again_when_resumed(
    tmp_path: Path, go: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = fill(tmp_path / "in", 3)
    (tmp_path / "in" / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    (tmp_path / "in" / "c.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.delitem(Image.SAVE, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for options in ({}, {"resume": True}):
        records = {record.file: record for record in go(**options)}
        for name in ("b.heic", "c.jpg"):
            assert records[name].status is Status.FAILED
            assert "facefx[heif]" in (records[name].error or "")
        assert {name for name, record in records.items() if record.status is Status.DONE} == (set() if options else set(names))


def test_an_effect_or_a_detector_that_raises_anything_fails_its_file_only(
    tmp_path: Path, go: Run, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "in", 3)
    real = Watcher.detect

    def fragile(self: Watcher, rgb: np.ndarray) -> object:
        if rgb[0, 0, 2] * 255 > 1.5:
            raise ZeroDivisionError("by the detector")
        return real(self, rgb)

    monkeypatch.setattr(Watcher, "detect", fragile)
    records = {r.file: r for r in go()}
    assert "test_batch.py, line" in str(records["a/b/002.png"].error)
    assert "ZeroDivisionError: by the detector" in str(records["a/b/002.png"].error)
    assert [r.status for r in records.values()].count(Status.DONE) == 2


def test_what_every_file_would_meet_ends_the_batch(tmp_path: Path, go: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, crops: np.ndarray) -> np.ndarray:
        raise ModelError("the model is damaged")

    fill(tmp_path / "in", 3)
    monkeypatch.setattr(FakeSegmenter, "probabilities", broken)
    with pytest.raises(ModelError, match="damaged"):
        go()
    assert files_in(tmp_path / "out") == [batch.REPORT]


def test_a_result_gets_to_its_place_once_its_line_is_in_the_report(
    tmp_path: Path, go: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So whatever is killed between the two, there is never a result that the report does not know."""
    moved: list[str] = []

    def publish(staged: Path, root: Path, output: str) -> None:
        assert not (root / output).exists()
        assert report_of(root)[-1]["output"] == output
        moved.append(output)
        staged.replace(root / output)

    names = fill(tmp_path / "in", 3)
    monkeypatch.setattr(running, "publish", publish)
    go()
    assert sorted(moved) == names


def test_a_full_disk_ends_the_batch(tmp_path: Path, go: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> Path:
        raise OutputError("no space") from OSError(28, "No space left on device")

    fill(tmp_path / "in", 3)
    monkeypatch.setattr("facefx.image.picture.save_image", full)
    with pytest.raises(OutputError, match="no space"):
        go()


@pytest.mark.parametrize(
    ("no_face", "status", "written"), [("error", "failed", False), ("copy", "copied", True), ("skip", "skipped", False)]
)
def test_pictures_without_a_face(tmp_path: Path, go: Run, no_face: str, status: str, written: bool) -> None:
    (tmp_path / "in").mkdir()
    write_faceless(tmp_path / "in" / "none.png")
    (record,) = go(no_face=no_face)
    assert (record.status.value, record.faces, record.error is None) == (status, 0, no_face != "error")
    assert (tmp_path / "out" / "none.png").exists() is written
    if written:
        np.testing.assert_array_equal(read(tmp_path / "out" / "none.png"), faceless())
    again = go(no_face=no_face, resume=True)
    assert len(again) == (no_face == "error")


def test_a_look_that_needs_no_face_is_laid_on_any_picture(tmp_path: Path, go: Run) -> None:
    (tmp_path / "in").mkdir()
    write_faceless(tmp_path / "in" / "none.png")
    (record,) = go(no_face="error", look=facefx.chain("sketch"))
    assert (record.status, record.faces) == (Status.DONE, 0)
    assert (read(tmp_path / "out" / "none.png") != faceless()).any()


def test_resuming_does_what_is_missing_and_leaves_the_rest_alone(tmp_path: Path, go: Run, watcher: Watcher) -> None:
    names = fill(tmp_path / "in", 9)
    with closing(
        batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=FakeSegmenter(), detector=watcher, sheet=False)
    ) as records:
        first = [next(records) for _ in range(4)]
    assert files_in(tmp_path / "out") == sorted([batch.REPORT, *(r.file for r in first)])
    before = {r.file: (tmp_path / "out" / r.file).stat() for r in first}
    rest = go(resume=True)
    assert sorted(r.file for r in [*first, *rest]) == names
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in before} == {n: s.st_mtime_ns for n, s in before.items()}
    assert sorted(number for _, number in watcher.seen()) == list(range(9))
    assert go(resume=True) == []


def test_what_counts_as_finished(tmp_path: Path, go: Run) -> None:
    """A line of success, and the result there at its size and no link; failed files are tried again."""
    names = fill(tmp_path / "in", 4, folders=1)
    bad = tmp_path / "in" / "bad.png"
    bad.write_bytes(b"no picture")
    go()
    out = tmp_path / "out"
    (out / names[0]).unlink()
    (out / names[1]).write_bytes((out / names[1]).read_bytes()[:-1])
    Image.fromarray(portrait(99)).save(bad)
    assert [r.file for r in go(resume=True)] == [names[0], names[1], "bad.png"]
    np.testing.assert_array_equal(read(out / names[1]), expected(1))
    (out / names[2]).rename(tmp_path / "moved.png")
    (out / names[2]).symlink_to(tmp_path / "moved.png")
    with pytest.raises(OutputError, match="symbolic link"):
        go(resume=True)


def test_a_result_that_no_report_knows_is_never_replaced(tmp_path: Path, go: Run) -> None:
    names = fill(tmp_path / "in", 3, folders=1)
    go()
    fill(tmp_path / "in", 4, folders=1)
    (tmp_path / "out" / "003.png").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"003\.png.*force"):
        go(resume=True)
    assert (tmp_path / "out" / "003.png").read_bytes() == b"mine"
    assert [r.file for r in go(resume=True, force=True)] == ["003.png"]
    assert [r.file for r in go(force=True)] == [*names, "003.png"]
    assert len(report_of(tmp_path / "out")) == 4


def test_a_file_that_appears_at_a_results_place_meanwhile_is_left_alone(tmp_path: Path, watcher: Watcher) -> None:
    fill(tmp_path / "in", 2, folders=1)
    options = {"segmenter": FakeSegmenter(), "detector": watcher, "sheet": False}
    records = batch.run(tmp_path / "in", tmp_path / "out", LOOK, **options)  # type: ignore[arg-type]
    next(records)
    (tmp_path / "out" / "001.png").write_bytes(b"mine")
    (late,) = records
    assert (late.status, late.output, late.bytes) == (Status.FAILED, None, None)
    assert "there already" in (late.error or "")
    assert (tmp_path / "out" / "001.png").read_bytes() == b"mine"
    with pytest.raises(OutputError, match="no report says"):
        batch.prepare(tmp_path / "in", tmp_path / "out", LOOK, segmenter=FakeSegmenter(), detector=watcher, resume=True)


def test_a_report_is_neither_ignored_nor_mixed(tmp_path: Path, go: Run) -> None:
    fill(tmp_path / "in", 1)
    go()
    with pytest.raises(OutputError, match=r"--resume.*--force"):
        go()
    other = facefx.chain("recolor_lips", color="#0f0")
    for options in (
        {"look": other},
        {"file_quality": 50},
        {"format": "jpg"},
        {"detector": "cascade"},
        {"no_face": "copy"},
    ):
        with pytest.raises(OutputError, match="another look or other options"):
            go(resume=True, **options)
    assert [r.status for r in go(force=True, look=other)] == [Status.DONE]


@dataclass(frozen=True)
class Careful(Watcher):
    """Another setting of the same class, by the same name."""

    threshold: float = 0.5


def test_resuming_with_other_models_is_refused(tmp_path: Path, go: Run) -> None:
    """Whatever they are called: it would mix two models' masks in one folder."""
    from tiny_models import model_bytes, write_model

    fill(tmp_path / "in", 2)
    write_model(tmp_path / "one" / "tiny")
    write_model(tmp_path / "two" / "tiny", model_bytes(names=("another",)))
    detectors = [Careful(tmp_path / "log", threshold=threshold) for threshold in (0.5, 0.6)]
    for options, others in (
        ({"segmenter": tmp_path / "one" / "tiny"}, {"segmenter": tmp_path / "two" / "tiny"}),
        ({"detector": detectors[0]}, {"detector": detectors[1]}),
    ):
        assert len(go(force=True, **options)) == 2
        with pytest.raises(OutputError, match="another look or other options"):
            go(resume=True, **others)
        assert go(resume=True, **options) == []


def test_a_report_of_an_older_facefx_is_readable_and_not_gone_on_with(tmp_path: Path, go: Run) -> None:
    fill(tmp_path / "in", 1)
    (record,) = go()
    report = tmp_path / "out" / batch.REPORT
    report.write_text(replace(record, settings="f8c17765c9047d4d").to_json() + "\n")
    assert [r.settings for r in batch.read_report(report)] == ["f8c17765c9047d4d"]
    with pytest.raises(OutputError, match="another look or other options"):
        go(resume=True)


def test_a_line_that_was_cut_off_is_passed_over_and_one_that_is_no_record_is_not(tmp_path: Path, go: Run) -> None:
    fill(tmp_path / "in", 3, folders=1)
    go()
    report = tmp_path / "out" / batch.REPORT
    lines = report.read_bytes().splitlines(keepends=True)
    report.write_bytes(lines[0] + lines[1] + lines[2][:20])
    assert [r.file for r in batch.read_report(report)] == ["000.png", "001.png"]
    assert [r.file for r in go(resume=True, force=True)] == ["002.png"]
    assert [r.file for r in batch.read_report(report)] == ["000.png", "001.png", "002.png"]
    report.write_bytes(lines[0] + b'{"file": 3}\n')
    with pytest.raises(OutputError, match="line 2"):
        go(resume=True)


def test_two_batches_do_not_write_to_one_folder(tmp_path: Path, go: Run, watcher: Watcher) -> None:
    pytest.importorskip("fcntl", reason="Windows has no such lock")
    fill(tmp_path / "in", 3)
    options = {"segmenter": FakeSegmenter(), "detector": watcher}
    with closing(batch.run(tmp_path / "in", tmp_path / "out", LOOK, sheet=False, **options)) as records:  # type: ignore[arg-type]
        next(records)
        with pytest.raises(OutputError, match="another batch"):
            go(resume=True)
    options["segmenter"] = FakeSegmenter()  # the other one has counted its calls, which looks like another setting
    plan = batch.prepare(tmp_path / "in", tmp_path / "out", LOOK, resume=True, **options)  # type: ignore[arg-type]
    go(resume=True)
    with pytest.raises(OutputError, match="changed since"):
        list(plan.run())


def test_what_a_killed_run_left_lying_is_removed(tmp_path: Path, go: Run) -> None:
    fill(tmp_path / "in", 1)
    left = tmp_path / "out" / ".facefx-batch-0123456789abcdef"
    left.mkdir(parents=True)
    (left / "17").write_bytes(b"half a picture")
    go()
    assert not left.exists()


def test_names_that_are_not_unicode_survive(tmp_path: Path, go: Run) -> None:
    (tmp_path / "in").mkdir()
    name = b"caf\xe9.png".decode(errors="surrogateescape")
    try:
        save_image(portrait(1), tmp_path / "in" / name)
    except OutputError:
        pytest.skip("this file system takes Unicode names only")
    assert [r.file for r in go()] == [name]
    assert [r.file for r in batch.read_report(tmp_path / "out" / batch.REPORT)] == [name]
    assert go(resume=True) == []


def test_the_contact_sheet_is_bounded_and_shows_before_and_after(tmp_path: Path, go: Run) -> None:
    names = fill(tmp_path / "in", 7)
    go(sheet=True)
    sheet = read(tmp_path / "out" / batch.SHEET)
    assert sheet.shape == (8 + 2 * 168, 8 + 4 * 328, 3)
    before, after = sheet[8:168, 8:168].astype(int), sheet[8:168, 168:328].astype(int)
    bluer = (after[..., 2] - before[..., 2]) > 25
    assert 20 < bluer.sum() < 2000
    (tmp_path / "in" / names[0]).unlink()
    assert batch.contact_sheet(tmp_path / "in", tmp_path / "out", pairs=3) == tmp_path / "out" / batch.SHEET
    assert read(tmp_path / "out" / batch.SHEET).shape[0] == 8 + 168
    assert batch.contact_sheet(tmp_path / "elsewhere", tmp_path / "out") is None


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"look": facefx.Chain()}, ParameterError),
        ({"look": "missing.json"}, LookError),
        ({"segmenter": "nobody"}, UnknownName),
        ({"detector": "nobody"}, UnknownName),
        ({"no_face": "maybe"}, ParameterError),
        ({"file_quality": 0}, ParameterError),
        ({"quality": "finest"}, ParameterError),
        ({"format": "xyz"}, OutputError),
        ({"glob": "*.tif"}, ImageError),
        ({"workers": 0}, ParameterError),
        ({"engine": "spark"}, ParameterError),
        ({"address": "head:6379"}, ParameterError),
    ],
)
def test_requests_that_cannot_be_met_are_refused_at_once(
    options: dict[str, object], error: type[Exception], tmp_path: Path, go: Run
) -> None:
    fill(tmp_path / "in", 1)
    with pytest.raises(error):
        go(**options)
    assert not (tmp_path / "out").exists()


def test_what_cannot_go_to_a_worker_is_refused(tmp_path: Path, go: Run) -> None:
    class Local(FakeSegmenter):
        """A class that pickle cannot find again."""

    fill(tmp_path / "in", 1)
    with pytest.raises(ParameterError, match="worker processes"):
        go(segmenter=Local())

"""What a batch takes up, where the results go, and what it refuses before any work."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, signature
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from facefx import batch
from facefx.batch.plan import Options
from facefx.batch.running import RunOptions
from facefx.batch.settings import SettingsOptions
from facefx.cli.batch import batch as command
from facefx.errors import ImageError, OutputError

pytestmark = pytest.mark.usefixtures("fresh_registry")

LOOK_NAME = "recolor_lips"


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def plan(folder: Path, target: Path, **options: object) -> batch.Batch:
    return batch.prepare(folder, target, facefx.chain(LOOK_NAME), **options)  # type: ignore[arg-type]


def outputs(folder: Path, target: Path, **options: object) -> list[str]:
    return [task.output for task in plan(folder, target, **options).tasks()]


def test_pictures_of_all_folders_are_taken_but_for_hidden_ones(tmp_path: Path) -> None:
    touch(tmp_path / "in", "b.JPG", "a/c.png", "a/d/e.webp", "notes.txt", ".hidden.jpg", ".thumbs/f.jpg", "a/._c.png")
    assert list(plan(tmp_path / "in", tmp_path / "out").files) == ["a/c.png", "a/d/e.webp", "b.JPG"]
    assert not (tmp_path / "out").exists()


def test_patterns_are_for_names_or_for_paths(tmp_path: Path) -> None:
    touch(tmp_path / "in", "b.JPG", "a/c.png", "a/d/e.jpg", "raw.dat")
    folder, target = tmp_path / "in", tmp_path / "out"
    assert plan(folder, target, glob="*.jpg").files == ("a/d/e.jpg", "b.JPG")
    assert plan(folder, target, glob="a/*").files == ("a/c.png", "a/d/e.jpg")
    assert plan(folder, target, glob=["*.dat", "A/C.*"]).files == ("a/c.png", "raw.dat")
    with pytest.raises(ImageError, match=r"'\*.tif'"):
        plan(folder, target, glob="*.tif")


def test_results_keep_their_suffix_or_get_one(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a/c.png", "b.x.JPEG")
    assert outputs(tmp_path / "in", tmp_path / "out") == ["a/c.png", "b.x.JPEG"]
    for given in ("webp", ".webp", "WEBP"):
        assert outputs(tmp_path / "in", tmp_path / "out", format=given) == ["a/c.webp", "b.x.webp"]


def test_two_pictures_that_would_become_one_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a/c.png", "a/c.jpg", "c.png")
    assert len(outputs(tmp_path / "in", tmp_path / "out")) == 3
    with pytest.raises(OutputError, match=r"'a/c\.jpg' and 'a/c\.png' would both become 'a/c\.webp'"):
        plan(tmp_path / "in", tmp_path / "out", format="webp", force=True)
    touch(tmp_path / "in", batch.SHEET)
    with pytest.raises(OutputError, match="own file"):
        plan(tmp_path / "in", tmp_path / "out")


def test_results_may_lie_among_the_pictures_but_not_around_them(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "done/a.png")
    assert plan(tmp_path / "in", tmp_path / "in" / "done", force=True).files == ("a.png",)
    for target in (tmp_path / "in", tmp_path, tmp_path / "in" / "done" / ".."):
        with pytest.raises(OutputError, match="next run's pictures"):
            plan(tmp_path / "in", target, force=True)


def test_results_of_another_batch_among_the_pictures_are_none_but_may_be_asked_for(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "lips/a.png", "lips/b/c.png", f"lips/{batch.REPORT}", "b/lips/a.png")
    assert plan(tmp_path / "in", tmp_path / "in" / "hair").files == ("a.png", "b/lips/a.png")
    assert plan(tmp_path / "in" / "lips", tmp_path / "out").files == ("a.png", "b/c.png")


def test_links_to_folders_are_not_followed_and_links_to_pictures_are(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png")
    touch(tmp_path / "elsewhere", "b.png")
    (tmp_path / "in" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "c.png").symlink_to(tmp_path / "elsewhere" / "b.png")
    assert plan(tmp_path / "in", tmp_path / "out").files == ("a.png", "c.png")


def test_nothing_is_written_behind_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a/b/c.png", "d.png")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    link = tmp_path / "out" / "a"
    link.symlink_to(tmp_path / "elsewhere")
    for force in (False, True):
        with pytest.raises(OutputError, match="symbolic link"):
            plan(tmp_path / "in", tmp_path / "out", force=force)
    link.unlink()
    (tmp_path / "out" / "d.png").symlink_to(tmp_path / "elsewhere" / "d.png")
    for force in (False, True):
        with pytest.raises(OutputError):
            plan(tmp_path / "in", tmp_path / "out", force=force)
    (tmp_path / "out" / "d.png").unlink()
    (tmp_path / "out" / batch.REPORT).symlink_to(tmp_path / "elsewhere" / "report")
    with pytest.raises(OutputError, match="symbolic link"):
        next(plan(tmp_path / "in", tmp_path / "out", force=True).run())
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (tmp_path / "behind").symlink_to(tmp_path / "out")
    (tmp_path / "out" / batch.REPORT).unlink()
    assert len(plan(tmp_path / "in", tmp_path / "behind").files) == 2  # the folder that was named may be a link itself


def test_places_that_are_taken_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a/c.png", "d.png", "e.png")
    touch(tmp_path / "out", "d.png", "e.png")
    with pytest.raises(OutputError, match=r"2 of the results.*'d\.png' is the first"):
        plan(tmp_path / "in", tmp_path / "out")
    assert len(plan(tmp_path / "in", tmp_path / "out", force=True).files) == 3
    touch(tmp_path / "sheet", batch.SHEET)
    with pytest.raises(OutputError, match=batch.SHEET):
        plan(tmp_path / "in", tmp_path / "sheet")
    touch(tmp_path / "out", "a")
    with pytest.raises(OutputError, match="is a file"):
        plan(tmp_path / "in", tmp_path / "out", force=True)
    for bad in (tmp_path / "in" / "d.png", tmp_path / "nowhere"):
        with pytest.raises(ImageError, match="not a folder"):
            plan(bad, tmp_path / "out")
    with pytest.raises(OutputError, match="not a folder"):
        plan(tmp_path / "in", tmp_path / "in" / "d.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png", "closed/b.png")
    (tmp_path / "in" / "closed").chmod(0)
    try:
        with pytest.raises(ImageError, match="closed"):
            plan(tmp_path / "in", tmp_path / "out")
    finally:
        (tmp_path / "in" / "closed").chmod(0o700)


def test_a_saved_look_does_as_well_as_a_chain(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "in" / "a.png")
    look = facefx.chain(LOOK_NAME, color="#123456")
    look.save(tmp_path / "look.json")
    digests = {batch.prepare(tmp_path / "in", tmp_path / "out", one).digest for one in (look, tmp_path / "look.json")}
    assert len(digests) == 1
    assert plan(tmp_path / "in", tmp_path / "out").digest not in digests


def keywords(function: Callable[..., object]) -> dict[str, object]:
    """The keyword-only parameters, with their defaults."""
    return {name: one.default for name, one in signature(function).parameters.items() if one.kind is Parameter.KEYWORD_ONLY}


def test_the_typed_keywords_are_those_that_there_are() -> None:
    settings = {field.name for field in fields(batch.Settings)} - {"look"}
    assert set(SettingsOptions.__annotations__) == settings
    assert set(RunOptions.__annotations__) == set(keywords(batch.Batch.run))
    assert set(Options.__annotations__) == settings | set(keywords(batch.prepare)) | set(keywords(batch.Batch.run))
    for wrong in (batch.run, batch.prepare):
        with pytest.raises(TypeError, match="qualty"):
            wrong("in", "out", facefx.chain(LOOK_NAME), qualty=3)


def test_the_command_has_the_same_defaults() -> None:
    shown = {name: getattr(one.default, "value", one.default) for name, one in signature(command).parameters.items()}
    library = keywords(batch.prepare) | keywords(batch.Batch.run)
    library |= {field.name: field.default for field in fields(batch.Settings) if field.name != "look"}
    del library["may_be_empty"]  # the command has --watch
    shown["file_quality"] = int(shown["file_quality"])  # which may be a word, too
    assert {name: shown[name] or () if name == "glob" else shown[name] for name in library} == library


def test_the_old_name_of_running_a_batch_still_works(tmp_path: Path) -> None:
    touch(tmp_path / "in", "a.png")
    with pytest.warns(DeprecationWarning, match=r"batch\.run"), pytest.raises(facefx.ParameterError, match="workers=0"):
        batch.run_batch(plan(tmp_path / "in", tmp_path / "out"), workers=0)


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".JPG"])
def test_all_endings_of_a_jpeg_are_pictures(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / f"one{suffix}", "JPEG")
    assert [task.file for task in plan(tmp_path, tmp_path / "out").tasks()] == [f"one{suffix}"]

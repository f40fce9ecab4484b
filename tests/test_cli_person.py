"""What finds whole people, by name on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import read, run, write
from conftest import Fakes
from facefx.batch import prepare
from facefx.cli.exit_codes import ExitCode
from facefx.errors import UnknownName
from facefx.labels import scheme
from facefx.plugins.installed import registry
from facefx.video import Tracking
from facefx.video.animation import animate

LOOK = ("--effect", "replace_background:color=#00ff00")


class Everywhere:
    """Says of every pixel that it is a person's."""

    name, scheme, input_size = "everywhere", scheme("person"), (32, 32)
    asked = 0

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        type(self).asked += 1
        people = np.ones((1, *self.input_size), np.float32)
        return np.stack([1 - people, people], axis=1)


@pytest.fixture
def everywhere(fakes: Fakes, monkeypatch: pytest.MonkeyPatch) -> type[Everywhere]:
    monkeypatch.setattr(Everywhere, "asked", 0)
    registry().person_segmenters.items["mine:everywhere"] = Everywhere
    return Everywhere


def test_it_is_asked_for_by_name(everywhere: type[Everywhere], tmp_path: Path, portrait: np.ndarray) -> None:
    photo = write(tmp_path / "photo.png", portrait)
    greens = {}
    for person in ("everywhere", "colours"):
        done = run("apply", photo, "-o", tmp_path / f"{person}.png", *LOOK, "--person", person)
        assert done.exit_code == ExitCode.OK, done.stderr
        greens[person] = int((read(tmp_path / f"{person}.png") == (0, 255, 0)).all(axis=2).sum())
    assert everywhere.asked == 1
    assert greens["everywhere"] < greens["colours"]


def test_frames_and_transforms_ask_it_too(everywhere: type[Everywhere], tmp_path: Path, portrait: np.ndarray) -> None:
    frames = [Image.fromarray(portrait), Image.fromarray(255 - portrait)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:], duration=40)
    look = facefx.chain("replace_background", color="#00ff00")
    ways: list[Callable[[], Any]] = [
        lambda: run("apply", tmp_path / "two.gif", "-o", tmp_path / "done.gif", *LOOK, "--person", "everywhere"),
        lambda: animate(tmp_path / "two.gif", tmp_path / "again.gif", look, person="everywhere"),
        lambda: facefx.FaceFx(look, p=1.0, person="everywhere")(portrait),
        lambda: list(facefx.video.process([portrait], look, person="everywhere", tracking=Tracking())),
    ]
    for way in ways:
        before = everywhere.asked
        way()
        assert everywhere.asked > before


def test_a_batch_is_another_one_with_another_one(everywhere: type[Everywhere], tmp_path: Path, portrait: np.ndarray) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "a.png", portrait)
    look = facefx.chain("replace_background")
    digests = {prepare(tmp_path / "in", tmp_path / "out", look, person=person).digest for person in (None, "everywhere")}
    assert len(digests) == 2
    with pytest.raises(UnknownName, match=r"person segmenter.*nobody"):
        prepare(tmp_path / "in", tmp_path / "out", look, person="nobody")


@pytest.mark.parametrize("command", ["apply", "batch", "video", "live", "serve", "studio"])
def test_every_command_takes_it(command: str) -> None:
    assert "--person" in run(command, "--help").stdout


def test_one_that_there_is_not_is_told_of_at_once(everywhere: type[Everywhere], tmp_path: Path, portrait: np.ndarray) -> None:
    photo = write(tmp_path / "photo.png", portrait)
    done = run("apply", photo, "-o", tmp_path / "done.png", "--effect", "recolor_lips", "--person", "nobody")
    assert done.exit_code == ExitCode.BAD_REQUEST
    assert "no person segmenter is called 'nobody'" in done.stderr.replace("\n", " ")
    assert "everywhere" in done.stderr
    assert not (tmp_path / "done.png").exists()

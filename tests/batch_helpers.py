"""Folders of small portraits that can be told apart, and what the tests of batches watch and kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facefx
from cli_helpers import faceless
from facefx.batch import running
from facefx.batch.records import Record, Setup, Task
from facefx.batch.worker import Worker
from facefx.face.values import Detection
from synthetic import FakeSegmenter, Head, label_picture, painted

HEAD = Head((47.0, 49.0), 48.0)
LOOK = facefx.chain("recolor_lips", color="#00f", strength=1.0)
_PORTRAIT = painted(label_picture([HEAD], (96, 94)))
_DEADLY = (255, 0, 0)


def portrait(number: int) -> np.ndarray:
    """A head of which the upper left pixel says which one it is: (96, 94, 3) uint8."""
    picture = _PORTRAIT.copy()
    picture[0, 0] = (0, number // 256, number % 256)
    return picture


def number_of(path: Path) -> int:
    with Image.open(path) as image:
        pixel = np.asarray(image)[0, 0]
    return int(pixel[1]) * 256 + int(pixel[2])


def fill(folder: Path, count: int, *, folders: int = 3) -> list[str]:
    """Write portraits into a tree; their paths in it, sorted."""
    names = []
    for number in range(count):
        inner = ("", "a", "a/b")[number % folders]
        (folder / inner).mkdir(parents=True, exist_ok=True)
        name = f"{inner}/{number:03}.png".lstrip("/")
        Image.fromarray(portrait(number)).save(folder / name)
        names.append(name)
    return sorted(names)


def write_faceless(path: Path) -> Path:
    Image.fromarray(faceless()).save(path)
    return path


def write_deadly(path: Path) -> Path:
    """A picture at which `Watcher` kills its process."""
    picture = portrait(0)
    picture[0, 0] = _DEADLY
    Image.fromarray(picture).save(path)
    return path


@dataclass(frozen=True)
class Watcher:
    """A detector that finds the head of `portrait`, and writes down each picture that it is given, and the process it is in."""

    log: Path
    name: str = "watcher"

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        pixel = np.rint(rgb[0, 0] * 255).astype(int).tolist()
        with self.log.open("a") as log:
            log.write(f"{os.getpid()} {pixel[1] * 256 + pixel[2]}\n")
        if tuple(pixel) == _DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return [HEAD.detection] if rgb.min() < 0.3 else []

    def seen(self) -> list[tuple[int, int]]:
        """(process, number of the picture), in the order in which they came."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(int(process), int(number)) for process, number in map(str.split, lines)]


def expected(number: int) -> np.ndarray:
    """What the library makes of `portrait(number)` when it is asked directly."""
    watcher = Watcher(Path(os.devnull))
    return np.asarray(LOOK.run(portrait(number), segmenter=FakeSegmenter(), detector=watcher).image)


def files_in(folder: Path) -> list[str]:
    """Paths in a folder of all files, hidden ones too, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


Run = Callable[..., list[Record]]


def inline(setup: Setup, tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Record]]:
    """An engine without processes: what a batch does with records does not depend on who made them."""
    worker = Worker(setup)
    for task in tasks:
        yield task, worker(task)


@pytest.fixture
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches run in the test's own process."""
    monkeypatch.setenv("FACEFX_THREADS", "1")
    monkeypatch.setattr(running, "run_local", inline)

"""A disk that is full, or may not be written: no half file has a result's name, and once there is room the work goes on.

The disk is a small tmpfs, which only root on Linux may make; where that cannot be, its tests skip.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import facefx
from batch_helpers import LOOK, Watcher, expected, fill
from cli_helpers import read
from facefx import batch
from facefx.errors import FacefxError, OutputError
from facefx.image.picture import save_image
from facefx.video import convert as converting
from synthetic import FakeDetector, FakeSegmenter
from video_helpers import film, write_video

PAGE = 4096
LIPS = facefx.chain("recolor_lips", color="#2040c0", strength=1.0)


class Disk:
    """A small disk at a folder, with room for so many pages."""

    def __init__(self, folder: Path, pages: int) -> None:
        self.folder = folder
        self._mount(f"size={pages * PAGE}", "tmpfs")

    def _mount(self, options: str, *what: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, *what, str(self.folder)], check=True, capture_output=True)

    def grow(self) -> None:
        self._mount("remount,size=50m")

    def protect(self) -> None:
        self._mount("remount,ro")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Disk]]:
    mounted: list[Path] = []

    def make(pages: int) -> Disk:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        try:
            made = Disk(folder, pages)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a disk of one's own takes root on Linux")
        mounted.append(folder)
        return made

    yield make
    for folder in mounted:  # lazily, since FFmpeg leaves a file open whose end could not be written
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def edit(source: Path, target: Path) -> None:
    converting.convert(source, target, LIPS, segmenter=FakeSegmenter(), detector=FakeDetector())


@pytest.mark.parametrize("frames", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_a_film_is_whole_or_not_there_and_goes_on_once_there_is_room(
    tmp_path: Path, disk: Callable[[int], Disk], monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    pytest.importorskip("av", reason="video files need the extra 'video'")
    monkeypatch.setattr(converting, "PART", 4)
    needed: list[int] = []

    def counted(parts: list[Path], *others: object) -> None:
        needed.append(sum(-(-path.stat().st_size // PAGE) for path in parts[0].parent.iterdir()))
        join(parts, *others)

    join = converting.join
    monkeypatch.setattr(converting, "join", counted)
    source = write_video(tmp_path / "in.mp4", film(frames))
    edit(source, tmp_path / "once.mp4")
    whole = (tmp_path / "once.mp4").read_bytes()
    without_room = 0
    for pages in (1, 2, 3, needed[0] // 2, *range(needed[0] - 1, needed[0] + len(whole) // PAGE + 3)):
        small = disk(pages)
        target = small.folder / "out.mp4"
        try:
            edit(source, target)
        except OutputError:
            without_room += 1
            assert not target.exists()
            small.grow()
            edit(source, target)
        assert target.read_bytes() == whole
        assert [path.name for path in small.folder.iterdir()] == ["out.mp4"]
    assert without_room >= 4


@pytest.mark.slow
def test_a_batch_ends_and_goes_on_once_there_is_room(tmp_path: Path, disk: Callable[[int], Disk]) -> None:
    names = fill(tmp_path / "in", 6)
    small = disk(4)
    out = small.folder / "out"

    def go(**options: bool) -> list[batch.Record]:
        asked = {"segmenter": FakeSegmenter(), "detector": Watcher(tmp_path / "log"), "workers": 1, "sheet": False} | options
        return list(batch.run(tmp_path / "in", out, LOOK, **asked))  # type: ignore[arg-type]

    with pytest.raises(OutputError, match="No space left on device"):
        go()
    there = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert set(there) < set(names)
    small.grow()
    assert len(go(resume=True)) == len(names) - len(there)
    for name in names:
        assert (read(out / name) == expected(int(Path(name).stem))).all()


@pytest.mark.skipif(sys.platform == "win32", reason="this system limits no file's size")
def test_a_line_of_the_report_is_whole_or_not_there(tmp_path: Path) -> None:
    """The last bytes of a disk take a part of it, without an error; the next line would be glued to that."""
    code = """if True:
        import resource, sys
        from pathlib import Path
        from facefx.batch.records import Record, Status
        from facefx.batch.report import ReportFile
        from facefx.errors import OutputError
        record = Record("a.png", Status.FAILED, None, None, 0, 0.0, "x" * 300, "digest")
        with ReportFile(Path(sys.argv[1]), 0) as report:
            report.append(record)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
            written = 1
            try:
                while written < 10:
                    report.append(record)
                    written += 1
            except OutputError:
                print(written, "of", 10)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            report.append(record)
    """
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "2 of 10\n"
    assert len(list(batch.read_report(tmp_path / batch.REPORT))) == 3


def test_pictures_and_looks_are_whole_or_as_they_were(disk: Callable[[int], Disk], portrait: object) -> None:
    small = disk(2)
    picture, look = small.folder / "picture.png", small.folder / "look.json"
    LIPS.save(look)
    before = look.read_bytes()
    with pytest.raises(OutputError, match="No space left on device"):
        save_image(portrait, picture)
    (small.folder / "rest").write_bytes(bytes(PAGE))
    with pytest.raises(OutputError, match="No space left on device"):
        LIPS.then("recolor_hair").save(look, force=True)
    assert look.read_bytes() == before
    assert sorted(path.name for path in small.folder.iterdir()) == ["look.json", "rest"]


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, disk: Callable[[int], Disk], portrait: object) -> None:
    fill(tmp_path / "in", 1)
    source = write_video(tmp_path / "in.mp4", film(1))
    protected = disk(2)
    protected.protect()
    work: list[Callable[[], object]] = [
        lambda: save_image(portrait, protected.folder / "picture.png"),
        lambda: LIPS.save(protected.folder / "look.json"),
        lambda: edit(source, protected.folder / "out.mp4"),
        lambda: list(
            batch.run(tmp_path / "in", protected.folder / "out", LOOK, segmenter=FakeSegmenter(), detector=FakeDetector())
        ),
    ]
    for one in work:
        with pytest.raises(FacefxError, match="Read-only file system"):
            one()
    assert list(protected.folder.iterdir()) == []

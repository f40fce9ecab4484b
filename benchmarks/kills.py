"""Is anything lost or left half when facefx is killed? apply, batch and video are, at random moments, and then run again.

    python benchmarks/kills.py --count 100                    # of each command with each signal
    python benchmarks/kills.py batch --signals SIGKILL --count 20

First each command runs to its end. After each kill, every file under a result's name must have just those bytes: half a file, or
another, is a find. Then the command runs again (apply with --force, batch with --resume), must succeed, and leave those bytes and
nothing else beside them. A model as small as can be, which `tests/tiny_models.py` makes, reads drawn faces; parts of films have
four frames, not 250.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]
COMMANDS = ("apply", "batch", "video")
SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
#: The command line, with parts of films so short that a kill leaves some of them finished.
PROGRAM = """
import sys
if sys.argv[1] == "video":
    from facefx.video import convert
    convert.PART = 4
from facefx.cli import main
main()
"""


@dataclass(frozen=True)
class Ground:
    """What all runs start from: a folder with photos, a film and a model."""

    folder: Path

    @classmethod
    def laid(cls, folder: Path, pictures: int = 6, frames: int = 14) -> Ground:
        from batch_helpers import fill
        from tiny_models import write_model
        from video_helpers import film, write_video

        fill(folder / "photos", pictures)
        write_video(folder / "film.mp4", film(frames))
        write_model(folder / "model")
        return cls(folder)

    def command(self, name: str, out: Path, *, again: bool) -> list[str]:
        look = ["--effect", "recolor_lips:color=#00f", "--segmenter", str(self.folder / "model"), "--detector", "whole_frame"]
        arguments = {
            "apply": [*map(str, sorted((self.folder / "photos").rglob("*.png"))), "-o", f"{out}/", *["--force"] * again],
            "batch": [str(self.folder / "photos"), str(out), "--workers", "2", *["--resume"] * again],
            "video": [str(self.folder / "film.mp4"), str(out / "film.mp4")],
        }[name]
        return [sys.executable, "-c", PROGRAM, name, *arguments, *look]


@dataclass(frozen=True)
class Whole:
    """What a run to the end gives: its files by name, and the seconds it took."""

    files: dict[str, bytes]
    seconds: float


def results(out: Path, *, hidden: bool = False) -> dict[str, bytes]:
    """The files in a folder of results, without the report and the sheet; `hidden` ones are what a kill may leave lying."""
    paths = [path for path in out.rglob("*") if path.is_file()] if out.is_dir() else []
    inner = [path.relative_to(out) for path in paths]
    of_a_kind = [path for path in inner if any(part.startswith(".") for part in path.parts) == hidden]
    return {str(path): (out / path).read_bytes() for path in of_a_kind if not path.name.startswith("facefx-batch.")}


def whole(ground: Ground, name: str, out: Path) -> Whole:
    """A run that nobody interrupts. Raises `AssertionError` if it fails."""
    start = time.monotonic()
    _run(ground, name, out, again=False)
    return Whole(results(out), time.monotonic() - start)


def _run(ground: Ground, name: str, out: Path, *, again: bool) -> None:
    if name == "video":
        out.mkdir(exist_ok=True)
    command = ground.command(name, out, again=again)
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stderr[-2000:]}"


def _environment() -> dict[str, str]:
    return os.environ | {"FACEFX_PLUGINS": "off", "OMP_NUM_THREADS": "1"}


def _hears_ctrl_c() -> None:
    """As what a shell starts in the background does not, nor what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def killed(ground: Ground, name: str, out: Path, expected: Whole, how: signal.Signals, after: float) -> str:
    """Start a command on an empty folder, kill it after so many seconds, look, run it again, look. What lay there after the kill.

    Raises `AssertionError` for a find.
    """
    if name == "video":
        out.mkdir()
    command = ground.command(name, out, again=False)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=_environment(), start_new_session=True, preexec_fn=_hears_ctrl_c, **quiet)
    time.sleep(after)
    child.send_signal(how)
    child.wait()
    found = results(out)
    for file, data in found.items():
        assert file in expected.files, f"{name}, {how.name} after {after:.2f} s: there is {file}, which is no result"
        assert data == expected.files[file], f"{name}, {how.name} after {after:.2f} s: {file} is not what it should be"
    lying = (
        "all" if len(found) == len(expected.files) else "some" if found else "unfinished" if results(out, hidden=True) else "none"
    )
    try:
        _run(ground, name, out, again=name != "video" or "film.mp4" not in found)
    except AssertionError as error:
        if not (name == "video" and "film.mp4" in found and "there already" in str(error)):
            raise
    assert results(out) == expected.files, f"{name}, {how.name} after {after:.2f} s: going on gives other results"
    left = [file for file in results(out, hidden=True) if not (name == "apply" and file.endswith(".tmp"))]
    assert not left, f"{name}, {how.name} after {after:.2f} s: {left} is left"
    return lying


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*", help=f"of {', '.join(COMMANDS)}; by default all")
    parser.add_argument("--signals", nargs="+", default=SIGNALS, choices=SIGNALS)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=18)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.laid(Path(folder))
        for name in asked.commands or COMMANDS:
            expected = whole(ground, name, Path(folder, "whole"))
            for word in asked.signals:
                lying = Counter[str]()
                for number in range(asked.count):
                    out = Path(folder, f"{name}-{word}-{number}")
                    after = dice.uniform(0.2, 1.05) * expected.seconds  # before, Python itself is starting
                    lying[killed(ground, name, out, expected, signal.Signals[word], after)] += 1
                    shutil.rmtree(out)
                sys.stdout.write(f"{name}, {word}: {asked.count} kills, of results there were then: {dict(lying)}\n")
                sys.stdout.flush()
            shutil.rmtree(Path(folder, "whole"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

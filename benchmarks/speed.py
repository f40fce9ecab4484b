"""What costs what: photos, films, folders and starting up, stage by stage, beside something measured in the same run.

    python benchmarks/speed.py                                           # a quarter of an hour, on two quiet cores
    python benchmarks/speed.py --quick                                   # the main figures, in minutes
    python benchmarks/speed.py --before REVISION --markdown docs/speed.md
    python benchmarks/speed.py --only films growth                       # some of the tables
    python benchmarks/speed.py --mediapipe /path/to/venv/bin/python      # a Python that has MediaPipe, if this one has not

Milliseconds of one machine say nothing on another, so each stage is also given as a ratio to a reference. Stage, reference and,
with `--before`, the same stage of another revision take turns, each in a process of its own, so that what else the machine does
hits all of them; the quickest time of each counts. The references: MediaPipe Face Mesh on the same still for the small portrait
(where there is no MediaPipe, a fixed network of eight convolutions), Pillow's decoding and encoding of the same file for large
photos, and a transcode by the same encoder with the same settings for films.

What is timed stands in `benchmarks/speed_stages.py`, the pictures are made by `benchmarks/speed_pictures.py`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

import speed_stages
from results import Section, markdown, show
from speed_pictures import SIDE, crowd, save, setting, write_film, write_folder
from speed_stages import Cost, asked_as

ROOT = Path(__file__).resolve().parents[1]
#: Turns of each.
ROUNDS = 3
TABLES = ("portrait", "large", "larger", "films", "start", "folders", "growth")
QUICK_TABLES = ("portrait", "large", "films", "start")

RED, VIOLET = "#a2243b", "#6b3fa0"
LIPS: list[Any] = ["recolor_lips", {"color": RED}]
HAIR: list[Any] = ["recolor_hair", {"color": VIOLET}]
#: One or two effects of each room; the first of each is tried on a large photo, too.
ROOMS: dict[str, list[list[Any]]] = {
    "lips": [LIPS, ["line_lips", {}]],
    "hair": [HAIR, ["shine_hair", {}]],
    "eyes": [["recolor_eyes", {}], ["apply_eyeliner", {}]],
    "skin": [["smooth_skin", {}], ["apply_blush", {}]],
    "shape": [["slim_face", {}], ["enlarge_eyes", {}]],
    "scene": [["blur_background", {}], ["glow", {}]],
    "overlays": [["draw_regions", {}]],
}
MORE = [LIPS, HAIR, *([name, {}] for name in ("smooth_skin", "recolor_eyes", "apply_blush", "whiten_teeth", "recolor_brows"))]
MORE.append(["slim_face", {}])
WHOLE: dict[str, Any] = {"lips": [LIPS], "hair": [HAIR], "`headshot`": "headshot"}
QUALITIES = ("fast", "balanced", "best")

_CLOCK = "import sys, time{}; began = time.perf_counter(); {}; print(1000 * (time.perf_counter() - began))"
IMPORT = _CLOCK.format("", "import facefx")
IMPORT_MORE = _CLOCK.format("", "import facefx; facefx.chain")
FIRST = _CLOCK.format(", facefx", f"facefx.chain('recolor_lips', color='{RED}')(sys.argv[1])")
PILLOW = "import sys; from PIL import Image; Image.open(sys.argv[1]).save(sys.argv[2], quality=95)"
APPLY = ("-m", "facefx", "apply", "-o", "OUT.jpg", "--effect", f"recolor_lips:color={RED}")
APPLY_BOTH = (*APPLY, "--effect", f"recolor_hair:color={VIOLET}")


@dataclass(frozen=True)
class Row:
    """A line of a table: a stage, and what it is compared with, as `STAGES` has them."""

    name: str
    stage: tuple[Any, ...]
    beside: tuple[Any, ...]
    shown: Literal["ms", "frames/s", "photos/min", "MB"] = "ms"
    seconds: float = 0.6
    """Roughly how long each is timed."""
    quick: bool = False
    """Whether `--quick` times it."""


@dataclass(frozen=True)
class Part:
    """One table."""

    title: str
    reference: str
    rows: list[Row]


# --- what is measured


def photo_rows(file: Path, beside: tuple[Any, ...], *, small: bool) -> Iterator[Row]:
    yield Row("decode", ("decode", file), beside)
    yield Row("decode, to floats", ("floats", file), beside)
    yield Row("detect", ("detect", file), beside)
    if small:
        yield Row("network, one look", ("network",), beside)
    yield Row("**parse** what is decoded", ("parse", file, {}), beside, quick=True)
    if small:
        for quality in QUALITIES:
            yield Row(f"parse, `quality={quality!r}`", ("parse", file, {"quality": quality}), beside)
        yield Row("parse, `detector='whole_frame'`", ("parse", file, {"detector": "whole_frame"}), beside)
    for region in ("lips", "skin", "hair", "person"):
        yield Row(f"mask of {region}", ("mask", file, region), beside)
    for room, effects in ROOMS.items():
        for effect in effects if small else effects[:1]:
            yield Row(f"{room}: `{effect[0]}`", ("edit", file, [effect]), beside)
    yield Row("look `headshot`", ("edit", file, "headshot"), beside)
    yield from whole_rows(file, beside)
    if small:
        for quality in QUALITIES:
            yield Row(f"lips, whole, `quality={quality!r}`", ("whole", file, [LIPS], {"quality": quality}), beside)


def whole_rows(file: Path, beside: tuple[Any, ...], looks: Sequence[str] = tuple(WHOLE)) -> Iterator[Row]:
    yield Row("back to pixels, and encode", ("encode", file, [LIPS]), beside)
    for name in looks:
        yield Row(f"**{name}, whole**: bytes to bytes", ("whole", file, WHOLE[name], {}), beside, seconds=1, quick=True)


def larger_rows(file: Path, beside: tuple[Any, ...]) -> Iterator[Row]:
    yield Row("decode", ("decode", file), beside)
    yield Row("detect", ("detect", file), beside)
    yield Row("**parse** what is decoded", ("parse", file, {}), beside)
    yield Row("mask of hair", ("mask", file, "hair"), beside)
    yield from whole_rows(file, beside, ("lips", "hair"))


def film_rows(films: dict[str, Path]) -> Iterator[Row]:
    for size, film in films.items():
        beside = ("transcode", film)
        for every, how in ((1, "a parse in every frame"), (2, "in every second one")):
            quick = film == next(iter(films.values()))
            yield Row(f"{size}, following and parsing alone, {how}", ("follow", film, every), beside, "frames/s")
            yield Row(f"**{size}, lips and hair**, {how}", ("film", film, [LIPS, HAIR], every), beside, "frames/s", 2, quick)


def start_rows(one: Path, large: dict[int, Path]) -> Iterator[Row]:
    cold = ("command", ["-c", PILLOW, one, "OUT.jpg"])
    yield Row("`import facefx`", ("code", IMPORT, one), cold, seconds=3)
    yield Row("the same, and what `facefx.chain` imports", ("code", IMPORT_MORE, one), cold, seconds=3)
    yield Row("**first result in Python**, after `import facefx`", ("code", FIRST, one), cold, seconds=4, quick=True)
    yield Row("**`facefx apply`** from the shell", ("command", [*APPLY, one]), cold, seconds=4, quick=True)
    for size, file in large.items():
        beside = ("command", ["-c", PILLOW, file, "OUT.jpg"])
        yield Row(f"{size} megapixels, lips and hair: memory at the peak", ("command", [*APPLY_BOTH, file]), beside, "MB", 0)


def folder_rows(photos: Path) -> Iterator[Row]:
    for workers, name in ((1, "one worker"), (2, "two workers")):
        yield Row(name, ("folder", photos, [LIPS, HAIR], workers), ("pillow_folder", photos), "photos/min", 2)


def growth_rows(sizes: dict[int, Path], crowds: dict[int, Path], portrait: Path, peer: tuple[Any, ...]) -> Iterator[Row]:
    for side, file in sizes.items():
        yield Row(f"the same face in {side} × {side} pixels", ("whole", file, [LIPS, HAIR], {}), ("pillow", file), seconds=1)
    for count, file in crowds.items():
        name = f"{count} face{'s' * (count > 1)} in 2048 × 1024 pixels, lips"
        yield Row(name, ("whole_of_faces", file, [LIPS], count), ("pillow", file), seconds=1)
    for count in (1, 2, 4, 8):
        yield Row(f"{count} effect{'s' * (count > 1)}, 512 × 512 pixels", ("whole", portrait, MORE[:count], {}), peer, seconds=1)


def parts(folder: Path, *, with_mediapipe: bool, frames: int) -> tuple[dict[str, Part], dict[Path, Callable[[Path], None]]]:
    """All tables, by the names that `--only` takes, and what makes each file that they need."""
    portrait, still, one, photos = (folder / name for name in ("portrait.jpg", "portrait.npy", "1mp.jpg", "photos"))
    large, larger = folder / "12mp.jpg", folder / "24mp.jpg"
    films = {f"{width} × {height}": folder / f"{width}x{height}.mp4" for width, height in ((640, 360), (1280, 720))}
    sizes = {side: folder / f"side{side}.jpg" for side in (SIDE, 2 * SIDE, 4 * SIDE)}
    crowds = {count: folder / f"faces{count}.jpg" for count in (1, 2, 4, 8)}

    def filled(height: int, width: int) -> Callable[[Path], None]:
        return lambda path: save(setting((height, width), width / SIDE), path)

    def film(size: tuple[int, int]) -> Callable[[Path], None]:
        return lambda path: write_film(path, size, frames)

    file_of = {portrait: filled(512, 512), still: filled(512, 512), one: filled(1000, 1000), large: filled(4000, 3000)}
    file_of |= {larger: filled(5664, 4248), photos: lambda path: write_folder(path, 16)}
    file_of |= {path: film(size) for path, size in zip(films.values(), ((360, 640), (720, 1280)), strict=True)}
    file_of |= {path: lambda path, side=side: save(setting((side, side), 1), path) for side, path in sizes.items()}  # type: ignore[misc]
    file_of |= {path: lambda path, count=count: save(crowd(count), path) for count, path in crowds.items()}  # type: ignore[misc]

    peer: tuple[Any, ...] = ("mediapipe", still) if with_mediapipe else ("fixed_network",)
    mesh = "MediaPipe Face Mesh on the same still" if with_mediapipe else "a fixed network"
    pillow = "Pillow, decoding and encoding the same file"

    def part(title: str, reference: str, rows: Iterator[Row]) -> Part:
        return Part(title, reference, list(rows))

    return {
        "portrait": part("A portrait of 512 × 512 pixels", mesh, photo_rows(portrait, peer, small=True)),
        "large": part("A portrait of 12 megapixels", pillow, photo_rows(large, ("pillow", large), small=False)),
        "larger": part("A portrait of 24 megapixels", pillow, larger_rows(larger, ("pillow", larger))),
        "films": part("A frame of a film", "the same film, transcoded with the same settings", film_rows(films)),
        "start": part(
            "A process of its own; 1 megapixel, lips",
            "a Python that imports Pillow, decodes and encodes the same file",
            start_rows(one, {12: large, 24: larger}),
        ),
        "folders": part("A photo of a folder, 768 × 768 pixels, lips and hair", f"{pillow}s", folder_rows(photos)),
        "growth": part(
            "How it grows, bytes to bytes",
            f"{pillow}; for effects {mesh}",
            growth_rows(sizes, crowds, portrait, peer),
        ),
    }, file_of


def paths_in(value: Any) -> Iterator[Path]:
    """The files that a stage names."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from paths_in(one)


# --- measuring


class Process:
    """One that times stages, for a version of facefx or for a reference. A context manager."""

    def __init__(self, python: str, source: Path | None = None) -> None:
        own = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
        # Compiled once, as pip does it when it installs: a third of what importing would take is compiling else.
        self._compiled = tempfile.TemporaryDirectory()
        environment = own | {"FACEFX_PLUGINS": "off", "PYTHONPYCACHEPREFIX": self._compiled.name}
        environment |= {"PYTHONPATH": str(source)} if source else {}
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed at the end)
        command = [python, speed_stages.__file__]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
        self._said.close()
        self._compiled.cleanup()

    def ask(self, stage: tuple[Any, ...], seconds: float) -> Cost:
        """What a stage costs. Raises `RuntimeError` with what went wrong there."""
        assert self._process.stdin
        assert self._process.stdout
        print(asked_as(stage[0], stage[1:], seconds), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            self._said.seek(0)
            raise SystemExit(f"the process that times {stage[0]} has ended:\n{self._said.read()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return Cost(**answer)


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """A folder with another revision, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "before"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(other), revision], cwd=ROOT, check=True)
        try:
            yield other
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(other)], cwd=ROOT, check=True)


@dataclass(frozen=True)
class Line:
    """The least that a row's reference cost, the version before and this one; None where it failed or was not asked for."""

    row: Row
    beside: Cost | None
    now: Cost | None
    before: Cost | None = None


def measured(row: Row, processes: dict[str, Process], seconds: float, failures: dict[str, str]) -> Line:
    """All take turns; whoever is slow gets fewer of them."""
    costs: dict[str, Cost] = {}
    spent = dict.fromkeys(processes, 0.0)
    for _ in range(ROUNDS):
        for name in [name for name in processes if spent[name] <= seconds]:
            began = time.perf_counter()
            try:
                cost = processes[name].ask(row.beside if name == "beside" else row.stage, seconds / ROUNDS)
            except RuntimeError as error:
                failures[f"{row.name} ({name})"] = str(error)
                spent[name] = float("inf")
            else:
                costs[name] = Cost(*map(min, astuple(costs.get(name, cost)), astuple(cost)))
                spent[name] += time.perf_counter() - began
    return Line(row, *(costs.get(name) for name in ("beside", "now", "before")))


# --- tables


def digits(value: float) -> str:
    """Two digits at the least, and none that says nothing."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def in_figures(cost: Cost | None, shown: str) -> str:
    """What a row costs, in milliseconds and in what else it is counted."""
    if cost is None:
        return "–"
    if shown == "MB":
        return f"{digits(cost.peak)} MB"
    rate = {"frames/s": 1000, "photos/min": 60_000}.get(shown)
    return digits(cost.ms) + (f" ({digits(rate / cost.ms)} {shown})" if rate else "")


def ratio(above: Cost | None, below: Cost | None, shown: str) -> str:
    if above is None or below is None:
        return "–"
    return digits(above.peak / below.peak if shown == "MB" else above.ms / below.ms)


def in_cpu(line: Line) -> tuple[str, str]:
    """Milliseconds of all threads, and as a ratio: which hardly depends on what else the machine does."""
    if line.now is None or line.row.shown == "MB" or not isfinite(line.now.cpu):
        return "–", "–"
    return digits(line.now.cpu), digits(line.now.cpu / line.beside.cpu) if line.beside else "–"


def table(lines: Sequence[Line], *, before: bool) -> tuple[list[str], list[list[str]]]:
    """Headings and rows. Stages that no version has are left out."""
    headings = ["", "reference, ms", *(["ms before", "× reference"] if before else []), "ms", "× reference", "CPU ms", "× its CPU"]
    rows = []
    for line in lines:
        if line.now is None and line.before is None:
            continue
        shown = line.row.shown
        then = [in_figures(line.before, shown), ratio(line.before, line.beside, shown)] if before else []
        now = [in_figures(line.now, shown), ratio(line.now, line.beside, shown), *in_cpu(line)]
        beside = in_figures(line.beside, "MB" if shown == "MB" else "ms")
        rows.append([line.row.name, beside, *then, *now, *([ratio(line.before, line.now, shown)] if before else [])])
    return headings + (["times as fast"] if before else []), rows


def conditions(quick: bool, before: str | None) -> str:
    """What the figures depend on, in a line."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        flags = ""
    vnni = " with VNNI" if "vnni" in flags else ""
    asked = f"; before: {before}" if before else ""
    return f"{os.cpu_count()} cores{vnni}, onnxruntime {version('onnxruntime')}{', --quick' if quick else ''}{asked}"


def python_with_mediapipe(given: str | None) -> str | None:
    return given or (sys.executable if importlib.util.find_spec("mediapipe") else None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the main figures only")
    parser.add_argument("--before", metavar="REVISION", help="measure that commit's code and models, too")
    parser.add_argument("--mediapipe", metavar="PYTHON", help="a Python that has MediaPipe; by default this one, if it has")
    parser.add_argument("--only", nargs="+", metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--patience", type=float, default=1.0, help="time all so many times as long: for a machine that is busy")
    parser.add_argument("--markdown", metavar="PAGE", help="also write to this file, between <!-- speed-TABLE --> marks")
    options = parser.parse_args()
    wanted = options.only or (QUICK_TABLES if options.quick else TABLES)
    if unknown := set(wanted) - set(TABLES):
        parser.error(f"there is no table {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    try:
        sections = {name: Section(f"speed-{name}", options.markdown) for name in wanted if options.markdown}
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))

    if not sys.stdout.isatty():
        os.environ.setdefault("COLUMNS", "160")
    console, failures = Console(highlight=False, soft_wrap=True), dict[str, str]()
    with_mediapipe = python_with_mediapipe(options.mediapipe)
    said = conditions(options.quick, options.before)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        processes = {"beside": stack.enter_context(Process(sys.executable))}
        if options.before:
            other = stack.enter_context(checked_out(options.before))
            processes["before"] = stack.enter_context(Process(sys.executable, other / "src"))
        processes["now"] = stack.enter_context(Process(sys.executable, ROOT / "src"))
        media = stack.enter_context(Process(with_mediapipe)) if with_mediapipe else None
        all_parts, made = parts(folder, with_mediapipe=bool(media), frames=24 if options.quick else 48)
        for name in wanted:
            part = all_parts[name]
            rows = [row for row in part.rows if row.quick or not options.quick]
            for path in dict.fromkeys(paths_in([row.stage for row in rows] + [row.beside for row in rows])):
                if not path.exists():
                    made[path](path)
            lines = []
            for row in rows:
                beside = media if media and row.beside[0] == "mediapipe" else processes["beside"]
                seconds = row.seconds * options.patience * (0.4 if options.quick else 1)
                lines.append(measured(row, processes | {"beside": beside}, seconds, failures))
            headings, cells = table(lines, before=bool(options.before))
            plain = [[cell.replace("**", "") for cell in row] for row in cells]
            show(headings, plain, f"{part.title} (reference: {part.reference})")
            if name in sections:
                note = f"Reference: {part.reference}. {said[0].upper()}{said[1:]}."
                sections[name].write(f"{note}\n\n{markdown(headings, cells)}")
    console.print(said)
    for what, why in failures.items():
        if "unexpected keyword argument" not in why:  # what an older version has not
            console.print(f"{what} failed: {why}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

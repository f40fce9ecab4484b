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

The tables' lines stand in `benchmarks/speed_rows.py`, what is timed in `benchmarks/speed_stages.py`; the pictures are made by
`benchmarks/speed_pictures.py`.
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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Any

from rich.console import Console

import speed_stages
from results import Section, markdown, show
from speed_asking import Cost, asked_as
from speed_rows import QUICK_TABLES, TABLES, Row, parts, paths_in

ROOT = Path(__file__).resolve().parents[1]
#: Turns of each.
ROUNDS = 3

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

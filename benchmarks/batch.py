"""Folders of photos: how fast, how it grows with workers, and how much memory, each against one process in the same run.

    python benchmarks/batch.py                                # copies of the photos in samples/
    python benchmarks/batch.py --photos 48 --workers 1 2 4 --rounds 3 --ray
    python benchmarks/batch.py --memory 2000                  # does a worker grow over so many photos?
    python benchmarks/batch.py --bookkeeping 1000000          # what the plan and the report of so many files take

"One process" is a plain loop over `Chain.run` and `save_image` in a process of its own, with all cores for its threads. Throughput
is counted from the first result to the last; what comes before is start-up. CPU seconds are those of all processes, start-up
included; they hardly depend on what else the machine does, throughput does. Every result is compared, byte for byte, with the
plain loop's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

import facefx
from facefx import batch
from facefx.batch.records import Record, Status

SAMPLES = Path(__file__).parents[1] / "samples"


def look() -> facefx.Chain:
    """A lip and a hair colour."""
    return facefx.chain("recolor_lips", color="#a2243b", finish="gloss").then("recolor_hair", color="#6b3fa0")


@dataclass(frozen=True)
class Timing:
    """Seconds until the first result; results a second from there; CPU seconds a photo, of all other processes (None where they
    are not known) and of this one."""

    startup: float
    rate: float
    cpu: float | None
    own_cpu: float


def fill(folder: Path, count: int, size: int | None = None) -> None:
    """Copies of the samples, at most `size` pixels wide and high."""
    folder.mkdir()
    for number, photo in enumerate(islice(cycle(sorted(SAMPLES.glob("*.jpg"))), count)):
        copy = folder / f"{number:05}-{photo.name}"
        if size is None:
            shutil.copy(photo, copy)
            continue
        with Image.open(photo) as image:
            image.thumbnail((size, size))
            image.save(copy)


def plain_loop(folder: Path, target: Path) -> None:
    """What one would write without facefx.batch; runs in a process of its own."""
    target.mkdir()
    chain = look()
    for path in sorted(folder.iterdir()):
        facefx.save_image(chain.run(facefx.open_image(path), require_face=False).picture, target / path.name)


def watch_loop(folder: Path, target: Path) -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=plain_loop, args=(folder, target))
    process.start()
    seen = 0
    while process.is_alive() or seen < len(list(target.glob("*.jpg"))):
        there = len(list(target.glob("*.jpg"))) if target.exists() else 0
        yield from [None] * (there - seen)
        seen = there
        time.sleep(0.005)
    process.join()


def timed(results: Iterator[object], *, cpu_known: bool) -> Timing:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, own = time.perf_counter(), time.process_time()
    ends = [time.perf_counter() for _ in results]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    return Timing(
        ends[0] - start,
        (len(ends) - 1) / (ends[-1] - ends[0]),
        cpu / len(ends) if cpu_known else None,
        (time.process_time() - own) / len(ends),
    )


def differing(one: Path, other: Path) -> int:
    """How many results of one folder are not the same bytes in the other."""
    return sum((other / path.name).read_bytes() != path.read_bytes() for path in one.glob("*.jpg") if path.name != batch.SHEET)


def compare(root: Path, photos: int, workers: list[int], rounds: int, ray: bool) -> Table:
    fill(root / "in", photos)
    ways = [("local", count) for count in workers] + ([("ray", count) for count in workers] if ray else [])
    timings: dict[str, list[Timing]] = {"one process": []} | {f"{engine}, {count} workers": [] for engine, count in ways}
    ratios: dict[str, list[float]] = {name: [] for name in timings}
    different = dict.fromkeys(timings, 0)
    for number in range(rounds):
        reference = root / f"{number}-one"
        base = timed(watch_loop(root / "in", reference), cpu_known=True)
        timings["one process"].append(base)
        ratios["one process"].append(1.0)
        for engine, count in ways:
            name, target = f"{engine}, {count} workers", root / f"{number}-{engine}-{count}"
            records = batch.run(root / "in", target, look(), no_face="copy", workers=count, engine=engine, sheet=False)  # type: ignore[arg-type]
            timing = timed(records, cpu_known=engine == "local")
            timings[name].append(timing)
            ratios[name].append(timing.rate / base.rate)
            different[name] += differing(reference, target)
    headings = "way", "start-up (s)", "photos a second", "× one process", "lowest to highest"
    costs = "CPU s a photo", "CPU ms of the parent", "other bytes"
    table = Table(*headings, *costs, title=f"{photos} photos, lips and hair, {rounds} rounds (medians)")
    for name, runs in timings.items():
        cpus = [timing.cpu for timing in runs if timing.cpu is not None]
        table.add_row(
            name,
            f"{statistics.median(t.startup for t in runs):.1f}",
            f"{statistics.median(t.rate for t in runs):.2f}",
            f"{statistics.median(ratios[name]):.2f}",
            f"{min(ratios[name]):.2f} to {max(ratios[name]):.2f}",
            f"{statistics.median(cpus):.2f}" if cpus else "",
            f"{1000 * statistics.median(t.own_cpu for t in runs):.1f}" if name != "one process" else "",
            str(different[name]),
        )
    return table


def megabytes(process: int | str, field: str) -> float:
    """A line of Linux's /proc/PID/status, such as VmRSS."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def memory(root: Path, photos: int, size: int | None, segmenter: str | None, detector: str | None) -> Table:
    fill(root / "in", photos, size)
    headings = "photos done", "worker", "worker's peak", "the process that keeps the report"
    table = Table(*headings, title=f"memory over {photos} photos (MB)")
    marks = {max(photos * share // 100, 1) for share in (2, 10, 25, 50, 75, 98)}
    records = batch.run(
        root / "in", root / "out", look(), segmenter=segmenter, detector=detector, no_face="copy", workers=1, sheet=False
    )
    for number, _ in enumerate(records, 1):
        if number in marks:
            (worker,) = multiprocessing.active_children()
            assert worker.pid is not None
            own = megabytes("self", "VmRSS")
            table.add_row(str(number), *(f"{megabytes(worker.pid, f):.0f}" for f in ("VmRSS", "VmHWM")), f"{own:.0f}")
    return table


def bookkeeping(root: Path, files: int) -> Table:
    """Plan so many files, of which a report says that all but one are done. The files are empty: none of them is opened."""
    for number in range(files):
        name = f"{number % 1000:03}/photo-{number:08}.jpg"
        for top in ("in", "out"):
            if number < 1000:
                (root / top / name).parent.mkdir(parents=True)
            (root / top / name).touch()
    table = Table("what", "CPU seconds", "peak of this process so far (MB)", title=f"bookkeeping of {files} files")

    def row(what: str, start: float) -> None:
        table.add_row(what, f"{time.process_time() - start:.1f}", f"{megabytes('self', 'VmHWM'):.0f}")

    start = time.process_time()
    plan = batch.prepare(root / "in", root / "out", look(), force=True)
    row("plan from nothing", start)
    with (root / "out" / batch.REPORT).open("w") as report:
        for task in islice(plan.tasks(), files - 1):
            done = Record(task.file, Status.DONE, task.output, 0, 1, 0.5, None, plan.digest)
            report.write(done.to_json() + "\n")
    size = (root / "out" / batch.REPORT).stat().st_size
    del plan
    start = time.process_time()
    resumed = batch.prepare(root / "in", root / "out", look(), resume=True, force=True)
    row(f"plan to resume, one left, from a report of {size / 1e6:.0f} MB", start)
    assert len(resumed.files) == 1
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ray", action="store_true", help="with Ray too (facefx[ray])")
    parser.add_argument("--memory", type=int, metavar="PHOTOS", help="measure a worker's memory over so many photos instead")
    parser.add_argument("--size", type=int, help="for --memory: make the photos so small, in pixels")
    parser.add_argument("--segmenter", help="for --memory; a small one makes it faster")
    parser.add_argument("--detector", help="for --memory")
    parser.add_argument("--bookkeeping", type=int, metavar="FILES", help="measure the plan and report of so many files instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facefx-batch-") as folder:
        if options.memory:
            table = memory(Path(folder), options.memory, options.size, options.segmenter, options.detector)
        elif options.bookkeeping:
            table = bookkeeping(Path(folder), options.bookkeeping)
        else:
            table = compare(Path(folder), options.photos, options.workers, options.rounds, options.ray)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())

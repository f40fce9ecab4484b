"""Does a process that works for hours grow? Memory and open files over many pictures, segmenters and frames of a film.

    python benchmarks/soak.py pictures --count 20000 --log soak/pictures.jsonl
    python benchmarks/soak.py segmenters --count 200 --log soak/segmenters.jsonl
    python benchmarks/soak.py frames --count 10000 --log soak/frames.jsonl
    python benchmarks/soak.py plot --log soak/*.jsonl --svg docs/pictures/soak.svg --markdown docs/testing.md

    python benchmarks/soak.py pictures --count 20000 --segmenter TINY --detector whole_frame --log soak/pictures_tiny.jsonl

Pictures are the samples, at a random size from 64 to 300 pixels and one in a hundred up to 1600, as JPEG, PNG, WebP or TIFF,
upright or turned by EXIF; looks of paint, of warps and of hiding take turns. With a folder TINY of a model as small as can be,
which `benchmarks/soak.py tiny --log TINY` makes, all but the networks is tried in a tenth of the time. The log is kept as it
goes, so a run that was stopped is worth what it did. What is open and in memory is read from /proc, so this is for Linux. "At
first" is after a tenth of the work, since libraries fill their caches.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TextIO

import numpy as np
from PIL import Image

import facefx
from results import add_markdown, markdown, show

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.jpg"))
FORMATS = ("JPEG", "JPEG", "PNG", "WEBP", "TIFF")
#: Marks in a log, whatever its length.
MARKS = 400


@dataclass(frozen=True)
class Mark:
    """After how much of the work: megabytes in memory, and open files."""

    done: int
    megabytes: float
    files: int


def mark(done: int) -> Mark:
    """This process, now."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return Mark(done, resident / 1e6, sum(1 for _ in Path("/proc/self/fd").iterdir()))


def logged(count: int, steps: Iterator[object], log: TextIO) -> None:
    """Take so many steps, and write a mark each now and then."""
    every = max(count // MARKS, 1)
    for done, _ in zip(range(1, count + 1), steps, strict=False):
        if done % every == 0:
            log.write(json.dumps(vars(mark(done))) + "\n")
            log.flush()


@cache
def _sample(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def a_file(dice: random.Random) -> bytes:
    """A picture as a file of a random size and format."""
    longest = dice.randint(300, 1600) if dice.random() < 0.01 else dice.randint(64, 300)
    image = _sample(dice.choice(SAMPLES)).copy()
    image.thumbnail((longest, longest))
    exif = Image.Exif()
    if dice.random() < 0.1:
        image = image.rotate(90, expand=True)
        exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, dice.choice(FORMATS), exif=exif.tobytes())
    return out.getvalue()


def looks() -> list[facefx.Chain]:
    return [
        facefx.chain("recolor_lips", color="#a2243b", finish="gloss").then("recolor_hair", color="#6b3fa0"),
        facefx.chain("anonymize", method="block"),
        facefx.chain("slim_face").then("smooth_skin"),
    ]


def pictures(segmenter: Path | None, detector: str | None) -> Iterator[object]:
    """One picture a step: opened, parsed, edited, written as bytes."""
    dice, chains = random.Random(18), looks()
    parser = facefx.Parser.of(segmenter, detector, None if segmenter else "fast")
    while True:
        look = dice.choice(chains)
        yield look.run(a_file(dice), segmenter=parser.segmenter, detector=parser.detector, require_face=False).image


def segmenters() -> Iterator[object]:
    """One segmenter a step: made from its file, used, forgotten."""
    from facefx.inference.cards import ModelCard
    from facefx.inference.segmenter import OnnxSegmenter

    folder = Path(__file__).parents[1] / "models" / "unet-lite0"
    while True:
        segmenter = OnnxSegmenter(ModelCard.read(folder))
        yield segmenter.probabilities(np.zeros((1, *segmenter.input_size, 3), np.float32))


def frames(count: int, log: TextIO) -> None:
    """A film of so many frames, with a mark each now and then."""
    from facefx.video.convert import convert

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.mp4")
        _film(source, count)
        steps = max(count // MARKS, 1)

        def progress(done: int, total: int | None) -> None:
            if done % steps == 0:
                log.write(json.dumps(vars(mark(done))) + "\n")
                log.flush()

        convert(source, Path(folder, "out.mp4"), looks()[0], progress=progress)


def _film(path: Path, count: int) -> None:
    """The samples, each for two seconds, swaying; encoded as they are drawn."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 192, "yuv420p"
        small = [np.asarray(_sample(path).resize((224, 224))) for path in SAMPLES]
        for number in range(count):
            x, y = (int(16 + 15 * np.sin(number / rate)) for rate in (9, 13))
            frame = small[number // 50 % len(small)][y : y + 192, x : x + 192]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode(None))


def read(path: Path) -> list[Mark]:
    return [Mark(**json.loads(line)) for line in path.read_text().splitlines()]


HEADINGS = ("in one process", "done", "MB after a tenth", "in the end", "at most", "open files at first", "in the end")
#: What the logs that are called so tell of.
WORDS = {
    "pictures": "pictures of 64 to 1600 pixels, three looks, the default network",
    "pictures_tiny": "the same with a network as small as can be, on whole frames",
    "segmenters": "segmenters made, used once and forgotten",
    "frames": "frames of one film",
}


def rows(logs: dict[str, list[Mark]]) -> list[tuple[str, ...]]:
    """What there was after a tenth of the work, over the last tenth, and at most."""
    found = []
    for name, marks in logs.items():
        tenth = max(len(marks) // 10, 1)
        first, last = marks[tenth : 2 * tenth] or marks, marks[-tenth:]
        megabytes = [statistics.median(m.megabytes for m in part) for part in (first, last)]
        files = [statistics.median(m.files for m in part) for part in (first, last)]
        most = max(m.megabytes for m in marks)
        found.append((WORDS.get(name, name), f"{marks[-1].done:,}", *(f"{value:.0f}" for value in (*megabytes, most, *files))))
    return found


WIDTH, HEIGHT, LEFT, TOP = 640, 110, 64, 26
INK, LINE, FILES, PAPER = "#1c2430", "#2f5f9e", "#b5562b", "#fbfaf6"


def plotted(logs: dict[str, list[Mark]]) -> str:
    """An SVG: one strip a log, memory as a line from 0 on, open files as another."""
    strips = [_strip(name, marks, TOP + number * (HEIGHT + 44)) for number, (name, marks) in enumerate(logs.items())]
    height = TOP + len(logs) * (HEIGHT + 44)
    box = f"0 0 {WIDTH + LEFT + 60} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>\n' + "\n".join(strips) + "\n</svg>\n"
    )


def _strip(name: str, marks: list[Mark], top: int) -> str:
    most, files = max(m.megabytes for m in marks) * 1.1, max(m.files for m in marks) * 2.2
    end = marks[-1].done

    def line(values: list[float], whole: float, color: str) -> str:
        across = [LEFT + WIDTH * m.done / end for m in marks]
        points = " ".join(f"{x:.1f},{top + HEIGHT * (1 - value / whole):.1f}" for x, value in zip(across, values, strict=True))
        return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'

    bottom, right = top + HEIGHT, LEFT + WIDTH
    return "\n".join(
        [
            f'<text x="{LEFT}" y="{top - 6}" fill="{INK}" font-weight="bold">{escape(f"{end:,} {name}")}</text>',
            f'<path d="M{LEFT} {top}V{bottom}H{right}V{top}" fill="none" stroke="{INK}" stroke-width="0.8"/>',
            line([m.megabytes for m in marks], most, LINE),
            line([m.files for m in marks], files, FILES),
            f'<text x="{LEFT - 6}" y="{top + 10}" text-anchor="end" fill="{LINE}">{most:.0f} MB</text>',
            f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end" fill="{LINE}">0</text>',
            f'<text x="{right + 6}" y="{bottom - HEIGHT / 2.2 + 4:.0f}" fill="{FILES}">{marks[-1].files} files</text>',
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pictures", "segmenters", "frames", "plot", "tiny"))
    parser.add_argument("--segmenter", type=Path)
    parser.add_argument("--detector")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--log", type=Path, nargs="+", required=True, help="where to; of plot, where from")
    parser.add_argument("--svg", type=Path)
    add_markdown(parser, "soak")
    asked = parser.parse_args()
    if asked.what == "plot":
        logs = {path.stem: read(path) for path in asked.log}
        show(HEADINGS, rows(logs))
        if asked.markdown:
            asked.markdown.write(markdown(HEADINGS, rows(logs)))
        if asked.svg:
            asked.svg.write_text(plotted(logs), encoding="utf-8")
        return 0
    (path,) = asked.log
    if asked.what == "tiny":
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        from tiny_models import write_model

        write_model(path)
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as log:
        if asked.what == "frames":
            frames(asked.count, log)
        else:
            logged(asked.count, pictures(asked.segmenter, asked.detector) if asked.what == "pictures" else segmenters(), log)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

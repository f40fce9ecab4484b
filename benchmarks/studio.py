"""How fast the studio answers: from its start to the first page, and from a slider's move to the new preview, effect by effect.

    python benchmarks/studio.py [--effects recolor_hair smooth_skin] [--turns 7] [--markdown docs/studio.md]

A real `facefx studio` is asked over HTTP as its page asks it. A sample is enlarged to a photo of 24 megapixels, so the face fills
the frame at every size: the worst case. Each answer is one slider moved: the steps that came before are known, what the slider says
is new. The effects take turns, so that what else the machine does meets all of them alike. Times by the clock are those of the
client, from its question to the last byte of its answer; processor time is that of all the server's threads.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from results import add_markdown, markdown, show

API = "/studio/api"
HEADINGS = ("effect", "preview", "clock, best", "clock, median", "processor, best", "processor, median")


class Studio:
    """A studio that runs, and one connection to it, which stays open as a browser's does."""

    def __init__(self, port: int, process: int) -> None:
        self.port, self._process = port, process
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def ask(self, path: str, body: bytes | None = None, kind: str = "application/octet-stream") -> bytes:
        """The answer, which has to be one."""
        self._line.request("GET" if body is None else "POST", path, body, {} if body is None else {"content-type": kind})
        answer = self._line.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
        return content

    def preview(self, picture: str, steps: list[dict[str, Any]], draft: bool) -> None:
        """One answer to a slider."""
        body = json.dumps({"steps": steps, "draft": draft}).encode()
        self.ask(f"{API}/pictures/{picture}/preview", body, "application/json")

    def hang_up(self) -> None:
        """Begin anew with the next question."""
        self._line.close()

    @property
    def busy(self) -> float:
        """Seconds that its threads have worked."""
        return time.clock_gettime(~self._process << 3 | 2)  # Linux's clock of another process


@contextmanager
def studio() -> Iterator[tuple[Studio, float]]:
    """A studio on a free port, and how many seconds it took until its page was there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "facefx", "studio", "--no-browser", "--port", str(port)])
    try:
        made = Studio(port, process.pid)
        while True:
            try:
                made.ask("/studio/index.html")
                break
            except OSError:
                made.hang_up()
                time.sleep(0.01)
        yield made, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def moved(effect: dict[str, Any], turn: int) -> dict[str, Any]:
    """An effect's parameters with its first slider, colour or choice at another place each turn."""
    for name, schema in effect["schema"].items():
        if schema.get("type") == "number":
            low, high = schema["minimum"], schema["maximum"]
            return {**effect["defaults"], name: round(low + (high - low) * (0.35 + 0.013 * turn), 4)}
    for name, schema in effect["schema"].items():
        if schema.get("format") == "color":
            return {**effect["defaults"], name: f"#{80 + turn:02x}3070"}
        if schema.get("type") == "integer":
            return {**effect["defaults"], name: schema["minimum"] + turn % (schema["maximum"] - schema["minimum"] + 1)}
    return {**effect["defaults"], "faces": ",".join(map(str, range(turn + 1)))}


def measured(running: Studio, photo: bytes, names: list[str], sizes: list[int], turns: int) -> Iterator[list[str]]:
    """A row for each effect and size, and for the draft of the last size."""
    effects = [one for one in json.loads(running.ask(f"{API}/catalog"))["effects"] if one["name"] in names or not names]
    reference = json.loads(running.ask(f"{API}/files", photo))["path"]
    opened = {size: json.loads(running.ask(f"{API}/pictures?screen={size}", photo))["id"] for size in sizes}
    before = {"use": "facefx:grade", "params": {}, "on": True}
    shown = [(f"{size} px", picture, False) for size, picture in opened.items()]
    shown.append((f"draft of {sizes[-1]} px", opened[sizes[-1]], True))
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for turn in range(turns + 1):
        for effect in effects:
            files = {name: reference for name, kind in effect["files"].items() if kind == "picture"}
            step = {"use": effect["use"], "params": {**moved(effect, turn), **files}, "on": True}
            for size, picture, draft in shown:
                busy, begun = running.busy, time.perf_counter()
                running.preview(picture, [before, step], draft)
                spent = time.perf_counter() - begun, running.busy - busy
                if turn:  # the first one makes what all others find made
                    found.setdefault((effect["name"], size), []).append(spent)
    for (name, size), spent in found.items():
        clock, processor = zip(*spent, strict=True)
        numbers = (min(clock), statistics.median(clock), min(processor), statistics.median(processor))
        yield [f"`{name}`", size, *(f"{1000 * seconds:.0f} ms" for seconds in numbers)]


def enlarged(photo: Path, megapixels: float) -> bytes:
    """A photo at another size, as JPEG."""
    with Image.open(photo) as small:
        scale = (megapixels * 1e6 / (small.width * small.height)) ** 0.5
        size = round(small.width * scale), round(small.height * scale)
        out = io.BytesIO()
        small.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
        return out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=Path(__file__).parents[1] / "samples" / "straight.jpg")
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--sizes", type=int, nargs="+", default=[768, 1280])
    parser.add_argument("--effects", nargs="+", default=[], help="of these alone")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--starts", type=int, default=3, help="how often it is started, to see how long that takes")
    add_markdown(parser, "studio")
    options = parser.parse_args()

    photo, seconds = enlarged(options.photo, options.megapixels), []
    for _ in range(options.starts - 1):
        with studio() as (_, ready):
            seconds.append(ready)
    with studio() as (running, ready):
        seconds.append(ready)
        rows = list(measured(running, photo, options.effects, options.sizes, options.turns))
    show(HEADINGS, rows)
    best, middle = min(seconds), statistics.median(seconds)
    told = f"From the command to the first page: {best:.1f} s at best, {middle:.1f} s as the median of {len(seconds)}."
    sys.stdout.write(told + "\n")
    if options.markdown:
        options.markdown.write(f"{markdown(HEADINGS, rows)}\n\n{told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

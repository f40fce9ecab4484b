"""What one worker of `facefx serve` does: requests a second, waiting times, memory, and how fast a full queue says no.

    python benchmarks/serve.py [--requests 300] [--markdown docs/serve.md]
    python benchmarks/serve.py --memory 10000 [--photos FOLDER] [--markdown docs/serve.md]

A server is started on a free port of loopback with its defaults, or as other options say, which are those of `facefx serve`. It is
asked by 1, 4 and 16 clients at once, each on a connection of its own. For its memory, two clients ask it for all that there is in
turns, also for what it refuses, with photos of several sizes; memory is its own resident set (`/metrics`) after each tenth of that,
when nothing is at work. That takes long, so nothing is given up for being slow, a request without an answer is counted and not
asked again, and the table is written after each tenth.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from math import gcd
from pathlib import Path

from results import Section, markdown, show

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
PHOTO = SAMPLES / "straight.jpg"
CASES = {
    "`analyze`": "/v1/analyze",
    "`parse`, JSON": "/v1/parse",
    "`apply`, lips": "/v1/apply?look=%5B%7B%22use%22%3A%22recolor_lips%22%7D%5D",
    "`apply`, look plum": "/v1/apply?look=plum",
}
#: Seconds that work may take, and that a client waits for an answer, while memory is measured: a busy machine is not its fault.
PATIENCE = 3600
#: What counts as the status of a request that was not answered.
UNANSWERED = 0
#: What is asked in turns to see whether memory stays; four of these are refused.
MIXED = (
    *["/v1/parse"] * 4, *["/v1/parse?want=mask&region=hair"] * 2, *["/v1/parse?want=labels"] * 2, CASES["`apply`, lips"],
    CASES["`apply`, lips"] + "&format=webp", CASES["`apply`, look plum"], "/v1/analyze", "/v1/apply?look=%5B%5D&format=png",
    "/v1/parse?region=nothing&want=mask", "/v1/apply?look=nothing", "/v1/parse?nothing=1", "/nothing",
    "/v1/effects", "/v1/looks", "/v1/models", "/docs",
)  # fmt: skip


@dataclass
class Run:
    """What some clients saw."""

    seconds: float
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        """Of the times of requests that were done."""
        return sorted(self.times)[min(int(share * len(self.times)), len(self.times) - 1)]


@contextmanager
def server(*options: str) -> Iterator[int]:
    """A server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "facefx", "serve", "--port", str(port), *options])
    try:
        while True:
            try:
                ask(port, "GET", "/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"content-type": "image/jpeg"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def load(port: int, asked: Iterable[tuple[str, bytes]], clients: int) -> Run:
    """Requests, each an address and a body, by so many clients at once."""
    run, lock, left = Run(0), threading.Lock(), iter(asked)

    def client() -> None:
        while True:
            with lock:
                path, body = next(left, ("", b""))
            if not path:
                return
            posted = path.startswith(("/v1/parse", "/v1/apply", "/v1/analyze"))
            begun = time.perf_counter()
            try:
                status, _ = ask(port, "POST" if posted else "GET", path, body if posted else None)
            except (OSError, http.client.HTTPException):  # the client goes on: with none left, the rest would never be asked
                status = UNANSWERED
            with lock:
                run.statuses[status] += 1
                if status == 200:
                    run.times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.seconds = time.perf_counter() - begun
    return run


def memory(port: int) -> float:
    """Of the server, in MB."""
    text = ask(port, "GET", "/metrics")[1].decode()
    found = re.search(r"^facefx_resident_memory_bytes (\d+)", text, re.MULTILINE)
    assert found
    return int(found[1]) / 2**20


def refusal(port: int, body: bytes) -> float:
    """How long a full server takes to say so: seconds, the median of those that were refused."""
    times: list[float] = []

    def client() -> None:
        begun = time.perf_counter()
        status, _ = ask(port, "POST", "/v1/apply?look=plum", body)
        if status == 429:
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.median(times)


def speeds(requests: int, *options: str) -> str:
    """The table of rates and times, and how fast a full queue says no."""
    body = PHOTO.read_bytes()
    rows = []
    with server(*options) as port:
        load(port, [(CASES["`apply`, look plum"], body)] * 4, 2)
        for name, path in CASES.items():
            for clients in (1, 4, 16):
                run = load(port, [(path, body)] * requests, clients)
                assert set(run.statuses) == {200}, run.statuses
                rate, half, most = requests / run.seconds, run.quantile(0.5), run.quantile(0.99)
                rows.append([name, str(clients), f"{rate:.1f}", f"{half:.2f} s", f"{most:.2f} s"])
    with server("--waiting", "1", *options) as port:
        load(port, [(CASES["`apply`, look plum"], body)] * 2, 1)
        says_no = refusal(port, body)
    headings = ("request", "clients", "requests a second", "p50", "p99")
    show(headings, rows)
    told = (
        f"One worker on {os.cpu_count()} cores, `--at-once` at its default, `samples/{PHOTO.name}` (768 x 768, "
        f"{len(body) // 1000} kB), {requests} requests a row. A full queue says so in {1000 * says_no:.0f} ms (median)."
    )
    sys.stdout.write(told + "\n")
    return f"{told}\n\n{markdown(headings, rows)}"


def memories(requests: int, photos: Path, write: Callable[[str], None], *options: str) -> str:
    """The table of what the server's memory is after each tenth of so many requests of all kinds; written after each, too."""
    bodies = [path.read_bytes() for path in sorted(photos.glob("*.jpg"))]
    assert gcd(len(bodies), len(MIXED)) == 1, "each address would be asked with some of the photos alone"
    asked = zip(cycle(MIXED), cycle(bodies), strict=False)
    tenth, statuses, rows, text = requests // 10, Counter[int](), [], ""
    headings = ("requests", "memory")
    with server("--max-seconds", str(PATIENCE), *options) as port:
        for done in range(tenth, 10 * tenth + 1, tenth):
            statuses += load(port, islice(asked, tenth), 2).statuses
            rows.append([f"{done:,}", f"{memory(port):.1f} MB"])
            sys.stderr.write(f"{rows[-1]} {dict(statuses)}\n")
            text = f"{markdown(headings, rows)}\n\n{_told(statuses, len(bodies))}"
            write(text)
    assert not statuses[500], statuses
    assert not statuses[UNANSWERED], statuses
    show(headings, rows)
    return text


def _told(statuses: Counter[int], photos: int) -> str:
    refused = statuses.total() - statuses[200] - statuses[UNANSWERED]
    lost = f", {statuses[UNANSWERED]:,} had no answer" if statuses[UNANSWERED] else ""
    return f"{statuses[200]:,} of them were answered with 200, {refused:,} refused{lost}; {photos} photos in turns."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200, help="in a row of the table")
    parser.add_argument("--memory", type=int, default=0, help="only this: whether memory stays over so many requests")
    parser.add_argument("--photos", type=Path, default=SAMPLES, help="a folder of them, for the memory")
    parser.add_argument("--markdown", metavar="PAGE", help="also write what is shown to this file, between its marks")
    options, others = parser.parse_known_args()
    name = "serve-memory" if options.memory else "serve"
    section = Section(name, options.markdown) if options.markdown else None
    write = section.write if section else lambda _: None
    write(memories(options.memory, options.photos, write, *others) if options.memory else speeds(options.requests, *others))


if __name__ == "__main__":
    main()

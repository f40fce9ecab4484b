"""What one worker of `facefx serve` does: requests a second, waiting times, memory, and how fast a full queue says no.

    python benchmarks/serve.py [--requests 300] [--flat 10000] [--markdown docs/serve.md]

A server is started with its defaults on a free port of loopback, and asked by 1, 4 and 16 clients at once, each on a connection of
its own. Memory is the server's own resident set (`/metrics`) before and after.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START, END = "<!-- serve -->", "<!-- /serve -->"
PHOTO = Path(__file__).resolve().parents[1] / "samples" / "straight.jpg"
CASES = {
    "`analyze`": "/v1/analyze",
    "`parse`, JSON": "/v1/parse",
    "`apply`, lips": "/v1/apply?look=%5B%7B%22use%22%3A%22recolor_lips%22%7D%5D",
    "`apply`, look plum": "/v1/apply?look=plum",
}


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
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request(method, path, body, {"content-type": "image/jpeg"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def load(port: int, path: str, body: bytes, clients: int, requests: int) -> Run:
    """So many requests by so many clients at once."""
    run, lock, left = Run(0), threading.Lock(), iter(range(requests))

    def client() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            begun = time.perf_counter()
            status, _ = ask(port, "POST", path, body)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--flat", type=int, default=0, help="requests for the check that memory stays")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    body = PHOTO.read_bytes()
    lines = [
        f"One worker on {os.cpu_count()} cores, `--at-once` at its default, "
        f"`samples/{PHOTO.name}` (768 x 768, {len(body) // 1000} kB):",
        "",
        "| request | clients | requests a second | p50 | p99 |",
        "|---|---|---|---|---|",
    ]
    with server() as port:
        load(port, CASES["`apply`, look plum"], body, 2, 10)
        before = memory(port)
        for name, path in CASES.items():
            for clients in (1, 4, 16):
                run = load(port, path, body, clients, options.requests)
                assert set(run.statuses) == {200}, run.statuses
                rate = options.requests / run.seconds
                lines.append(f"| {name} | {clients} | {rate:.1f} | {run.quantile(0.5):.2f} s | {run.quantile(0.99):.2f} s |")
                sys.stderr.write(lines[-1] + "\n")
        done = len(CASES) * 3 * options.requests
        if options.flat:
            load(port, CASES["`parse`, JSON"], body, 4, options.flat)
            done += options.flat
        after = memory(port)
    with server("--waiting", "1") as port:
        load(port, CASES["`apply`, look plum"], body, 1, 2)
        says_no = refusal(port, body)
    kept = f"Memory: {before:.0f} MB after the first 10 requests, {after:.0f} MB after {done} more."
    lines += ["", f"{kept} A full queue says so in {1000 * says_no:.0f} ms (median)."]
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    if options.markdown:
        page = options.markdown.read_text("utf-8")
        start, end = page.index(START) + len(START), page.index(END)
        options.markdown.write_text(f"{page[:start]}\n{text}\n{page[end:]}", "utf-8")


if __name__ == "__main__":
    main()

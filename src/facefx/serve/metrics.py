"""Counts and times of a server, in the text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

__all__ = ["Metrics"]

#: Upper ends in seconds of the classes that times are counted in.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """What was asked, and what became of it; nothing of what pictures show but how many faces and pixels."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()

    def answered(self, route: str, status: int, seconds: float) -> None:
        """One request to a route was answered."""
        with self._lock:
            self._requests[route, status] += 1
            self._counts[route] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]
            for bound in BOUNDS:
                self._buckets[route, bound] += seconds <= bound

    def add(self, name: str, amount: int) -> None:
        """Count up ``faces``, ``pixels`` or ``refused``."""
        with self._lock:
            self._totals[name] += amount

    def text(self, running: int, waiting: int) -> str:
        """All of it."""
        with self._lock:
            return "\n".join([*self._lines(running, waiting), ""])

    def _lines(self, running: int, waiting: int) -> Iterator[str]:
        yield from _head("facefx_requests_total", "counter", "Requests that were answered, by route and status.")
        for (route, status), count in sorted(self._requests.items()):
            yield f'facefx_requests_total{{route="{route}",status="{status}"}} {count}'
        yield from _head("facefx_request_seconds", "histogram", "Time from the request's first line to the answer.")
        for route, count in sorted(self._counts.items()):
            for bound in BOUNDS:
                yield f'facefx_request_seconds_bucket{{route="{route}",le="{bound:g}"}} {self._buckets[route, bound]}'
            yield f'facefx_request_seconds_bucket{{route="{route}",le="+Inf"}} {count}'
            yield f'facefx_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'facefx_request_seconds_count{{route="{route}"}} {count}'
        for name, meaning in (
            ("pixels", "Pixels of the pictures that were opened."),
            ("faces", "Faces that were found in them."),
            ("refused", "Requests that met a full queue."),
        ):
            yield from _head(f"facefx_{name}_total", "counter", meaning)
            yield f"facefx_{name}_total {self._totals[name]}"
        for name, value, meaning in (
            ("running", running, "Requests that are worked on."),
            ("waiting", waiting, "Requests that wait."),
            ("resident_memory_bytes", resident_bytes(), "Memory of the process."),
        ):
            yield from _head(f"facefx_{name}", "gauge", meaning)
            yield f"facefx_{name} {value}"


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"


def resident_bytes() -> int:
    """Memory of this process, where Linux tells; 0 elsewhere."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    import resource

    return pages * resource.getpagesize()

"""How `benchmarks/speed.py` has stages timed in another process: what one costs, by what line it is asked for, and the answer.

Nothing but Python's own library is imported: the interpreter may be one that has no facefx.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["STAGES", "Cost", "Work", "asked_as", "best", "serve", "stage"]


@dataclass(frozen=True)
class Cost:
    """Milliseconds by the clock, and of CPU over all threads; MB of memory at the peak. What is not known is infinite."""

    ms: float
    cpu: float = float("inf")
    peak: float = float("inf")


#: What a stage yields: something to be timed. It is made anew for each time, and making it is not timed. It may time itself.
Work = Callable[[], Any]
STAGES: dict[str, Callable[..., Iterator[Work]]] = {}


def stage(function: Callable[..., Iterator[Work]]) -> Callable[..., Iterator[Work]]:
    STAGES[function.__name__] = function
    return function


def best(works: Iterator[Work], seconds: float) -> Cost:
    """The least that a stage took, done again for so long, once at the least."""
    least, until = Cost(float("inf"), float("inf")), time.perf_counter() + seconds
    while True:
        work = next(works)
        began, cpu = time.perf_counter(), time.process_time()
        given = work()
        ended, cpu_ended = time.perf_counter(), time.process_time()
        cost = given if isinstance(given, Cost) else Cost(1000 * (ended - began), 1000 * (cpu_ended - cpu))
        del work, given
        least = Cost(min(least.ms, cost.ms), min(least.cpu, cost.cpu), cost.peak)
        if ended >= until:
            return least


def asked_as(name: str, arguments: tuple[Any, ...], seconds: float) -> str:
    """The line that asks for a stage to be timed."""
    return json.dumps([name, arguments, seconds], default=lambda path: {"path": str(path)})


def serve(requests: Iterator[str], answer: Callable[[str], None]) -> None:
    """Answer each line of `asked_as` with a `Cost` or an error."""
    last: Any = None
    works: Iterator[Work] = iter(())
    for request in requests:
        name, arguments, seconds = json.loads(request, object_hook=lambda one: Path(one["path"]) if "path" in one else one)
        try:
            if last != (name, arguments):
                last, works = None, iter(())
                works = STAGES[name](*arguments)
                last = name, arguments
            answer(json.dumps(asdict(best(works, seconds))))
        except Exception as error:  # one stage that a version has not, or a package that is missing, is no reason to stop
            last = None
            answer(json.dumps({"error": f"{type(error).__name__}: {error}"}))

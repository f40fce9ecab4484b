"""An hour of damaged inputs: ``PYTHONPATH=tests python -m fuzz [SECONDS] [SEED] [KIND ...]``; the kinds share the time."""

# ruff: noqa: T201 - a command, which says how far it is

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from .harnesses import HARNESSES, fuzz

#: Bytes of address space: an input that makes more needed is a find, and not the end of the machine.
MEMORY = 4 << 30


def main() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    kinds = sys.argv[3:] or list(HARNESSES)
    folder, total = Path(tempfile.mkdtemp(prefix="facefx-fuzz-")), 0
    print(f"seed {seed}; a find is written to {folder}", flush=True)
    for kind in kinds:
        count = fuzz(kind, folder, seed, seconds / len(kinds))
        total += count
        print(f"{kind}: {count} inputs", flush=True)
    print(f"{total} inputs: no crash, no hang, no error that is not facefx's", flush=True)


main()

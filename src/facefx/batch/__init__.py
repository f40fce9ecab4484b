"""A folder of pictures in, a folder of the same tree with a look on them out: any number, resumable, on several processes.

    from facefx import batch
    for record in batch.run("photos", "done", "plum.json", workers=4):
        print(record.file, record.status.value, record.error or "")

`run` is `prepare`, which plans and refuses, and `Batch.run`, which does the work; every option is a keyword of one of them.

What holds, whatever happens in between (a bad file, a dead worker, Ctrl-C, ``kill -9``):

* A result is there whole or not at all, and every result that is there has its line in the report, ``facefx-batch.jsonl``. The
  line is written first, the result is moved to its place after that; only the process that called `run` does either.
* A file with a line of success whose result is there at the size that the line tells is finished; ``resume=True`` leaves it alone.
* Nothing that the report does not know is replaced without ``force=True``, and nothing is written through a link.

`settings.py` says what is asked of every file, `plan.py` decides what there is to do, `worker.py` does one file, `local_engine.py`
and `ray_engine.py` have it done by many processes, `report.py` keeps the report, `running.py` puts these together, `sheet.py` makes
the contact sheet. `watching.py` goes on with whatever comes into the folder.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .plan import prepare, run
    from .records import Record, Status
    from .report import REPORT, read_report
    from .running import Batch, run_batch
    from .settings import Settings
    from .sheet import SHEET, contact_sheet
    from .watching import watch

# Fetched when they are first used, as in facefx itself: a worker has to say how many threads it may use before numpy loads.
_HOME_OF = {
    "prepare": "plan", "run": "plan",
    "Record": "records", "Status": "records",
    "REPORT": "report", "read_report": "report",
    "Batch": "running", "run_batch": "running",
    "Settings": "settings",
    "SHEET": "sheet", "contact_sheet": "sheet",
    "watch": "watching",
}  # fmt: skip

__all__ = [
    "REPORT",
    "SHEET",
    "Batch",
    "Record",
    "Settings",
    "Status",
    "contact_sheet",
    "prepare",
    "read_report",
    "run",
    "run_batch",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)

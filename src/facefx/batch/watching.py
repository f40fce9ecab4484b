"""A folder that is watched: new pictures are done as soon as they are complete, as rounds of a batch that is resumed."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from .plan import prepare
from .records import Record
from .running import Batch, RunOptions
from .settings import SettingsOptions

if TYPE_CHECKING:
    from ..chains.sequence import Chain

__all__ = ["SETTLED", "watch"]

#: A file is complete when neither its size nor its time of change has changed for so many seconds.
SETTLED = 2.0
_State = tuple[int, int]


def watch(
    folder_in: str | Path,
    folder_out: str | Path,
    look: Chain | str | Path,
    *,
    glob: str | Sequence[str] = (),
    resume: bool = False,
    force: bool = False,
    settled: float = SETTLED,
    run: RunOptions | None = None,
    **options: Unpack[SettingsOptions],
) -> Generator[Record, None, None]:
    """Do what is in a folder, and then whatever comes into it, for ever; yields the record of each file once it is done.

    Ends when the iterator is closed or interrupted, and leaves what is done; with ``resume=True`` it goes on there. A picture that
    failed is tried again when it has changed. One that is finished stays so.

    Parameters
    ----------
    folder_in, folder_out, look, glob, resume, force, options : as for `prepare`; the folder may be empty.
    settled : a file is done when it has not changed for so many seconds, so that none is read that is still being copied.
    run : the keyword arguments of `Batch.run`.

    Raises
    ------
    What `prepare` and `Batch.run` raise.
    """
    seen: dict[str, tuple[_State, float]] = {}  # what a file was like, and since when
    tried: dict[str, _State] = {}
    while True:
        plan = prepare(folder_in, folder_out, look, glob=glob, resume=resume, force=force, may_be_empty=True, **options)
        ready = _complete(plan, seen, settled)
        files = tuple(file for file in plan.files if file in ready and tried.get(file) != ready[file])
        if not files:
            time.sleep(min(settled / 2, 1.0))
            continue
        tried.update((file, ready[file]) for file in files)
        yield from replace(plan, files=files).run(**(run or {}))
        resume, force = True, False  # from now on there is a report


def _complete(plan: Batch, seen: dict[str, tuple[_State, float]], settled: float) -> dict[str, _State]:
    """The files that have not changed for a while, each with its size and time of change."""
    now, ready = time.monotonic(), {}
    for file in plan.files:
        try:
            status = (plan.folder_in / file).stat()
        except OSError:  # gone again
            continue
        state = status.st_size, status.st_mtime_ns
        before, since = seen.get(file, (None, now))
        if before != state:
            since = now
        seen[file] = state, since
        if now - since >= settled:
            ready[file] = state
    return ready

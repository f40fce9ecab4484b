"""The processes that do a batch's work: none of them matters, and nothing is lost or done twice when they die."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from batch_helpers import LOOK, Watcher, expected, fill, write_deadly
from cli_helpers import read
from facefx import batch
from facefx.batch import Record, Status
from facefx.batch.worker import core_count, thread_count
from facefx.errors import FacefxError, ModelError, ParameterError
from synthetic import FakeSegmenter
from tiny_models import write_model


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path / "log")


@pytest.mark.slow
def test_workers_that_die_lose_nothing_and_a_deadly_file_is_given_up(tmp_path: Path, watcher: Watcher) -> None:
    names = fill(tmp_path / "in", 12)
    write_deadly(tmp_path / "in" / "a" / "deadly.png")
    records: dict[str, Record] = {}
    run = batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=FakeSegmenter(), detector=watcher, workers=2, sheet=False)
    for record in run:
        assert record.file not in records
        records[record.file] = record
        if len(records) == 3:
            for process in multiprocessing.active_children():
                process.kill()
    assert sorted(records) == sorted([*names, "a/deadly.png"])
    assert "died" in (records["a/deadly.png"].error or "")
    assert {r.status for name, r in records.items() if name != "a/deadly.png"} == {Status.DONE}
    for name in names:
        np.testing.assert_array_equal(read(tmp_path / "out" / name), expected(int(Path(name).stem)))
    lines = (tmp_path / "out" / batch.REPORT).read_text().splitlines()
    assert len(lines) == 13
    times = Counter(number for _, number in watcher.seen())
    begun_again = sum(times.values()) - 12 - 2  # each once, the deadly one (it has number 0, too) twice
    assert 0 <= begun_again <= 2  # what the two killed workers had in hand
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_a_file_is_tried_twice_and_no_more(tmp_path: Path, watcher: Watcher) -> None:
    (tmp_path / "in").mkdir()
    write_deadly(tmp_path / "in" / "deadly.png")
    run = batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=FakeSegmenter(), detector=watcher, workers=1, sheet=False)
    (record,) = run
    assert "2 worker processes died" in (record.error or "")
    assert len({process for process, _ in watcher.seen()}) == len(watcher.seen()) == 2


class _Stillborn(FakeSegmenter):
    def __setstate__(self, state: dict[str, object]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_workers_that_die_as_they_start_end_the_batch(tmp_path: Path) -> None:
    fill(tmp_path / "in", 4)
    with pytest.raises(FacefxError, match=r"end as they start.*-9"):
        list(batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=_Stillborn(), workers=1))


def test_a_workers_error_is_raised_here(tmp_path: Path) -> None:
    fill(tmp_path / "in", 2)
    folder = write_model(tmp_path / "tiny", b"no model")
    with pytest.raises(ModelError):
        list(batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=folder, detector="whole_frame", workers=1))


def test_workers_share_the_cores_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEFX_THREADS", raising=False)
    assert thread_count(1) == core_count()
    assert thread_count(core_count() + 1) == 1
    monkeypatch.setenv("FACEFX_THREADS", "3")
    assert thread_count(7) == 3
    monkeypatch.setenv("FACEFX_THREADS", "many")
    with pytest.raises(ParameterError):
        thread_count(1)

"""The same batch on Ray: the same files, bit for bit, also when an actor is killed."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_helpers import LOOK, Watcher, fill, no_processes, write_deadly
from facefx import batch
from facefx.batch import Record, Status
from synthetic import FakeSegmenter

ray = pytest.importorskip("ray", reason="needs the extra facefx[ray]")
pytest.importorskip("pyarrow", reason="needs the extra facefx[ray]")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]  # Ray warns a lot, and starts slowly
__all__ = ["no_processes"]


@pytest.fixture(scope="module")
def session() -> Iterator[None]:
    """One Ray for all tests: it takes long to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # the actors unpickle what `synthetic.py` defines
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100 << 20)
        yield
        ray.shutdown()


@pytest.mark.usefixtures("session", "no_processes", "fresh_registry")
def test_results_are_those_of_this_process_though_an_actor_is_killed(tmp_path: Path) -> None:
    """Ray gives the dead actor's block of files to another, which does those that are not done yet."""
    names = fill(tmp_path / "in", 24)
    write_deadly(tmp_path / "in" / "a" / "deadly.png")
    watcher = Watcher(tmp_path / "log")
    records: dict[str, Record] = {}
    for record in batch.run(
        tmp_path / "in", tmp_path / "ray", LOOK, segmenter=FakeSegmenter(), detector=watcher, engine="ray", workers=2, sheet=False
    ):
        assert record.file not in records
        records[record.file] = record
        if len(records) == 3:
            process, _ = watcher.seen()[-1]
            os.kill(process, signal.SIGKILL)
    assert sorted(records) == sorted([*names, "a/deadly.png"])
    assert "died" in (records.pop("a/deadly.png").error or "")
    assert {r.status for r in records.values()} == {Status.DONE}
    times = Counter(number for _, number in watcher.seen())
    assert set(times) == set(range(24))
    assert 2 <= sum(times.values()) - 24 <= 4  # the deadly file twice, what the killed actor had, and what died beside it

    (tmp_path / "in" / "a" / "deadly.png").unlink()
    options = {"segmenter": FakeSegmenter(), "detector": Watcher(tmp_path / "other"), "sheet": False}
    list(batch.run(tmp_path / "in", tmp_path / "here", LOOK, **options))  # type: ignore[arg-type]
    for name in names:
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    assert not list((tmp_path / "ray").glob(".facefx*"))


@pytest.mark.usefixtures("session")
def test_an_error_that_every_file_would_meet_ends_it(tmp_path: Path) -> None:
    from facefx.errors import ModelError
    from tiny_models import write_model

    fill(tmp_path / "in", 2)
    folder = write_model(tmp_path / "tiny", b"no model")
    with pytest.raises(ModelError):
        list(batch.run(tmp_path / "in", tmp_path / "out", LOOK, segmenter=folder, detector="whole_frame", engine="ray", workers=1))

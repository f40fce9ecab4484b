"""A folder that is watched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batch_helpers import LOOK, fill, no_processes, number_of, portrait, write_faceless
from cli_helpers import write
from facefx.batch import Status, prepare, watch
from facefx.batch.report import REPORT, read_report
from facefx.errors import OutputError
from tiny_models import write_model

__all__ = ["no_processes"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


@pytest.mark.usefixtures("no_processes", "fresh_registry")
def test_new_files_are_done_and_failed_ones_again_once_they_change(tmp_path: Path, model: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    write_faceless(inbox / "none.png")
    records = watch(inbox, out, LOOK, segmenter=str(model), settled=0.05, run={"workers": 1})
    assert next(records).status is Status.FAILED
    fill(inbox, 1)
    assert next(records).file == "000.png"  # and not the failed one once more
    write(inbox / "none.png", portrait(7))
    assert (next(records).file, number_of(out / "none.png")) == ("none.png", 7)
    records.close()
    with pytest.raises(OutputError, match="report of a batch already"):
        next(watch(inbox, out, LOOK, segmenter=str(model)))
    fill(inbox, 3)
    again = watch(inbox, out, LOOK, segmenter=str(model), settled=0.05, resume=True, run={"workers": 1})
    assert [next(again).file for _ in range(2)] == ["a/001.png", "a/b/002.png"]
    again.close()
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.usefixtures("no_processes", "fresh_registry")
def test_a_file_that_still_grows_is_left_alone(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "in"
    fill(inbox, 1)
    data = (inbox / "000.png").read_bytes()
    growing, written = inbox / "b.png", 0
    clock = 0.0

    def sleep(seconds: float) -> None:  # each time that it waits a second passes, and a quarter more of the file is there
        nonlocal clock, written
        clock, written = clock + 1, min(written + len(data) // 4 + 1, len(data))
        if growing.exists() and growing.stat().st_size == len(data):
            return
        growing.write_bytes(data[:written])

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    records = watch(inbox, tmp_path / "out", LOOK, segmenter=str(model), settled=2.0, run={"workers": 1})
    first, second = next(records), next(records)
    assert (first.file, first.status) == ("000.png", Status.DONE)
    assert (second.file, second.status) == ("b.png", Status.DONE)
    assert clock >= 6  # four until it was whole, two more until that was believed


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_cleanly(tmp_path: Path, model: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    fill(inbox, 2)
    command = [sys.executable, "-m", "facefx", "batch", inbox, out, "--watch", "--effect", "recolor_lips", "--segmenter", model]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    ) as process:  # fmt: skip
        assert process.stdout
        assert [process.stdout.readline() for _ in range(2)]  # both are done
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors.endswith("facefx: stopped; go on with --watch --resume\n")
    assert "Traceback" not in errors
    assert sorted(record.file for record in read_report(out / REPORT)) == ["000.png", "a/001.png"]
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.usefixtures("no_processes", "fresh_registry")
@pytest.mark.parametrize("when", ["before", "after"])
def test_ctrl_c_while_it_clears_up_leaves_nothing_behind(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    fill(inbox, 1)
    batch = prepare(inbox, out, LOOK, segmenter=str(model))
    cleared: list[Path] = []

    def interrupted(path: Path, **more: object) -> None:
        cleared.append(path)
        if len(cleared) == 1 and when == "before":
            raise KeyboardInterrupt
        clear(path, **more)
        if len(cleared) == 1:
            raise KeyboardInterrupt

    clear = shutil.rmtree
    records = batch.run(workers=1, sheet=False)
    assert next(records).status is Status.DONE
    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(records)
    assert cleared
    assert sorted(path.name for path in out.iterdir()) == ["000.png", REPORT]

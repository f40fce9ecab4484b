"""``facefx batch``, and a batch of 200 pictures that is killed and goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import facefx
from batch_helpers import files_in, fill, no_processes, number_of, write_faceless
from cli_helpers import read, run
from facefx.batch import REPORT, SHEET
from facefx.cli.exit_codes import ExitCode
from tiny_models import write_model

LIPS = "recolor_lips:color=#00f,strength=1"
__all__ = ["no_processes"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny")


@pytest.mark.usefixtures("no_processes", "fresh_registry")
def test_a_folder_with_failures_and_what_the_command_says_of_it(tmp_path: Path, model: Path) -> None:
    names = fill(tmp_path / "in", 3)
    write_faceless(tmp_path / "in" / "none.png")
    for number in range(12):
        (tmp_path / "in" / f"bad{number:02}.jpg").write_bytes(b"no picture")
    facefx.chain("recolor_lips", color="#00f", strength=1.0).save(tmp_path / "look.json")
    out = tmp_path / "out"
    options = ("--look", tmp_path / "look.json", "--segmenter", model, "--no-face", "skip")
    first = run("batch", tmp_path / "in", out, *options)
    assert first.exit_code == ExitCode.SOME_FAILED
    assert first.stdout == f"3 done, 1 skipped, 12 failed; the report is {out / REPORT}\n"
    assert len(first.stderr.splitlines()) == 11
    assert first.stderr.splitlines()[-1] == "facefx: and 2 more, which the report names"
    assert files_in(out) == sorted([*names, REPORT, SHEET])

    for bad in (tmp_path / "in").glob("bad*"):
        bad.unlink()
    again = run("batch", tmp_path / "in", out, *options, "--resume")
    assert (again.exit_code, again.stderr) == (ExitCode.OK, "")
    assert again.stdout == f"nothing to do, 4 were finished before; the report is {out / REPORT}\n"


@pytest.mark.usefixtures("no_processes", "fresh_registry")
def test_the_bar_shows_how_far_it_is_and_how_long_it_takes(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "in", 3)
    (tmp_path / "in" / "bad.png").write_bytes(b"")
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes rich believe in a terminal
    result = run("batch", tmp_path / "in", tmp_path / "out", "--effect", LIPS, "--segmenter", model, "--no-contact-sheet")
    assert "4/4" in result.stderr
    assert "facefx, 1 failed" in result.stderr
    assert re.search(r"\d:\d\d:\d\d left \d:\d\d:\d\d", result.stderr)


@pytest.mark.usefixtures("fresh_registry")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), ExitCode.USAGE),
        (("--effect", LIPS, "--segmenter", "nobody"), ExitCode.BAD_REQUEST),
        (("--effect", LIPS, "--glob", "*.tif"), ExitCode.BAD_PICTURE),
        (("--effect", LIPS, "--format", "xyz"), ExitCode.OUTPUT_REFUSED),
        (("--effect", LIPS, "--address", "head:6379"), ExitCode.BAD_REQUEST),
        (("--effect", LIPS, "--workers", "0"), ExitCode.USAGE),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], code: ExitCode, tmp_path: Path) -> None:
    fill(tmp_path / "in", 1)
    result = run("batch", tmp_path / "in", tmp_path / "out", *arguments)
    assert result.exit_code == code
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("fresh_registry")
def test_a_missing_ray_says_what_to_install(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    fill(tmp_path / "in", 1)
    result = run("batch", tmp_path / "in", tmp_path / "out", "--effect", LIPS, "--segmenter", model, "--engine", "ray")
    assert result.exit_code == ExitCode.SETUP
    assert "facefx[ray]" in result.stderr


def start(folder: Path, model: Path, *options: str) -> subprocess.Popen[str]:
    """``facefx batch`` in a process group of its own, as a shell makes one."""
    home = str(Path(facefx.__file__).parents[1])
    command = [
        sys.executable, "-m", "facefx", "batch", str(folder / "in"), str(folder / "out"), "--effect", LIPS,
        "--segmenter", str(model), "--detector", "whole_frame", "--workers", "2", *options,
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": home, "FACEFX_PLUGINS": "off"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where tests run in the background
    )  # fmt: skip


def wait_for_lines(running: subprocess.Popen[str], report: Path, count: int) -> None:
    while not report.exists() or report.read_bytes().count(b"\n") < count:
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)


def done_in(report: Path) -> list[str]:
    """The files that the whole lines of a report say are done."""
    return [json.loads(line)["file"] for line in report.read_text().splitlines(keepends=True) if line.endswith("\n")]


def assert_only_whole_results(out: Path, known: list[str]) -> None:
    """Nothing half is left, and all but at most the last of what the report knows is there."""
    left = files_in(out)
    assert not [name for name in left if "/." in name or name.startswith(".")]
    assert set(left) - {REPORT} <= set(known)
    assert len(set(known) - set(left)) <= 1


@pytest.mark.slow
def test_kill_9_in_the_middle_of_200_pictures_loses_nothing(tmp_path: Path, model: Path) -> None:
    names = fill(tmp_path / "in", 200)
    out = tmp_path / "out"
    victim = start(tmp_path, model)
    wait_for_lines(victim, out / REPORT, 60)
    os.kill(victim.pid, signal.SIGKILL)  # the parent alone: its workers live on for a moment
    victim.communicate()
    known = set(done_in(out / REPORT))
    there = [name for name in names if (out / name).exists()]
    assert 60 <= len(there) < 200
    assert set(there) <= known  # no result that the report does not know
    assert len(known) - len(there) <= 1  # at most the one between its line and its place
    before = {name: (out / name).stat().st_mtime_ns for name in there}

    stdout, stderr = (second := start(tmp_path, model, "--resume")).communicate()
    assert (second.returncode, stderr) == (ExitCode.OK, "")
    assert stdout.startswith(f"{200 - len(there)} done, {len(there)} were finished before;")
    assert files_in(out) == sorted([*names, REPORT, SHEET])
    assert {name: (out / name).stat().st_mtime_ns for name in there} == before  # not one was done again
    assert sorted(set(done_in(out / REPORT))) == names
    assert len(done_in(out / REPORT)) == 200 + len(known) - len(there)
    assert [number_of(out / name) for name in names] == [int(Path(name).stem) for name in names]
    assert (read(out / names[0]).astype(int) - read(tmp_path / "in" / names[0]))[..., 2].max() > 40
    assert len({np.delete(read(out / name).reshape(-1, 3), 0, axis=0).tobytes() for name in names}) == 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Ctrl-C is sent to a process group")
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3, 0.5])
def test_ctrl_c_while_the_workers_start_is_one_line_too(tmp_path: Path, model: Path, delay: float) -> None:
    fill(tmp_path / "in", 200)  # more than any machine does in the longest of the delays
    victim = start(tmp_path, model)
    while not (tmp_path / "out" / REPORT).exists():  # it is opened right before the workers are hired
        assert victim.poll() is None, victim.communicate()
        time.sleep(0.02)
    time.sleep(delay)
    os.killpg(victim.pid, signal.SIGINT)
    stdout, stderr = victim.communicate()
    assert victim.returncode == ExitCode.INTERRUPTED
    assert stdout == ""
    stopped = re.fullmatch(r"facefx: stopped after (\d+) of 200 files; go on with --resume\n", stderr)
    assert stopped, stderr
    known = done_in(tmp_path / "out" / REPORT)
    assert int(stopped[1]) <= len(known) < 200
    assert_only_whole_results(tmp_path / "out", known)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Ctrl-C is sent to a process group")
def test_ctrl_c_says_how_to_go_on_and_leaves_nothing_half(tmp_path: Path, model: Path) -> None:
    fill(tmp_path / "in", 200)
    out = tmp_path / "out"
    victim = start(tmp_path, model)
    wait_for_lines(victim, out / REPORT, 5)
    os.killpg(victim.pid, signal.SIGINT)
    stdout, stderr = victim.communicate()
    known = done_in(out / REPORT)
    assert victim.returncode == ExitCode.INTERRUPTED
    assert stdout == ""
    assert len(stderr.splitlines()) == 1
    assert "of 200 files; go on with --resume" in stderr
    assert_only_whole_results(out, known)

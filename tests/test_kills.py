"""Kills at random moments, two of each: a short form of ``python benchmarks/kills.py --count 100``."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

import kills
from kills import COMMANDS, Ground, killed, results, whole

pytest.importorskip("av", reason="video files need the extra 'video'")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="this system knows no such signals")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_is_killed_nothing_is_half_and_going_on_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    ground, dice = Ground.laid(tmp_path), random.Random(name)
    expected = whole(ground, name, tmp_path / "whole")
    assert expected.files
    for word in kills.SIGNALS:
        killed(ground, name, tmp_path / word, expected, signal.Signals[word], dice.uniform(0.4, 1) * expected.seconds)


def test_half_a_file_and_another_one_are_told_from_results(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    for file in ("a.png", ".hidden/b.png", ".facefx-1.tmp", "facefx-batch.jsonl"):
        (tmp_path / file).write_bytes(b"x")
    assert results(tmp_path) == {"a.png": b"x"}
    assert set(results(tmp_path, hidden=True)) == {".hidden/b.png", ".facefx-1.tmp"}

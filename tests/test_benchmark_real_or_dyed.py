"""The judge of dyed hair measures right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hair_judge
import real_or_dyed as benchmark


def test_the_area_under_the_curve() -> None:
    second = np.array([False, False, True, True])
    assert hair_judge.auc(np.array([0.1, 0.2, 0.3, 0.4]), second) == 100
    assert hair_judge.auc(np.array([0.4, 0.3, 0.2, 0.1]), second) == 0
    assert hair_judge.auc(np.ones(4), second) == 50


def test_depth_is_counted_from_the_outline() -> None:
    hair = np.zeros((9, 9), bool)
    hair[:, 4:] = True
    assert hair_judge.deep(hair)[4] == pytest.approx([-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5], abs=0.1)


def test_the_judge_is_not_told_the_mean_colour() -> None:
    rng = np.random.default_rng(0)
    lab = rng.normal(0, 0.05, (48, 48, 3)).astype(np.float32)
    whole, inside = (slice(0, 48), slice(0, 48)), np.ones((48, 48), bool)
    first, second = (hair_judge.texture(v, hair_judge.bands(v), whole, inside) for v in (lab, lab + np.float32([0.5, 0.1, 0.1])))
    assert first == pytest.approx(second, abs=0.02)


def test_without_the_data_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["real_or_dyed.py", "--data", str(tmp_path)])
    assert benchmark.main() == 0
    assert "skipped" in capsys.readouterr().out

"""How light hair is beside its face is measured right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hair_in_light as benchmark


def test_it_is_the_hair_of_a_version_over_the_skin_of_the_photo() -> None:
    image = np.full((8, 8, 3), 200, np.uint8)
    image[:4] = 20
    hair = np.zeros((8, 8), bool)
    hair[:4] = True
    photo = benchmark.Photo(image, hair, ~hair)
    assert photo.lightness(image) < 0.2
    assert photo.lightness(np.full((8, 8, 3), 200 / 255, np.float32)) == pytest.approx(1, abs=1e-3)
    assert photo.own < 0.1


def test_without_the_data_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["hair_in_light.py", "--data", str(tmp_path)])
    assert benchmark.main() == 0
    assert "skipped" in capsys.readouterr().out

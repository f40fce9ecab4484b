"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest

from facefx.errors import ParameterError
from facefx.image.sheet import contact_sheet

RED, GREEN = ((1, 0, 0), (0, 1, 0))


def plain(height: int, width: int, color: tuple[float, float, float]) -> np.ndarray:
    return np.full((height, width, 3), color, np.float32)


def where(sheet: np.ndarray, color: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero((sheet == np.float32(color)).all(axis=2))


def test_every_picture_is_whole_and_in_its_cell() -> None:
    sheet = contact_sheet([(plain(50, 100, RED), "first"), (plain(100, 30, GREEN), "second")] * 2, columns=3)
    assert (sheet.dtype, sheet.shape[1]) == (np.float32, 3 * 104)
    rows, columns = where(sheet, RED)
    assert len(rows) == 2 * 50 * 100
    assert columns.max() < 312
    rows, columns = where(sheet, GREEN)
    assert len(rows) == 2 * 100 * 30
    assert set(np.unique(rows // (sheet.shape[0] // 2))) == {0, 1}  # the fourth picture begins the second row
    assert columns[rows > sheet.shape[0] // 2].max() < 104


def test_captions_are_written_and_long_ones_shortened() -> None:
    bare = contact_sheet([(plain(100, 100, RED), "")])
    for caption in ("a name", "a very long name of a file " * 10):
        named = contact_sheet([(plain(100, 100, RED), caption)])
        changed = np.nonzero((named != bare).any(axis=2))
        assert len(changed[0])
        assert changed[0].min() >= 102  # below the picture
        assert changed[1].max() < 104


def test_nothing_to_show_is_an_error() -> None:
    with pytest.raises(ParameterError, match="needs pictures"):
        contact_sheet([])
    with pytest.raises(ParameterError, match="columns"):
        contact_sheet([(plain(10, 10, RED), "")], columns=0)

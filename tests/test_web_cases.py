"""What the browser's maths is held to is what Python makes today."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parents[1] / "web" / "tests"


def test_cases_of_the_browser_are_those_that_python_makes_today():
    if not TESTS.is_dir():
        pytest.skip("web/ is not here")
    made = runpy.run_path(str(TESTS / "make_cases.py"))
    today = json.loads(json.dumps({name: made["plain"](values) for name, values in made["cases"]().items()}))
    _same(json.loads((TESTS / "cases.json").read_text(encoding="utf-8")), today)


def _same(kept: Any, today: Any) -> None:
    """By other processors the last digits are others."""
    if isinstance(kept, dict):
        assert kept.keys() == today.keys()
        for name in kept:
            _same(kept[name], today[name])
    elif isinstance(kept, list) and _is_numbers(kept):
        np.testing.assert_allclose(today, kept, atol=2e-4, err_msg="run python web/tests/make_cases.py")
    elif isinstance(kept, list):
        assert len(kept) == len(today)
        for one, other in zip(kept, today, strict=True):
            _same(one, other)
    else:
        assert kept == pytest.approx(today), "run python web/tests/make_cases.py"


def _is_numbers(values: list[Any]) -> bool:
    try:
        return bool(np.issubdtype(np.asarray(values).dtype, np.number))
    except ValueError:
        return False

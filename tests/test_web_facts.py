"""What the browser's code was told of labels, effects and colours is what Python says today."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[1] / "web"


def test_the_browser_knows_labels_effects_and_their_parameters_as_python_declares_them():
    if not WEB.is_dir():
        pytest.skip("web/ is not here")
    made = runpy.run_path(str(WEB / "make_facts.py"))
    assert (WEB / "src" / "facts.json").read_text(encoding="utf-8") == made["text"](), "run python web/make_facts.py"
    assert (WEB / "src" / "effects" / "hairSpread.json").read_text(encoding="utf-8") == made["hair"](), (
        "run python web/make_facts.py"
    )

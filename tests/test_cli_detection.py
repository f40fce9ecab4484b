"""Detection settings on the command line."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_helpers import run, write
from facefx.cli.exit_codes import ExitCode
from facefx.cli.options import tuned
from facefx.errors import ParameterError
from facefx.inference.detector.onnx import OnnxDetector
from facefx.parsing.parser import Parser
from facefx.plugins.resolve import resolve_detector


def test_settings_reach_the_detector_and_tell_it_from_others() -> None:
    assert tuned(None, None, None) is None
    assert tuned("cascade", None, None) == "cascade"
    changed: Any = tuned(None, 0.7, 60)
    own: Any = resolve_detector(None)
    assert isinstance(changed, OnnxDetector)
    assert (changed.threshold, changed.smallest_face) == (0.7, 60)
    assert own.threshold != 0.7  # the shared one stays as it is
    assert tuned(None, 0.7, None).smallest_face is None  # type: ignore[union-attr]
    assert tuned("finder", None, 60).threshold == own.threshold  # type: ignore[union-attr]
    identities = {Parser.of(detector=one).identity for one in (None, changed, tuned(None, 0.7, None), tuned(None, None, 60))}
    assert len(identities) == 4
    assert Parser.of(detector=pickle.loads(pickle.dumps(changed))).identity == Parser.of(detector=changed).identity


def test_a_tuned_detector_that_has_worked_can_be_sent_to_workers(portrait: np.ndarray) -> None:
    one: Any = tuned(None, 0.6, 30)
    found = one.detect(portrait)
    assert pickle.loads(pickle.dumps(one)).detect(portrait) == found


@pytest.mark.parametrize(
    ("threshold", "smallest"), [(0.0, None), (1.1, None), (float("nan"), None), (None, 3), (None, float("inf"))]
)
def test_settings_that_are_none(threshold: float | None, smallest: float | None) -> None:
    with pytest.raises(ParameterError, match=r"threshold|smallest_face"):
        tuned(None, threshold, smallest)


def test_detectors_without_settings_say_so(portrait: np.ndarray, tmp_path: Path) -> None:
    photo = write(tmp_path / "photo.png", portrait)
    result = run("parse", photo, "-o", tmp_path / "l.png", "--detector", "whole_frame", "--smallest-face", "50")
    assert result.exit_code == ExitCode.BAD_REQUEST
    assert "'whole_frame' has no threshold" in result.stderr


@pytest.mark.parametrize("command", ["apply", "batch", "parse", "analyze", "video", "live"])
def test_every_command_that_looks_for_faces_takes_them(command: str) -> None:
    shown = run(command, "--help").stdout
    assert "--detector-threshold" in shown
    assert "--smallest-face" in shown

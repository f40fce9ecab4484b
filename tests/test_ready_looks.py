"""The looks that come with facefx can all be run, and say what they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import facefx
from conftest import Fakes
from facefx.chains.ready_looks import look_file
from facefx.chains.sequence import Chain

every_look = pytest.mark.parametrize("name", facefx.looks())


@every_look
def test_a_look_changes_the_picture(name: str, portrait: np.ndarray, fakes: Fakes) -> None:
    look = facefx.load_look(name)
    assert facefx.looks()[name].endswith(".")
    result = look(portrait)
    assert result.shape[:2] == portrait.shape[:2]
    assert not np.array_equal(result[..., :3], portrait)


@every_look
def test_a_look_holds_every_parameter(name: str) -> None:
    """So that a later change of a default does not change the look."""
    look = facefx.load_look(name)
    assert Chain.from_dict(look.to_dict()) == look
    file = Path(look_file(name) or "")
    saved = json.loads(file.read_text("utf-8"))
    assert [set(step["params"]) for step in saved["steps"]] == [set(step.params) for step in look.steps]
    assert all("version" in step for step in saved["steps"])


def test_a_name_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(facefx.LookError, match=next(iter(facefx.looks()))):
        facefx.load_look("no_such_look")


def test_a_file_is_taken_before_a_name_if_it_is_a_path(tmp_path: Path) -> None:
    name = next(iter(facefx.looks()))
    saved = facefx.chain("recolor_hair").save(tmp_path / f"{name}.json")
    assert [step.spec.name for step in facefx.load_look(saved).steps] == ["recolor_hair"]

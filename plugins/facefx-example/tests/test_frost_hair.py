"""The effect keeps the contract, is found by its name, and does what its docstring says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from facefx_example import frost_hair

from facefx import load_look
from facefx.plugins.installed import registry
from facefx.testing import check_effect

LOOK = Path(__file__).parents[1] / "looks" / "winter.yaml"


def test_it_keeps_the_contract() -> None:
    check_effect(frost_hair)


def test_facefx_finds_it() -> None:
    assert registry().effects["facefx-example:frost_hair"] is frost_hair
    assert registry().effects["frost_hair"] is frost_hair


def test_the_look_can_be_loaded() -> None:
    assert [step.name for step in load_look(LOOK).steps] == ["facefx:recolor_lips", "facefx-example:frost_hair"]


def test_dark_hair_becomes_pale() -> None:
    dark = np.full((20, 20, 3), (0.2, 0.12, 0.08), np.float32)
    frosted = frost_hair.function(dark, np.ones((20, 20), np.float32), strength=1.0, grain=0.0, rng=np.random.default_rng(0))
    assert frosted.mean() > dark.mean() + 0.2
    assert frosted[..., 2].mean() > frosted[..., 0].mean()

"""Damaged inputs, the same each time: a few seconds of what ``PYTHONPATH=tests python -m fuzz`` does for an hour."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from facefx.errors import FacefxError
from fuzz.harnesses import HARNESSES, damaged, fuzz

#: So many a kind, so that each takes a few seconds.
COUNTS = {"pictures": 500, "animations": 500, "looks": 400, "effects": 3000, "cards": 800, "cubes": 3000, "films": 60}


@pytest.mark.parametrize("kind", HARNESSES)
def test_damaged_inputs_are_answered_or_refused(kind: str, tmp_path: Path, fresh_registry: object) -> None:
    assert fuzz(kind, tmp_path, seed=18, most=COUNTS[kind]) == COUNTS[kind]


@pytest.mark.parametrize("kind", HARNESSES)
def test_whole_inputs_are_answered(kind: str, tmp_path: Path, fresh_registry: object) -> None:
    """Else the harness would try nothing."""
    answered = 0
    for data in HARNESSES[kind].corpus:
        with suppress(FacefxError):
            HARNESSES[kind].run(data, tmp_path)
            answered += 1
    assert answered


def test_damage_is_the_same_for_the_same_seed_and_changes_something() -> None:
    corpus = HARNESSES["pictures"].corpus
    once, again = ([damaged(corpus[0], random.Random(seed), corpus) for seed in range(50)] for _ in range(2))
    assert once == again
    assert len(set(once)) > 40

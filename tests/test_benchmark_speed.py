"""The benchmark of speed asks for stages that there are, lets all take turns, and counts right. Nothing is timed here."""

from __future__ import annotations

import json
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import speed as benchmark
import speed_asking
import speed_pictures
import speed_rows
import speed_stages
from pages import ROOT
from speed import Line
from speed_asking import STAGES, Cost
from speed_rows import Row

ROW = Row("parse", ("parse", "x"), ("pillow", "x"))


class FakeProcess:
    """Answers with these costs, one after the other, the last again and again; an error is raised."""

    def __init__(self, *answers: Cost | RuntimeError) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def ask(self, stage: tuple[Any, ...], seconds: float) -> Cost:
        self.asked.append(stage[0])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, RuntimeError):
            raise answer
        return answer


def test_all_take_turns_and_the_least_counts() -> None:
    beside, now = FakeProcess(Cost(4, 9), Cost(5, 3)), FakeProcess(Cost(50, 60), Cost(40, 70))
    failures: dict[str, str] = {}
    line = benchmark.measured(ROW, {"beside": beside, "now": now}, 1.0, failures)  # type: ignore[dict-item]
    assert (line.beside, line.now, line.before) == (Cost(4, 3), Cost(40, 60), None)
    assert beside.asked == ["pillow"] * benchmark.ROUNDS
    assert now.asked == ["parse"] * benchmark.ROUNDS
    assert failures == {}


def test_what_a_version_has_not_is_left_out() -> None:
    line = benchmark.measured(
        ROW,
        {"beside": FakeProcess(Cost(4)), "before": FakeProcess(RuntimeError("no such thing")), "now": FakeProcess(Cost(8))},  # type: ignore[dict-item]
        1.0,
        failures := {},
    )
    assert line == Line(ROW, Cost(4), Cost(8), None)
    assert failures == {"parse (before)": "no such thing"}
    _, rows = benchmark.table([line, Line(ROW, Cost(4), None)], before=True)
    assert rows == [["parse", "4.0", "–", "–", "8.0", "2.0", "–", "–", "–"]]


def test_the_table_counts() -> None:
    lines = [
        Line(ROW, Cost(4, 4), Cost(12, 20), Cost(120, 130)),
        Line(Row("film", (), (), "frames/s"), Cost(5, 5), Cost(20, 30), Cost(100, 110)),
        Line(Row("folder", (), (), "photos/min"), Cost(50, 5), Cost(100), Cost(600)),
        Line(Row("memory", (), (), "MB"), Cost(50, 5, 100), Cost(9, 9, 250), Cost(9, 9, 2000)),
    ]
    headings, rows = benchmark.table(lines, before=True)
    assert all(len(row) == len(headings) for row in rows)
    assert rows == [
        ["parse", "4.0", "120", "30", "12", "3.0", "20", "5.0", "10"],
        ["film", "5.0", "100 (10 frames/s)", "20", "20 (50 frames/s)", "4.0", "30", "6.0", "5.0"],
        ["folder", "50", "600 (100 photos/min)", "12", "100 (600 photos/min)", "2.0", "–", "–", "6.0"],
        ["memory", "100 MB", "2000 MB", "20", "250 MB", "2.5", "–", "–", "8.0"],
    ]
    headings, rows = benchmark.table(lines, before=False)
    assert headings == ["", "reference, ms", "ms", "× reference", "CPU ms", "× its CPU"]
    assert rows[0] == ["parse", "4.0", "12", "3.0", "20", "5.0"]


@pytest.mark.parametrize("with_mediapipe", [True, False])
def test_every_row_asks_for_what_there_is(tmp_path: Path, with_mediapipe: bool) -> None:
    tables, made = speed_rows.parts(tmp_path, with_mediapipe=with_mediapipe, frames=4)
    assert tuple(tables) == speed_rows.TABLES
    for part in tables.values():
        for row in part.rows:
            assert row.stage[0] in STAGES
            assert row.beside[0] in STAGES
            assert set(speed_rows.paths_in([row.stage, row.beside])) <= set(made)
    for name in speed_rows.QUICK_TABLES:
        assert any(row.quick for row in tables[name].rows)


def test_the_page_has_a_place_for_every_table() -> None:
    page = (ROOT / "docs" / "speed.md").read_text("utf-8")
    for name in speed_rows.TABLES:
        assert page.count(f"<!-- speed-{name} -->") == page.count(f"<!-- /speed-{name} -->") == 1


def test_requests_are_answered_and_errors_stop_nothing(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    Image.new("RGB", (8, 8)).save(photo)
    asked = [("no_such_stage", ()), ("decode", (photo, "too much")), ("pillow", (photo,)), ("pillow", (photo,))]
    answers: list[str] = []
    speed_asking.serve(iter([speed_asking.asked_as(name, arguments, 0) for name, arguments in asked]), answers.append)
    found = [json.loads(answer) for answer in answers]
    assert ["error" in answer for answer in found] == [True, True, False, False]
    assert found[1]["error"].startswith("TypeError")
    assert all(0 < Cost(**answer).ms < 60_000 for answer in found[2:])


def test_the_best_of_several_counts() -> None:
    costs = iter([Cost(3, 1, 7), Cost(2, 5, 9)])
    assert speed_asking.best(repeat(lambda: next(costs)), 0) == Cost(3, 1, 7)


def test_a_process_of_its_own_tells_its_memory() -> None:
    work = "held = bytearray({}); held[::4096] = held[::4096]"
    small, large = (next(speed_stages.command(["-c", work.format(size)]))() for size in (1, 10**8))
    assert large.ms > 0
    assert large.cpu > 0
    assert 80 < large.peak - small.peak < 120
    with pytest.raises(RuntimeError, match="status"):
        next(speed_stages.command(["-c", "raise SystemExit(3)"]))()


def test_the_pictures_are_the_same_every_time() -> None:
    first, second = (speed_pictures.setting((120, 100), 0.1) for _ in range(2))
    assert first.shape == (120, 100, 3)
    np.testing.assert_array_equal(first, second)


def test_the_crowd_grows() -> None:
    two, three = speed_pictures.crowd(2), speed_pictures.crowd(3)
    changed = (two != three).any(axis=(0, 2))
    assert changed[1024:1536].mean() > 0.9
    assert not np.delete(changed, np.s_[1024:1536]).any()

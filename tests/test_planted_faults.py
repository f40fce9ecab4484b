"""The list of faults that are planted to see whether the tests notice: each can still be planted, and is one."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import pytest

import planted_faults
from pages import ROOT
from planted_faults import FAULTS, Fault, planted, table

SOURCE = ROOT / "src" / "facefx"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_each_fault_can_be_planted(fault: Fault) -> None:
    text = planted(fault, SOURCE)
    assert text != (SOURCE / fault.file).read_text("utf-8")
    ast.parse(text)
    files = [word for word in shlex.split(fault.tests) if word.startswith("tests/")]
    assert files
    assert all((ROOT / file).is_file() for file in files)


def test_there_are_fifty_different_ones() -> None:
    assert len({fault.what for fault in FAULTS}) == len(FAULTS) >= 50
    assert len({(fault.file, fault.new) for fault in FAULTS}) == len(FAULTS)


def test_a_fault_that_cannot_be_planted_is_said() -> None:
    with pytest.raises(LookupError, match="0 times 'not there'"):
        planted(Fault("x", "shown.py", "not there", "", "tests/test_errors.py"), SOURCE)


def test_a_fault_that_nobody_sees_lives_and_the_file_is_whole_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("answer = 42\n")
    fault = Fault("x", "a.py", "42", "41", "")
    looked: list[str] = []

    def passes(tests: str, source: Path, seconds: float) -> bool | None:
        looked.append((source / "a.py").read_text())
        return answers.pop(0)

    monkeypatch.setattr(planted_faults, "passes", passes)
    answers: list[bool | None] = [True, False, None]
    assert [planted_faults.verdict(fault, tmp_path, 1) for _ in range(3)] == ["lives", "seen", "seen"]
    assert looked == ["answer = 41\n"] * 3
    assert (tmp_path / "a.py").read_text() == "answer = 42\n"


def test_the_table_names_each() -> None:
    first, second = FAULTS[:2]
    lines = table({first.what: "seen", second.what: "lives"}).splitlines()
    assert (len(lines), first.what in lines[2], lines[3].endswith("| lives |")) == (4, True, True)

"""The list of faults that are planted to see whether the tests notice: each can still be planted, and is one."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path

import pytest

import planted_faults
from pages import ROOT
from planted_faults import FAULTS, Fault, Run, planted, rows

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


def test_a_fault_is_planted_while_its_tests_run_and_the_file_is_whole_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("answer = 42\n")
    looked: list[str] = []

    def run(tests: str, source: Path, seconds: float) -> Run:
        looked.append((source / "a.py").read_text())
        return Run("pass")

    monkeypatch.setattr(planted_faults, "run", run)
    assert planted_faults.verdict(Fault("x", "a.py", "42", "41", ""), tmp_path, 1) == Run("pass")
    assert looked == ["answer = 41\n"]
    assert (tmp_path / "a.py").read_text() == "answer = 42\n"


@pytest.mark.parametrize(
    ("body", "word", "said"),
    [("", "pass", ""), ("assert 1 == 2", "fail", "FAILED"), ("import time; time.sleep(60)", "hang", "")],
)
def test_how_tests_end(tmp_path: Path, body: str, word: str, said: str) -> None:
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body or 'pass'}\n")
    found = planted_faults.run(f"{tmp_path / 'test_it.py'} -p no:xdist", tmp_path / "facefx", 60 if word != "hang" else 3)
    assert (found.word, found.said[: len(said) or None]) == (word, said)


def test_tests_that_cannot_be_run_are_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="ended with 4"):
        planted_faults.run(str(tmp_path / "nowhere.py"), tmp_path / "facefx", 60)


def test_the_table_names_each_with_its_tests() -> None:
    first, second = FAULTS[:2]
    assert rows({first.what: "seen", second.what: "lives"}) == [
        (first.what, "`test_batch.py -k 'place or link'`", "seen"),
        (second.what, "`test_detector_onnx.py -k double`", "lives"),
    ]
    assert all("|" not in cell for row in rows({fault.what: "seen" for fault in FAULTS}) for cell in row)  # which would end it


def test_a_fault_that_lives_is_written_to_the_page_and_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- planted-faults -->\n<!-- /planted-faults -->\n")
    words = [fault.what for fault in FAULTS[:2]]
    monkeypatch.setattr(planted_faults, "FAULTS", FAULTS[:2])
    monkeypatch.setattr(planted_faults, "run", lambda *asked: Run("pass"))
    monkeypatch.setattr("sys.argv", ["planted_faults.py", "--markdown", str(page)])
    assert planted_faults.main() == 1
    lines = page.read_text("utf-8").splitlines()
    assert [line.rpartition("` | ")[2] for line in lines if any(word in line for word in words)] == ["lives |", "lives |"]

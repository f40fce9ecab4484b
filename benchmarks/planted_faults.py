"""Do the tests notice? Small faults are planted into a copy of the library one by one, and the tests that should see each are run.

    python benchmarks/planted_faults.py                              # all: some seconds to a minute each
    python benchmarks/planted_faults.py --only cube people --seconds 300
    python benchmarks/planted_faults.py --markdown docs/testing.md   # and write the table there

The faults stand in planted_faults.toml. Their tests are run without any first, once for all faults that have the same: they must
pass. A fault that lives is a hole in the tests: close it, and leave the fault there. `tests/test_planted_faults.py` holds that each
can still be planted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from results import add_markdown, markdown

ROOT = Path(__file__).parents[1]
HEADINGS = ("planted", "tests", "")


@dataclass(frozen=True)
class Fault:
    """What is wrong, in which file of src/facefx, which text becomes which, and the arguments of pytest that should see it."""

    what: str
    file: str
    old: str
    new: str
    tests: str


FAULTS = tuple(Fault(**fault) for fault in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["fault"])


def planted(fault: Fault, source: Path) -> str:
    """The file with the fault. Raises `LookupError` unless its text stands there once."""
    text = (source / fault.file).read_text("utf-8")
    if text.count(fault.old) != 1:
        raise LookupError(f"{fault.file} has {text.count(fault.old)} times {fault.old!r}: {fault.what!r} cannot be planted")
    return text.replace(fault.old, fault.new)


@dataclass(frozen=True)
class Run:
    """A word for how tests ended, "pass", "fail" or "hang", and what pytest says of the one that failed."""

    word: str
    said: str = ""


def run(tests: str, source: Path, seconds: float) -> Run:
    """Run tests with a copy of the library. That they hang, only this clock says: pytest's would call a busy machine a failure."""
    environment = os.environ | {"PYTHONPATH": str(source.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--timeout=0", "-p", "no:cacheprovider", *shlex.split(tests)]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return Run("hang")
    text = done.stdout.decode(errors="replace")
    if done.returncode not in (0, 1):
        raise LookupError(f"pytest {tests} ended with {done.returncode}: {text[-2000:]}")
    said = [line for line in text.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return Run("fail", said[0] if said else "") if done.returncode else Run("pass")


def verdict(fault: Fault, source: Path, seconds: float) -> Run:
    """How its tests end with it: only if they pass it lives."""
    file = source / fault.file
    whole = file.read_text("utf-8")
    try:
        file.write_text(planted(fault, source), "utf-8")
        return run(fault.tests, source, seconds)
    finally:
        file.write_text(whole, "utf-8")


def rows(verdicts: dict[str, str]) -> list[tuple[str, str, str]]:
    """What was planted, the arguments of pytest, and the word for it."""
    tests = {fault.what: fault.tests for fault in FAULTS}
    return [(what, f"`{tests[what].replace('tests/', '')}`", word) for what, word in verdicts.items()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="those whose words or file have one of these in them")
    parser.add_argument("--seconds", type=float, default=600, help="for the tests of one fault")
    add_markdown(parser, "planted-faults")
    asked = parser.parse_args()
    chosen = [fault for fault in FAULTS if not asked.only or any(word in fault.what + fault.file for word in asked.only)]
    verdicts, clean = dict[str, str](), dict[str, str]()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(shutil.copytree(ROOT / "src" / "facefx", Path(folder, "src", "facefx")))
        if (ROOT / "models").is_dir():  # which lie beside src in a checkout
            Path(folder, "models").symlink_to(ROOT / "models")
        for fault in chosen:
            if fault.tests not in clean:
                clean[fault.tests] = run(fault.tests, source, asked.seconds).word
            if clean[fault.tests] == "pass":
                found = verdict(fault, source, asked.seconds)
                verdicts[fault.what] = {"pass": "lives", "fail": "seen", "hang": "seen: they hang"}[found.word]
            else:
                found = Run("")
                verdicts[fault.what] = f"its tests {clean[fault.tests]} without it"
            sys.stdout.write(f"{verdicts[fault.what]}: {fault.what} {found.said}".rstrip() + "\n")
            sys.stdout.flush()
    if asked.markdown:
        asked.markdown.write(markdown(HEADINGS, rows(verdicts)))
    return int(any(not word.startswith("seen") for word in verdicts.values()))


if __name__ == "__main__":
    raise SystemExit(main())

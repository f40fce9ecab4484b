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

ROOT = Path(__file__).parents[1]
MARKS = ("<!-- planted-faults -->", "<!-- /planted-faults -->")


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


def passes(tests: str, source: Path, seconds: float) -> bool | None:
    """Whether all of these tests pass with a copy of the library; None if that took too long."""
    environment = os.environ | {"PYTHONPATH": str(source.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *shlex.split(tests)]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 1):
        raise LookupError(f"pytest {tests} ended with {done.returncode}: {done.stdout.decode()[-2000:]}")
    return done.returncode == 0


def verdict(fault: Fault, source: Path, seconds: float) -> str:
    """ "seen" or "lives"; tests that hang have seen it too."""
    file = source / fault.file
    whole = file.read_text("utf-8")
    try:
        file.write_text(planted(fault, source), "utf-8")
        return "lives" if passes(fault.tests, source, seconds) else "seen"
    finally:
        file.write_text(whole, "utf-8")


def table(verdicts: dict[str, str]) -> str:
    """As Markdown."""
    tests = {fault.what: fault.tests for fault in FAULTS}
    lines = ["| planted | tests | |", "|---|---|---|"]
    lines += [f"| {what} | `{tests[what].replace('tests/', '').replace('|', '')}` | {word} |" for what, word in verdicts.items()]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="those whose words or file have one of these in them")
    parser.add_argument("--seconds", type=float, default=600, help="for the tests of one fault")
    parser.add_argument("--markdown", type=Path, help="a page with the marks that the table goes between")
    asked = parser.parse_args()
    chosen = [fault for fault in FAULTS if not asked.only or any(word in fault.what + fault.file for word in asked.only)]
    verdicts, clean = dict[str, str](), dict[str, bool | None]()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(shutil.copytree(ROOT / "src" / "facefx", Path(folder, "src", "facefx")))
        if (ROOT / "models").is_dir():  # which lie beside src in a checkout
            Path(folder, "models").symlink_to(ROOT / "models")
        for fault in chosen:
            if fault.tests not in clean:
                clean[fault.tests] = passes(fault.tests, source, asked.seconds)
            verdicts[fault.what] = verdict(fault, source, asked.seconds) if clean[fault.tests] else "its tests fail without it"
            sys.stdout.write(f"{verdicts[fault.what]}: {fault.what}\n")
            sys.stdout.flush()
    if asked.markdown:
        page = asked.markdown.read_text("utf-8")
        before, rest = page.split(MARKS[0])
        asked.markdown.write_text(f"{before}{MARKS[0]}\n\n{table(verdicts)}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", "utf-8")
    return int(any(word != "seen" for word in verdicts.values()))


if __name__ == "__main__":
    raise SystemExit(main())

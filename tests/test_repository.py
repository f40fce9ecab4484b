"""What goes into the packages, under which licences, and that one place says what must pass."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest

import facefx
from pages import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CARDS = {path.parent.name: tomllib.loads(path.read_text("utf-8")) for path in sorted((ROOT / "models").glob("*/card.toml"))}
CI = (ROOT / ".ci" / "run").read_text("utf-8")
SESSIONS = {
    node.name
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and any("nox.session" in ast.unparse(decorator) for decorator in node.decorator_list)
}


def test_the_source_distribution_holds_all_that_is_tracked() -> None:
    """Its tests read docs, samples, plugins and training, so nothing may be missing; pyproject.toml comes by itself."""
    included = {name.removeprefix("/") for name in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    assert {name for name in included if not (ROOT / name).exists()} == set()
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing says what is tracked")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {path.partition("/")[0] for path in tracked} - included <= {".gitignore", ".gitattributes", "pyproject.toml"}


def test_the_licence_field_names_the_code_and_all_weights() -> None:
    terms = {"Apache-2.0", *(card["license"] for card in CARDS.values())}
    assert set(PROJECT["project"]["license"].split(" AND ")) == terms
    assert set(PROJECT["project"]["license-files"]) == {"LICENSE", "models/LICENSE.md"}


def test_the_models_licences_are_those_on_their_cards() -> None:
    text = (ROOT / "models" / "LICENSE.md").read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert rows == [(name, card["license"], card["data_license"]) for name, card in CARDS.items()]


def test_the_version_is_the_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name != "facefx":
            raise PackageNotFoundError(name)
        return "7.8.9"

    monkeypatch.setattr("importlib.metadata.version", version)
    assert facefx.__version__ == "7.8.9"


def test_a_checkout_that_is_not_installed_has_a_version_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    assert facefx.__version__ == "0+unknown"


def test_ci_runs_the_readmes_test_command_and_every_session() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^.*-m pytest$", readme, re.MULTILINE)
    assert command.replace("pip install", "pip install --quiet") in CI
    ran = {name for line in re.findall(r"-m nox -s ([\w ]+)", CI) for name in line.split()}
    assert ran == SESSIONS - {"tests", "pythons"}, (
        "the README's command runs the session tests; pythons needs Pythons that CI lacks"
    )


def test_hooks_before_a_commit_are_sessions() -> None:
    hooks = re.findall(r"entry: python -m nox -s (\w+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert set(hooks) == {"lint", "types"} <= SESSIONS


def test_the_training_distribution_may_lack_the_same_libraries() -> None:
    """Its type check reads the library's source in environments of its own, so what may be missing there may be missing here."""

    def may_be_missing(path: str) -> set[str]:
        overrides = tomllib.loads((ROOT / path).read_text("utf-8"))["tool"]["mypy"]["overrides"]
        return {module for override in overrides if override.get("ignore_missing_imports") for module in override["module"]}

    assert may_be_missing("pyproject.toml") <= may_be_missing("training/pyproject.toml")

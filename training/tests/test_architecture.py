"""The shape of the package: which room may import which, that no imports run in a circle, and what the command line loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import facefx_training

NAME = facefx_training.__name__
ROOT = Path(facefx_training.__file__).parent
MODULES = {
    ".".join((NAME, *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
#: Each package may import its own modules and what it has here, which are all above it.
MAY_IMPORT: dict[str, set[str]] = {
    "networks": set(),
    "shapes": set(),
    "data": {"networks"},
    "judge": {"networks", "data"},
    "run": {"networks", "data", "judge"},
    "export": {"networks", "data", "judge", "run"},
    "detection": {"networks", "data", "run", "export"},
    "cli": {"shapes", "data", "judge", "run", "export", "detection"},
}


def package(module: str) -> str:
    """``facefx_training.data.readers.base`` → ``data``."""
    return [*module.split("."), ""][1]


def imports(module: str) -> set[str]:
    """Full names of this package's modules that a module imports, those for type checks and inside functions too."""
    path = MODULES[module]
    inside = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: len(inside) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            found |= {f"{origin}.{a.name}" if f"{origin}.{a.name}" in MODULES else origin for a in node.names}
    return found & set(MODULES)


every_module = pytest.mark.parametrize("module", [m for m in MODULES if m != NAME])


def test_the_order_of_packages_has_no_circle_and_names_every_package() -> None:
    order = list(TopologicalSorter(MAY_IMPORT).static_order())
    assert set(order) == set(MAY_IMPORT) == {package(m) for m in MODULES if m != NAME}
    assert [m for m in MODULES if m.count(".") == 1 and MODULES[m].name != "__init__.py"] == []  # no module outside a package


@every_module
def test_packages_import_only_what_stands_above_them(module: str) -> None:
    others = {package(other) for other in imports(module)} - {package(module)}
    assert others <= MAY_IMPORT[package(module)], f"{module} imports of {', '.join(others - MAY_IMPORT[package(module)])}"


def test_nothing_is_allowed_that_is_not_needed() -> None:
    used = {name: {package(o) for m in MODULES if package(m) == name for o in imports(m)} - {name} for name in MAY_IMPORT}
    assert used == MAY_IMPORT


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Between any two, so within a package too; a module that imports from a package depends on the package's own file."""
    TopologicalSorter({module: imports(module) - {module} for module in MODULES}).prepare()


@every_module
def test_every_package_says_what_it_holds_and_files_are_short(module: str) -> None:
    text = MODULES[module].read_text("utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 350


def test_the_help_waits_for_nothing_heavy() -> None:
    heavy = {"torch", "lightning", "onnx", "onnxruntime", "cv2", "numpy"}
    code = f"""
import sys
from typer.testing import CliRunner
from {NAME}.cli import app
for words in ([], ["train"], ["detector"], ["detector", "train"]):
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0
print(sorted({heavy} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"

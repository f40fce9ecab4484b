"""What is there is documented, and what the documentation points to is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer

import facefx.brushes
from facefx import errors
from facefx.cli import app
from facefx.plugins import builtin, hookspecs
from pages import PAGES, ROOT, anchors, blocks, directives, in_backticks, links, page_name

SOURCE = ROOT / "src" / "facefx"
SHOWN = directives(ROOT / "docs" / "reference.md")
HOME = "https://github.com/facefx/facefx/"

every_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


def words(page: Path) -> set[str]:
    """Names in backticks, whatever stands round them (``facefx.Segmenter``, ``@effect(region=...)``), and in directives."""
    return {word for text in (*in_backticks(page), *directives(page)) for word in re.findall(r"\w+", text)}


def everywhere() -> set[str]:
    return set().union(*map(words, PAGES))


def environment_variables() -> set[str]:
    texts = [
        node.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {name for text in texts for name in re.findall(r"FACEFX_[A-Z_]+", text)}


def test_every_hook_is_documented() -> None:
    hooks = {name for name in hookspecs.__all__ if name.startswith("facefx_")}
    assert hooks
    assert hooks - words(ROOT / "docs" / "plugins.md") == set()


def test_every_effect_is_listed() -> None:
    assert {spec.name for spec in builtin.facefx_effects()} - words(ROOT / "docs" / "effects.md") == set()


def test_every_analyzer_is_described() -> None:
    assert {spec.name for spec in builtin.facefx_analyzers()} - words(ROOT / "docs" / "measurements.md") == set()


def test_every_error_is_documented() -> None:
    assert set(errors.__all__) - everywhere() == set()


def test_the_page_on_the_command_line_lists_the_environment_variables() -> None:
    rows = (ROOT / "docs" / "cli.md").read_text("utf-8").partition("## Environment")[2]
    assert set(re.findall(r"^\| `(FACEFX_[A-Z_]+)", rows, re.MULTILINE)) == environment_variables()


def test_the_page_on_the_command_line_lists_the_commands() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `facefx (\w+)", text, re.MULTILINE)) == commands


def test_the_reference_shows_every_public_name() -> None:
    assert len(set(SHOWN)) == len(SHOWN)
    assert {f"facefx.{name}" for name in facefx.__all__} - set(SHOWN) == set()


@pytest.mark.parametrize("name", SHOWN)
def test_the_reference_shows_what_can_be_imported(name: str) -> None:
    module, _, last = name.rpartition(".")
    scope: dict[str, object] = {}
    exec(f"from {module} import {last}", scope)
    assert getattr(scope[last], "__doc__", None)


@every_page
def test_examples_import_public_names_only(page: Path) -> None:
    nodes = [node for block in blocks(page) if block.language == "python" for node in ast.walk(ast.parse(block.code))]
    found = [f"{node.module}.{alias.name}" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
    modules = {name.rpartition(".")[0] for name in SHOWN}
    brushes = {f"facefx.brushes.{name}" for name in facefx.brushes.__all__}  # the one module that is shown as a whole
    assert {name for name in found if name.startswith("facefx.")} - modules - brushes - set(SHOWN) == set()


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(HOME):
            path = re.sub(r"^(tree|blob)/main/", "", link.removeprefix(HOME))
            assert (ROOT / path).exists(), f"{link}: there is no {path}"
        elif "://" not in link:
            target, _, anchor = link.partition("#")
            path = (page.parent / target).resolve() if target else page
            if path.is_relative_to(ROOT / "docs" / "pictures") or path.name == "gallery.md":
                continue  # made by the docs build, which checks them
            assert path.exists(), f"{link}: there is no {path}"
            assert not anchor or anchor in anchors(path), f"{link}: {path.name} has no such heading"


@every_page
def test_files_that_are_named_are_there(page: Path) -> None:
    named = r"(?:^|(?<=python ))(?:benchmarks|docs|models|plugins|samples|src|tests|training)/[\w/.-]+\.\w+"
    for text in in_backticks(page):
        for path in re.findall(named, text):
            assert any((folder / path).exists() for folder in (ROOT, page.parent, SOURCE)), f"there is no {path}"

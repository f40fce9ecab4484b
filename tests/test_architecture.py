"""The shape of the library: which module may import which, what is public, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import facefx

ROOT = Path(facefx.__file__).parent
MODULES = {
    ".".join(("facefx", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

#: The rooms from the bottom up, as docs/architecture.md shows them: each may import those before it, never one behind it.
ORDER = (
    "_moved",
    "shown",
    "errors",
    "held_files",
    "small_files",
    "labels",
    "pixels",
    "image",
    "face",
    "declare",
    "inference",
    "effects",
    "brushes",
    "analyzers",
    "plugins",
    "parsing",
    "chains",
    "video",
    "batch",
    "live",
    "testing",
    "serve",
    "studio",
    "cli",
    "__main__",
)
STANDARD = sys.stdlib_module_names
ALLOWED = {"numpy", "cv2", "PIL", "pluggy", "yaml", "onnxruntime", "hypothesis", "pillow_heif", "facefx"}
CLI_ALLOWED = ALLOWED | {"typer", "click", "rich"}
VIDEO_ALLOWED = ALLOWED | {"av", "pygame", "pyvirtualcam"}  # the extras video, live and virtual-camera
BATCH_ALLOWED = ALLOWED | {"ray", "pyarrow"}  # the extra ray
WEB_ALLOWED = ALLOWED | {"fastapi", "starlette", "uvicorn"}  # the extra studio
MORE = {
    "face": ALLOWED | {"supervision"},
    "serve": WEB_ALLOWED,
    "studio": WEB_ALLOWED,
    "cli": CLI_ALLOWED,
    "batch": BATCH_ALLOWED,
    "video": VIDEO_ALLOWED,
    "live": VIDEO_ALLOWED,
}


def part(module: str) -> str:
    """``facefx.effects.tools.recoloring`` → ``effects``."""
    return [*module.split("."), ""][1]


@cache
def source(module: str) -> str:
    return MODULES[module].read_text("utf-8")


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(source(module))))


@cache
def imports(module: str) -> frozenset[str]:
    """Full names of the modules that a module imports, those for type checks and inside functions too."""
    path = MODULES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found: set[str] = set()
    for node in nodes(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            found |= {f"{origin}.{a.name}" if f"{origin}.{a.name}" in MODULES else origin for a in node.names}
    return frozenset(found)


def inside(module: str) -> set[str]:
    return {other for other in imports(module) if other.startswith("facefx.")}


INSIDE = [m for m in MODULES if m != "facefx"]


def modules_of(room: str) -> list[str]:
    return [module for module in INSIDE if part(module) == room]


every_room = pytest.mark.parametrize("room", ORDER)


def test_every_room_stands_in_the_order() -> None:
    assert {part(m) for m in INSIDE} == set(ORDER)


@every_room
def test_imports_point_one_way(room: str) -> None:
    for module in modules_of(room):
        for other in inside(module):
            assert ORDER.index(part(other)) <= ORDER.index(part(module)), f"{module} imports {other}, which stands above it"


def test_no_module_imports_itself_by_a_detour() -> None:
    """Inside a room, too; imports for type checks and in functions count."""
    imported = {module: inside(module) for module in INSIDE}
    list(TopologicalSorter(imported).static_order())  # raises CycleError, which names the circle


def test_the_page_on_architecture_shows_the_same_order() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "architecture.md").read_text("utf-8")
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    shown = [name for row in rows for name in re.findall(r"`(\w+)(?:\.py|/)`", row)]
    assert shown == [name for name in ORDER if name in shown]
    assert set(ORDER) - set(shown) <= {"_moved", "__main__"}


@pytest.mark.parametrize("package", [m for m, path in MODULES.items() if path.name == "__init__.py" and m != "facefx"])
def test_every_room_says_what_lives_there(package: str) -> None:
    doc = ast.get_docstring(ast.parse(source(package)))
    assert doc
    assert len(doc) > 20


@every_room
def test_nothing_but_the_declared_dependencies_is_imported(room: str) -> None:
    for module in modules_of(room):
        top = {name.split(".")[0] for name in imports(module)}
        assert top - STANDARD - MORE.get(room, ALLOWED) == set(), module


@every_room
def test_only_the_command_line_prints_and_exits(room: str) -> None:
    for module in modules_of(room) if room != "cli" else ():
        for node in nodes(module):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "exit", "quit", "sys.exit", "os._exit", "input"), (
                    f"{module}, line {node.lineno}: {called}"
                )


@every_room
def test_what_is_public_is_documented(room: str) -> None:
    for module in modules_of(room):
        if module.endswith("__main__"):
            continue
        loaded = import_module(module)
        assert loaded.__doc__, f"{module} has no docstring"
        for name in getattr(loaded, "__all__", ()):
            value = getattr(loaded, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                assert inspect.getdoc(value), f"{module}.{name} has no docstring"


@every_room
def test_all_lists_what_there_is(room: str) -> None:
    for module in modules_of(room):
        if module.endswith("__main__"):
            continue
        loaded = import_module(module)
        names = getattr(loaded, "__all__", [])
        assert len(set(names)) == len(names), module
        for name in names:
            assert hasattr(loaded, name), f"{module}.__all__ names {name}, which is not there"


@every_room
def test_files_are_short(room: str) -> None:
    for module in modules_of(room):
        assert len(source(module).splitlines()) <= 350, module


def test_the_public_names_are_those_of_the_lazy_table() -> None:
    assert facefx.__all__ == [name for names in facefx._HOMES.values() for name in names]
    assert len(set(facefx.__all__)) == len(facefx.__all__)
    assert dir(facefx) == sorted(facefx.__all__)
    for home, names in facefx._HOMES.items():
        for name in names:
            assert getattr(facefx, name) is getattr(import_module(f"facefx.{home}"), name)
    with pytest.raises(AttributeError, match="no attribute 'lipstick'"):
        _ = facefx.lipstick


def test_type_checkers_see_the_same_public_names() -> None:
    tree = ast.parse(source("facefx"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == facefx._HOME_OF


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def test_importing_facefx_loads_nothing_heavy() -> None:
    code = "import sys, facefx; print(sorted({m.split('.')[0] for m in sys.modules} & {'numpy', 'cv2', 'PIL', 'yaml', 'pluggy'}))"
    assert run_python(code) == "[]"


def test_a_card_is_read_without_opencv() -> None:
    assert run_python("import sys, facefx.inference.cards; print('cv2' in sys.modules)") == "False"


def test_no_runtime_is_loaded_before_a_model_is_used() -> None:
    heavy = "{'onnxruntime', 'torch', 'hypothesis', 'facefx_training', 'skimage', 'rich'}"
    code = f"import sys, facefx; [getattr(facefx, n) for n in facefx.__all__]; print(sorted({heavy} & set(sys.modules)))"
    assert run_python(code) == "[]"


def test_a_chain_loads_nothing_that_only_saving_and_drawing_need() -> None:
    rare = "{'yaml', 'html', 'PIL.ImageDraw', 'PIL.ImageFont', 'PIL.JpegImagePlugin'}"
    assert run_python(f"import sys, facefx; facefx.chain; print(sorted({rare} & set(sys.modules)))") == "[]"


def test_a_jpeg_is_read_without_the_importers_of_rare_formats() -> None:
    picture = Path(__file__).parents[1] / "samples/straight.jpg"
    code = f"import sys, facefx; facefx.open_image({str(picture)!r}); print('PIL.FliImagePlugin' in sys.modules)"
    assert run_python(code) == "False"


def test_types_travel_with_the_package() -> None:
    assert (ROOT / "py.typed").exists()

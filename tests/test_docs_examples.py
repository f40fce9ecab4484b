"""Every Python block of the documentation runs: a page at a time, from its first block to its last, as a reader would copy them.

A block that needs what a test cannot have says so right before it, ``<!-- not run: REASON -->``; of it, the imports are run.
A block under ``<!-- file: NAME -->`` is saved there before. Pictures are drawn ones, which the fakes of `synthetic.py` can read.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from conftest import Fakes
from facefx import chain, parse
from facefx.inference.cards import ModelCard
from facefx.labels import scheme
from facefx.plugins.installed import Registry
from facefx.testing import check_effect
from pages import PAGES, ROOT, Block, blocks, page_name
from synthetic import CELEBAMASK, PORTRAIT, FakeSegmenter, Head
from tiny_models import bisenet_bytes, model_bytes, write_model

PLUGINS = ROOT / "plugins"
WITH_EXAMPLES = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]
#: Detectors that other people's packages bring, which need not be installed to read how they are called.
ELSEWHERE = ("facefx-mediapipe:mediapipe", "facefx-deepface:deepface-retinaface")


class DrawnMask(FakeSegmenter):
    """The fake one as a model that knows a face with its eyes, of which most are irises, and nothing else."""

    scheme = scheme("face_sides")

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        parts = super().probabilities(crops)
        face, left, right = (parts[:, list(CELEBAMASK.indices_of(part))].sum(axis=1) for part in ("face", "left_eye", "right_eye"))
        return np.stack([1 - face, face - left - right, 0.4 * left, 0.4 * right, 0.6 * left, 0.6 * right], axis=1)


@pytest.fixture
def desk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fakes: Fakes,
    fresh_registry: Registry,
    make_portrait: Callable[..., np.ndarray],
) -> Path:
    """A folder with the files that the pages speak of; the example plugin is installed, and all models are the fake ones."""
    for name in ("portrait", "me", "from_behind", "frames/1", "frames/2", "photos/1"):
        _save(make_portrait(), tmp_path / f"{name}.jpg")
    (x, y), side = PORTRAIT.center, PORTRAIT.side
    group = make_portrait(Head((x, y), side), Head((x + 187, y), side * 0.8), size=(189, 374))
    _save(group, tmp_path / "group.jpg")
    write_model(tmp_path / "my_models" / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(PLUGINS / "facefx-example" / "src"))
    import facefx_example

    fresh_registry.add("facefx-example", "1", "example", facefx_example)
    for name in fresh_registry.segmenters.items:
        fresh_registry.segmenters.items[name] = lambda: fakes.segmenter
    fresh_registry.segmenters.items["facefx:unet-grey"] = DrawnMask
    for name in ELSEWHERE:
        fresh_registry.detectors.items[name] = lambda: fakes.detector
    return tmp_path


def _save(picture: np.ndarray, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(picture).save(path, quality=95, subsampling=0)


def _run(page: Path, desk: Path) -> dict[str, Any]:
    """The names that the page's blocks leave behind."""
    module = ModuleType(page.stem)
    module.__file__ = str(desk / f"{page.stem}.py")
    for block in blocks(page):
        match block.note:
            case "file", name:
                (desk / name).parent.mkdir(parents=True, exist_ok=True)
                (desk / name).write_text(block.code, "utf-8")
        if block.language == "python":
            tree = ast.parse("\n" * (block.line - 1) + block.code)  # so that a traceback names the page's own line
            if block.note and block.note[0] == "not run":
                tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            exec(compile(tree, str(page), "exec"), vars(module))
    return vars(module)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=page_name)
def test_the_examples_run(page: Path, desk: Path) -> None:
    _run(page, desk)


def test_few_examples_are_left_out() -> None:
    noted = [block for page in PAGES for block in blocks(page) if block.note and block.note[0] == "not run"]
    assert all(len(block.note[1].split()) >= 4 for block in noted if block.note), "say why"
    assert len(noted) <= 4


def _effect_in(block: Block) -> str | None:
    """The source of the function `frost_hair` in a block, without comments and as Python itself would write it."""
    for node in ast.parse(block.code).body:
        if isinstance(node, ast.FunctionDef) and node.name == "frost_hair":
            return ast.unparse(node)
    return None


def test_frost_hair_is_everywhere_the_packages_own(desk: Path) -> None:
    import facefx_example

    own = _effect_in(Block("python", inspect.getsource(facefx_example), 1))
    pages = (ROOT / "docs" / "plugins.md", PLUGINS / "facefx-example" / "README.md")
    shown = [_effect_in(block) for page in pages for block in blocks(page) if block.language == "python"]
    assert [source for source in shown if source] == [own, own]


@pytest.mark.slow
def test_the_plugin_of_the_page_works(desk: Path, fresh_registry: Registry) -> None:
    """What docs/plugins.md writes, put together, is a plugin of all four kinds."""
    names = _run(ROOT / "docs" / "plugins.md", desk)
    plugin = ModuleType("plugin")
    vars(plugin).update(names)
    fresh_registry.add("page", "1", "page", plugin)
    names["test_contracts"]()
    check_effect(names["tint_brows"], examples=5)
    (report,) = chain("page:open_mouth").run("portrait.jpg").reports
    assert 0 < report["open_mouth"]["open"] < 1
    (face,) = parse("portrait.jpg", detector="page:passport").faces
    assert face.mask("lips").bbox
    (face,) = parse("portrait.jpg", segmenter="page:skin-colors").faces
    assert face.confidence("face") > 0.6


@pytest.mark.parametrize(("name", "content"), [("my-parser", model_bytes), ("bisenet", bisenet_bytes)])
def test_the_cards_of_the_page_are_whole(desk: Path, name: str, content: Callable[[], bytes]) -> None:
    """Those in docs/models.md, beside a model that has their sha256."""
    _run(ROOT / "docs" / "models.md", desk)
    _is_whole(desk / name / "card.toml", content())


def _is_whole(card: Path, content: bytes) -> None:
    assert ModelCard.read(card.parent).name == card.parent.name
    (card.parent / "model.onnx").write_bytes(content)
    described = ModelCard.read(card.parent).sha256
    card.write_text(card.read_text("utf-8").replace(described, hashlib.sha256(content).hexdigest()), "utf-8")
    assert parse("portrait.jpg", segmenter=card.parent).faces

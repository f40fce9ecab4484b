"""The Hugging Face Space in `spaces/`: what a visitor can ask of it, and what not."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import facefx
from conftest import Fakes
from pages import ROOT

APP = ROOT / "spaces" / "facefx" / "app.py"


class Part:
    """Stands in for any part of a page: it can be nested, and its events can be bound."""

    def __init__(self, *_: Any, **__: Any) -> None: ...
    def __enter__(self) -> Part:
        return self

    def __exit__(self, *_: Any) -> None: ...
    def click(self, *_: Any) -> None: ...
    def change(self, *_: Any) -> None: ...


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, fakes: Fakes) -> ModuleType:
    parts = dict.fromkeys(("Blocks", "Markdown", "Row", "Image", "Tab", "Dropdown", "Button", "Code", "AnnotatedImage"), Part)
    monkeypatch.setitem(sys.modules, "gradio", SimpleNamespace(**parts, Error=type("Error", (Exception,), {})))
    spec = importlib.util.spec_from_file_location("space", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_looks_effects_and_masks(app: Any, portrait: np.ndarray) -> None:
    np.testing.assert_array_equal(app.with_look(portrait, "evening"), facefx.load_look("evening")(portrait))
    done = app.with_effect(portrait, "facefx:recolor_lips", '{"color": "#0050ff"}')
    np.testing.assert_array_equal(done, facefx.chain("recolor_lips", color="#0050ff")(portrait))
    shown, found = app.masks(portrait)
    assert shown is portrait
    assert {name: mask for mask, name in found}["hair"].max() > 0.9
    assert app.with_look(None, "evening") is app.masks(None) is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [('{"shade": 1}', "no parameter"), ("[1]", "JSON object"), ("{", "no JSON"), ('{"strength": 7}', "strength=7")],
)
def test_what_is_wrong_is_said_to_the_visitor(app: Any, portrait: np.ndarray, parameters: str, message: str) -> None:
    with pytest.raises(sys.modules["gradio"].Error, match=message):  # type: ignore[attr-defined]
        app.with_effect(portrait, "facefx:recolor_lips", parameters)


def test_no_visitor_names_files_of_the_server(app: Any, portrait: np.ndarray) -> None:
    for full, spec in app.EFFECTS.items():
        for name, parameter in spec.parameters.items():
            if parameter.kind in ("picture", "cube"):
                assert name not in app.visible(full)
                with pytest.raises(sys.modules["gradio"].Error, match="no parameter"):  # type: ignore[attr-defined]
                    app.with_effect(portrait, full, f'{{"{name}": "/etc/passwd"}}')


def test_it_is_short() -> None:
    assert len(APP.read_text("utf-8").splitlines()) <= 80

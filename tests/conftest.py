"""Fixtures that all tests share. The portraits and the pretended segmenter are in `synthetic.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import settings

from facefx.plugins import installed as plugins
from facefx.plugins.installed import Registry, registry
from facefx.plugins.resolve import DEFAULT_DETECTOR, DEFAULT_SEGMENTER
from synthetic import PORTRAIT, SIZE, FakeDetector, FakeSegmenter, Head, label_picture, painted

settings.register_profile("facefx", deadline=None, max_examples=25)
settings.load_profile("facefx")

#: Names of tests are short enough to be read, and the same for all workers: a profile says when it was made.
_LONGEST_NAME = 24


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test of some bytes is named by how many they are."""
    return f"{argname} of {len(val)} bytes" if isinstance(val, bytes) and len(val) > _LONGEST_NAME else None


@pytest.fixture(autouse=True)
def _no_models_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing is looked for among the models that whoever runs the tests has added, and nothing is added to them."""
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path_factory.getbasetemp() / "nobodys-data"))


@pytest.fixture
def portrait_labels() -> np.ndarray:
    """The right answer for `portrait`: (189, 187) uint8 in CelebAMask-HQ's order."""
    return label_picture()


@pytest.fixture
def portrait(portrait_labels: np.ndarray) -> np.ndarray:
    """A head with hair, ears, eyes, brows, nose, lips and teeth, on a neck: (189, 187, 3) uint8 RGB."""
    return painted(portrait_labels)


@pytest.fixture
def make_portrait() -> Callable[..., np.ndarray]:
    """``make_portrait(Head((x, y), side, roll), ..., size=(height, width))`` paints any heads: (height, width, 3) uint8."""

    def make(*heads: Head, size: tuple[int, int] = SIZE) -> np.ndarray:
        return painted(label_picture(heads or (PORTRAIT,), size))

    return make


@pytest.fixture
def fake_segmenter() -> FakeSegmenter:
    return FakeSegmenter()


@pytest.fixture
def fake_detector() -> FakeDetector:
    return FakeDetector()


@pytest.fixture
def fresh_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry of the built-in things alone, whatever is installed here; gone after the test."""
    monkeypatch.setenv("FACEFX_PLUGINS", "off")
    monkeypatch.delenv("FACEFX_STRICT_PLUGINS", raising=False)
    plugins._find.cache_clear()
    yield registry()
    plugins._find.cache_clear()


@dataclass(frozen=True)
class Fakes:
    segmenter: FakeSegmenter
    detector: FakeDetector


@pytest.fixture
def fakes(fresh_registry: Registry, fake_segmenter: FakeSegmenter, fake_detector: FakeDetector) -> Fakes:
    """Makes the fakes the default segmenter and detector, under the default names, so that no model file is needed.

    Nothing is there that finds whole people: bodies are told by their colours.
    """
    fresh_registry.segmenters.items[f"facefx:{DEFAULT_SEGMENTER}"] = lambda: fake_segmenter
    fresh_registry.detectors.items[f"facefx:{DEFAULT_DETECTOR}"] = lambda: fake_detector
    fresh_registry.person_segmenters.items.clear()
    return Fakes(fake_segmenter, fake_detector)

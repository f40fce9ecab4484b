"""Finding plugins: names, isolation, and what is said of broken ones."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import facefx
from facefx.declare.declarations import analyzer, effect
from facefx.errors import AmbiguousName, PluginError, UnknownName
from facefx.plugins import installed as plugins
from facefx.plugins.hookspecs import hookimpl
from facefx.plugins.installed import registry
from synthetic import FakeDetector, FakeSegmenter


@effect(region="lips")
def tint(image: np.ndarray) -> np.ndarray:
    """Tint."""
    return image


@analyzer()
def mood(face: facefx.Face) -> dict[str, Any]:
    """Guess."""
    return {}


class Entry:
    """An entry point as an installed distribution has it."""

    def __init__(self, distribution: str, load: Callable[[], object], name: str = "main") -> None:
        self.name, self.value = name, f"{distribution}_module"
        self.dist = SimpleNamespace(name=distribution, version="1.2")
        self.load = load


def module(**hooks: Callable[[], Any]) -> ModuleType:
    """A plugin module with these hooks."""
    made = ModuleType("plugin")
    for name, function in hooks.items():
        function.__name__ = name
        setattr(made, name, hookimpl(function))
    return made


def effects(*specs: Any) -> Callable[[], object]:
    return lambda: module(facefx_effects=lambda: list(specs))


class Unkind(BaseException):
    """An error of a plugin's own, which cannot even be shown."""

    def __str__(self) -> str:
        raise SystemExit(3)

    __repr__ = __str__


Install = Callable[..., plugins.Registry]


@pytest.fixture
def install(fresh_registry: plugins.Registry, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes a registry in which these entry points, and no others, are installed."""

    def make(*entries: Entry, **environment: str) -> plugins.Registry:
        monkeypatch.delenv("FACEFX_PLUGINS")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(plugins, "entry_points", lambda group: list(entries) if group == "facefx" else [])
        plugins._find.cache_clear()
        return registry()

    return make


def raising(error: BaseException) -> Callable[[], object]:
    def load() -> object:
        raise error

    return load


def test_the_built_in_things_come_through_the_hooks(fresh_registry: plugins.Registry) -> None:
    (builtin,) = fresh_registry.plugins
    assert builtin.distribution == "facefx"
    assert {"recolor_lips", "recolor_hair", "face_boxes", "cascade", "whole_frame"} <= set(builtin.offers)
    assert fresh_registry.effects["recolor_lips"] is fresh_registry.effects["facefx:recolor_lips"]
    assert fresh_registry.detector("cascade") is fresh_registry.detector("facefx:cascade")


def test_a_plugin_of_every_kind(install: Install, portrait: np.ndarray) -> None:
    offered = module(
        facefx_effects=lambda: [tint],
        facefx_analyzers=lambda: [mood],
        facefx_segmenters=lambda: {"colours": FakeSegmenter},
        facefx_detectors=lambda: {"blobs": FakeDetector},
    )
    found = install(Entry("Facefx-More", lambda: offered))
    assert found.effects["facefx-more:tint"] is tint
    assert found.analyzers["mood"] is mood
    assert found.segmenter("colours") is found.segmenter("facefx-more:colours")
    assert found.plugins[-1] == plugins.PluginInfo("facefx-more", "1.2", "main", ("tint", "mood", "colours", "blobs"))
    (report,) = facefx.analyze(portrait, segmenter="colours", detector="blobs")
    assert report["mood"] == {}


def test_a_segmenter_is_made_once(install: Install) -> None:
    made = []
    hooks = module(facefx_segmenters=lambda: {"colours": lambda: made.append(1) or FakeSegmenter()})
    found = install(Entry("more", lambda: hooks))
    assert not made  # not before it is asked for
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(found.segmenter, ["colours"] * 8))
    assert len(made) == 1


@pytest.mark.parametrize(
    ("load", "problem"),
    [
        (raising(ImportError("no module named torch")), "ImportError: no module named torch"),
        (raising(ZeroDivisionError("oops")), "ZeroDivisionError: oops"),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(Unkind()), "Unkind: its message cannot be shown"),
        (raising(type("Stop", (KeyboardInterrupt,), {})("now")), "Stop: now"),
        (raising(ValueError("x" * 10**6)), "xxx..."),
        (lambda: module(facefx_effects=lambda: [Unkind()] * 10**6), "must return functions under @effect"),
        (lambda: module(facefx_effects=lambda: itertools.count()), "must return functions under @effect"),
        (lambda: module(facefx_effects=lambda: itertools.repeat(tint)), "must return functions under @effect"),
        (lambda: module(facefx_detectors=lambda: {"x" * 10**6: 3}), "must return a dict of names and functions"),
        (lambda: module(facefx_efects=lambda: [tint]), "facefx_efects"),
        (lambda: ModuleType("empty"), "no hook marked with facefx.hookimpl; the hooks are facefx_effects"),
        (lambda: module(facefx_effects=lambda: None), "facefx_effects returned None"),
        (lambda: module(facefx_effects=lambda: 3), "must return functions under @effect; it returned 3"),
        (lambda: module(facefx_effects=lambda: "tint"), "must return functions under @effect"),
        (lambda: module(facefx_effects=lambda: [lambda image: image]), "must return functions under @effect"),
        (lambda: module(facefx_effects=lambda: [mood]), "must return functions under @effect"),
        (lambda: module(facefx_analyzers=lambda: [tint]), "must return functions under @analyzer"),
        (lambda: module(facefx_detectors=lambda: [FakeDetector]), "must return a dict of names and functions"),
        (lambda: module(facefx_segmenters=lambda: {"colours": 3}), "must return a dict of names and functions"),
        (lambda: module(facefx_effects=lambda: [tint, tint]), "offers one name twice: tint, tint"),
        (lambda: module(facefx_effects=lambda: 1 / 0), "ZeroDivisionError"),
        (lambda: module(facefx_effects=lambda argument: [tint]), "argument"),
    ],
)
def test_a_broken_plugin_is_listed_and_hurts_nobody(
    install: Install, load: Callable[[], object], problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        other = module(facefx_analyzers=lambda: [mood])
        found = install(Entry("a-good-one", effects(tint)), Entry("broken", load), Entry("other", lambda: other))
    info = next(p for p in found.plugins if p.distribution == "broken")
    assert problem in info.problem
    assert len(info.problem) < 3000
    assert info.offers == ()
    assert "broken:main is broken and not used" in caplog.text
    assert problem in caplog.text
    assert found.effects["tint"] is tint
    assert found.analyzers["mood"] is mood
    assert not any(name.startswith("broken:") for kind in (found.effects, found.analyzers, found.segmenters) for name in kind.items)


def test_a_plugin_is_taken_whole_or_not_at_all(install: Install) -> None:
    half = module(facefx_analyzers=lambda: [mood], facefx_effects=lambda: [3])
    found = install(Entry("half", lambda: half))
    with pytest.raises(UnknownName):
        found.analyzers["mood"]


def test_strict_mode_makes_a_broken_plugin_an_error(install: Install) -> None:
    with pytest.raises(PluginError, match=r"broken:main is broken: ImportError: no torch"):
        install(Entry("broken", raising(ImportError("no torch"))), FACEFX_STRICT_PLUGINS="1")


@pytest.mark.parametrize("off", ["off", "0", "NO", "false"])
def test_plugins_can_be_switched_off(install: Install, off: str) -> None:
    loaded = []
    found = install(Entry("more", lambda: loaded.append(1)), FACEFX_PLUGINS=off)
    assert not loaded
    assert [p.distribution for p in found.plugins] == ["facefx"]


def test_a_name_that_two_have_must_be_said_in_full(install: Install) -> None:
    found = install(Entry("b", effects(tint)), Entry("a", effects(tint)))
    with pytest.raises(AmbiguousName, match="2 effects are called 'tint'; say which: a:tint, b:tint"):
        found.effects["tint"]
    assert found.effects["a:tint"] is tint
    with pytest.raises(UnknownName, match=r"a:tint.*b:tint"):
        found.effects["c:tint"]


def test_nobody_takes_a_built_in_name_away(install: Install) -> None:
    @effect(region="hair")
    def recolor_lips(image: np.ndarray) -> np.ndarray:
        """Not lipstick."""
        return image

    found = install(Entry("squatter", effects(recolor_lips)))
    assert found.effects["facefx:recolor_lips"].region == "lips"
    with pytest.raises(AmbiguousName):
        found.effects["recolor_lips"]


def test_two_entry_points_of_one_distribution(install: Install) -> None:
    found = install(Entry("more", effects(tint), "one"), Entry("more", lambda: module(facefx_analyzers=lambda: [mood]), "two"))
    assert found.effects["more:tint"] is tint
    assert found.analyzers["more:mood"] is mood


def test_a_name_offered_twice_by_one_distribution(install: Install) -> None:
    found = install(Entry("more", effects(tint), "one"), Entry("more", effects(tint), "two"))
    assert [p.problem for p in found.plugins[1:]] == ["", "more:tint is offered twice; names within a distribution must differ"]


def test_the_registry_is_found_once(install: Install) -> None:
    loaded = []
    install(Entry("more", lambda: loaded.append(1) or module(facefx_effects=lambda: [tint])))
    assert registry() is registry()
    assert len(loaded) == 1


def test_a_plugins_model_folder(install: Install, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the tests make their models with the package onnx: pip install onnx")
    from tiny_models import write_model

    folder = write_model(tmp_path / "tiny")
    found = install(Entry("more", lambda: module(facefx_segmenters=lambda: {"theirs": folder})))
    assert found.segmenter("theirs").name == "tiny"

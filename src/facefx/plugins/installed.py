"""Finding plugins, loading them one by one, and what they offer, by name.

pluggy is asked once, when the first name is looked up; never per image. The built-in effects, analyzers, segmenters and
detectors come in through the same hooks as everybody's.

Environment: ``FACEFX_PLUGIN_FILES`` names files that are plugins, too; ``FACEFX_PLUGINS=off`` loads the built-in ones only;
``FACEFX_STRICT_PLUGINS=1`` makes a broken plugin an error.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

import pluggy

from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..errors import AmbiguousName, PluginError, UnknownName
from ..face.values import Detector, Segmenter
from ..inference.cards import ENVIRONMENT, ModelCard, PersonCard, local_models
from ..inference.detector.onnx import OnnxDetector
from ..inference.segmenter import OnnxSegmenter
from ..shown import shown
from . import files, hookspecs
from .checked import checked_detector, checked_person_segmenter, checked_segmenter, guarded, is_interruption, message_of

__all__ = ["PluginInfo", "Registry", "register", "registry", "use_file"]

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Declared = TypeVar("Declared", EffectSpec, AnalyzerSpec)
#: The home of what was registered in this process.
_SESSION = "session"


@dataclass(frozen=True)
class PluginInfo:
    """One plugin: where it comes from, what it offers, and why it is not used if it is broken."""

    distribution: str
    version: str
    entry: str
    offers: tuple[str, ...] = ()
    problem: str = ""


@dataclass
class Names(Generic[Item]):
    """Things of one kind by their full names, ``distribution:name``; the short name does while it is unique."""

    kind: str
    items: dict[str, Item] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        """Whether a full name, or a short one that a single thing has, is known."""
        return name in self.items or [full.partition(":")[2] for full in self.items].count(name) == 1

    def full_name(self, name: str) -> str:
        """Raises `UnknownName`, or `AmbiguousName` for a short name that several have."""
        if name in self.items:
            return name
        matches = [full for full in self.items if full.partition(":")[2] == name]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AmbiguousName(self.kind, name, matches)
        known = self.items if ":" in name else [full.partition(":")[2] for full in self.items]
        raise UnknownName(self.kind, name, known)

    def __getitem__(self, name: str) -> Item:
        return self.items[self.full_name(name)]


@dataclass
class Registry:
    """What is installed."""

    effects: Names[EffectSpec] = field(default_factory=lambda: Names("effect"))
    analyzers: Names[AnalyzerSpec] = field(default_factory=lambda: Names("analyzer"))
    segmenters: Names[Any] = field(default_factory=lambda: Names("segmenter"))
    detectors: Names[Any] = field(default_factory=lambda: Names("detector"))
    person_segmenters: Names[Any] = field(default_factory=lambda: Names("person segmenter"))
    plugins: list[PluginInfo] = field(default_factory=list)
    _made: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    _making: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _lock: Any = field(default_factory=RLock, repr=False)  # what makes one thing may ask for another

    def segmenter(self, name: str) -> Segmenter:
        """The segmenter of that name, made once. Raises `UnknownName`, `ModelError` or `PluginError`."""
        full = self.segmenters.full_name(name)
        return self._once("segmenter", full, lambda: checked_segmenter(_made(self.segmenters[full]), f"the segmenter {full!r}"))

    def detector(self, name: str) -> Detector:
        """The detector of that name, made once. Raises `UnknownName`, `ModelError` or `PluginError`."""
        full = self.detectors.full_name(name)
        return self._once(
            "detector", full, lambda: checked_detector(_made_detector(self.detectors[full]), f"the detector {full!r}")
        )

    def person_segmenter(self, name: str) -> Segmenter:
        """What finds whole people under that name, made once. Raises `UnknownName`, `ModelError` or `PluginError`."""
        full = self.person_segmenters.full_name(name)
        what = f"the person segmenter {full!r}"
        return self._once(
            "person segmenter", full, lambda: checked_person_segmenter(_made(self.person_segmenters[full], PersonCard), what)
        )

    def version_of(self, name: str) -> str:
        """The version of the distribution that offers what has that full name."""
        distribution = name.partition(":")[0]
        return next((plugin.version for plugin in self.plugins if plugin.distribution == distribution), "?")

    def _once(self, kind: str, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if (kind, name) in self._making:
                raise PluginError(f"the {kind} {name!r} asks for itself while it is being made; give it another one's name")
            if (kind, name) not in self._made:
                self._making.add((kind, name))
                try:
                    with guarded(f"the {kind} {name!r} could not be made: its function"):
                        self._made[kind, name] = make()
                finally:
                    self._making.discard((kind, name))
            return self._made[kind, name]

    def add(self, distribution: str, version: str, entry: str, plugin: object) -> None:
        """Take in one plugin, whole or not at all. Raises `PluginError` if it is broken."""
        offered = _offers(plugin, f"{distribution}:{entry}")
        new: dict[str, dict[str, Any]] = {hook: {} for hook, _ in _HOOKS.values()}
        for hook, names in new.items():
            for name, item in offered.get(hook, {}).items():
                full = f"{distribution}:{name}"
                if full in names or full in getattr(self, hook).items:
                    raise PluginError(f"{full} is offered twice; names within a distribution must differ")
                names[full] = item
        for hook, names in new.items():
            getattr(self, hook).items.update(names)
        listed = tuple(name.partition(":")[2] for names in new.values() for name in names)
        self.plugins.append(PluginInfo(distribution, version, entry, listed))


def _made(made: Path | Callable[[], Any], kind: type[ModelCard] = ModelCard) -> Any:
    return OnnxSegmenter(kind.read(made)) if isinstance(made, Path) else made()


def _made_detector(made: Path | Callable[[], Any]) -> Any:
    return OnnxDetector.from_folder(made) if isinstance(made, Path) else made()


def _offers(plugin: object, entry: str) -> dict[str, dict[str, Any]]:
    """What one plugin's hooks return, by kind and name. A manager of its own, so that no plugin can disturb another."""
    manager = pluggy.PluginManager("facefx")
    manager.add_hookspecs(hookspecs)
    try:
        name = manager.register(plugin, name=entry)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{entry}: {error}") from error
    if name is None or not manager.get_hookcallers(plugin):
        raise PluginError(f"{entry} has no hook marked with facefx.hookimpl; the hooks are {', '.join(_HOOKS)}")
    offered: dict[str, dict[str, Any]] = {}
    for hook, (kind, wanted) in _HOOKS.items():
        caller = getattr(manager.hook, hook)
        answers = caller()
        if len(answers) < len(caller.get_hookimpls()):  # pluggy leaves out None
            raise PluginError(f"{entry}: {hook} returned None; it must return what it offers")
        for answer in answers:
            offered.setdefault(kind, {}).update(_by_name(answer, wanted, f"{entry}: {hook}"))
    return offered


_HOOKS: dict[str, tuple[str, Any]] = {
    "facefx_effects": ("effects", EffectSpec),
    "facefx_analyzers": ("analyzers", AnalyzerSpec),
    "facefx_segmenters": ("segmenters", None),
    "facefx_detectors": ("detectors", None),
    "facefx_person_segmenters": ("person_segmenters", None),
}


#: Effects or analyzers of one plugin.
_MOST = 1000


def _by_name(answer: Any, wanted: Any, where: str) -> dict[str, Any]:
    if wanted is None:
        if not isinstance(answer, Mapping) or not all(callable(v) or isinstance(v, Path) for v in answer.values()):
            raise PluginError(f"{where} must return a dict of names and functions (or model folders); it returned {shown(answer)}")
        return dict(answer)
    items = list(islice(answer, _MOST + 1)) if isinstance(answer, Iterable) else [answer]
    if len(items) > _MOST or not all(isinstance(item, wanted) for item in items):
        decorator = "@effect" if wanted is EffectSpec else "@analyzer"
        raise PluginError(f"{where} must return functions under {decorator}; it returned {shown(answer)}")
    if len({item.name for item in items}) < len(items):
        raise PluginError(f"{where} offers one name twice: {', '.join(item.name for item in items)}")
    return {item.name: item for item in items}


def register(declared: Declared) -> Declared:
    """Give an effect or analyzer a home in this process, ``session:NAME``: chains, looks and the registry know it by its name.

    Parameters
    ----------
    declared : a function under `facefx.effect` or `facefx.analyzer`. Another one of that name that was registered so is replaced,
        as when a notebook's cell is run again; nobody else's is.

    Returns
    -------
    The same, so that ``@facefx.register`` may stand above ``@facefx.effect``.

    Raises
    ------
    PluginError
        If it is nothing of the kind.
    """
    if not isinstance(declared, EffectSpec | AnalyzerSpec):
        called = getattr(declared, "__name__", type(declared).__name__)
        raise PluginError(f"{shown(called)} cannot be registered; allowed is a function under @facefx.effect or @facefx.analyzer")
    found = registry()
    full = f"{_SESSION}:{declared.name}"
    found.effects.items.pop(full, None)
    found.analyzers.items.pop(full, None)
    found.plugins[:] = [plugin for plugin in found.plugins if (plugin.distribution, plugin.entry) != (_SESSION, declared.name)]
    found.add(_SESSION, "-", declared.name, files.plugin_of(declared))
    return declared


def use_file(path: Path) -> None:
    """Load a Python file as a plugin, in this process and in those that it starts: ``STEM:NAME``, see `FACEFX_PLUGIN_FILES`.

    Raises
    ------
    PluginError
        If it cannot be loaded, declares nothing, or plugins are switched off.
    """
    path, found = path.resolve(), registry()
    if _switched_off():
        raise PluginError(f"{str(path)!r} is not used: plugins are switched off by FACEFX_PLUGINS; unset it")
    if str(path) in {plugin.entry for plugin in found.plugins if not plugin.problem}:
        return
    _load(found, path.stem, "-", str(path), partial(files.load_file, path), strict=True)
    before = os.environ.get(files.ENVIRONMENT)
    os.environ[files.ENVIRONMENT] = os.pathsep.join(filter(None, [before, str(path)]))


def registry() -> Registry:
    """What is installed, found at the first call; threads that ask at once wait for one answer."""
    with _finding:
        return _find()


_finding = RLock()  # a plugin may ask for the registry while it is being loaded


@cache
def _find() -> Registry:
    from . import builtin, local  # here, because what they offer needs what stands above

    found = Registry()
    found.add("facefx", _version("facefx"), "builtin", builtin)
    if local_models():
        found.add(local.DISTRIBUTION, "-", ENVIRONMENT, local)
    strict = os.environ.get("FACEFX_STRICT_PLUGINS") == "1"
    if not _switched_off():
        for entry in sorted(entry_points(group="facefx"), key=lambda e: (_distribution(e), e.name)):
            _load(found, _distribution(entry), entry.dist.version if entry.dist else "?", entry.name, entry.load, strict)
        for path in files.plugin_files():
            _load(found, path.stem, "-", str(path), partial(files.load_file, path), strict)
    return found


def _load(found: Registry, distribution: str, version: str, entry: str, load: Callable[[], object], strict: bool) -> None:
    """Load one plugin; a broken one is listed with its problem and hurts nobody else, or is an error if `strict`."""
    try:
        found.add(distribution, version, entry, load())
    except BaseException as error:  # a plugin may raise anything at all, or try to exit when it is imported
        if is_interruption(error):
            raise
        problem = message_of(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {message_of(error)}"
        if strict:
            raise PluginError(f"the plugin {distribution}:{entry} is broken: {problem}") from error
        log.warning("the plugin %s:%s is broken and not used: %s", distribution, entry, problem)
        found.plugins.append(PluginInfo(distribution, version, entry, problem=problem))


def _switched_off() -> bool:
    return os.environ.get("FACEFX_PLUGINS", "on").lower() in ("off", "0", "no", "false")


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name.lower() if entry.dist else "unknown"


def _version(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"

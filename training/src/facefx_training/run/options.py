"""What a field of a run's settings is on the command line, and in the commands that a card tells: said once, at the field.

A field that may be given there has an `Option` in its annotation: ``batch: Annotated[int, Option("Pictures a step.")]``. A subclass
that gives such a field another default need not say it again. One field may have several options, and several fields may share one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from inspect import get_annotations
from pathlib import Path
from typing import Any, TypeVar

from facefx.errors import ParameterError

__all__ = ["Entry", "Factor", "Folder", "Folders", "Numbers", "Option", "Pairs", "Place", "from_options", "options_of", "words"]

_Settings = TypeVar("_Settings")


@dataclass(frozen=True)
class Option:
    """A value given as it is.

    Attributes
    ----------
    help : what the command line says of it
    name : on the command line, with underscores; "" for the field's
    usual : what finds the value if none is given, for one that depends on the machine; None for the field's default
    """

    help: str
    name: str = ""
    usual: Callable[[], Any] | None = None

    def takes(self, own: Any) -> Any:
        """The type that the command line reads, where the field's is `own`."""
        return own | None if self.usual else own

    def shows(self, default: Any) -> Any:
        """The default on the command line, where the field's is `default`."""
        return None if self.usual else default

    def read(self, given: Any, before: Any) -> Any:
        """The field's value, where without this option it is `before`."""
        return given

    def write(self, value: Any, default: Any) -> list[str]:
        """What to give, once for each, so that the field is `value`."""
        return [] if value == default else [_text(value)]


class Folder(Option):
    """A path, kept as text. In a card it is the folder's name in capitals, for where it lies is each reader's own matter."""

    def takes(self, own: Any) -> Any:
        return Path if own is str else Path | None

    def read(self, given: Path, before: Any) -> str:
        return str(given)

    def write(self, value: str | None, default: Any) -> list[str]:
        return [_folder_name(value)] if value else []


class Folders(Option):
    """Paths, any number of them, kept and told like `Folder`'s."""

    def takes(self, own: Any) -> Any:
        return list[Path] | None

    def shows(self, default: Any) -> Any:
        return None

    def read(self, given: list[Path], before: Any) -> tuple[str, ...]:
        return tuple(str(path) for path in given)

    def write(self, value: Collection[str], default: Any) -> list[str]:
        return [_folder_name(path) for path in value]


@dataclass(frozen=True)
class Pairs(Option):
    """A=B, any number of times. What A and B are, `left` and `right` tell; an A that is text is a folder."""

    left: Callable[[str], float | str] = float
    right: Callable[[str], float] = float

    def takes(self, own: Any) -> Any:
        return list[str] | None

    def shows(self, default: Any) -> Any:
        return None

    def read(self, given: list[str], before: Any) -> tuple[tuple[float | str, float], ...]:
        return tuple((self.left(a), self.right(b)) for a, b in _split(given))

    def write(self, value: Collection[tuple[float | str, float]], default: Any) -> list[str]:
        return [f"{_folder_name(a) if isinstance(a, str) else _text(a)}={_text(b)}" for a, b in value if value != default]


class Numbers(Option):
    """NAME=NUMBER, any number of times: those entries of a mapping that are numbers."""

    def takes(self, own: Any) -> Any:
        return list[str] | None

    def shows(self, default: Any) -> Any:
        return None

    def read(self, given: list[str], before: Mapping[str, Any]) -> dict[str, Any]:
        return {**before, **{name: float(text) if "." in text else int(text) for name, text in _split(given)}}

    def write(self, value: Mapping[str, Any], default: Any) -> list[str]:
        return [f"{name}={number}" for name, number in value.items() if not isinstance(number, str)]


class Entry(Option):
    """The entry of a mapping that is called like the option, a word."""

    def takes(self, own: Any) -> Any:
        return str | None

    def shows(self, default: Any) -> Any:
        return None

    def read(self, given: str, before: Mapping[str, Any]) -> dict[str, Any]:
        return {**before, self.name: given}

    def write(self, value: Mapping[str, Any], default: Any) -> list[str]:
        return [str(value[self.name])] if self.name in value else []


class Factor(Option):
    """A number that the field's default is multiplied with."""

    def shows(self, default: Any) -> float:
        return 1.0

    def read(self, given: float, before: float) -> float:
        return given * before

    def write(self, value: float, default: float) -> list[str]:
        return [] if value == default else [_text(value / default)]


@dataclass(frozen=True)
class Place:
    """A field that an option says something of: its name, its type, its default (MISSING if it must be given), the option there."""

    field: str
    type: Any
    default: Any
    option: Option


def options_of(settings: type) -> dict[str, list[Place]]:
    """The options of a dataclass by their name on the command line, those that must be given first."""
    said: dict[str, tuple[Any, list[Option]]] = {}
    for base in reversed(settings.__mro__):
        for name, annotation in get_annotations(base, eval_str=True).items():
            if options := [note for note in getattr(annotation, "__metadata__", ()) if isinstance(note, Option)]:
                said[name] = annotation.__origin__, options
    found: dict[str, list[Place]] = {}
    for field in sorted(fields(settings), key=_has_default):
        default = field.default_factory() if callable(field.default_factory) else field.default
        own, options = said.get(field.name, (None, []))
        for option in options:
            found.setdefault(option.name or field.name, []).append(Place(field.name, own, default, option))
    return found


def from_options(settings: type[_Settings], given: Mapping[str, Any]) -> _Settings:
    """Settings from what the command line was given, by name of the option; None and no texts at all say nothing.

    Raises
    ------
    ParameterError
        The settings do not allow it, or a text is not of the form A=B.
    """
    values: dict[str, Any] = {}
    for name, places in options_of(settings).items():
        for place in places:
            value = given[name]
            if value is None and place.option.usual:
                value = place.option.usual()
            if value is not None and value != []:
                values[place.field] = place.option.read(value, values.get(place.field, place.default))
    return settings(**values)


def words(settings: Any, *, without: Collection[str] = ()) -> list[str]:
    """``--option value`` for all that is not as by default, but for some options; of fields that share one the first counts."""
    return [
        f"--{name.replace('_', '-')} {text}"
        for name, (place, *_) in options_of(type(settings)).items()
        if name not in without
        for text in place.option.write(getattr(settings, place.field), place.default)
    ]


def _has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _folder_name(path: str) -> str:
    return Path(path).name.upper()


def _split(texts: list[str]) -> list[tuple[str, str]]:
    """`A=B` as (A, B)."""
    split = [text.rpartition("=") for text in texts]
    for left, _, right in split:
        if not left or not right:
            raise ParameterError(f"{left or right!r} is not of the form A=B.")
    return [(left, right) for left, _, right in split]

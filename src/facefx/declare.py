"""`@effect` and `@analyzer`: one declaration that gives checks, the command line, JSON Schema, saved looks and tests.

A declared function's positional arguments are what the core supplies; its keyword-only ones are the user's parameters, each with a
default and an annotation: ``bool``, ``Literal[...]``, `Color`, or ``int`` or ``float`` with a `Range`.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from . import color as colors
from .errors import ParameterError
from .labels import Label, Region, labels_of

__all__ = ["AnalyzerSpec", "Color", "EffectSpec", "Parameter", "Range", "analyzer", "effect"]

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Range:
    """The closed interval that a number must lie in."""

    low: float
    high: float


class _ColorMark:
    """Tells a `Color` from other text."""


#: A colour parameter: given as a hex code or a CSS name, handed to the effect as ``"#rrggbb"``.
Color = Annotated[str, _ColorMark()]


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, kind, default, what it may be, and what it means."""

    name: str
    kind: Literal["bool", "int", "float", "choice", "color"]
    default: bool | int | float | str
    help: str = ""
    range: Range | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any, owner: str) -> bool | int | float | str:
        """The value in its canonical form. Raises `ParameterError` if it is of the wrong type or out of range."""
        match self.kind:
            case "bool" if isinstance(value, bool):
                return value
            case "choice" if isinstance(value, str) and value in self.choices:
                return str(value)
            case "color" if isinstance(value, str):
                try:
                    return colors.hex_code(colors.parse(value))
                except ParameterError as error:
                    raise ParameterError(f"{owner}: {self.name} is {error}") from None
            case "int" if isinstance(value, Integral) and not isinstance(value, bool) and self._holds(value):
                return int(value)
            case "float" if isinstance(value, Real) and not isinstance(value, bool) and self._holds(value):
                return float(value)
        raise ParameterError(f"{owner}: {self.name}={value!r} is not allowed; it takes {self.allowed}, by default {self.default!r}")

    def _holds(self, value: Real) -> bool:
        try:
            number = float(value)
        except OverflowError:  # an int of hundreds of digits
            return False
        return math.isfinite(number) and (self.range is None or self.range.low <= number <= self.range.high)

    @property
    def allowed(self) -> str:
        """What the parameter takes, in words."""
        match self.kind:
            case "bool":
                return "true or false"
            case "choice":
                return "one of " + ", ".join(self.choices)
            case "color":
                return "a colour such as '#c00', '#cc0000' or 'plum'"
        number = "a whole number" if self.kind == "int" else "a number"
        return f"{number} from {self.range.low:g} to {self.range.high:g}" if self.range else number

    def from_text(self, text: str, owner: str) -> bool | int | float | str:
        """The value that a command line wrote as `text`."""
        value: Any = text
        try:
            if self.kind == "bool":
                value = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}[
                    text.lower()
                ]
            elif self.kind in ("int", "float"):
                value = int(text) if self.kind == "int" else float(text)
        except (KeyError, ValueError):
            value = text  # `check` says what is wrong with it
        return self.check(value, owner)

    @property
    def json_schema(self) -> dict[str, Any]:
        """The parameter in JSON Schema."""
        match self.kind:
            case "bool":
                schema: dict[str, Any] = {"type": "boolean"}
            case "choice":
                schema = {"enum": list(self.choices)}
            case "color":
                schema = {"type": "string", "format": "color"}
            case "int" | "float":
                schema = {"type": "integer" if self.kind == "int" else "number"}
                if self.range:
                    schema |= {"minimum": self.range.low, "maximum": self.range.high}
        return schema | {"default": self.default} | ({"description": self.help} if self.help else {})


@dataclass(frozen=True)
class _Spec:
    name: str
    function: Callable[..., Any] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    summary: str = ""
    version: str = "1"

    def resolve(self, given: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
        """All parameters, the given ones checked and the rest at their defaults."""
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ParameterError(f"{self.name} has no parameter {name!r}; it has: {known}")
        return {n: p.check(given[n], self.name) if n in given else p.default for n, p in self.parameters.items()}

    @property
    def json_schema(self) -> dict[str, Any]:
        """The parameters as a JSON Schema object."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.name,
            "description": self.summary,
            "type": "object",
            "properties": {name: p.json_schema for name, p in self.parameters.items()},
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class EffectSpec(_Spec):
    """An effect as declared.

    Attributes
    ----------
    region : what it paints on.
    margin : how much of the picture round the region it sees, in face units.
    supplies : the positional arguments that it asked for, of ``image``, ``mask``, ``unit``.
    random : whether it asked for ``rng``.
    """

    region: str = "face"
    margin: float = 0.0
    supplies: tuple[str, ...] = ("image", "mask")
    random: bool = False


@dataclass(frozen=True)
class AnalyzerSpec(_Spec):
    """An analyzer as declared: a function of a `Face` that returns a dict fit for JSON."""


def effect(*, region: Region | Label | str, margin: float = 0.0, version: str = "1") -> Callable[[Callable[..., Any]], EffectSpec]:
    """Declare an effect that paints on a region of each face.

    The function gets, by the names of its positional arguments: ``image``, (h, w, 3) float32 RGB in [0, 1], read-only, the
    part of the picture round the region; ``mask``, (h, w) float32 in [0, 1], read-only; ``unit``, the face's size in pixels,
    which lengths are multiples of. It returns pixels of the image's shape; the core blends them in through the mask. A
    keyword-only ``rng`` is a `numpy.random.Generator` that the core supplies.

    Parameters
    ----------
    region : what it paints on, such as ``"lips"``.
    margin : how much more of the picture it sees on each side, in face units.
    version : raised when the same parameters start to give another picture.

    Examples
    --------
    >>> @effect(region="lips")
    ... def darken_lips(image, mask, *, strength: Annotated[float, Range(0, 1)] = 0.5):
    ...     "Darken the lips."
    ...     return image * (1 - strength)
    """
    labels_of(region)

    def declare(function: Callable[..., Any]) -> EffectSpec:
        supplies, parameters, rng = _signature(function, allowed=("image", "mask", "unit"))
        return EffectSpec(
            name=function.__name__,
            function=function,
            parameters=parameters,
            summary=_first_line(function),
            version=version,
            region=str(getattr(region, "value", region)),
            margin=margin,
            supplies=supplies,
            random=rng,
        )

    return declare


def analyzer(*, version: str = "1") -> Callable[[Callable[..., Any]], AnalyzerSpec]:
    """Declare an analyzer: a function of a `Face` that measures, and returns a dict of what JSON can hold."""

    def declare(function: Callable[..., Any]) -> AnalyzerSpec:
        _, parameters, rng = _signature(function, allowed=("face",))
        if rng:
            raise TypeError(f"{function.__name__}: an analyzer measures and so takes no rng; only effects may")
        return AnalyzerSpec(function.__name__, function, parameters, _first_line(function), version)

    return declare


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").split("\n", 1)[0]


def _signature(function: Callable[..., Any], allowed: tuple[str, ...]) -> tuple[tuple[str, ...], Mapping[str, Parameter], bool]:
    """The names of a function's positional arguments, its parameters, and whether it wants ``rng``."""
    name = function.__name__
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise TypeError(f"{name!r}: names are lower case words joined by underscores, such as recolor_lips")
    hints = get_type_hints(function, include_extras=True)
    positional, parameters = [], {}
    for argument in inspect.signature(function).parameters.values():
        if argument.kind is argument.POSITIONAL_OR_KEYWORD and argument.name in allowed:
            positional.append(argument.name)
        elif argument.kind is argument.KEYWORD_ONLY and argument.name != "rng":
            parameters[argument.name] = _parameter(name, argument, hints.get(argument.name))
        elif argument.kind is not argument.KEYWORD_ONLY:
            raise TypeError(
                f"{name}: the core cannot supply the positional argument {argument.name!r}, only {', '.join(allowed)}; "
                "put a * before the user's parameters"
            )
    return tuple(positional), MappingProxyType(parameters), "rng" in inspect.signature(function).parameters


def _parameter(owner: str, argument: inspect.Parameter, hint: Any) -> Parameter:
    base, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    limits = next((e for e in extras if isinstance(e, Range)), None)
    described = next((e for e in extras if isinstance(e, str)), "")
    if argument.default is argument.empty:
        raise TypeError(f"{owner}: the parameter {argument.name!r} needs a default")
    if base is str and any(isinstance(e, _ColorMark) for e in extras):
        parameter = Parameter(argument.name, "color", argument.default, described)
    elif base is bool:
        parameter = Parameter(argument.name, "bool", argument.default, described)
    elif base in (int, float) and limits:
        parameter = Parameter(argument.name, "int" if base is int else "float", argument.default, described, limits)
    elif get_origin(base) is Literal and all(isinstance(c, str) for c in get_args(base)):
        parameter = Parameter(argument.name, "choice", argument.default, described, choices=get_args(base))
    else:
        raise TypeError(
            f"{owner}: the parameter {argument.name!r} is annotated {hint!r}; allowed are bool, Literal of texts, Color, and "
            "Annotated[int, Range(low, high)] or Annotated[float, Range(low, high)]"
        )
    default = parameter.check(argument.default, owner)
    return Parameter(parameter.name, parameter.kind, default, described, limits, parameter.choices)

"""What the user of an effect may set: kinds of parameters, their checks, and how each looks as text and in JSON Schema."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any, Literal, get_args, get_origin

from ..errors import ParameterError, UnknownName
from ..labels import Label, Region, labels_of
from ..pixels import color as colors
from ..shown import shown
from .faces_choice import ALLOWED, FacesChoice

__all__ = ["FACES", "FEATHER", "GROW", "LIGHT", "Color", "CubeFile", "Parameter", "PictureFile", "Range", "RegionName", "declared"]

Value = bool | int | float | str


@dataclass(frozen=True)
class Range:
    """The closed interval that a number must lie in."""

    low: float
    high: float


@dataclass(frozen=True)
class _Mark:
    """Tells a colour or a file name from other text."""

    kind: Literal["color", "picture", "cube", "region"]


#: A colour parameter: given as a hex code or a CSS name, handed to the effect as ``"#rrggbb"``.
Color = Annotated[str, _Mark("color")]
#: The path of a picture, such as a background or a portrait to take make-up from; ``""`` for none. Opened when the effect runs.
PictureFile = Annotated[str, _Mark("picture")]
#: The path of a colour look-up table in the .cube format; ``""`` for none.
CubeFile = Annotated[str, _Mark("cube")]
#: The name of a region or label, or several with ``+`` and ``-`` between them, such as ``"face-eyes"``.
RegionName = Annotated[str, _Mark("region")]
#: The names that a region is put together from.
_REGIONS = tuple(name.value for name in (*Region, *Label))


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, kind, default, what it may be, what it means, and what looks mean that were saved without it."""

    name: str
    kind: Literal["bool", "int", "float", "choice", "color", "picture", "cube", "region", "faces"]
    default: Value
    help: str = ""
    range: Range | None = None
    choices: tuple[str, ...] = ()
    once: Value | None = None

    def check(self, value: Any, owner: str) -> Value:
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
            case "picture" | "cube" if isinstance(value, str) and "\0" not in value:
                return value
            case "region" if isinstance(value, str):
                try:
                    labels_of(value)
                    return str(value)
                except (ParameterError, UnknownName) as error:
                    raise ParameterError(f"{owner}: {self.name}={shown(value)} is not allowed: {error}") from None
            case "int" if _whole(value) and self._holds(value):
                return int(value)
            case "float" if isinstance(value, Real) and not isinstance(value, bool) and self._holds(value):
                return float(value)
            case "faces" if (choice := FacesChoice.of(value)) is not None:
                return choice.canonical
        raise ParameterError(
            f"{owner}: {self.name}={shown(value)} is not allowed; it takes {self.allowed}, by default {self.default!r}"
        )

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
            case "picture":
                return "the path of a picture"
            case "cube":
                return "the path of a .cube file"
            case "region":
                return f"one of {', '.join(self.choices)}, or some of them with + and - between, such as face-eyes"
            case "faces":
                return ALLOWED
        number = "a whole number" if self.kind == "int" else "a number"
        return f"{number} from {self.range.low:g} to {self.range.high:g}" if self.range else number

    def from_text(self, text: str, owner: str) -> Value:
        """The value that a command line wrote as `text`."""
        value: Any = text
        try:
            if self.kind == "bool":
                value = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}[
                    text.lower()
                ]
            elif self.kind in ("int", "float"):
                value = float(text) if self.kind == "float" else int(text)
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
            case "picture" | "cube":
                schema = {"type": "string", "format": "path"}
            case "region":
                schema = {"type": "string", "format": "region", "examples": list(self.choices)}
            case "faces":
                schema = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "description": ALLOWED}]}
            case "int" | "float":
                schema = {"type": "integer" if self.kind == "int" else "number"}
                if self.range:
                    schema |= {"minimum": self.range.low, "maximum": self.range.high}
        return schema | {"default": self.default} | ({"description": self.help} if self.help else {})


#: The parameter that every effect has: the core does the choosing.
FACES = Parameter(
    "faces",
    "faces",
    "all",
    "whose: all, largest, numbers (0,2), all but some (!0), a rectangle ((x0,y0,x1,y1))",
    choices=("all", "largest"),
)
#: Those that the core gives effects in which the user names the region that is painted, or cut out.
GROW = Parameter(
    "grow", "float", 0.0, "how much further the region reaches, in face units; less than 0: less far", Range(-0.3, 0.5)
)
FEATHER = Parameter("feather", "float", 0.0, "over what width the region's edge is softened, in face units", Range(0, 0.5))
#: That of effects whose colours are meant as in white light.
LIGHT = Parameter(
    "light",
    "choice",
    "scene",
    "which light colours are seen in: that of the scene, or absolute, white light of normal exposure",
    choices=("scene", "absolute"),
    once="absolute",
)
_NUMBER = "Annotated[int, Range(low, high)] or Annotated[float, Range(low, high)]"
_ANNOTATIONS = f"bool, Literal of texts, Color, PictureFile, CubeFile, RegionName, and {_NUMBER}"


def declared(owner: str, argument: inspect.Parameter, hint: Any) -> Parameter:
    """The parameter that a keyword-only argument with that annotation declares. Raises `TypeError` if none can be."""
    base, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    limits = next((e for e in extras if isinstance(e, Range)), None)
    mark = next((e for e in extras if isinstance(e, _Mark)), None)
    described = next((e for e in extras if isinstance(e, str)), "")
    if argument.name == FACES.name:
        raise TypeError(f"{owner}: the core gives every effect the parameter 'faces'; it cannot have one of its own")
    if hint is None:
        raise TypeError(f"{owner}: the parameter {argument.name!r} has no annotation; allowed are {_ANNOTATIONS}")
    if argument.default is argument.empty:
        raise TypeError(f"{owner}: the parameter {argument.name!r} needs a default")
    if base is str and mark:
        parameter = Parameter(
            argument.name, mark.kind, argument.default, described, choices=_REGIONS if mark.kind == "region" else ()
        )
    elif base is bool:
        parameter = Parameter(argument.name, "bool", argument.default, described)
    elif base in (int, float) and limits:
        parameter = Parameter(argument.name, "int" if base is int else "float", argument.default, described, limits)
    elif get_origin(base) is Literal and all(isinstance(c, str) for c in get_args(base)):
        parameter = Parameter(argument.name, "choice", argument.default, described, choices=get_args(base))
    else:
        raise TypeError(f"{owner}: the parameter {argument.name!r} is annotated {hint!r}; allowed are {_ANNOTATIONS}")
    try:
        default = parameter.check(argument.default, owner)
    except ParameterError:
        problem = f"the default {argument.name}={argument.default!r} is not allowed; it takes {parameter.allowed}"
        raise TypeError(f"{owner}: {problem}") from None
    return Parameter(parameter.name, parameter.kind, default, described, limits, parameter.choices)


def _whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)

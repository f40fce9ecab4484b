"""`@effect` and `@analyzer`: one declaration that gives checks, the command line, JSON Schema, saved looks and tests.

A declared function's positional arguments are what the core supplies; its keyword-only ones are the user's parameters, each with a
default and an annotation: ``bool``, ``Literal[...]``, `Color`, `PictureFile`, `CubeFile`, `RegionName`, or ``int`` or ``float``
with a `Range`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal, get_type_hints, overload

from ..errors import ParameterError
from ..labels import Label, Region, is_scene_wide, labels_of
from ..shown import shown
from .faces_choice import FacesChoice
from .parameters import FACES, FEATHER, GROW, LIGHT, Color, CubeFile, Parameter, PictureFile, Range, RegionName, Value, declared

__all__ = [
    "AnalyzerSpec",
    "Color",
    "CubeFile",
    "EffectSpec",
    "Kind",
    "Parameter",
    "PictureFile",
    "Range",
    "RegionName",
    "analyzer",
    "effect",
]

Kind = Literal["paint", "cutout", "warp", "overlay"]
Light = Literal["scene", "absolute"]

#: What the core can supply to each kind of effect, besides the keyword-only ``rng``.
SUPPLIES: Mapping[Kind, tuple[str, ...]] = {
    "paint": ("image", "mask", "unit", "face", "portrait"),
    "cutout": ("image", "mask", "unit"),
    "warp": ("image", "unit", "face"),
    "overlay": ("scene", "unit"),
}


@dataclass(frozen=True, eq=False)
class _Spec:
    name: str
    function: Callable[..., Any] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    summary: str = ""
    version: str = "1"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The declared function itself, as it was written: no crop, no mask, no checks."""
        return self.function(*args, **kwargs)

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Value]:
        """All parameters, the given ones checked and the rest at their defaults."""
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ParameterError(f"{self.name} has no parameter {shown(name)}; it has: {known}")
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


@dataclass(frozen=True, eq=False)
class EffectSpec(_Spec):
    """An effect as declared.

    Attributes
    ----------
    kind : ``"paint"``, ``"cutout"``, ``"warp"`` or ``"overlay"``, see `effect`.
    region : what it works on, unless it has a parameter of that name.
    needs : what it must see to do so; its region if empty.
    margin : how much of the picture round the region it sees, in face units.
    supplies : the positional arguments that it asked for.
    random : whether it asked for ``rng``.
    private : whether it is there to hide people, so that no face may be missed, see `effect`.
    shaping : the parameters that change its mask's edge and are the core's business.
    light : the default of its parameter `light`, see `effect`, which is the core's business; None if it has none.
    carried : whether frames of a film may be changed as the frame before was, see `effect`.
    """

    kind: Kind = "paint"
    region: str = "face"
    needs: str = ""
    margin: float = 0.0
    supplies: tuple[str, ...] = ("image", "mask")
    random: bool = False
    private: bool = False
    shaping: tuple[str, ...] = ()
    light: Light | None = None
    carried: bool = False

    def region_of(self, params: Mapping[str, Value]) -> str:
        """What it works on with these parameters."""
        return str(params.get("region", self.region))

    def needed(self, params: Mapping[str, Value]) -> str:
        """The region of a face that it must see to do its work; the whole person's where it works round people."""
        region = str(params.get("region", self.needs or self.region))
        return Region.PERSON.value if is_scene_wide(region) else region

    def needs_faces(self, params: Mapping[str, Value]) -> bool:
        """Whether it has nothing to do in a picture without a face, unless `takes_people_without` one."""
        return self.region_of(params) != Region.PICTURE.value

    def takes_people_without(self, params: Mapping[str, Value]) -> bool:
        """Whether people whose faces are not found will do: for one on whole people, or on what is behind them."""
        faces = FacesChoice.of(params.get("faces", "all"))
        names_nobody = faces is not None and not faces.is_picky and not faces.but
        return names_nobody and labels_of(self.region_of(params)) in (Region.PERSON.labels, {Label.BACKGROUND})


@dataclass(frozen=True, eq=False)
class AnalyzerSpec(_Spec):
    """An analyzer as declared: a function of a `Face` that returns a dict fit for JSON."""


@overload
def effect(function: Callable[..., Any], /) -> EffectSpec: ...


@overload
def effect(
    *,
    region: Region | Label | str = "face",
    needs: Region | Label | str = "",
    kind: Kind = "paint",
    margin: float = 0.0,
    version: str = "1",
    private: bool = False,
    light: Light | None = None,
    carried: bool = False,
) -> Callable[[Callable[..., Any]], EffectSpec]: ...


def effect(
    function: Callable[..., Any] | None = None,
    /,
    *,
    region: Region | Label | str = "face",
    needs: Region | Label | str = "",
    kind: Kind = "paint",
    margin: float = 0.0,
    version: str = "1",
    private: bool = False,
    light: Light | None = None,
    carried: bool = False,
) -> EffectSpec | Callable[[Callable[..., Any]], EffectSpec]:
    """Declare an effect.

    By their names, the function's positional arguments get what they ask for, all of it read-only:

    - ``image``: (h, w, 3) float32 RGB in [0, 1], the part of the picture round the region.
    - ``mask``: (h, w) float32 in [0, 1], the region.
    - ``unit``: the face's size in pixels, which lengths are multiples of.
    - ``face``: a `FaceView`, the other regions and the landmarks of the face, in the image's pixels.
    - ``portrait``: the `Face` in the picture that the parameter ``reference``, a `PictureFile`, names; None if it names none.
    - ``scene``: the whole picture as a `Scene` of the chosen faces.
    - the keyword-only ``rng``: a `numpy.random.Generator`.

    What it returns depends on its kind:

    - ``"paint"`` returns pixels of the image's shape; the core blends them in through the mask.
    - ``"cutout"`` too, and the picture becomes transparent where the mask is not.
    - ``"warp"`` returns a displacement, (h, w, 2) floats: where, in pixels (x, y) from its own place, each pixel's new colour lies.
      The core fades it out towards the border of the image and moves picture and regions by it.
    - ``"overlay"`` returns the whole picture with something drawn on it.

    Where the region is ``"picture"``, ``"background"`` or ``"person"`` it is called once with the whole picture, not once a
    face; the unit is then the largest face's, or a third of the shorter side where there is none. If it has a parameter
    ``region`` (a `RegionName`, or a `Literal` of some), that decides, and one that paints or cuts out gets the parameters ``grow``
    and ``feather``, which change the mask's edge. Every effect gets a parameter ``faces`` from the core, and changes nothing at
    ``strength=0`` if it has a strength.

    Parameters
    ----------
    region : what it works on, such as ``"lips"`` or ``"skin+nose"``.
    needs : what of the face it must see for that, such as ``"eyes"`` for one that paints the skin round them: where the segmenter
        is less sure of it than a run's ``min_confidence``, the face is left alone. By default the region.
    margin : how much more of the picture it sees on each side, in face units.
    version : raised when the same parameters start to give another picture.
    private : whether it hides people. Then no face may be missed, and being parsed badly is no way out: it also gets the faces that
        a more careful look of the detector sees and the parser does not, with the outline of a head for their parsing (the `faces`
        of its scene, if it draws); its mask has the outline of the head in it (`FaceView.outline`), whatever the segmenter says;
        what it returns is shown as it is, not mixed with the old picture in the share of the mask; ``min_confidence`` does not
        count; in films a face is hidden where it is not seen for a while; and what stands beside the pixels is cleared of what may
        show or name someone. It is one that paints on each face, or draws.
    light : for an effect that paints colours which are meant as they look in white light of normal exposure: the default of the
        parameter ``light`` that it gets from the core. With ``"scene"`` it sees the picture as it would look in such light, and
        what it paints is shown in the light of the scene; with ``"absolute"`` it sees the picture as it is. It is one that paints
        on each face.
    carried : for an effect that takes long and makes of each colour, place by place, another one, whatever the strength of the
        lamp, as a dye does: in films it is called for the frames that are parsed, and in the one after each of them colours are
        changed as they were in that. It is one that paints on each face and hides nobody.

    Examples
    --------
    >>> @effect(region="lips")
    ... def darken_lips(image, mask, *, strength: Annotated[float, Range(0, 1)] = 0.5):
    ...     "Darken the lips."
    ...     return image * (1 - strength)
    """
    if kind not in SUPPLIES:
        raise TypeError(f"kind={kind!r} is not allowed; allowed are {', '.join(SUPPLIES)}")
    if private and kind not in ("paint", "overlay"):
        raise TypeError(f"kind={kind!r} is not allowed for a private effect; one that hides people paints or draws")
    if light and (kind != "paint" or private):
        raise TypeError(f"light={light!r} is for an effect that paints on each face and hides nobody")
    if carried and (kind != "paint" or private):
        raise TypeError("carried=True is for an effect that paints on each face and hides nobody")
    labels_of(region)
    if needs:
        labels_of(needs)

    def declare(function: Callable[..., Any]) -> EffectSpec:
        supplies, parameters, rng = _signature(function, allowed=SUPPLIES[kind])
        is_masked = kind in ("paint", "cutout") and not private
        more = (GROW, FEATHER) if is_masked and "region" in parameters else ()
        shaping = {one.name: one for one in more if one.name not in parameters}
        lighting = {LIGHT.name: replace(LIGHT, default=light)} if light else {}
        spec = EffectSpec(
            name=function.__name__,
            function=function,
            parameters=MappingProxyType({**parameters, **shaping, **lighting, FACES.name: FACES}),
            summary=_first_line(function),
            version=version,
            kind=kind,
            region=str(getattr(region, "value", region)),
            needs=str(getattr(needs, "value", needs)),
            margin=margin,
            supplies=supplies,
            random=rng,
            private=private,
            shaping=tuple(shaping),
            light=light,
            carried=carried,
        )
        _check_regions(spec)
        return spec

    return declare if function is None else declare(function)


def _check_regions(spec: EffectSpec) -> None:
    choice = spec.parameters.get("region")
    regions = choice.choices if choice else (spec.region,)
    for name in regions:
        labels_of(name)
    # where any region may be named, so may those that are found once for all
    if spec.private and any(map(is_scene_wide, regions)):
        raise TypeError(
            f"{spec.name}: a private effect is called for each face, so it cannot work on picture, background or person"
        )
    if "face" in spec.supplies and any(map(is_scene_wide, regions)):
        raise TypeError(f"{spec.name}: an effect on picture, background or person is called once for all, so it gets no 'face'")
    if spec.light and any(map(is_scene_wide, regions)):
        raise TypeError(f"{spec.name}: the light is told from a face, so light={spec.light!r} is for an effect on each face")
    if spec.carried and any(map(is_scene_wide, regions)):
        raise TypeError(f"{spec.name}: what is carried follows a face, so carried=True is for an effect on each face")
    reference = spec.parameters.get("reference")
    if "portrait" in spec.supplies and (reference is None or reference.kind != "picture"):
        raise TypeError(f"{spec.name}: 'portrait' needs a parameter reference: PictureFile, which names the picture")


@overload
def analyzer(function: Callable[..., Any], /) -> AnalyzerSpec: ...


@overload
def analyzer(*, version: str = "1") -> Callable[[Callable[..., Any]], AnalyzerSpec]: ...


def analyzer(
    function: Callable[..., Any] | None = None, /, *, version: str = "1"
) -> AnalyzerSpec | Callable[[Callable[..., Any]], AnalyzerSpec]:
    """Declare an analyzer: a function of a `Face` that returns a dict of what JSON can hold; numpy's numbers may be in it."""

    def declare(function: Callable[..., Any]) -> AnalyzerSpec:
        _, parameters, rng = _signature(function, allowed=("face",))
        if rng:
            raise TypeError(f"{function.__name__}: an analyzer measures and so takes no rng; only effects may")
        return AnalyzerSpec(function.__name__, function, MappingProxyType(parameters), _first_line(function), version)

    return declare if function is None else declare(function)


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").split("\n", 1)[0]


def _signature(function: Callable[..., Any], allowed: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Parameter], bool]:
    """The names of a function's positional arguments, its parameters, and whether it wants ``rng``."""
    if not inspect.isfunction(function):
        raise TypeError(f"{function!r:.80} is no function; put the decorator right above a def")
    name = function.__name__
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise TypeError(f"{name!r}: names are lower case words joined by underscores, such as recolor_lips")
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise TypeError(f"{name}: an annotation cannot be understood: {error}; import what it names") from None
    positional, parameters = [], {}
    for argument in inspect.signature(function).parameters.values():
        if argument.kind is argument.POSITIONAL_OR_KEYWORD and argument.name in allowed:
            positional.append(argument.name)
        elif argument.kind is argument.KEYWORD_ONLY and argument.name != "rng":
            parameters[argument.name] = declared(name, argument, hints.get(argument.name))
        elif argument.kind is not argument.KEYWORD_ONLY:
            raise TypeError(
                f"{name}: the core cannot supply the positional argument {argument.name!r}, only {', '.join(allowed)}; "
                "put a * before the user's parameters"
            )
    return tuple(positional), parameters, "rng" in inspect.signature(function).parameters

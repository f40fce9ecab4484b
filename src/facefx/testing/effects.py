"""The contract of effects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..chains.painting import apply_effect, chosen
from ..chains.warping import faded
from ..declare.declarations import AnalyzerSpec, EffectSpec, Parameter
from ..errors import MissingExtra
from ..face.face import Face, FaceView
from ..face.scene import Scene
from ..face.values import Detection
from ..image.canvas import Canvas
from ..pixels.color import hex_code
from .drawn import PORTRAIT, drawn_face, label_picture, painted
from .files import example_file
from .scenes import CONTENTS, SCENES, example_scene

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["check_effect", "parameters"]


def _hypothesis() -> Any:
    try:
        import hypothesis
    except ImportError:
        raise MissingExtra("hypothesis, which facefx.testing draws its examples with,", "test") from None
    return hypothesis


def parameters(spec: EffectSpec | AnalyzerSpec) -> SearchStrategy[dict[str, Any]]:
    """A Hypothesis strategy for all the parameters that a declaration allows, its bounds among them.

    Raises `MissingExtra` if Hypothesis is not installed.
    """
    strategies = _hypothesis().strategies
    return cast(
        "SearchStrategy[dict[str, Any]]", strategies.fixed_dictionaries({n: _values(p) for n, p in spec.parameters.items()})
    )


def _values(parameter: Parameter) -> Any:
    strategies = _hypothesis().strategies
    match parameter.kind:
        case "bool":
            return strategies.booleans()
        case "choice":
            return strategies.sampled_from(parameter.choices)
        case "region":
            return strategies.sampled_from([*parameter.choices, "face-eyes", "hair+hat"])
        case "color":
            channel = strategies.integers(0, 255)
            anything = strategies.tuples(channel, channel, channel).map(lambda rgb: hex_code(np.array(rgb) / 255))
            return strategies.sampled_from(["#000000", "#ffffff", "plum"]) | anything
        case "picture" | "cube":
            return strategies.sampled_from(["", example_file(parameter.kind)])
        case "faces":
            return strategies.sampled_from([*parameter.choices, 0, 1, 7])
    if parameter.range is None:
        return strategies.integers() if parameter.kind == "int" else strategies.floats(allow_nan=False, allow_infinity=False)
    low, high = parameter.range.low, parameter.range.high
    if parameter.kind == "int":
        return strategies.integers(int(np.ceil(low)), int(np.floor(high)))
    return strategies.sampled_from([float(low), float(high)]) | strategies.floats(low, high)


def check_effect(spec: EffectSpec, examples: int = 50) -> None:
    """Run an effect on many scenes with many parameters, through the core as in a chain, and hold it to the contract.

    It changes neither its arguments nor, unless it draws, warps or hides, a pixel outside its mask; if it is private it hides, with
    its defaults, faces that were parsed and others that were only seen; a cutout leaves no colour under what is transparent; it
    returns finite floats of the shape that it must; with the same arguments it gives the same picture; ``strength=0`` changes
    nothing, if it has a strength that goes down to 0; its parameters survive JSON; a warp folds nowhere; and pictures of any size,
    several faces and none, tiny ones and ones cut by the border, and masks of nothing and of everything do not trouble it.

    Parameters
    ----------
    spec : the declared effect.
    examples : how many to draw, after every kind of scene was tried with the defaults.

    Raises
    ------
    AssertionError, EffectError
        If it breaks the contract; Hypothesis prints the smallest example that it found.
    MissingExtra
        If Hypothesis is not installed.
    """
    hypothesis = _hypothesis()
    draw = hypothesis.strategies

    def contract(params: dict[str, Any], kind: str, content: str) -> None:
        _check_parameters(spec, params)
        resolved = spec.resolve(params)
        _check_run(spec, resolved, example_scene(kind, content, spec.region_of(resolved)))

    for kind in SCENES:  # whatever is drawn afterwards, each of them is tried
        try:
            contract({}, kind, "drawn")
        except Exception as error:
            error.add_note(f"with its defaults, in the scene {kind!r}")
            raise
    given = hypothesis.given(params=parameters(spec), kind=draw.sampled_from(SCENES), content=draw.sampled_from(CONTENTS))
    settings = hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    settings(given(contract))()


def _check_parameters(spec: EffectSpec, params: dict[str, Any]) -> None:
    resolved = spec.resolve(params)
    assert spec.resolve(json.loads(json.dumps(resolved))) == resolved, f"{spec.name}: its parameters do not survive JSON"


def _check_run(spec: EffectSpec, params: Mapping[str, Any], scene: Scene) -> None:
    rgb, before = scene.image, scene.image.copy()

    def run(**changes: Any) -> Scene:
        return apply_effect(scene, _unfolded(spec, scene), {**params, **changes}, np.random.SeedSequence(7), _portrait(params))

    result = run()
    assert np.array_equal(rgb, before), f"{spec.name} changed the picture that it was given"
    assert result.image.shape == rgb.shape, f"{spec.name} gave a picture of another size"
    assert result.image.dtype == np.float32, f"{spec.name} gave {result.image.dtype}"
    assert result.image.min() >= 0, f"{spec.name} gave values below 0"
    assert result.image.max() <= 1, f"{spec.name} gave values above 1"
    assert np.array_equal(run().image, result.image), f"{spec.name} gave two pictures for the same arguments"
    if spec.private:
        _check_hidden(spec, params, scene)
    if spec.kind == "cutout":
        bare = np.asarray(result.alpha) == 0 if result.alpha is not None else np.zeros(scene.size, bool)
        assert not result.image[bare].any(), f"{spec.name} left colours under what is transparent"
    elif spec.kind == "paint" and not spec.private:
        people = scene.of([scene.faces[index] for index in chosen(scene.faces, params["faces"])])
        outside = np.asarray(people.mask(spec.region_of(params), **{name: params[name] for name in spec.shaping})) == 0
        assert np.array_equal(result.image[outside], rgb[outside]), f"{spec.name} changed pixels outside of its mask"
    strength = spec.parameters.get("strength")
    if strength and strength.range and strength.range.low == 0:
        assert run(strength=0.0) is scene, f"{spec.name} changed the picture at strength 0"


def _check_hidden(spec: EffectSpec, params: Mapping[str, Any], scene: Scene) -> None:
    """By default all of a face must be replaced, whether it was parsed or only seen."""
    whole = {**spec.resolve({}), "faces": "all"}
    seen = tuple(Face.only_seen([Detection(face.box, face.roll, 0.4)], scene.canvas) for face in scene.faces)
    for people in (scene, replace(scene, faces=(), seen=seen)):
        grain = np.random.default_rng(1).random((*scene.size, 3), np.float32)
        canvas = Canvas.of(grain)
        noisy = replace(people, canvas=canvas)
        hidden = apply_effect(noisy, spec, whole, np.random.SeedSequence(7), _portrait(params)).image
        for face in people.everyone:
            (x0, y0, x1, y1), inside = face.outline("face")
            left = (hidden[y0:y1, x0:x1] == grain[y0:y1, x0:x1]).all(axis=-1) & inside
            assert left.sum() <= 0.01 * inside.sum() or inside.sum() < 16, f"{spec.name} is private and left a face bare"


def _portrait(params: Mapping[str, Any]) -> Face | None:
    """What an effect that copies from a reference gets, if one was drawn."""
    return drawn_face(PORTRAIT, painted(label_picture()).astype(np.float32) / 255) if params.get("reference") else None


def _unfolded(spec: EffectSpec, scene: Scene) -> EffectSpec:
    """The same effect; a warp that checks of each of its answers that no two points change places."""
    if spec.kind != "warp":
        return spec

    def function(face: FaceView, **arguments: Any) -> np.ndarray:
        field = np.asarray(spec.function(**arguments, **({"face": face} if "face" in spec.supplies else {})))
        along_y, along_x = np.gradient(faded(field, face.window, scene.size), axis=(0, 1))
        area = (1 + along_x[..., 0]) * (1 + along_y[..., 1]) - along_x[..., 1] * along_y[..., 0]
        assert area.min() > 0, f"{spec.name} folds the picture: the Jacobian's determinant falls to {area.min():.3g}"
        return field

    return replace(spec, function=function, supplies=tuple({*spec.supplies, "face"}))

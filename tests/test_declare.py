"""Declarations: what parameters take, and what the messages say when they are given something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx.declare.declarations import AnalyzerSpec, Color, EffectSpec, Range, analyzer, effect
from facefx.errors import ParameterError, UnknownName
from facefx.face.face import Face
from facefx.labels import Label, Region
from facefx.testing import parameters


@effect(region=Region.LIPS, margin=0.1, version="3")
def sample(
    image: np.ndarray,
    unit: float,
    *,
    color: Color = "#c00",
    strength: Annotated[float, Range(0, 1), "how much"] = 0.5,
    count: Annotated[int, Range(1, 9), "how many"] = 2,
    shiny: Annotated[bool, "whether it shines"] = False,
    finish: Literal["matte", "gloss"] = "matte",
    rng: np.random.Generator,
) -> np.ndarray:
    """Do something to the lips.

    More about it.
    """
    return image


def test_what_a_declaration_says() -> None:
    assert isinstance(sample, EffectSpec)
    assert (sample.name, sample.region, sample.margin, sample.version) == ("sample", "lips", 0.1, "3")
    assert sample.summary == "Do something to the lips."
    assert sample.supplies == ("image", "unit")
    assert sample.random
    assert list(sample.parameters) == ["color", "strength", "count", "shiny", "finish", "faces"]
    assert sample.parameters["strength"].help == "how much"
    assert sample.parameters["finish"].choices == ("matte", "gloss")
    with pytest.raises(TypeError):
        sample.parameters["x"] = sample.parameters["color"]  # type: ignore[index]


def test_defaults_are_in_canonical_form() -> None:
    assert sample.resolve({}) == {
        "color": "#cc0000",
        "strength": 0.5,
        "count": 2,
        "shiny": False,
        "finish": "matte",
        "faces": "all",
    }


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"color": "PLUM"}, {"color": "#dda0dd"}),
        ({"strength": 1}, {"strength": 1.0}),
        ({"strength": np.float32(0.25)}, {"strength": 0.25}),
        ({"count": np.int64(3)}, {"count": 3}),
    ],
)
def test_values_take_their_canonical_form(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    resolved = sample.resolve(given_)
    for name, value in expected.items():
        assert resolved[name] == value
        assert type(resolved[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("strength", 1.5, "a number from 0 to 1"),
        ("strength", -0.001, "a number from 0 to 1"),
        ("strength", float("nan"), "a number from 0 to 1"),
        ("strength", float("inf"), "a number from 0 to 1"),
        ("strength", "0.5", "a number from 0 to 1"),
        ("strength", True, "a number from 0 to 1"),
        ("strength", None, "a number from 0 to 1"),
        ("strength", np.array([0.5]), "a number from 0 to 1"),
        ("strength", 10**400, "a number from 0 to 1"),
        ("count", 2.0, "a whole number from 1 to 9"),
        ("count", True, "a whole number from 1 to 9"),
        ("count", 10, "a whole number from 1 to 9"),
        ("shiny", 1, "true or false"),
        ("shiny", "true", "true or false"),
        ("finish", "satin", "one of matte, gloss"),
        ("finish", ["matte"], "one of matte, gloss"),
        ("finish", np.array(["matte", "gloss"]), "one of matte, gloss"),
        ("color", 7, "a colour such as"),
        ("color", (255, 0, 0), "a colour such as"),
        ("color", "reddish", "hex code such as"),
    ],
)
def test_what_is_not_allowed_is_said_with_what_is(name: str, value: object, allowed: str) -> None:
    with pytest.raises(ParameterError) as error:
        sample.resolve({name: value})
    message = str(error.value)
    assert "sample" in message
    assert name in message
    assert allowed in message
    assert repr(value)[:40] in message


def test_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="sample has no parameter 'colour'; it has: color, strength, count, shiny, finish"):
        sample.resolve({"colour": "#c00"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("strength", "0.25", 0.25),
        ("strength", "1", 1.0),
        ("count", "7", 7),
        ("shiny", "Yes", True),
        ("shiny", "off", False),
        ("finish", "gloss", "gloss"),
        ("color", "plum", "#dda0dd"),
    ],
)
def test_values_as_text(name: str, text: str, value: object) -> None:
    parsed = sample.parameters[name].from_text(text, "sample")
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("strength", "lots"),
        ("strength", "nan"),
        ("count", "2.5"),
        ("shiny", "maybe"),
        ("finish", "Gloss"),
        ("color", ""),
        ("count", ""),
    ],
)
def test_text_that_is_not_allowed(name: str, text: str) -> None:
    with pytest.raises(ParameterError, match=name):
        sample.parameters[name].from_text(text, "sample")


def obeys(schema: dict[str, Any], value: object) -> bool:
    """As much of JSON Schema as the declarations use."""
    kinds = {"boolean": bool, "integer": int, "number": (int, float), "string": str}
    if "anyOf" in schema:
        return any(obeys(choice, value) for choice in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    right = isinstance(value, kinds[schema["type"]]) and (schema["type"] == "boolean" or not isinstance(value, bool))
    return right and schema.get("minimum", -1e9) <= (value if "minimum" in schema else 0) <= schema.get("maximum", 1e9)  # type: ignore[operator]


def test_the_schema_is_json_and_says_all() -> None:
    schema = json.loads(json.dumps(sample.json_schema))
    assert schema["title"] == "sample"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["strength"] == {
        "type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description": "how much",
    }  # fmt: skip
    assert schema["properties"]["finish"] == {"enum": ["matte", "gloss"], "default": "matte"}
    assert schema["properties"]["count"]["type"] == "integer"
    assert schema["properties"]["color"]["format"] == "color"
    assert schema["properties"]["shiny"]["type"] == "boolean"


@given(st.data())
def test_what_is_allowed_obeys_the_schema_and_survives_json(data: st.DataObject) -> None:
    params = sample.resolve(data.draw(parameters(sample)))
    assert all(obeys(sample.json_schema["properties"][name], value) for name, value in params.items())
    assert sample.resolve(json.loads(json.dumps(params))) == params


def no_default(image: np.ndarray, *, strength: Annotated[float, Range(0, 1)]) -> np.ndarray: ...
def no_range(image: np.ndarray, *, strength: float = 1) -> np.ndarray: ...
def no_annotation(image: np.ndarray, *, strength=1) -> np.ndarray: ...  # type: ignore[no-untyped-def]
def free_text(image: np.ndarray, *, text: str = "") -> np.ndarray: ...
def numbers(image: np.ndarray, *, which: Literal[1, 2] = 1) -> np.ndarray: ...
def positional(image: np.ndarray, strength: Annotated[float, Range(0, 1)] = 1) -> np.ndarray: ...
def catches_all(image: np.ndarray, **params: Any) -> np.ndarray: ...
def NotLower(image: np.ndarray) -> np.ndarray: ...
def _private(image: np.ndarray) -> np.ndarray: ...


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_default, "'strength' needs a default"),
        (no_range, "annotated .*allowed are bool"),
        (no_annotation, "has no annotation; allowed are bool"),
        (free_text, "annotated .*allowed are bool"),
        (numbers, "annotated .*allowed are bool"),
        (positional, "cannot supply the positional argument 'strength', only image, mask, unit, face, portrait; put a \\*"),
        (catches_all, "'params'"),
        (NotLower, "lower case"),
        (_private, "lower case"),
    ],
)
def test_functions_that_cannot_be_effects(function: Callable[..., np.ndarray], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        effect(region="lips")(function)


def too_much(image: np.ndarray, *, strength: Annotated[float, Range(0, 1)] = 2.0) -> np.ndarray: ...


def test_a_default_must_be_allowed() -> None:
    with pytest.raises(TypeError, match=r"the default strength=2\.0 is not allowed; it takes a number from 0 to 1"):
        effect(region="lips")(too_much)


def test_decorators_work_without_parentheses_and_refuse_what_is_no_function() -> None:
    def plain(image: np.ndarray) -> np.ndarray:
        return image

    assert effect(plain).region == "face"
    assert analyzer(lambda_like).name == "lambda_like"
    with pytest.raises(TypeError, match="is no function; put the decorator right above a def"):
        effect(np.mean)
    with pytest.raises(TypeError, match="kind='paintt' is not allowed; allowed are paint, cutout, warp, overlay"):
        effect(kind="paintt")  # type: ignore[call-overload]


def lambda_like(face: object) -> dict[str, int]:
    return {}


def test_an_effect_on_no_region() -> None:
    with pytest.raises(UnknownName, match="lips"):
        effect(region="lip")


@pytest.mark.parametrize("region", ["hair", Label.HAIR])
def test_a_region_by_member_or_name(region: str | Label) -> None:
    def paint(image: np.ndarray) -> np.ndarray: ...

    assert effect(region=region)(paint).region == "hair"


def test_an_analyzer() -> None:
    @analyzer(version="2")
    def mood(face: Face, *, detail: Annotated[int, Range(0, 2)] = 1) -> dict[str, Any]:
        """Guess."""
        return {}

    assert isinstance(mood, AnalyzerSpec)
    assert (mood.name, mood.summary, mood.version) == ("mood", "Guess.", "2")
    assert mood.resolve({"detail": 2}) == {"detail": 2}

    with pytest.raises(TypeError, match="positional argument 'image', only face"):

        @analyzer()
        def wrong(image: np.ndarray) -> dict[str, Any]: ...


def test_specs_are_frozen() -> None:
    with pytest.raises(AttributeError):
        sample.name = "other"  # type: ignore[misc]


def test_an_analyzer_takes_no_chance() -> None:
    with pytest.raises(TypeError, match="takes no rng"):

        @analyzer()
        def guess(face: object, *, rng: object) -> dict[str, float]:
            return {}

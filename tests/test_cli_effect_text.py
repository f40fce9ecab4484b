"""The syntax of ``--effect``."""

from __future__ import annotations

import pytest

from facefx import chain
from facefx.cli.effect_text import chain_from_text, example
from facefx.errors import ParameterError, UnknownName
from facefx.plugins.installed import Registry

pytestmark = pytest.mark.usefixtures("fresh_registry")


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("recolor_lips", {}),
        ("facefx:recolor_lips", {}),
        ("recolor_lips:strength=0.5", {"strength": 0.5}),
        (" recolor_lips : strength = 0.5 , finish = matte ", {"strength": 0.5, "finish": "matte"}),
        ("facefx:recolor_lips:color=rgb(200,0,0),strength=1", {"color": "#c80000", "strength": 1.0}),
        ("recolor_lips:strength=1,color=rgb(200, 0, 0)", {"color": "#c80000", "strength": 1.0}),
        ("recolor_lips:color=hsl(0, 100%, 50%)", {"color": "#ff0000"}),
    ],
)
def test_understood(text: str, given: dict[str, object]) -> None:
    (step,) = chain_from_text(text).steps
    assert step.name == "facefx:recolor_lips"
    assert dict(step.params) == step.spec.resolve({}) | given


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "NAME"),
        ("recolor_lips:", "NAME"),
        ("recolor_lips:strength", "NAME"),
        ("recolor_lips:strength=", "from 0 to 1"),
        ("recolor_lips:strength=1.5", "from 0 to 1"),
        ("recolor_lips:strength=nan", "from 0 to 1"),
        ("recolor_lips:strength=a lot", "from 0 to 1"),
        ("recolor_lips:finish=wet", "matte, satin, gloss"),
        ("recolor_lips:color=cc0000", "color is not a colour: 'cc0000'"),
        ("recolor_lips:gloss=1", "color, strength, finish"),
        ("recolor_lips:strength=1,", "key=value"),
        ("recolor_lips:strength=1,matte", "'matte'"),
        ("recolor_lips:strength=1,strength=0", "twice"),
    ],
)
def test_refused_with_what_is_allowed(text: str, hint: str) -> None:
    with pytest.raises(ParameterError) as refused:
        chain_from_text(text)
    assert hint in str(refused.value)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize("text", ["recolour_lips", "recolour_lips:strength=1", "nobody:recolor_lips", "face_bxes"])
def test_unknown(text: str) -> None:
    with pytest.raises(UnknownName, match="recolor_lips"):
        chain_from_text(text)


def test_the_example_of_every_effect_gives_its_defaults(fresh_registry: Registry) -> None:
    for full, spec in fresh_registry.effects.items.items():
        (step,) = chain_from_text(example(spec)).steps
        assert step.name == full
        assert dict(step.params) == spec.resolve({})


@pytest.mark.parametrize("name", ["a, b.jpg", "=,=.jpg", "a).jpg", "(a,.jpg", ",", "a'b.jpg", 'a"b.jpg', "strength=1,color=red"])
def test_a_file_name_with_commas_stands_in_quotes(name: str) -> None:
    quoted = f'"{name}"' if '"' not in name else name
    for text in (f"picture={quoted},second=red", f"second=red, picture = {quoted} ", f"picture={quoted},color=rgb(1,2,3)"):
        (step,) = chain_from_text(f"replace_background:{text}").steps
        assert step.params["picture"] == name


@pytest.mark.parametrize("faces", ["0,2", "!0,2", "(10,20,300,400)", "!(10.5,-2,300,400)", "!largest"])
def test_commas_of_a_choice_of_faces_do_not_end_it(faces: str) -> None:
    made = chain_from_text(f"anonymize:faces={faces},method=block")
    assert made == chain("anonymize", faces=faces, method="block")

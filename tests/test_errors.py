"""The error tree."""

from __future__ import annotations

import pickle
import re

import pytest

from facefx import chain, errors
from facefx.shown import shown


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^([ │├└─]*)(\w+)(?: {2,}\w.*)?$", line):
            depth, name = len(found[1]), found[2]
            if not hasattr(errors, name):
                continue
            above = [(d, n) for d, n in above if d < depth]
            drawn[name] = above[-1][1] if above else "Exception"
            above.append((depth, name))
    real = {name: getattr(errors, name).__mro__[1].__name__ for name in errors.__all__}
    assert drawn == real


def test_all_is_complete() -> None:
    classes = {n for n, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert classes == set(errors.__all__)


@pytest.mark.parametrize(
    "error",
    [
        *(
            getattr(errors, n)("what was wrong")
            for n in errors.__all__
            if n not in ("UnknownName", "AmbiguousName", "MissingExtra")
        ),
        errors.UnknownName("effect", "recolor_lip", ["recolor_lips", "recolor_hair"]),
        errors.AmbiguousName("effect", "tint", ["b:tint", "a:tint"]),
        errors.MissingExtra("onnxruntime", "cpu"),
        errors.MissingExtra("av", "video", distribution="facefx-training"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_errors_survive_pickling(error: errors.FacefxError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # worker processes send them back so
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_unknown_names_are_helped() -> None:
    error = errors.UnknownName("effect", "recolor_lip", ["recolor_lips", "frost"])
    assert str(error) == "no effect is called 'recolor_lip'. Did you mean 'recolor_lips'? There are: frost, recolor_lips."
    assert str(errors.UnknownName("model", "x", [])) == "no model is called 'x'. There are: none."


def test_ambiguous_names_list_the_full_ones() -> None:
    assert (
        str(errors.AmbiguousName("effect", "tint", ["b:tint", "a:tint"]))
        == "2 effects are called 'tint'; say which: a:tint, b:tint."
    )


def test_a_missing_extra_names_the_pip_line() -> None:
    assert "pip install 'facefx[cpu]'" in str(errors.MissingExtra("onnxruntime", "cpu"))


class Unspeakable:
    def __repr__(self) -> str:
        raise SystemExit


def test_what_was_given_is_shown_in_short() -> None:
    nested: list[object] = ["x"]
    for _ in range(40):
        nested = [nested] * 9
    itself: list[object] = []
    itself.append(itself)
    for value in (nested, itself, 10**5000, "x" * 10**6, {i: i for i in range(10**5)}, Unspeakable(), float("nan"), b"x" * 1000):
        assert len(shown(value)) < 300
    assert (shown("plum"), shown(7), shown(None)) == ("'plum'", "7", "None")
    with pytest.raises(errors.ParameterError, match="strength=a value of type int is not allowed"):
        chain("recolor_lips", strength=10**5000)

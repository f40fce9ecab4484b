"""The chain as the page sends it: a list of steps, some switched off, and files that were uploaded for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..chains.sequence import Chain
from ..chains.steps import make_step
from ..declare.faces_choice import FacesChoice
from ..errors import LookError, ParameterError
from ..held_files import PREFIX
from ..image.canvas import Window

__all__ = ["chain_of", "key_of", "seen_through", "shareable", "steps_for_page", "table_of"]

_MOST = 64


def table_of(body: bytes) -> dict[str, Any]:
    """The table in a request's body, JSON. Raises `ParameterError`."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ParameterError("the body is no JSON table")
    return value


def chain_of(steps: Any, files: Mapping[str, bytes]) -> Chain:
    """The chain of those steps that are on: each ``{"use": name, "params": {...}, "on": bool}``.

    Raises `LookError` for anything else, `ParameterError` or `UnknownName` for what the library does not allow.
    """
    if not isinstance(steps, list) or len(steps) > _MOST or not all(isinstance(step, dict) for step in steps):
        raise LookError(f"the steps are a list of at most {_MOST} tables with use and params")
    made = []
    for step in steps:
        use, params = step.get("use"), step.get("params", {})
        if not isinstance(use, str) or not isinstance(params, dict):
            raise LookError("a step needs use: an effect's name, and params: a table")
        if step.get("on", True):
            one = make_step(use, params)
            for name, parameter in one.spec.parameters.items():
                if parameter.kind in ("picture", "cube") and (value := str(one.params[name])) and not _is_held(value, files):
                    raise ParameterError(f"{use}: {name} names no file that is open here; choose one")
            made.append(one)
    return Chain(tuple(made))


def _is_held(value: str, files: Mapping[str, bytes]) -> bool:
    return value.startswith(PREFIX) and value.removeprefix(PREFIX) in files


def key_of(chain: Chain, upto: int | None = None) -> str:
    """A text that is the same for chains that do the same; of the first steps alone, if so many are given."""
    return json.dumps([[step.name, dict(step.params)] for step in chain.steps[:upto]], sort_keys=True)


def seen_through(chain: Chain, window: Window, size: tuple[int, int]) -> Chain:
    """The chain for what a window of the picture shows at another size, (height, width): a rectangle of faces goes along."""
    x0, y0, x1, y1 = window
    across, down = size[1] / (x1 - x0), size[0] / (y1 - y0)
    steps = []
    for step in chain.steps:
        choice = FacesChoice.of(step.params.get("faces", "all"))
        if choice is None or choice.rectangle is None:
            steps.append(step)
            continue
        left, top, right, bottom = choice.rectangle
        left, right = (round((x - x0) * across, 3) for x in (left, right))
        top, bottom = (round((y - y0) * down, 3) for y in (top, bottom))
        carried = replace(choice, rectangle=(left, top, right, bottom))
        steps.append(make_step(step.name, {**step.params, "faces": carried.canonical}))
    return Chain(tuple(steps), chain.seed)


def shareable(chain: Chain) -> tuple[Chain, list[str]]:
    """The chain without the files that only this studio holds, and the parameters that lost theirs."""
    lost, steps = [], []
    for step in chain.steps:
        held = [name for name, value in step.params.items() if isinstance(value, str) and value.startswith(PREFIX)]
        lost += [f"{step.name.rpartition(':')[2]}: {name}" for name in held]
        steps.append(make_step(step.name, {**step.params, **dict.fromkeys(held, "")}) if held else step)
    return Chain(tuple(steps), chain.seed), lost


def steps_for_page(chain: Chain) -> list[dict[str, Any]]:
    """The steps of a look as the page holds them."""
    return [{"use": step.name, "params": dict(step.params), "on": True} for step in chain.steps]

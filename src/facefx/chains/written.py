"""A chain as somebody would write it: in Python, and for the command line. What is at its default is left out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..errors import AmbiguousName, LookError, UnknownName
from .sequence import Chain
from .steps import Step, full_name_of

__all__ = ["as_command", "as_python"]


def as_python(chain: Chain, picture: str = "portrait.jpg") -> str:
    """Lines of Python that make the chain and run it on a picture of that name."""
    if not chain.steps:
        return "from facefx import Chain\n\nlook = Chain()\n"
    calls = [", ".join([repr(_name(step)), *(f"{name}={value!r}" for name, value in _told(step).items())]) for step in chain.steps]
    first, *others = calls
    seed = f"look = replace(look, seed={chain.seed})\n" if chain.seed else ""
    lines = ["look = (", f"    chain({first})", *(f"    .then({call})" for call in others), ")"]
    made = "\n".join(lines) if others else f"look = chain({first})"
    imports = ("from dataclasses import replace\n\n" if chain.seed else "") + "from facefx import chain, save_image\n"
    return f'{imports}\n{made}\n{seed}result = look.run({picture!r})\nsave_image(result.picture, "edited.png")\n'


def as_command(chain: Chain, picture: str = "portrait.jpg") -> str:
    """A line for a POSIX shell that runs the chain.

    Raises `LookError` for what cannot be written there: a text with a comma, or a seed; a look's file holds both.
    """
    if chain.seed:
        raise LookError(f"the seed {chain.seed} cannot be written on the command line; save the chain as a look and give --look")
    effects = [f"--effect {shlex.quote(_as_text(step))}" for step in chain.steps]
    return " ".join(["facefx apply", shlex.quote(picture), "-o edited.png", *effects])


def _name(step: Step) -> str:
    """The short name, where it is clear whose it is."""
    short = step.name.rpartition(":")[2]
    try:
        return short if full_name_of(short) == step.name else step.name
    except (UnknownName, AmbiguousName):
        return step.name


def _told(step: Step) -> Mapping[str, Any]:
    return {name: value for name, value in step.params.items() if value != step.spec.parameters[name].default}


def _as_text(step: Step) -> str:
    values = []
    for name, value in _told(step).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if name != "faces" and ("," in text or "(" in text or ")" in text or text != text.strip()):
            raise LookError(
                f"{step.name}: {name}={text!r} cannot be written on the command line, where commas and brackets separate values; "
                "save the chain as a look and give --look"
            )
        values.append(f"{name}={text}")
    return f"{_name(step)}:{','.join(values)}" if values else _name(step)

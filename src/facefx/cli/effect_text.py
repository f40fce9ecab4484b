"""Effects as the command line writes them: ``NAME[:key=value[,key=value...]]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import ParameterError, UnknownName
from ..shown import shown

if TYPE_CHECKING:
    from ..chains.sequence import Chain
    from ..declare.declarations import AnalyzerSpec, EffectSpec

__all__ = ["SYNTAX", "chain_from_options", "chain_from_text", "example"]

SYNTAX = "NAME[:key=value[,key=value...]]"
#: A name, perhaps a full one (distribution:name), then perhaps the parameters.
_EFFECT = re.compile(r"(?P<name>[^:=]+(?::[^:=]+)?)(?::(?P<params>[^:=]+=.*))?", re.DOTALL)
_MORE_FACES = re.compile(r"\s*!?[0-9]+\s*")
#: A comma that ends a value, as its group, or what commas may stand in without ending it.
_COMMA = re.compile(r'=\s*"[^"]*"|\([^()]*\)|(,)')


def chain_from_options(look: Sequence[Path] | None, effect: Sequence[str] | None, *, measuring: bool = False) -> Chain:
    """The chain that ``--look`` and ``--effect`` ask for, looks first.

    Raises `typer.BadParameter` if that is nothing, or nothing but analyzers where they are of no use (unless `measuring`).
    """
    from ..chains.sequence import Chain, load_look
    from ..declare.declarations import EffectSpec

    chain = reduce(or_, [*map(load_look, look or ()), *map(chain_from_text, effect or ())] or [Chain()])
    if not chain.steps:
        raise typer.BadParameter("there is nothing to do: give an effect, or a look that has one", param_hint="'--effect'")
    if not measuring and not any(isinstance(step.spec, EffectSpec) for step in chain.steps):
        names = ", ".join(step.name for step in chain.steps)
        problem = f"{names} measures and changes nothing; use it with facefx apply or analyze"
        raise typer.BadParameter(problem, param_hint="'--effect'")
    return chain


def chain_from_text(text: str) -> Chain:
    """A chain of the one effect or analyzer that `text` names, such as ``"recolor_lips:color=#c00,strength=0.8"``.

    Raises `ParameterError`, `UnknownName` or `AmbiguousName`; the messages quote the text.
    """
    from ..chains.sequence import Chain
    from ..chains.steps import full_name_of, make_step
    from ..plugins.installed import registry

    match = _EFFECT.fullmatch(text.strip())
    if match is None:
        raise _not_understood(text)
    name = match["name"].strip()
    try:
        full = full_name_of(name)
    except UnknownName:
        head, found = name.partition(":")[0], registry()
        if head != name and any(head in (n, n.partition(":")[2]) for n in (*found.effects.items, *found.analyzers.items)):
            raise _not_understood(text) from None  # a parameter without its value
        raise
    try:
        return Chain().then(full, **_values(make_step(full, {}).spec, match["params"]))
    except ParameterError as error:
        raise ParameterError(f"--effect {shown(text)}: {error}") from None


def _not_understood(text: str) -> ParameterError:
    return ParameterError(
        f"--effect {shown(text)} is not understood; write {SYNTAX}, for example recolor_lips:color=#c00,strength=0.8"
    )


def _values(spec: EffectSpec | AnalyzerSpec, text: str | None) -> dict[str, bool | int | float | str]:
    values: dict[str, bool | int | float | str] = {}
    pieces: list[str] = []
    for piece in _split(text) if text else []:
        if pieces and _MORE_FACES.fullmatch(piece) and pieces[-1].partition("=")[0].strip() == "faces":
            pieces[-1] += f",{piece}"  # faces=0,2
        else:
            pieces.append(piece)
    for piece in pieces:
        key, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or not key:
            raise ParameterError(f"{shown(piece.strip())} is not of the form key=value")
        if key in values:
            raise ParameterError(f"{shown(key)} is given twice")
        if key not in spec.parameters:
            spec.resolve({key: value})  # raises, and names those there are
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        values[key] = spec.parameters[key].from_text(value, spec.name)
    return values


def _split(text: str) -> list[str]:
    """At commas that stand neither in brackets, as a colour's, nor in a value in quotes, as a file name's."""
    ends = [match.start() for match in _COMMA.finditer(text) if match[1]]
    return [text[start:end] for start, end in zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True)]


def example(spec: EffectSpec) -> str:
    """What to write to run an effect with its defaults."""
    values = ",".join(f"{p.name}={_text(p.default)}" for p in spec.parameters.values())
    return f"{spec.name}:{values}" if values else spec.name


def _text(value: bool | int | float | str) -> str:
    text = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if "," in text and "(" not in text else text

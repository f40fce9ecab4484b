"""A command whose options are those of a run's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ..run.options import from_options, options_of

__all__ = ["takes_settings"]

_Settings = TypeVar("_Settings")
_INTO = typer.Option(help="Folder of the run; one that holds a checkpoint is gone on with.")


def takes_settings(settings: type[_Settings]) -> Callable[[Callable[[Path, _Settings], None]], Callable[..., None]]:
    """Make a function of a run's folder and its settings a command with ``--into`` and an option for all that `settings` offers."""
    parameters = [_parameter("into", Path, _INTO)]
    for name, (place, *_) in options_of(settings).items():
        default = Parameter.empty if place.default is MISSING else place.option.shows(place.default)
        parameters.append(_parameter(name, place.option.takes(place.type), typer.Option(help=place.option.help), default))

    def decorate(command: Callable[[Path, _Settings], None]) -> Callable[..., None]:
        @wraps(command)
        def called(*, into: Path, **given: Any) -> None:
            command(into, from_options(settings, given))

        # typer reads both, and would find the two of `command`
        called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return decorate


def _parameter(name: str, kind: Any, option: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])

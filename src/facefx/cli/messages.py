"""How commands talk: one line on stderr for what went wrong, tables on stdout for what was asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "say"]


def say(message: str) -> None:
    """One line on stderr, whatever line breaks the message has."""
    typer.echo("facefx: " + re.sub(r"\s*[\r\n]+\s*", " ", message), err=True)


def console(*, stderr: bool = False) -> Console:
    """Where tables and progress go. Square brackets and colons in file names mean nothing to it."""
    from rich.console import Console

    class PlainConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1, which means something else here

    return PlainConsole(stderr=stderr, markup=False, highlight=False, emoji=False)

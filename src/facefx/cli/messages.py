"""How commands talk: one line on stderr for what went wrong, tables on stdout for what was asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer

from .pipes import as_given

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn

__all__ = ["console", "progress", "say"]


def say(message: str) -> None:
    """One line on stderr, whatever line breaks the message has, with inputs named as on the command line."""
    typer.echo("facefx: " + re.sub(r"\s*[\r\n]+\s*", " ", as_given(message)), err=True)


def console(*, stderr: bool = False) -> Console:
    """Where tables and progress go. Square brackets and colons in file names mean nothing to it."""
    from rich.console import Console

    class PlainConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1, which means something else here

    return PlainConsole(stderr=stderr, markup=False, highlight=False, emoji=False)


def progress(*columns: str | ProgressColumn) -> Progress:
    """A progress bar on stderr where somebody may look at it; elsewhere nothing, not even the empty line of rich before 15."""
    from rich.progress import Progress

    class Bar(Progress):
        def stop(self) -> None:
            if not self.disable:
                super().stop()

    screen = console(stderr=True)
    return Bar(*columns, console=screen, disable=not screen.is_terminal)

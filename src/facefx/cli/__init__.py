"""The command line: ``facefx``. One file per command.

Nothing heavy is imported here or at the top of a command's file, so that ``facefx --help`` does not wait for OpenCV.
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.core import TyperGroup

from ..errors import FacefxError
from .analyze import analyze
from .apply import apply
from .batch import batch
from .doctor import doctor
from .effects import effects
from .exit_codes import ExitCode, code_of, table
from .live import live
from .looks import looks
from .messages import say
from .models import models
from .parse import parse
from .plugins import plugins
from .serve import serve
from .studio import studio
from .versions import distribution_version
from .video import video

__all__ = ["app", "main"]


class _Commands(TyperGroup):
    """The commands, with facefx's errors turned into one line on stderr and an exit code."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where a broken pipe can still be answered
        except FacefxError as error:
            say(str(error))
            raise typer.Exit(code_of(error)) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python's own flush at the end must not complain
            raise typer.Exit(ExitCode.BROKEN_PIPE) from None
        except OSError as error:  # a name that is too long, a folder that may not be looked into
            if error.filename is None:
                raise
            say(f"{str(error.filename)!r} cannot be used: {error.strerror}")
            raise typer.Exit(ExitCode.USAGE) from None
        return result


app = typer.Typer(
    cls=_Commands,
    name="facefx",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes:\n{table()}",
)
for command in (apply, batch, parse, analyze, effects, looks, plugins, doctor, video, live, studio, serve):
    app.command()(command)
app.add_typer(models)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facefx {distribution_version('facefx')}")
        raise typer.Exit


@app.callback()
def facefx(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Find the faces in photos, parse them into regions, and run effects on those: offline, on this machine."""


def main() -> None:
    """The entry point."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="facefx: %(message)s")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what cannot be shown
    app()

"""``facefx effects``: which effects there are, and what they can be told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from .effect_text import example
from .messages import console
from .options import PluginOption

if TYPE_CHECKING:
    from ..declare.declarations import EffectSpec

__all__ = ["effects"]


def effects(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show this one in full.", show_default=False)] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the parameters as JSON Schema: of NAME, or of each effect by name.")
    ] = False,
    plugin: PluginOption = None,
) -> None:
    """List the effects, or show one with its parameters."""
    from ..plugins.installed import registry

    installed = registry().effects
    if schema:
        found = installed[name].json_schema if name else {full: spec.json_schema for full, spec in sorted(installed.items.items())}
        typer.echo(json.dumps(found, indent=2))
    elif name:
        _show_one(installed.full_name(name), installed[name])
    else:
        _show_all(installed.items)


def _show_all(specs: dict[str, EffectSpec]) -> None:
    from rich.table import Table

    table = Table()
    for heading in ("effect", "what it does", "paints on", "hides people", "from"):
        table.add_column(heading)
    for full, spec in sorted(specs.items()):
        table.add_row(spec.name, spec.summary, spec.region, "yes" if spec.private else "", full.partition(":")[0])
    console().print(table)
    typer.echo("facefx effects NAME shows an effect's parameters.")


def _show_one(full: str, spec: EffectSpec) -> None:
    from rich.table import Table

    typer.echo(f"{full}, version {spec.version}, paints on: {spec.region}")
    typer.echo(spec.summary)
    if spec.private:
        typer.echo("It hides people: faces are looked for more carefully, and nothing in the file may show or name them.")
    if spec.parameters:
        table = Table()
        for heading in ("parameter", "takes", "default", "meaning"):
            table.add_column(heading)
        for p in spec.parameters.values():
            table.add_row(p.name, p.allowed, str(p.default), p.help)
        console().print(table)
    typer.echo(f'Example: facefx apply IN -o OUT --effect "{example(spec)}"')

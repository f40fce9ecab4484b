"""``facefx plugins``: what is installed, what it offers, and what is broken."""

from __future__ import annotations

from .messages import console
from .options import PluginOption

__all__ = ["plugins"]


def plugins(plugin: PluginOption = None) -> None:
    """List the plugins, what they offer, and what is wrong with those that are broken.

    FACEFX_PLUGINS=off uses none but the built-in one; with FACEFX_STRICT_PLUGINS=1 a broken plugin is an error.
    """
    from rich.table import Table

    from ..plugins.installed import registry

    table = Table()
    for heading in ("distribution", "version", "plugin", "offers", "problem"):
        table.add_column(heading)
    for one in registry().plugins:
        table.add_row(one.distribution, one.version, one.entry, ", ".join(one.offers), one.problem)
    console().print(table)

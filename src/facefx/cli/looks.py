"""``facefx looks``: the ready looks."""

from __future__ import annotations

from .messages import console

__all__ = ["looks"]


def looks() -> None:
    """List the looks that come with facefx, and the effects that each runs."""
    from rich.table import Table

    from ..chains.ready_looks import looks as ready
    from ..chains.sequence import load_look

    table = Table()
    for heading in ("look", "what it is", "effects"):
        table.add_column(heading)
    for name, summary in ready().items():
        table.add_row(name, summary, ", ".join(step.spec.name for step in load_look(name).steps))
    console().print(table)

"""``facefx-train balance``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["balance"]


def balance(
    model: Annotated[Path, typer.Argument(help="Model folder.")],
    into: Annotated[Path, typer.Argument(help="Model folder to write; it may be the same.")],
    data: Annotated[
        Path, typer.Option(help="Folder of pairs whose val.txt names others than the model learnt from or will be judged by.")
    ],
    version: str = "1.0.0",
) -> None:
    """Shift how readily a model says each class, so that mean F1 is highest: one trained with weights says rare ones too often."""
    from ..data import read_celebamask, read_names
    from ..export.balance import balance as run

    pictures = read_celebamask(data, read_names(data / "val.txt"))
    command = f"facefx-train balance {model.name} models/{into.name} --data {data.name.upper()}"
    before, after, added = run(model, into, pictures, version=version, command=command)
    shifts = ", ".join(f"{name} {shift:+g}" for name, shift in added.items())
    typer.echo(
        f"{into}: mean F1 on every second pixel of {len(pictures)} pictures {before:.2f}, then {after:.2f}; {shifts or 'nothing'}"
    )

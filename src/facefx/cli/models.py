"""``facefx models``: the installed segmenters and face detectors, with their cards; adding, removing and checking one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ModelError, UnknownName
from .exit_codes import ExitCode
from .messages import console, say

if TYPE_CHECKING:
    from ..inference.cards import DetectorCard, ModelCard

__all__ = ["Installed", "installed_finders", "installed_models", "installed_person_segmenters", "models"]

models = typer.Typer(
    name="models",
    help="List the models that parse faces or find faces or people, with scores and licences; check, add and remove models.",
    invoke_without_command=True,
)


@dataclass(frozen=True)
class Installed:
    """A model by its full name; `card` is None for one that brings its own code, and for one whose card cannot be read."""

    name: str
    card: ModelCard | DetectorCard | None
    problem: str = ""


def installed_models() -> Iterator[Installed]:
    """Everything that parses faces, its card read and its file checked against the card's sha256."""
    from ..inference.cards import ModelCard
    from ..plugins.installed import registry

    yield from _segmenters(registry().segmenters.items, ModelCard)


def installed_person_segmenters() -> Iterator[Installed]:
    """Everything that finds whole people, in the same way."""
    from ..inference.cards import PersonCard
    from ..plugins.installed import registry

    yield from _segmenters(registry().person_segmenters.items, PersonCard)


def _segmenters(items: dict[str, Any], kind: type[ModelCard]) -> Iterator[Installed]:
    for name, made_from in sorted(items.items()):
        card = None
        try:
            if isinstance(made_from, Path):
                card = kind.read(made_from)
                card.verify()
            yield Installed(name, card)
        except ModelError as error:
            yield Installed(name, card, str(error))


def installed_finders() -> Iterator[Installed]:
    """Every model of a detector in the same way."""
    from ..inference.cards import DetectorCard, detectors_among, installed_models, local_models
    from ..plugins.local import DISTRIBUTION

    trained = {f"facefx:{name}": folder for name, folder in detectors_among(installed_models()).items()}
    local = {f"{DISTRIBUTION}:{name}": folder for name, folder in detectors_among(local_models()).items()}
    for name, folder in sorted({**trained, **local}.items()):
        card = None
        try:
            card = DetectorCard.read(folder)
            card.verify()
            yield Installed(name, card)
        except ModelError as error:
            yield Installed(name, card, str(error))


@models.callback()
def _list(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        _show_all()


@models.command()
def add(
    source: Annotated[Path, typer.Argument(metavar="FOLDER|FILE", help="A model's folder, or an ONNX file with a card.")],
    card: Annotated[
        Path | None,
        typer.Option(
            "--card", metavar="FILE", help="The card of a file; by default the .toml of its name, or card.toml, beside it."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model of that name that was added before.")] = False,
) -> None:
    """Check a model and copy it to where it is found by its name: the first folder in FACEFX_MODELS, or your own."""
    from ..inference import hub

    read = hub.add(source, card=card, overwrite=force)
    typer.echo(f"{read.name} {read.version} is in {read.folder}; it is called {read.name}, or local:{read.name}")


@models.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="A model that was added.")]) -> None:
    """Delete a model that was added."""
    from ..inference import hub

    typer.echo(f"removed {hub.remove(name)}")


@models.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="By default all.", show_default=False)] = None,
) -> None:
    """Hold the files of models against the checksums in their cards."""
    found = {model.name: model for model in (*installed_models(), *installed_person_segmenters(), *installed_finders())}
    asked = [found[full] for name in names for full in _full_names(name, found)] if names else list(found.values())
    for model in asked:
        typer.echo(f"{'BROKEN' if model.problem else 'ok' if model.card else 'no card'}  {model.name}  {model.problem}".rstrip())
    if any(model.problem for model in asked):
        raise typer.Exit(ExitCode.SETUP)


@models.command()
def check(
    source: Annotated[Path, typer.Argument(metavar="FOLDER|FILE", help="A model's folder, or an ONNX file that has no card yet.")],
) -> None:
    """Say what is wrong with a model's folder, or that nothing is; for a file without a card, print one to begin with."""
    from ..inference import hub

    if source.is_file():
        typer.echo(hub.drafted(source))
        return
    for step in hub.checked(source):
        typer.echo(f"ok  {step}")
    typer.echo(f"Nothing is wrong with {source}; `facefx models add {source}` gives it a name.")


def _full_names(name: str, found: dict[str, Installed]) -> list[str]:
    """Those called so, in full or in short. Raises `UnknownName`."""
    matches = [full for full in found if name in (full, full.partition(":")[2])]
    if not matches:
        raise UnknownName("model", name, found)
    return matches


def _show_all() -> None:
    broken = []
    segmenters = list(installed_models())
    found = [*segmenters, *installed_person_segmenters(), *installed_finders()]
    for model in found:
        _show(model)
        if model.problem:
            broken.append(model)
    if not segmenters:
        say("no model that parses faces is installed; install facefx again, or add one with `facefx models add`")
        raise typer.Exit(ExitCode.SETUP)
    if broken:
        say(f"{len(broken)} of {len(found)} models cannot be used: {', '.join(model.name for model in broken)}")
        raise typer.Exit(ExitCode.SETUP)


def _show(model: Installed) -> None:
    from rich.table import Table

    from ..inference.cards import ModelCard

    table = Table(title=model.name, title_justify="left", show_header=False)
    if card := model.card:
        table.add_row("summary", card.summary)
        table.add_row("version", card.version)
        table.add_row("family", card.family)
        table.add_row("parameters", f"{card.parameters:,}")
        if isinstance(card, ModelCard):
            height, width = card.input_size
            table.add_row("input", f"{height} x {width} pixels (height x width)")
            table.add_row("labels", f"{card.scheme.name} ({len(card.scheme)})")
        else:
            table.add_row("finds", f"faces from a score of {card.threshold:g} on")
        for name, score in _f1_scores(card.scores):
            table.add_row(name, score)
        table.add_row("licence of weights", card.license)
        table.add_row("licence of data", card.data_license)
        table.add_row("lies in", str(card.folder))
    elif not model.problem:
        table.add_row("card", "none: this segmenter brings its own code")
    if card or model.problem:
        table.add_row("sha256", model.problem or "ok")
    console().print(table)


def _f1_scores(scores: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The F1 scores on a card, however deep they stand, but for those of single parts, which are too many for a list."""
    for key, value in scores.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict):
            yield from _f1_scores(value, name)
        elif "f1" in str(key).lower():
            yield name, str(value)

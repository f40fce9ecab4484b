"""A benchmark's results: tables on the screen, and on a Markdown page between its `<!-- NAME -->` and `<!-- /NAME -->`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["Section", "add_markdown", "markdown", "report", "show"]


def show(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print a table for the eye."""
    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows))


class Section:
    """What a page holds between a pair of marks. Raises `argparse.ArgumentTypeError` for a page without them."""

    def __init__(self, name: str, page: str) -> None:
        self._page, self._open, self._shut = Path(page), f"<!-- {name} -->", f"<!-- /{name} -->"
        self._around()

    def _around(self) -> tuple[str, str]:
        try:
            before, opened, rest = self._page.read_text("utf-8").partition(self._open)
        except OSError as error:
            raise argparse.ArgumentTypeError(f"{self._page} cannot be read: {error.strerror}") from None
        _, shut, after = rest.partition(self._shut)
        if not opened or not shut:
            raise argparse.ArgumentTypeError(
                f"{self._page} has no {self._open} with {self._shut} after it; put them where the results shall stand"
            )
        return before, after

    def write(self, text: str) -> None:
        """Replace what is between the marks."""
        before, after = self._around()
        self._page.write_text(f"{before}{self._open}\n\n{text}\n\n{self._shut}{after}", "utf-8")


def add_markdown(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the option of a page to write to: `Section`. One without the marks is refused before anything is measured."""
    parser.add_argument(
        "--markdown",
        type=partial(Section, name),
        metavar="PAGE",
        help=f"also write what is shown to this file, between its <!-- {name} --> marks",
    )


def report(headings: Sequence[str], rows: Sequence[Sequence[str]], page: Section | None, title: str | None = None) -> None:
    """Print a table, and write it to the page that `add_markdown` asked for, if there is one."""
    show(headings, rows, title)
    if page:
        page.write(markdown(headings, rows))

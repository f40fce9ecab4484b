"""A data set of one's own: photos, index masks, and a file that says what the indices mean."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from facefx.errors import ParameterError
from facefx.labels import IGNORE, Label, LabelScheme, labels_of

from .base import Entry, Reader, by_stem, decode_indices, joined

__all__ = ["PlainFolder"]


class PlainFolder(Reader):
    """`labels.toml` has lines ``INDEX = NAME``, or ``INDEX = [NAMES]`` for a class of several parts; names are facefx's labels and
    regions. One class holds "background", and with it all that no other class names.
    """

    name = "plain"
    form = 'images/NAME.*, labels/NAME.png (indices), labels.toml (such as 0 = "background", 1 = "lips", 7 = ["hair", "hat"])'

    @classmethod
    def fits(cls, root: Path) -> bool:
        return (root / "labels.toml").is_file()

    @property
    def scheme(self) -> LabelScheme:
        return self._classes[0]

    def entries(self) -> Iterator[Entry]:
        masks = {name: (path,) for name, path in by_stem(self.root / "labels", (".png", ".bmp")).items()}
        yield from joined(by_stem(self.root / "images"), masks)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        _, table = self._classes
        return table[decode_indices(entry.name, entry.masks[0], np.flatnonzero(table != IGNORE).tolist())]

    @cached_property
    def _classes(self) -> tuple[LabelScheme, np.ndarray]:
        """The scheme of the named classes, background first, and a (256,) uint8 table from the file's indices to its own."""
        path = self.root / "labels.toml"
        try:
            given = tomllib.loads(path.read_text())
            named = {int(index): [names] if isinstance(names, str) else list(names) for index, names in given.items()}
            order = sorted(named, key=lambda index: ("background" not in named[index], index))
            if sum("background" in names for names in named.values()) != 1 or not all(0 <= index < IGNORE for index in order):
                raise ValueError(f'one index must have "background", and all must be 0 to {IGNORE - 1}')
            scheme = LabelScheme.of(self.root.name, [("+".join(named[index]), _labels(named[index])) for index in order])
        except (ValueError, TypeError) as error:
            raise ParameterError(f"{path} is not of the form {self.form}: {error}") from None
        table = np.full(256, IGNORE, np.uint8)
        table[order] = np.arange(len(order))
        return scheme, table


def _labels(names: list[str]) -> frozenset[Label]:
    return frozenset[Label]().union(*(labels_of(name) for name in names))

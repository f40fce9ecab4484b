"""Readers of data sets as their authors lay them out. One layout a file; all give the same thing (`base.Reader`)."""

from __future__ import annotations

from pathlib import Path

from facefx.errors import ParameterError, UnknownName

from .base import BadPair, Entry, Pair, Reader, Split
from .celebamask_hq import CelebAMaskHQ
from .fasseg import Fasseg
from .figaro import Figaro
from .helen import Helen
from .lapa import Lapa
from .pairs import Pairs
from .photos import Photos
from .plain import PlainFolder
from .points import Points
from .region_masks import HairMasks, PersonMasks

__all__ = ["READERS", "BadPair", "Entry", "Pair", "Reader", "Split", "detect_layout", "open_data"]

#: By name, in the order in which a folder is compared with them: the more particular first, photos without labels last.
READERS: dict[str, type[Reader]] = {
    reader.name: reader
    for reader in (CelebAMaskHQ, Lapa, Helen, Fasseg, Figaro, HairMasks, PersonMasks, Points, PlainFolder, Pairs, Photos)
}


def detect_layout(folder: Path) -> str:
    """The name of the layout that a folder looks like. Raises `ParameterError` if it is like none."""
    if not folder.is_dir():
        raise ParameterError(f"{folder} is not a folder; give the one that the data set was unpacked into.")
    for name, reader in READERS.items():
        if reader.fits(folder):
            return name
    forms = "\n".join(f"  {name}: {reader.form}" for name, reader in READERS.items())
    raise ParameterError(f"{folder} looks like no data set that can be read. Layouts are:\n{forms}")


def open_data(folder: Path, layout: str | None = None) -> Reader:
    """The reader of a folder, by the name of its layout or, without one, by what it looks like. Nothing is decoded yet."""
    name = layout or detect_layout(folder)
    if name not in READERS:
        raise UnknownName("layout", name, READERS)
    if not READERS[name].fits(folder):
        raise ParameterError(f"{folder} is not of the layout {name!r}: {READERS[name].form}")
    return READERS[name](folder)

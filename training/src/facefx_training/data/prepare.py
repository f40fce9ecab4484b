"""From a data set as its authors ship it to a folder that `train` reads."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from facefx.errors import OutputError, ParameterError
from facefx.labels import LabelScheme
from facefx.labels import scheme as find_scheme

from .copies import picture_hash
from .readers import BadPair, Entry, Reader, Split, open_data
from .split import SPLITS, USUAL, Ratio, assign
from .square import square

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """What came of it: what about.json says, and the pictures that could not be used."""

    about: dict[str, Any]
    problems: tuple[BadPair, ...]


def prepare(
    source: Path,
    into: Path,
    *,
    layout: str | None = None,
    scheme: str = "celebamask",
    size: int = 512,
    ratio: Ratio | None = None,
    seed: int = 0,
    license: str | None = None,
    correct_sides: bool = True,
    force: bool = False,
) -> Prepared:
    """Write `into`/images, labels, train.txt, val.txt, test.txt, about.json and problems.txt.

    Pictures are padded to a square with grey that has no label and resized to `size`. Pairs that cannot be used are left out and
    listed. Each picture is read once; memory does not grow with the data set, but for a few bytes a picture.

    Parameters
    ----------
    source : left as it is
    layout : of `facefx_training.data.readers.READERS`; None: what the folder looks like
    scheme : label scheme to write
    size : side of the written pictures, pixels
    ratio, seed : of `facefx_training.data.split.assign`
    license : terms of the data, for the cards of models trained on it; None: what the layout's authors state
    correct_sides : give left and right parts the names that their places demand
    force : write into a folder that is not empty

    Raises
    ------
    ParameterError, UnknownName
        The source is not a data set that can be read, or lies around `into`; a name or number is not allowed.
    OutputError
        `into` has something in it already, or cannot be written.
    """
    reader, wanted = open_data(source, layout), find_scheme(scheme)
    if not 16 <= size <= 4096:
        raise ParameterError(f"the size must be 16 to 4096 pixels; given was {size}.")
    if into.resolve().is_relative_to(source.resolve()):
        raise ParameterError(f"{into} lies in the data set {source} itself; give a folder outside of it.")
    if into.exists() and (not into.is_dir() or any(into.iterdir())) and not force:
        raise OutputError(f"{into} is there already and not empty; give another folder, or --force to write over it.")
    for folder in ("images", "labels"):
        (into / folder).mkdir(parents=True, exist_ok=True)
    entries, problems = _unlike_names(reader.entries())
    written: list[Entry] = []
    hashes: list[np.ndarray] = []
    for entry, result in zip(entries, _write_all(reader, entries, into, wanted, size, correct_sides), strict=True):
        if isinstance(result, BadPair):
            problems.append(result)
        else:
            written.append(entry)
            hashes.append(result)
    splits = assign(written, np.array(hashes, bool).reshape(-1, 64), ratio, seed)
    names: dict[Split, list[str]] = {split: [] for split in SPLITS}
    for entry, part in zip(written, splits, strict=True):
        if part is None:
            problems.append(BadPair(entry.name, "unlisted", "the data set's own lists do not have it"))
        else:
            names[part].append(entry.name)
    kept = ratio is None and any(entry.split for entry in written)
    about: dict[str, Any] = {
        "name": source.resolve().name,
        "layout": reader.name,
        "scheme": wanted.name,
        "classes": list(wanted.classes),
        "license": license or reader.license,
        **({} if reader.labelled else {"labels": "none"}),
        "sides": "corrected" if correct_sides else "as shipped",
        "size": size,
        "split": "the authors'" if kept else ":".join(f"{number:g}" for number in ratio or USUAL),
        "seed": seed,
        "pictures": sum(map(len, names.values())),
        "train": len(names["train"]),
        "val": len(names["val"]),
        "test": len(names["test"]),
        "problems": dict(Counter(bad.fault for bad in problems)),
    }
    for split, listed in names.items():
        (into / f"{split}.txt").write_text("".join(f"{name}\n" for name in listed))
    (into / "problems.txt").write_text("".join(f"{bad.name}\t{bad.fault}\t{bad.detail}\n" for bad in problems))
    (into / "about.json").write_text(json.dumps(about, indent=2) + "\n")
    return Prepared(about, tuple(problems))


def _unlike_names(entries: Iterable[Entry]) -> tuple[list[Entry], list[BadPair]]:
    """The entries without those that would be written over another, and the latter."""
    first: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        if first.setdefault(entry.name, entry) is not entry:
            problems.append(BadPair(entry.name, "same name", f"{entry.photo} is called like {first[entry.name].photo}"))
    return list(first.values()), problems


def _write_all(
    reader: Reader, entries: Sequence[Entry], into: Path, wanted: LabelScheme, size: int, correct_sides: bool
) -> list[np.ndarray | BadPair]:
    """Write each entry's pair, on all cores; for each the hash of its picture, or what is wrong with it."""

    def write(entry: Entry) -> np.ndarray | BadPair:
        try:
            pair = reader.read(entry, wanted, correct_sides=correct_sides)
        except BadPair as problem:
            return problem
        image, labels = square(pair.image, pair.labels, size)
        jpeg = cv2.imwrite(
            str(into / "images" / f"{entry.name}.jpg"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95]
        )
        if not (jpeg and cv2.imwrite(str(into / "labels" / f"{entry.name}.png"), labels)):
            raise OutputError(f"the pictures of {entry.name!r} cannot be written into {into}; is the disk full?")
        return picture_hash(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return list(track(pool.map(write, entries), reader.name, len(entries), console=Console(stderr=True)))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # or Ctrl-C would wait for all that is still to do
            raise

"""Dividing a data set into what is trained on, what is chosen by, and what is tested on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from facefx.errors import ParameterError

from .copies import groups_of_copies
from .readers.base import Entry, Split

__all__ = ["SPLITS", "USUAL", "Ratio", "assign", "parse_ratio"]

SPLITS: tuple[Split, ...] = ("train", "val", "test")
Ratio = tuple[float, float, float]
#: Where nothing else is asked for.
USUAL: Ratio = (7, 2, 1)


def parse_ratio(text: str) -> Ratio:
    """`"7:2:1"` as numbers. Raises `ParameterError` if they are not three, or negative, or nothing is left to train on."""
    try:
        train, val, test = (float(word) for word in text.split(":"))
    except ValueError:
        train = val = test = -1.0
    if not (0 < train < math.inf and 0 <= val < math.inf and 0 <= test < math.inf):
        raise ParameterError(f"a split must have the form TRAIN:VAL:TEST, such as 7:2:1, and train not be 0; given was {text!r}.")
    return train, val, test


def assign(entries: Sequence[Entry], hashes: np.ndarray, ratio: Ratio | None, seed: int) -> list[Split | None]:
    """The part that each picture goes to.

    With a ratio, or where the authors made no split, it hangs on the seed and the pictures' names alone, and copies of one photo
    stay together. Without a ratio the authors' split is kept, and a picture that it leaves out gets None; if it has nothing to
    validate on, that is taken from its training part.

    Parameters
    ----------
    hashes : (N, 64) bool, of `picture_hash`
    ratio : of the sizes of train, val and test; None for the authors' split or, if there is none, 7:2:1
    """
    given = [entry.split for entry in entries]
    if ratio is not None or not any(given):
        return _by_names(entries, hashes, ratio or USUAL, seed)
    if "val" in given:
        return given
    rows = [row for row, split in enumerate(given) if split == "train"]
    train, val, _ = USUAL
    for row, split in zip(rows, _by_names([entries[row] for row in rows], hashes[rows], (train, val, 0), seed), strict=True):
        given[row] = split
    return given


def _by_names(entries: Sequence[Entry], hashes: np.ndarray, ratio: Ratio, seed: int) -> list[Split | None]:
    """Groups of copies in the order of a digest of their names, cut where the parts are full."""
    members: dict[int, list[int]] = {}
    for row, first in enumerate(groups_of_copies(hashes)):
        members.setdefault(int(first), []).append(row)
    ends = np.round(np.cumsum(ratio) / sum(ratio) * len(entries))
    splits: list[Split | None] = [None] * len(entries)
    done = 0
    for first in sorted(members, key=lambda row: hashlib.sha256(f"{seed}/{entries[row].name}".encode()).digest()):
        part = SPLITS[int(np.searchsorted(ends, done, side="right"))]
        for row in members[first]:
            splits[row] = part
        done += len(members[first])
    return splits

"""What every converter is given, and the error where one is not installed."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from facefx.errors import MissingExtra

__all__ = ["Job", "converter", "hushed"]


@dataclass(frozen=True)
class Job:
    """A network to write.

    Attributes
    ----------
    network : (1, 3, size, size) → (1, classes, size, size), in evaluation mode.
    folder : to write into; it exists.
    precision : one that the format has.
    crops : (N, size, size, 3) float32 RGB in [0, 1], for the ranges of int8.
    """

    network: nn.Module
    size: int
    folder: Path
    precision: str
    crops: np.ndarray


def converter(module: str, extra: str) -> Any:
    """Import what comes with an extra of this distribution. Raises `MissingExtra` with the line for pip."""
    try:
        with hushed():
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingExtra(module.split(".")[0], extra, distribution="facefx-training") from None


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keep off the screen what converters say to loggers, streams and file descriptors alike; their errors are raised."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with Path(os.devnull).open("w") as nowhere, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
            try:
                yield
            finally:
                for place, descriptor in enumerate(kept, 1):
                    os.dup2(descriptor, place)
                    os.close(descriptor)
                logging.disable(before)

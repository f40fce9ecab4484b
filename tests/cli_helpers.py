"""Running commands inside the test's process, and pictures to run them on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner, Result

from facefx.cli import app


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    """The outcome of ``facefx ARGUMENTS`` on a wide screen; an unexpected exception is raised, not turned into exit code 1."""
    result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin, env={"COLUMNS": "600", "NO_COLOR": "1"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def write(path: Path, pixels: np.ndarray) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def faceless() -> np.ndarray:
    """A picture without a face."""
    return np.full((60, 80, 3), (130, 145, 160), np.uint8)

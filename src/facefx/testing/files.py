"""Small files for effects that read one."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["example_file"]


@cache
def example_file(kind: str) -> str:
    """The path of a ``"picture"`` or a ``"cube"``, made when first asked for and removed when Python ends."""
    folder = Path(tempfile.mkdtemp(prefix="facefx-testing-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if kind == "cube":
        path = folder / "warm.cube"
        rows = [f"{r} {g * 0.9} {b * 0.8}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
        path.write_text("\n".join(["LUT_3D_SIZE 2", *rows]) + "\n", "utf-8")
        return str(path)
    path = folder / "picture.png"
    x, y = np.meshgrid(np.linspace(0, 255, 24), np.linspace(0, 255, 16))
    Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)).save(path)
    return str(path)

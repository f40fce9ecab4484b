"""The photos that a benchmark of effects is run on: those in samples/, or a folder of one's own."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

import facefx
from facefx.face.face import Face
from facefx.face.scene import Scene
from facefx.pixels import color

__all__ = ["add_photos", "parsed", "skin_tone"]


def add_photos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[1] / "samples", help="folder of photos")


def parsed(folder: Path, limit: int | None = None) -> Iterator[Scene]:
    """Those photos of a folder in which a face is found, of at most `limit`; the others are named."""
    console = Console()
    photos = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))[:limit]
    for photo in track(photos, description="photos", console=console):
        scene = facefx.parse(photo)
        if scene.faces:
            yield scene
        else:
            console.print(f"no face in {photo.name}")


def skin_tone(face: Face) -> str:
    """The skin's group, by its individual typology angle (Chardon et al. 1991)."""
    skin = np.asarray(face.mask("skin")) >= 0.9
    if not skin.any():
        return "unknown"
    lightness, _, b = np.median(color.to_lab(face.picture[skin]), axis=0)
    angle = np.degrees(np.arctan2(lightness - 50, b))
    return "light" if angle > 28 else "tan" if angle > 10 else "dark"

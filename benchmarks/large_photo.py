"""Peak memory, and time, of recolouring a portrait of many megapixels, file to file on the command line.

    python benchmarks/large_photo.py --megapixels 6 12 24 50 --markdown docs/images.md

A sample is enlarged to each size, so the face fills the frame at every one: the worst case, since memory is bounded by the faces'
boxes. Each run is a process of its own. Time is the processor's, as a multiple of the first size's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.progress import track

from results import add_markdown, report

EFFECTS = ("--effect", "recolor_lips:color=#a2243b", "--effect", "recolor_hair:color=#6b3fa0")
HEADINGS = ("megapixels", "peak memory", "of it per pixel", "processor time")


def measure(photo: Path, into: Path) -> tuple[int, float]:
    """Bytes of memory at the peak, and seconds of all cores, of `facefx apply` in a process of its own."""
    command = [sys.executable, "-m", "facefx", "apply", str(photo), "-o", str(into), "--force", *EFFECTS]
    _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.executable, command), 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=Path(__file__).parents[1] / "samples" / "straight.jpg")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[6, 12, 24])
    add_markdown(parser, "large-photo")
    options = parser.parse_args()

    rows, first = [], None
    with Image.open(options.photo) as photo, tempfile.TemporaryDirectory() as folder:
        for megapixels in track(options.megapixels, description="photos"):
            scale = (megapixels * 1e6 / (photo.width * photo.height)) ** 0.5
            size = round(photo.width * scale), round(photo.height * scale)
            large = Path(folder) / "large.jpg"
            photo.resize(size, Image.Resampling.BICUBIC).save(large, quality=92)
            peak, seconds = measure(large, Path(folder) / "out.jpg")
            first = first or seconds
            per_pixel = f"{peak / (size[0] * size[1]):.0f} bytes"
            rows.append([f"{megapixels:g}", f"{peak / 1e9:.2f} GB", per_pixel, f"{seconds / first:.1f} ×"])
    report(HEADINGS, rows, options.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The contact sheet: small pictures before and after, of a sample of the results."""

from __future__ import annotations

from heapq import nsmallest
from pathlib import Path
from zlib import crc32

from PIL import Image

from ..errors import FacefxError
from ..image.picture import open_image, save_image
from .records import Record, Status
from .report import REPORT, read_report

__all__ = ["SHEET", "contact_sheet"]

SHEET = "facefx-batch.jpg"
#: Pixels: the side of a small picture, and the space round each pair.
THUMBNAIL, GAP = 160, 8
PAIRS_PER_ROW = 4


def contact_sheet(folder_in: str | Path, folder_out: str | Path, *, pairs: int = 40, before: bool = True) -> Path | None:
    """Write ``facefx-batch.jpg`` into a batch's folder of results, replacing an older one: pairs of before and after.

    Of more results than `pairs`, those are shown whose names have the smallest checksums: always the same ones, and from
    everywhere. So it takes the same time and memory for any number. Files that are gone meanwhile are left out.

    Without `before` the results stand alone, as `Batch.run` has it where people are hidden: the sheet goes where the folder goes.

    Returns
    -------
    Path of the sheet; None if there is nothing to show.
    """
    source, target = Path(folder_in), Path(folder_out)
    done = (record for record in read_report(target / REPORT) if record.status is Status.DONE)
    sample = {
        record.file: record for record in nsmallest(pairs, done, key=lambda r: crc32(r.file.encode(errors="surrogateescape")))
    }
    shown = [pair for _, record in sorted(sample.items()) if (pair := _pair(source if before else None, target, record))]
    if not shown:
        return None
    cells = len(shown[0])
    columns = min(len(shown), PAIRS_PER_ROW)
    rows = -(-len(shown) // columns)
    width, height = cells * THUMBNAIL + GAP, THUMBNAIL + GAP
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    for index, pair in enumerate(shown):
        left, top = GAP + index % columns * width, GAP + index // columns * height
        for cell, small in enumerate(pair):
            sheet.paste(small, (left + cell * THUMBNAIL + (THUMBNAIL - small.width) // 2, top + (THUMBNAIL - small.height) // 2))
    return save_image(sheet, target / SHEET, force=True, quality=90)


def _pair(source: Path | None, target: Path, record: Record) -> list[Image.Image] | None:
    """Before, if there is a source, and after; None if one of them is gone."""
    try:
        return [_small(path) for path in ([source / record.file] if source else []) + [target / str(record.output)]]
    except FacefxError:
        return None


def _small(path: Path) -> Image.Image:
    """At most THUMBNAIL pixels each way, RGB, on white where it is transparent."""
    picture = open_image(path, first_frame=True)
    rgb = picture.rgb if picture.alpha is None else 1 - picture.alpha[..., None] * (1 - picture.rgb)
    image = Image.fromarray((rgb * 255 + 0.5).astype("uint8"))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    return image

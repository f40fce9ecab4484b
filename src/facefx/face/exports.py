"""What was found, in forms that others read: polygons, COCO, SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..image.overlay import palette
from ..labels import LabelScheme
from ..pixels.outlines import outlines, run_lengths
from ..shown import shown
from .face import Face

__all__ = ["CocoFile", "Parts", "polygons_of", "svg_of"]


@dataclass(frozen=True, eq=False)
class Parts:
    """Which part of whose face each pixel of a picture shows.

    Attributes
    ----------
    faces : the faces, which are numbered by their places here.
    order : what the indices of the parts mean.
    labels : (H, W) uint8, the index of a part; 0 where there is none.
    owners : (H, W) int16, the number of a face; -1 where there is none.
    """

    faces: tuple[Face, ...]
    order: LabelScheme
    labels: np.ndarray
    owners: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)"""
        return self.labels.shape[0], self.labels.shape[1]

    def __iter__(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """(face, index of the part, (H, W) bool) for each part that is seen on each face. No pixel is in two of them."""
        for face in range(len(self.faces)):
            mine = np.where(self.owners == face, self.labels, 0)
            for index in np.unique(mine[mine > 0]).tolist():
                yield face, index, mine == index


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """(x, y, width, height) of what is in a mask, in pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)


def _checked(tolerance: float) -> float:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < 1e6:
        raise ParameterError(f"tolerance={shown(tolerance)} is not allowed; give pixels, at least 0")
    return float(tolerance)


def polygons_of(parts: Parts, tolerance: float) -> dict[str, Any]:
    """See `Scene.to_polygons`."""
    tolerance = _checked(tolerance)
    faces: list[dict[str, Any]] = [
        {"face": number, "score": float(face.score), "box": face.box.to_dict(), "parts": {}}
        for number, face in enumerate(parts.faces)
    ]
    for face, index, mask in parts:
        faces[face]["parts"][parts.order.classes[index]] = [[list(point) for point in line] for line in outlines(mask, tolerance)]
    height, width = parts.size
    return {"width": width, "height": height, "scheme": parts.order.name, "faces": faces}


def svg_of(parts: Parts, tolerance: float) -> str:
    """See `Scene.to_svg`."""
    from html import escape  # a table of all of HTML's characters, for which every import would wait

    tolerance = _checked(tolerance)
    colors, (height, width) = palette(parts.order), parts.size
    groups: list[list[str]] = [[] for _ in parts.faces]
    for face, index, mask in parts:
        lines = "".join("M" + "L".join(f"{x} {y}" for x, y in line) + "Z" for line in outlines(mask, tolerance))
        name, color = escape(parts.order.classes[index], quote=True), f"#{bytes(colors[index]).hex()}"
        groups[face].append(f'<path id="face-{face}-{name}" class="{name}" fill="{color}" d="{lines}"/>')
    body = "".join(f'<g id="face-{face}">\n' + "\n".join(paths) + "\n</g>\n" for face, paths in enumerate(groups))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'fill-rule="evenodd">\n{body}</svg>\n'
    )


@dataclass
class CocoFile:
    """A COCO file of instances, that pictures are added to (https://cocodataset.org/#format-data).

    Masks are runs of pixels, not polygons, since COCO's polygons have no holes.

    Attributes
    ----------
    order : the label scheme; its parts but for the background are the categories, with their indices as ids.
    """

    order: LabelScheme
    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, parts: Parts, file_name: str) -> None:
        """Add a picture, by what was found in it in the order of the file."""
        (height, width), number = parts.size, len(self.images) + 1
        found = [
            {
                "image_id": number,
                "category_id": index,
                "bbox": list(_box(mask)),
                "area": int(mask.sum()),
                "segmentation": {"size": [height, width], "counts": run_lengths(mask)},
                "iscrowd": 0,
                "face": face,
                "score": float(parts.faces[face].score),
            }
            for face, index, mask in parts
        ]
        self.images.append({"id": number, "file_name": file_name, "width": width, "height": height})
        self.annotations += [{"id": len(self.annotations) + count, **one} for count, one in enumerate(found, 1)]

    def to_dict(self) -> dict[str, Any]:
        """What `json.dump` writes."""
        names = enumerate(self.order.classes)
        return {
            "info": {"description": f"parts of faces, in the order {self.order.name}"},
            "images": self.images,
            "annotations": self.annotations,
            "categories": [{"id": index, "name": name, "supercategory": "face"} for index, name in names if index],
        }

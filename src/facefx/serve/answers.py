"""What the library says to a request: the work, from bytes to bytes. It knows nothing of HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from ..chains.reports import installed_analyzers, measure
from ..errors import ParameterError
from ..face.scene import Scene
from ..face.values import Detection
from ..held_files import HeldFiles
from ..image.files import encode
from ..image.overlay import overlay, palette
from ..image.picture import Picture, open_image
from ..labels import Label, LabelScheme
from ..labels import scheme as label_scheme
from ..parsing.parser import Parser
from ..parsing.pipeline import parse_picture
from .limits import Limits
from .requests import FORMATS, Applying, Parsing, chain_asked_for

__all__ = ["Answer", "Answers", "as_png", "encoded_result", "grey_png", "labels_png"]

#: Formats that hold a soft alpha channel.
_WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF")


@dataclass(frozen=True)
class Answer:
    """What goes back.

    Attributes
    ----------
    content, media_type : the body, and what it is.
    headers : what else is told.
    faces, pixels : how many the picture had.
    """

    content: bytes = field(repr=False)
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    faces: int = 0
    pixels: int = 0


class Answers:
    """The three things that can be asked of a picture, within limits, with one parser for all."""

    def __init__(self, parser: Parser, limits: Limits) -> None:
        self.parser, self.limits = at_most(parser, limits.faces), limits

    def apply(self, image: bytes, files: Mapping[str, bytes], asked: Applying) -> Answer:
        """The picture with a look on it."""
        chain = chain_asked_for(asked.look, files, self.limits.steps)
        picture = self._opened(image)
        with HeldFiles({name: self._small_enough(f"upload:{name}", data) for name, data in files.items()}):
            if any(step.needs_faces for step in chain.steps):
                scene = parse_picture(picture.canvas, self.parser, private=chain.private)
            else:
                scene = Scene(picture.canvas, ())
            result = chain.run_parsed(picture, scene, require_face=asked.no_face == "error", min_confidence=asked.min_confidence)
        told = {"x-facefx-faces": str(len(scene.everyone))}
        if result.declined:
            told["x-facefx-declined"] = ", ".join(f"{one.effect} face {one.face}" for one in result.declined)
        content, media = encoded_result(result.picture, asked.format, asked.file_quality, cut_out=chain.cuts_out)
        return self._answer(content, media, scene, told)

    def parse(self, image: bytes, files: Mapping[str, bytes], asked: Parsing) -> Answer:
        """What was found in the picture, as JSON, or its parts as pictures."""
        order = label_scheme(asked.scheme or self.parser.scheme)
        scene = parse_picture(self._opened(image).canvas, self.parser)
        match asked.want:
            case "labels":
                return self._answer(labels_png(scene.label_map(order), order), "image/png", scene)
            case "overlay":
                return self._answer(as_png(overlay(scene.image, scene.label_map(order), order)), "image/png", scene)
            case "mask":
                return self._answer(grey_png(np.asarray(scene.mask(asked.region))), "image/png", scene)
            case "masks":
                return self._answer(_zip_of_masks(scene, order), "application/zip", scene)
        found = {"width": scene.size[1], "height": scene.size[0], "faces": [_face(face) for face in scene.faces]}
        return self._answer(json.dumps(found).encode(), "application/json", scene)

    def analyze(self, image: bytes, files: Mapping[str, bytes], asked: Any) -> Answer:
        """What all installed analyzers measure of each face."""
        scene = parse_picture(self._opened(image).canvas, self.parser)
        named = installed_analyzers()
        faces = [measure(face, i, named, skip_unavailable=True).to_dict() for i, face in enumerate(scene.faces)]
        measured = {"width": scene.size[1], "height": scene.size[0], "faces": faces}
        return self._answer(json.dumps(measured).encode(), "application/json", scene)

    def _opened(self, image: bytes) -> Picture:
        return open_image(self._small_enough("the picture", image), max_pixels=self.limits.pixels)

    def _small_enough(self, what: str, data: bytes) -> bytes:
        """A file that came; of a picture, one that is not too large, which the header tells. Who asks can only send less."""
        with_header = io.BytesIO(data)
        try:
            width, height = Image.open(with_header).size
        except Exception:  # a table of colours, or what the effect itself will refuse
            return data
        if width * height > self.limits.pixels:
            raise ParameterError(f"{what} has {width} x {height} pixels, where this server allows {self.limits.pixels}")
        return data

    def _answer(self, content: bytes, media: str, scene: Scene, headers: Mapping[str, str] | None = None) -> Answer:
        height, width = scene.size
        return Answer(content, media, headers or {"x-facefx-faces": str(len(scene.faces))}, len(scene.faces), height * width)


def encoded_result(picture: Picture, format: str | None, quality: int, *, cut_out: bool) -> tuple[bytes, str]:
    """A picture as a file, and its media type: of the format asked for, or of its own, or PNG where that does not hold it."""
    names = dict(FORMATS.values())
    own = picture.metadata.format or "PNG"
    name = FORMATS[format][0] if format else own
    if name not in names or (not format and cut_out and name not in _WITH_ALPHA):
        name = "PNG"
    return encode(picture.native, picture.metadata, name, quality=quality, keep_gps=False), names[name]


def at_most(parser: Parser, faces: int) -> Parser:
    """The parser, refusing pictures in which its detector finds more faces than that, before they are parsed."""
    return replace(parser, detector=_Counting(parser.detector, faces)) if not parser.is_aligned else parser


class _Counting:
    """A detector that refuses crowds."""

    def __init__(self, detector: Any, most: int) -> None:
        self._detector, self._most = detector, most
        self.takes_windows = getattr(detector, "takes_windows", False)
        if hasattr(detector, "carefully"):
            self.carefully = lambda film=False: _Counting(detector.carefully(film), 4 * most)  # it sees heads several times

    def detect(self, rgb: Any) -> list[Detection]:
        found: list[Detection] = self._detector.detect(rgb)
        if len(found) > self._most:
            raise ParameterError(f"{len(found)} faces were found in the picture, where this server allows {self._most}")
        return found


def grey_png(mask: np.ndarray) -> bytes:
    """A mask, (H, W) float32 in [0, 1], as a grey PNG."""
    return _png(Image.fromarray((mask * 255 + 0.5).astype(np.uint8)))


def as_png(image: np.ndarray) -> bytes:
    """A picture, (H, W, 3) float32 RGB in [0, 1], as a PNG."""
    return _png(Image.fromarray((image * 255 + 0.5).astype(np.uint8)))


def labels_png(label_map: np.ndarray, order: LabelScheme) -> bytes:
    """A label map, (H, W) uint8, as a PNG whose values are its indices, with a palette to look at."""
    indexed = Image.fromarray(label_map)
    indexed.putpalette(palette(order).tobytes())
    return _png(indexed)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _zip_of_masks(scene: Scene, order: LabelScheme) -> bytes:
    out = io.BytesIO()
    seen = set(np.unique(scene.label_map(order)).tolist()) - {0}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for index in sorted(seen):
            name = order.classes[index]
            mask = scene.mask(order.region_of(index))
            archive.writestr(f"{name}.png", grey_png(np.asarray(mask)))
    return out.getvalue()


def _face(face: Any) -> dict[str, Any]:
    scheme = face.parsing.scheme
    seen = {
        name: round(face.confidence(scheme.region_of(index)), 4)
        for index, name in enumerate(scheme.classes)
        if index and Label.BACKGROUND not in scheme.members[index]
    }
    return {
        "box": {name: round(float(value), 2) for name, value in face.box.to_dict().items()},
        "roll": round(float(face.roll), 2),
        "score": round(float(face.score), 4),
        "confidence": seen,
    }

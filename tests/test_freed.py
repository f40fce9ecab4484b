"""What is done with is freed at once: in a circle of references it would live on until Python's collector runs, and in a loop over
photos or models that is gigabytes."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facefx
from facefx.image.picture import open_image
from facefx.inference.cards import ModelCard
from facefx.inference.segmenter import OnnxSegmenter
from pages import ROOT
from pictures import an_image, encoded
from synthetic import PORTRAIT, SIZE, FakeDetector, FakeSegmenter, label_picture, painted
from video_helpers import film, write_video

LARGE = 20_000
PICTURE = painted(label_picture([PORTRAIT], SIZE))
PARTS: dict[str, Any] = {"segmenter": FakeSegmenter(), "detector": FakeDetector()}


def _a_segmenter(folder: Path) -> None:
    segmenter = OnnxSegmenter(ModelCard.read(ROOT / "models" / "unet-lite0"))
    for one in (segmenter, segmenter.with_quality("fast"), segmenter.for_frames(128)):
        one.probabilities(np.zeros((1, *one.input_size, 3), np.float32))


def _a_detector(folder: Path) -> None:
    from facefx.inference.detector.onnx import OnnxDetector

    detector = OnnxDetector.from_folder(ROOT / "models" / "finder")
    for one in (detector, detector.carefully(False)):
        one.detect(np.float32(PICTURE) / 255)


def _a_look(folder: Path) -> None:
    look = facefx.chain("recolor_lips").then("slim_face").then("anonymize").then("face_shape")
    result = look.run(PICTURE, **PARTS)
    assert result.reports
    assert len(result.scene.faces[0].mask("hair"))


def _a_parse(folder: Path) -> None:
    scene = facefx.parse(PICTURE, **PARTS)
    scene.label_map()
    scene.to_coco()


def _a_file(folder: Path) -> None:
    for format in ("JPEG", "PNG", "TIFF"):
        picture = open_image(encoded(an_image("RGB", (200, 150)), format))
        picture.with_rgb(picture.rgb * 0.5)


def _a_bad_file(folder: Path) -> None:
    with pytest.raises(facefx.errors.ImageError):
        open_image(encoded(an_image("RGB", (200, 150)), "PNG")[:-300])


def _a_film(folder: Path) -> None:
    from facefx.video.convert import convert

    write_video(folder / "in.mp4", film(6))
    convert(folder / "in.mp4", folder / "out.mp4", facefx.chain("recolor_lips"), **PARTS)


@pytest.mark.parametrize("work", [_a_segmenter, _a_detector, _a_look, _a_parse, _a_file, _a_bad_file, _a_film])
def test_what_is_done_with_is_freed_at_once(work: Callable[[Path], None], tmp_path: Path) -> None:
    work(tmp_path)  # what is made once and kept is not meant
    for path in tmp_path.iterdir():
        path.unlink()
    gc.collect()
    gc.disable()
    try:
        work(tmp_path)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [thing for thing in gc.garbage if _is_large(thing)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not left, sorted({f"{type(thing).__module__}.{type(thing).__qualname__}" for thing in left})


def _is_large(thing: object) -> bool:
    if isinstance(thing, dict):
        return any(isinstance(value, np.ndarray) and value.nbytes > LARGE for value in thing.values())
    return isinstance(thing, Image.Image) or type(thing).__module__.startswith(("facefx.", "onnxruntime.", "av."))

"""The contracts of segmenters and detectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..face.values import Detection, Detector, Segmenter
from ..parsing.parser import Parser
from ..plugins.resolve import resolve_detector, resolve_segmenter
from .drawn import label_picture, painted
from .scenes import SCENES, example_scene

__all__ = ["check_detector", "check_segmenter"]

#: Greatest difference between probabilities of one crop, given alone and given among others.
_SAME = 1e-3


def check_segmenter(segmenter: Segmenter) -> None:
    """Run a segmenter on crops of all kinds, guarded as facefx runs it, and hold it to the contract of `facefx.Segmenter`.

    It gives probabilities that sum to 1 over the classes of its scheme, at the crop's size; the same ones for the same crop, alone
    or among others, from any thread; and it changes nothing that it is given.

    Raises
    ------
    AssertionError, PluginError, ModelError
        If it breaks the contract.
    """
    parser = Parser(resolve_segmenter(segmenter), resolve_detector("facefx:whole_frame"))
    crops = _crops(parser.size)
    before = crops.copy()
    together = parser.probabilities(crops)
    assert np.array_equal(crops, before), f"{parser.segmenter.name} changed the crops that it was given"
    with ThreadPoolExecutor(2) as threads:
        alone = list(threads.map(lambda crop: parser.probabilities(crop[None])[0], crops))
    apart = np.abs(np.stack(alone) - together).max()
    assert apart <= _SAME, f"{parser.segmenter.name} gives a crop alone and among others answers that differ by {apart:.3g}"
    assert isinstance(parser.identity, str)


def check_detector(detector: Detector) -> None:
    """Run a detector on pictures of all kinds, guarded as facefx runs it, and hold it to the contract of `facefx.Detector`.

    It gives a list of detections with boxes of some size, the same ones for the same picture, from any thread, and none of them
    twice; it changes nothing; and pictures of one pixel, of one line, of nothing and of a megapixel do not trouble it.

    Raises
    ------
    AssertionError, PluginError, ModelError
        If it breaks the contract.
    """
    parser = Parser(resolve_segmenter(None), resolve_detector(detector))
    pictures = [example_scene(kind, content).image for kind in SCENES for content in ("drawn", "noise", "black")]
    pictures += [np.full((1000, 1000, 3), 0.5, np.float32), painted(label_picture()).astype(np.float32) / 255]
    for picture in pictures:
        before = picture.copy()
        found = parser.detect(picture)
        assert np.array_equal(picture, before), "the detector changed the picture that it was given"
        with ThreadPoolExecutor(1) as thread:
            again = thread.submit(parser.detect, picture).result()
        assert again == found, "the detector finds other faces in the same picture"
        assert not _doubles(found), f"the detector finds the same face twice in a picture of {picture.shape[:2]}: {found}"


def _doubles(found: list[Detection]) -> bool:
    boxes = [one.box for one in found]
    return any(a.iou(b) > 0.9 for place, a in enumerate(boxes) for b in boxes[:place])


def _crops(size: int) -> np.ndarray:
    """Six crops, (6, size, size, 3) float32: a drawn face, noise, black, white, grey, a slope."""
    face = painted(label_picture()).astype(np.float32) / 255
    rows, columns = (np.minimum(np.arange(size) * side // size, side - 1) for side in face.shape[:2])
    slope = np.broadcast_to(np.linspace(0, 1, size, dtype=np.float32)[:, None, None], (size, size, 3))
    plain = [np.full((size, size, 3), value, np.float32) for value in (0, 1, 0.5)]
    noise = np.random.default_rng(0).random((size, size, 3), np.float32)
    return np.stack([face[rows][:, columns], noise, *plain, slope])

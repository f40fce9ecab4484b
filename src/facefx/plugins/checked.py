"""The guard round what others wrote: whatever it raises or returns, facefx gives a right answer or one clear error.

Effects and analyzers are guarded where they are called (`facefx.chains`), segmenters and detectors through the functions here.
"""

from __future__ import annotations

import contextlib
import inspect
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FacefxError, PluginError
from ..face.values import Box, Detection, Detector, Segmenter
from ..labels import LabelScheme, Region
from ..pixels import geometry
from ..shown import shown

__all__ = [
    "checked_detections",
    "checked_detector",
    "checked_person_segmenter",
    "checked_probabilities",
    "checked_segmenter",
    "guarded",
    "is_interruption",
    "message_of",
    "where_it_failed",
]

_OURS = str(Path(__file__).resolve().parents[1])
#: Probabilities of a pixel sum to 1 within this: half precision loses 0.001, logits and unnormalised scores are far off.
_SUM = 0.02
#: Pixels: a crop of this side takes gigabytes in any network.
_LARGEST = 4096
#: No box or angle of a picture is as large.
_FAR = 1e7
#: Characters of a message of somebody else's.
_LONGEST_MESSAGE = 2000


@contextmanager
def guarded(what: str, failure: type[FacefxError] = PluginError) -> Iterator[None]:
    """Turn whatever somebody's code raises into `failure`, with the place where it happened; facefx's own errors pass."""
    try:
        yield
    except FacefxError:
        raise
    except BaseException as error:  # a plugin may raise anything at all, or try to exit
        if is_interruption(error):
            raise
        raise failure(f"{what} failed{where_it_failed(error)}: {type(error).__name__}: {message_of(error)}") from error


def is_interruption(error: BaseException) -> bool:
    """Whether it is Ctrl-C, or a generator's end: not somebody's class that is derived from them."""
    return type(error) in (KeyboardInterrupt, GeneratorExit)


def where_it_failed(error: BaseException) -> str:
    """``" (file.py, line 12)"``: where the error left the first file that is not facefx's own; empty if there is none."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    foreign = [place for place in frames if not place[0].startswith((_OURS, "<", contextlib.__file__))]
    own = [line for file, line in foreign if file == foreign[0][0]]
    return f" ({foreign[0][0]}, line {own[-1]})" if foreign else ""


def message_of(error: BaseException) -> str:
    """Its text, however badly its class behaves."""
    try:
        text = str(error)
    except BaseException as inner:  # even that may be somebody's code
        if is_interruption(inner):
            raise
        return "its message cannot be shown"
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def checked_segmenter(made: Any, what: str) -> Segmenter:
    """The object, if it can be used as a `Segmenter`. Raises `PluginError`."""
    with guarded(what):
        lacks = [name for name in ("name", "scheme", "input_size", "probabilities") if not hasattr(made, name)]
        if lacks or inspect.isclass(made):
            raise PluginError(f"{what} made {_shown(made)}, which has no {', '.join(lacks) or 'instance'}; see facefx.Segmenter")
        if not isinstance(made.scheme, LabelScheme):
            raise PluginError(f"{what} has the scheme {_shown(made.scheme)}; allowed is a facefx.LabelScheme")
        size = made.input_size
        if not isinstance(size, Sequence) or len(size) != 2 or not all(isinstance(side, int | np.integer) for side in size):
            raise PluginError(f"{what} has the input_size {_shown(size)}; allowed is (height, width) in whole pixels")
        if size[0] != size[1] or not 32 <= size[0] <= _LARGEST:
            raise PluginError(f"{what} has the input_size {shown(tuple(size))}; allowed is a square of 32 to {_LARGEST} pixels")
    return made


def checked_person_segmenter(made: Any, what: str) -> Segmenter:
    """The object, if it can be used as a `Segmenter` that tells people from what is behind them. Raises `PluginError`."""
    segmenter = checked_segmenter(made, what)
    if not segmenter.scheme.indices_of(Region.PERSON):
        raise PluginError(f"{what} has the scheme {shown(segmenter.scheme.name)}, which does not tell person from background")
    return segmenter


def checked_detector(made: Any, what: str) -> Detector:
    """The object, if it can be used as a `Detector`. Raises `PluginError`."""
    with guarded(what):
        if inspect.isclass(made) or not callable(getattr(made, "detect", None)):
            raise PluginError(f"{what} made {_shown(made)}, which has no method detect; see facefx.Detector")
    return made


def checked_probabilities(segmenter: Segmenter, crops: np.ndarray) -> np.ndarray:
    """What a segmenter says of (N, S, S, 3) float32 crops: (N, C, S, S) float32 in [0, 1], summing to 1 over C.

    Raises
    ------
    PluginError
        If it raises, or returns anything else.
    """
    what = f"the segmenter {_name_of(segmenter)}"
    with guarded(what):
        answer = segmenter.probabilities(crops)
        classes = len(segmenter.scheme)
    shape = (len(crops), classes, *crops.shape[1:3])
    if type(answer) is not np.ndarray or answer.shape != shape or answer.dtype.kind != "f":
        raise PluginError(f"{what} returned {_shown(answer)}; allowed are floats of shape {shape}, (N, classes, height, width)")
    with np.errstate(all="ignore"):
        totals = answer.sum(axis=1, dtype=np.float64 if answer.dtype == np.float64 else np.float32)
    least, most = totals.min(), totals.max()  # NaN if there is any
    if not (np.isfinite(least) and np.isfinite(most)):
        raise PluginError(f"{what} returned NaN or infinity")
    if answer.min() < -_SUM or least < 1 - _SUM or most > 1 + _SUM:
        raise PluginError(
            f"{what} returned values from {answer.min():.3g} to {answer.max():.3g} that sum to {least:.3g} to {most:.3g} over the "
            "classes; allowed are probabilities that sum to 1: take the softmax of logits"
        )
    return answer.astype(np.float32, copy=False)


def checked_detections(detector: Detector, rgb: geometry.Windows) -> list[Detection]:
    """What a detector finds in (H, W, 3) float32 RGB in [0, 1], or in what it takes besides, see `Detector`.

    Raises
    ------
    PluginError
        If it raises, or returns anything but detections with boxes of some size.
    """
    what = f"the detector {_name_of(detector)}"
    with guarded(what):
        answer = detector.detect(rgb)
    if not isinstance(answer, list | tuple) or not all(isinstance(found, Detection) for found in answer):
        raise PluginError(f"{what} returned {_shown(answer)}; allowed is a list of facefx.Detection")
    for found in answer:
        if problem := _problem(found):
            raise PluginError(f"{what} returned a detection with {problem}")
    return list(answer)


def _problem(found: Detection) -> str:
    box = found.box
    if not isinstance(box, Box) or not _finite(box.x0, box.y0, box.x1, box.y1) or not (box.x1 > box.x0 and box.y1 > box.y0):
        return f"the box {_shown(box)}; allowed is a facefx.Box of finite numbers with x0 < x1 and y0 < y1"
    if not _finite(found.roll):
        return f"the roll {_shown(found.roll)}; allowed are degrees"
    if not _finite(found.score) or not 0 <= found.score <= 1:
        return f"the score {_shown(found.score)}; allowed is 0 to 1"
    return ""


def _finite(*values: Any) -> bool:
    numbers = int | float | np.integer | np.floating
    return all(isinstance(value, numbers) and -_FAR < value < _FAR for value in values)  # False for NaN


def _name_of(thing: Any) -> str:
    """What to call it in a message: its own name, and its class's, which says whose it is."""
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    try:
        name = getattr(thing, "name", None)
    except Exception:  # a property of somebody's
        name = None
    return f"{shown(name)} ({kind})" if isinstance(name, str) else kind


def _shown(value: Any) -> str:
    """A value in a few words, however large it is."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return shown(value) if isinstance(value, str | int | float | tuple | Box) else f"a {type(value).__name__}"

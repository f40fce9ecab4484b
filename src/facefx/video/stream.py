"""Frames in, edited frames out: the library's way into video."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from ..chains.sequence import Chain, Declined, check_confidence, load_look
from ..declare.declarations import EffectSpec
from ..errors import ParameterError
from ..face.scene import Scene
from ..face.values import Detector, Segmenter
from ..image.picture import Picture, Source, open_image
from .tracking import Tracker, Tracking

__all__ = ["asked_of", "edited", "handed_back", "process", "scenes"]

T = TypeVar("T")
OnDeclined = Callable[[int, Sequence[Declined]], None]


def scenes(
    frames: Iterable[Source | Picture],
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Detector | None = None,
    tracking: Tracking | None = None,
) -> Iterator[Scene]:
    """Parse the frames of one film: a `Scene` each, with faces that are followed and masks that are steady.

    Parameters
    ----------
    frames : in order, of any kind that `facefx.parse` takes. They are taken one at a time, as the scenes are asked for.
    segmenter, detector : as for `facefx.parse`.
    tracking : how faces are followed; see `Tracking`.

    Raises
    ------
    ImageError, UnknownName, ModelError
    """
    tracker = Tracker(segmenter, detector, tracking)
    return (tracker.next(open_image(frame).canvas) for frame in frames)


def process(
    frames: Iterable[Source | Picture],
    look: Chain | str | Path,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Detector | None = None,
    tracking: Tracking | None = None,
    workers: int = 2,
    min_confidence: float = 0.0,
    on_declined: OnDeclined | None = None,
) -> Iterator[Any]:
    """Edit the frames of one film: for each frame the edited one, of its kind, in order.

    Frames without a face come back as they went in. No more than `workers` + 2 frames are held at a time, however long the film is.
    Any number of films may be processed at once, each in a thread of its own; they share the models.

    Parameters
    ----------
    frames : in order: arrays ((H, W, 3) uint8 RGB, say), PIL images, paths, bytes. Their size may change on the way.
    look : a chain, or the path of a saved one.
    segmenter, detector : as for `facefx.parse`.
    tracking : how faces are followed and their masks steadied.
    workers : threads that edit frames while the next ones are parsed.
    min_confidence : as for `Chain.run`, but decided steadily: by each face's confidence over the last frames, and a face that was
        left alone is accepted again only once it is clearly surer; see `facefx.video.confidence_smoothing`. A cut starts afresh.
    on_declined : called, with the number (from 0) of each frame in which something is left alone, and with what it is.

    Raises
    ------
    ParameterError, ImageError, UnknownName, LookError, ModelError, RegionUnavailable, EffectError

    Examples
    --------
    >>> import imageio.v3, facefx.video  # doctest: +SKIP
    >>> frames = imageio.v3.imiter("me.mp4")  # doctest: +SKIP
    >>> for frame in facefx.video.process(frames, "plum.json"):  # doctest: +SKIP
    ...     show(frame)
    """
    if workers < 1:
        raise ParameterError(f"workers={workers!r} is not allowed; allowed is 1 or more")
    check_confidence(min_confidence)
    chain = look if isinstance(look, Chain) else load_look(look)
    tracker = Tracker(segmenter, detector, tracking)
    whole_film = ((None, frame, True) for frame in frames)
    return (result for _, result in edited(whole_film, chain, tracker, workers, min_confidence, on_declined))


def edited(
    frames: Iterable[tuple[T, Source | Picture, bool]],
    chain: Chain,
    tracker: Tracker,
    workers: int,
    min_confidence: float,
    on_declined: OnDeclined | None,
) -> Iterator[tuple[T, Any]]:
    """Each frame's companion and the frame edited, the frame itself where nothing changed; those marked False are left alone.

    Faces must be followed in order; editing need not be, so the next frame is parsed while the last ones are edited.
    """
    sure_of, regions = chain.needed if min_confidence else frozenset(), asked_of(chain)
    underway: deque[tuple[T, Future[Any]]] = deque()
    with ThreadPoolExecutor(workers, "facefx-video") as pool:
        try:
            for number, (companion, frame, touched) in enumerate(frames):
                picture = open_image(frame)
                scene = tracker.next(picture.canvas, sure_of, regions) if touched else Scene(picture.canvas, ())
                declined = chain.declined(scene, min_confidence)
                if on_declined and declined:
                    on_declined(number, declined)
                steps = chain if touched else Chain()
                underway.append((companion, pool.submit(_edit, frame, picture, scene, steps, declined)))
                if len(underway) > workers:
                    yield _finished(underway.popleft())
            while underway:
                yield _finished(underway.popleft())
        finally:  # the caller may have stopped in the middle
            for _, waiting in underway:
                waiting.cancel()


def _finished(pair: tuple[T, Future[Any]]) -> tuple[T, Any]:
    return pair[0], pair[1].result()


def _edit(frame: Source | Picture, picture: Picture, scene: Scene, chain: Chain, declined: Sequence[Declined]) -> Any:
    done = chain.edit(scene, declined=declined)
    if done.canvas is picture.canvas and done.alpha is None and isinstance(frame, np.ndarray):
        return frame
    return handed_back(picture, done)


def handed_back(picture: Picture, done: Scene) -> Any:
    """What was made of a frame, of the kind that it was opened from."""
    painted = done.canvas.painted_on(picture.canvas)
    native = picture.native
    if painted is None or done.alpha is not None or not (isinstance(native, np.ndarray) and _is_plain(native)):
        return picture.with_canvas(done.canvas, done.alpha).handed_back(cut_out=done.alpha is not None)
    result = native.copy()
    for (x0, y0, x1, y1), colors in painted:  # the same as `with_canvas`, without its care for other kinds, in a fifth of the time
        result[y0:y1, x0:x1] = cv2.convertScaleAbs(colors, alpha=255)
    return result


def _is_plain(pixels: np.ndarray) -> bool:
    return pixels.dtype == np.uint8 and pixels.shape[2:] == (3,)


def asked_of(chain: Chain) -> frozenset[str] | None:
    """The regions that a chain's effects will ask of a scene, for `Tracker.next`; None if they may ask for any."""
    effects = [(step.spec, step.params) for step in chain.steps if isinstance(step.spec, EffectSpec)]
    if any(spec.kind == "overlay" for spec, _ in effects):  # is given the whole scene
        return None
    return chain.needed | {spec.region_of(params) for spec, params in effects if spec.needs_faces(params)}

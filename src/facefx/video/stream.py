"""Frames in, edited frames out: the library's way into video."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..chains.sequence import Chain, Declined, check_confidence, load_look
from ..declare.declarations import EffectSpec
from ..errors import ParameterError
from ..face.scene import Scene
from ..face.values import Detector, Segmenter
from ..image.picture import Picture, Source, open_image
from ..shown import shown
from .carried_edit import Edited, edited_like
from .coverage import DELAY, Coverage
from .moves import Moves
from .tracking import Tracker, Tracking

__all__ = ["asked_of", "check_hides", "edited", "process", "scenes"]

T = TypeVar("T")
R = TypeVar("R")
OnDeclined = Callable[[int, Sequence[Declined]], None]


def scenes(
    frames: Iterable[Source | Picture],
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | None = None,
    tracking: Tracking | None = None,
    person: str | Path | Segmenter | None = None,
) -> Iterator[Scene]:
    """Parse the frames of one film: a `Scene` each, with faces that are followed and masks that are steady.

    Parameters
    ----------
    frames : in order, of any kind that `facefx.parse` takes. They are taken one at a time, as the scenes are asked for.
    segmenter, detector, person : as for `facefx.parse`.
    tracking : how faces are followed; see `Tracking`.

    Raises
    ------
    ImageError, UnknownName, ModelError
    """
    tracker = Tracker(segmenter, detector, tracking, person)
    return (tracker.next(open_image(frame).canvas) for frame in frames)


def process(
    frames: Iterable[Source | Picture],
    look: Chain | str | Path,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | None = None,
    tracking: Tracking | None = None,
    workers: int = 2,
    min_confidence: float = 0.0,
    on_declined: OnDeclined | None = None,
    on_inferred: Callable[[int], None] | None = None,
    whole_if_lost: bool = False,
    person: str | Path | Segmenter | None = None,
) -> Iterator[Any]:
    """Edit the frames of one film: for each frame the edited one, of its kind, in order.

    Frames without a face come back as they went in. No more than `workers` + 2 frames are held at a time, however long the film is;
    `facefx.video.coverage.DELAY` (34) more if an effect hides people, since those who walk in are hidden before they can be told.
    Any number of films may be processed at once, each in a thread of its own; they share the models.

    Parameters
    ----------
    frames : in order: arrays ((H, W, 3) uint8 RGB, say), PIL images, paths, bytes. Their size may change on the way.
    look : a chain, or the path of a saved one.
    segmenter, detector, person : as for `facefx.parse`.
    tracking : how faces are followed and their masks steadied.
    workers : threads that edit frames while the next ones are parsed.
    min_confidence : as for `Chain.run`, but decided steadily: by each face's confidence over the last frames, and a face that was
        left alone is accepted again only once it is clearly surer; see `facefx.video.confidence_smoothing`. A cut starts afresh.
    on_declined : called, with the number (from 0) of each frame in which something is left alone, and with what it is.
    on_inferred : called, with the number of each frame in which an effect that hides people hides somebody whom the detector does
        not see in it, by the frames before and after: frames to look at.
    whole_if_lost : whether an effect that hides people hides all of such frames.

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
        raise ParameterError(f"workers={shown(workers)} is not allowed; allowed is 1 or more")
    check_confidence(min_confidence)
    chain = look if isinstance(look, Chain) else load_look(look)
    check_hides(chain, whole_if_lost)
    tracker = Tracker(segmenter, detector, tracking, person)
    whole_film: Iterator[tuple[Source | Picture, Picture, bool]] = ((frame, open_image(frame), True) for frame in frames)
    coverage = Coverage(tracker.parser, whole_if_lost=whole_if_lost) if chain.private else None
    if coverage:
        whole_film = _looked_at(whole_film, coverage)
    return edited(
        whole_film, chain, tracker, workers, min_confidence, on_declined, _handed_back, coverage=coverage, on_inferred=on_inferred
    )


def check_hides(chain: Chain, whole_if_lost: bool) -> None:
    """Raise `ParameterError` if whole frames are to be hidden by what hides nobody."""
    if whole_if_lost and not chain.private:
        raise ParameterError("whole_if_lost=True (--hide-whole-if-lost) needs an effect that hides people; add anonymize")


def _looked_at(frames: Iterator[tuple[T, Picture, bool]], coverage: Coverage) -> Iterator[tuple[T, Picture, bool]]:
    """The frames, each as soon as the coverage knows all that it will of it."""
    waiting: deque[tuple[T, Picture, bool]] = deque()
    for one in frames:
        coverage.look(one[1].canvas, damaged=not one[2])
        waiting.append(one)
        if len(waiting) > DELAY:
            yield waiting.popleft()
    coverage.finish()
    yield from waiting


def edited(
    frames: Iterable[tuple[T, Picture, bool]],
    chain: Chain,
    tracker: Tracker,
    workers: int,
    min_confidence: float,
    on_declined: OnDeclined | None,
    finish: Callable[[T, Picture, Scene], R],
    *,
    coverage: Coverage | None = None,
    on_inferred: Callable[[int], None] | None = None,
    first: int = 0,
) -> Generator[R]:
    """What `finish` makes of each frame's companion, the frame, and the scene that it became.

    Those marked False, which are damaged, are left alone, unless the chain hides people. Faces must be followed in order; editing
    need not be, so the next frame is parsed while the last ones are edited and finished.

    Parameters
    ----------
    coverage : where people are, for a chain that hides them; it has seen the frames in advance.
    on_inferred : called with the number of each frame in which somebody is hidden who was not seen there.
    first : the number of the first frame.
    """
    sure_of, regions = chain.needed if min_confidence else frozenset(), asked_of(chain)
    underway: deque[Future[tuple[R, Edited]]] = deque()
    last: Future[tuple[R, Edited]] | None = None  # the last frame in which faces were followed

    def edit(
        companion: T,
        picture: Picture,
        scene: Scene,
        touched: bool,
        declined: Sequence[Declined],
        moves: Moves | None,
        before: Future[tuple[R, Edited]] | None,
    ) -> tuple[R, Edited]:
        def earlier() -> Edited | None:
            return before.result()[1] if before else None  # which was begun earlier

        scene = scene.seen_through(picture.alpha)
        done = edited_like(earlier, moves, chain, scene, declined) if touched else Edited(scene)
        return finish(companion, picture, done.scene), done

    with ThreadPoolExecutor(workers, "facefx-video") as pool:
        try:
            for number, (companion, picture, touched) in enumerate(frames, first):
                scene = tracker.next(picture.canvas, sure_of, regions) if touched else Scene(picture.canvas, ())
                moves = tracker.moves if touched and not coverage else None
                followed = touched
                if coverage:
                    scene, inferred = coverage.covered(scene, number)
                    touched = True
                    if inferred and on_inferred:
                        on_inferred(number)
                declined = chain.declined(scene, min_confidence)
                if on_declined and declined:
                    on_declined(number, declined)
                underway.append(pool.submit(edit, companion, picture, scene, touched, declined, moves, last))
                last = underway[-1] if followed else last
                if len(underway) > workers:
                    yield underway.popleft().result()[0]
            while underway:
                yield underway.popleft().result()[0]
        finally:  # the caller may have stopped in the middle
            for waiting in underway:
                waiting.cancel()


def _handed_back(frame: Source | Picture, picture: Picture, done: Scene) -> Any:
    """The edited frame, of the kind that was given; an array itself where nothing changed."""
    if isinstance(frame, np.ndarray) and done.canvas is picture.canvas and done.alpha is picture.alpha:
        return frame
    return picture.with_canvas(done.canvas, done.alpha).handed_back(cut_out=done.alpha is not picture.alpha)


def asked_of(chain: Chain) -> frozenset[str] | None:
    """The regions that a chain's effects will ask of a scene, for `Tracker.next`; None if they may ask for any."""
    effects = [(step.spec, step.params) for step in chain.steps if isinstance(step.spec, EffectSpec)]
    if any(spec.kind == "overlay" for spec, _ in effects):  # is given the whole scene
        return None
    return chain.needed | {spec.region_of(params) for spec, params in effects if spec.needs_faces(params)}

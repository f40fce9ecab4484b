"""Editing animations and files of several pages: the frames of a film that comes as one picture file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..chains.sequence import Chain, check_confidence, load_look
from ..errors import ImageError
from ..face.scene import Scene
from ..face.values import Detector, Segmenter
from ..image.animation import Animation, check_holds, encode_animation, open_animation
from ..image.compression import DEFAULT_QUALITY, FileQuality
from ..image.files import check_target, encode, format_of, write_file
from ..image.palettes import paletted
from ..image.picture import Picture
from ..inference.cards import Quality
from ..parsing.parser import Parser
from ..parsing.pipeline import parse_picture
from .coverage import Coverage
from .declined import DeclinedCount, DeclinedFrames
from .stream import edited
from .tracking import Tracker, Tracking

__all__ = ["Animated", "animate", "edit_animation"]


@dataclass(frozen=True)
class Animated:
    """What was done.

    Attributes
    ----------
    frames : how many frames or pages the file has.
    with_faces : in how many of them there is a face.
    most_faces : in one of them.
    declined : which step left faces alone, in how many frames, and why.
    inferred : numbers, from 0, of the frames in which somebody is hidden who was not seen there; look at them.
    dropped : what is left out beside the pixels, since the look hides people.
    has_work : whether there is in one of them what the look needs, see `Chain.finds_work`.
    """

    frames: int
    with_faces: int
    most_faces: int
    declined: tuple[DeclinedFrames, ...] = ()
    inferred: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    has_work: bool = True


def animate(
    source: str | Path,
    target: str | Path,
    look: Chain | str | Path,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | None = None,
    quality: Quality | None = None,
    min_confidence: float = 0.0,
    file_quality: FileQuality = DEFAULT_QUALITY,
    keep_gps: bool = False,
    keep_date: bool = False,
    force: bool = False,
    person: str | Path | Segmenter | None = None,
) -> Animated:
    """Edit all frames of an animated GIF, WebP, PNG or AVIF, or all pages of a TIFF.

    The frames are one film: faces are followed, and masks are steady. The times, how often it runs, and alpha are kept; each frame
    is written whole. In a GIF what did not change keeps its colours if 32 are left for what did. Pages are edited one by one.

    Parameters
    ----------
    source : an animation, or a TIFF of several pages.
    target : a name that ends in .gif, .webp, .png or .avif, or for pages in .tif.
    look : a chain, or the path of a saved one.
    segmenter, detector, person, min_confidence : as for `facefx.video.process`.
    quality : of parsing, for pages, as for `facefx.parse`; frames are parsed as a film's.
    file_quality : 1 to 100, of WebP (100 is lossless) and AVIF; "keep" loses nothing where the source did not.
    keep_date : give the target the source's date of change.
    keep_gps, force : as for `facefx.save_image`.

    Raises
    ------
    ImageError
        If the source holds one picture only, or cannot be read.
    OutputError
        If the target is there, cannot hold several pictures, or cannot be written.
    """
    animation = open_animation(Path(source))
    if animation is None:
        raise ImageError(f"{str(source)!r} holds one picture; for those there is chain(...).run")
    target = Path(target)
    check_target(target, force=force)
    chain = look if isinstance(look, Chain) else load_look(look)
    data, done = edit_animation(
        animation, target, chain, Parser.of(segmenter, detector, quality, person), min_confidence, file_quality, keep_gps=keep_gps
    )
    write_file(data, target, force=force, date_of=Path(source) if keep_date else None)
    return done


def edit_animation(
    animation: Animation,
    target: Path,
    look: Chain,
    parser: Parser,
    min_confidence: float,
    file_quality: FileQuality,
    *,
    keep_gps: bool,
) -> tuple[bytes, Animated]:
    """The edited animation as a file that is called `target`, and what was done; nothing is written. Raises as `animate`."""
    check_confidence(min_confidence)
    format = format_of(target)
    check_holds(animation, format, target)
    found: list[tuple[int, bool]] = []  # of each frame: the faces, and whether there is what the look needs
    inferred: list[int] = []
    declined = DeclinedCount()
    dropped: tuple[str, ...] = ()
    if look.private:
        animation, dropped = animation.without_people()
    if animation.has_pages:
        pictures = _pages(animation, look, parser, min_confidence, declined, found, keep_gps)
    else:
        pictures = _frames(animation, look, parser, min_confidence, declined, found, inferred, format)
    data = encode_animation(animation, pictures, format, quality=file_quality, keep_gps=keep_gps)
    faces, works = zip(*found, strict=True)
    return data, Animated(
        len(faces), sum(map(bool, faces)), max(faces), declined.total, tuple(inferred), dropped, has_work=any(works)
    )


def _frames(
    animation: Animation,
    look: Chain,
    parser: Parser,
    min_confidence: float,
    declined: DeclinedCount,
    found: list[tuple[int, bool]],
    inferred: list[int],
    format: str,
) -> Iterator[Image.Image]:
    def finish(frame: None, picture: Picture, done: Scene) -> tuple[tuple[int, bool], Image.Image]:
        seen = len(done.everyone), look.finds_work(done)
        pixels = np.asarray(picture.with_canvas(done.canvas, done.alpha).native)
        before = np.asarray(picture.native)
        if format != "GIF":
            return seen, Image.fromarray(pixels)
        opaque = np.full((*before.shape[:2], 1), 255, np.uint8)
        return seen, paletted(pixels, np.dstack([before[..., :3], opaque]) if pixels.shape[2] == 4 else before)

    tracker = Tracker(parser.segmenter, parser.detector, Tracking(parse_every=1), parser.person)  # few frames, far apart
    film = ((None, picture, True) for picture in animation.pictures())
    coverage = _coverage(animation, tracker) if look.private else None
    for seen, image in edited(
        film, look, tracker, 2, min_confidence, declined.add, finish, coverage=coverage, on_inferred=inferred.append
    ):
        found.append(seen)
        yield image


def _coverage(animation: Animation, tracker: Tracker) -> Coverage:
    """Where people are in all frames."""
    coverage = Coverage(tracker.parser)
    for picture in animation.pictures():
        coverage.look(picture.canvas)
    coverage.finish()
    return coverage


def _pages(
    animation: Animation,
    look: Chain,
    parser: Parser,
    min_confidence: float,
    declined: DeclinedCount,
    found: list[tuple[int, bool]],
    keep_gps: bool,
) -> Iterator[Image.Image]:
    for number, page in enumerate(animation.pictures()):
        scene = parse_picture(page.canvas, parser, private=look.private)
        left_alone = look.declined(scene, min_confidence)
        if left_alone:
            declined.add(number, left_alone)
        done = look.edit(scene.seen_through(page.alpha), declined=left_alone)
        found.append((len(scene.everyone), look.finds_work(scene)))
        picture = page.with_canvas(done.canvas, done.alpha)
        if look.private:
            picture, _ = picture.without_people()
        yield Image.open(io.BytesIO(encode(picture.native, picture.metadata, "TIFF", quality=95, keep_gps=keep_gps)))

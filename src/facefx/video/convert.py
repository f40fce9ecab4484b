"""Editing a video file: in parts on disk, so that a run that was killed can go on, joined without loss at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..chains.sequence import Chain, check_confidence
from ..errors import ImageError, OutputError, ParameterError
from ..face.scene import Scene
from ..face.values import Detector, Segmenter
from ..image.files import check_target
from ..image.picture import Picture
from ..shown import shown
from .coverage import Coverage
from .declined import DeclinedCount, DeclinedFrames
from .encoding import FORMATS, Encoding, Painted, PartWriter, encoding_for, needs_8_bits, packets_in
from .files import Frame, Problem, VideoReader, failures
from .inferred import InferredFrames, spans
from .joining import company_of, join
from .memory import Unreadable, from_bytes, to_bytes
from .overlap import ahead
from .stream import check_hides, edited
from .tracking import Tracker, Tracking
from .work_folder import finished_parts, memory_after, put_part, start_over, unfinished_part, work_folder

__all__ = ["Conversion", "convert", "painted_frame"]

#: Frames in a part: what a kill can cost at most.
PART = 250
#: So many frames are decoded before they are parsed.
AHEAD = 2


@dataclass(frozen=True)
class Conversion:
    """What was done.

    Attributes
    ----------
    frames : how many the result has.
    resumed : how many of them an earlier run had done.
    problems : what could not be decoded.
    declined : which step left faces alone, in how many of the frames that this run edited, and why.
    left_out : what of the source the result does not hold, in words.
    inferred : in which of the frames that this run edited somebody is hidden who was not seen there; look at them.
    """

    frames: int
    resumed: int
    problems: tuple[Problem, ...]
    declined: tuple[DeclinedFrames, ...] = ()
    left_out: tuple[str, ...] = ()
    inferred: InferredFrames = field(default_factory=InferredFrames)


def convert(
    source: str | Path,
    target: str | Path,
    look: Chain,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | None = None,
    tracking: Tracking | None = None,
    crf: int = 18,
    force: bool = False,
    workers: int = 4,
    min_confidence: float = 0.0,
    tone_map: bool = False,
    keep_gps: bool = False,
    drop_sound: bool = False,
    whole_if_lost: bool = False,
    person: str | Path | Segmenter | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    on_left_out: Callable[[str], None] | None = None,
) -> Conversion:
    """Edit the faces in a video file; sound, subtitles, chapters, frame times and the tags that tell no place are kept.

    The result is written whole or not at all. Until it is, finished parts lie beside it in a folder ``.NAME.partial``, and the same
    call goes on after the last of them. Frames without a face, and damaged ones, are passed through. If an effect hides people the
    film is read twice, first for where they are, and damaged frames are hidden, too: see `facefx.video.coverage`.

    Parameters
    ----------
    source : any video that FFmpeg reads. It is shown upright, so the result needs no rotation flag.
    target : a name that ends in .mp4, .m4v, .mov, .mkv or .webm. The video in it is H.264; HEVC of 10 bits if the source has more
        than 8 or is HDR; VP9 in .webm. Transparency, of the source or by an effect, is held by .webm and .mkv (VP9) and .mov
        (ProRes 4444); in the others it becomes white.
    look : a chain.
    segmenter, detector, person, tracking, workers, min_confidence : as for `facefx.video.process`.
    crf : x264's quality, from 0 (lossless) to 51; 18 is hard to tell from the original. ProRes has a quality of its own.
    force : replace `target` if it is there.
    tone_map : make 8-bit BT.709 of an HDR, wide-gamut or deep source; see `facefx.video.light.Light.tone_map`.
    keep_gps : keep the tag that tells where the source was filmed; not where people are hidden.
    drop_sound : go on where the target can hold none of the source's sound.
    whole_if_lost : as for `facefx.video.process`.
    progress : called after each frame with the number of those done and, as far as the file tells, of all.
    on_left_out : called before the work with each thing of the source that the result will not hold, in words.

    Raises
    ------
    ImageError
        If the source is no video, or changes meanwhile.
    OutputError
        If the target is there, has another ending, cannot hold the sound or cannot be written, if another run is writing it, or if
        the folder for parts has files in it that are not facefx's.
    MissingExtra
        Without PyAV.
    """
    source, target = Path(source), Path(target)
    suffix = _suffix_of(target, source, force)
    if not 0 <= crf <= 51:
        raise ParameterError(f"crf={shown(crf)} is not allowed; allowed is 0 to 51")
    check_confidence(min_confidence)
    check_hides(look, whole_if_lost)
    tracker = Tracker(segmenter, detector, tracking, person)
    company = company_of(source, target, keep_gps=keep_gps, drop_sound=drop_sound, private=look.private)
    with _opened_for(source, suffix, look, tone_map) as reader:
        encoding = encoding_for(reader, suffix, crf, alpha=reader.has_alpha or look.cuts_out)
        left_out = (*company.left_out, *_lost(reader, encoding, look, suffix, tone_map))
        for what in left_out if on_left_out else ():
            on_left_out(what)  # type: ignore[misc]
        job = {
            "source": _identity(source),
            "look": look.to_dict(),
            "tracking": asdict(tracker.tracking),
            "encoding": asdict(encoding) | {"tone_map": reader.is_tone_mapped},
            "memory": 1,  # of how films go on; parts by a facefx before 0.2 have none
            "parser": {"identity": tracker.identity, "min_confidence": min_confidence},
        }
        if whole_if_lost:
            job["hidden"] = {"whole_if_lost": True}
        declined = DeclinedCount()
        inferred: list[tuple[int, float]] = []
        try:
            with work_folder(target, job) as folder, ExitStack() as stack:
                parts = _gone_on_from(folder, tracker)
                done = resumed = sum(packets_in(part) for part in parts)
                total = reader.expected_frames
                coverage = _coverage(source, tracker, whole_if_lost) if look.private else None
                # each is closed before what it takes from: threads may be at work in it when the next one fails
                decoded = stack.enter_context(closing(ahead(reader.frames(), AHEAD)))
                memories: dict[int, bytes] = {}
                frames: Iterator[tuple[Frame, Picture, bool]]
                frames = ((f, f.picture, not f.damaged) for f in _seen_to_the_seams(decoded, tracker, resumed, memories))
                moments: dict[int, float] = {}
                frames = _with_moments(frames, moments, resumed, reader) if coverage else frames
                results = edited(
                    frames, look, tracker, workers, min_confidence, declined.add, painted_frame,
                    coverage=coverage, on_inferred=lambda number: inferred.append((number, moments[number])), first=resumed,
                )  # fmt: skip
                stack.enter_context(closing(results))
                for _ in stack.enter_context(closing(_written(results, folder, len(parts), resumed, memories, reader, encoding))):
                    done += 1
                    if progress:
                        progress(done, total)
                whole = folder / f"whole{target.suffix}"
                join(finished_parts(folder), source, whole, suffix, company, encoding)
                if _identity(source) != job["source"]:  # people were looked for in one film and hidden in another
                    raise ImageError(f"the video {str(source)!r} has changed while it was read; run it again")
                check_target(target, force=force)
                whole.replace(target)
        except failures() as error:
            raise OutputError(f"the video {str(target)!r} cannot be written: {getattr(error, 'strerror', None) or error}") from None
        return Conversion(done, resumed, tuple(reader.problems), declined.total, left_out, spans(inferred))


def _coverage(source: Path, tracker: Tracker, whole_if_lost: bool) -> Coverage:
    """Where people are in all frames of the film."""
    coverage = Coverage(tracker.parser, whole_if_lost=whole_if_lost)
    with VideoReader(source) as reader, closing(ahead(reader.frames(), AHEAD)) as frames:
        for frame in frames:
            coverage.look(frame.picture.canvas, damaged=frame.damaged)
    coverage.finish()
    return coverage


def _with_moments(
    frames: Iterator[tuple[Frame, Picture, bool]], moments: dict[int, float], first: int, reader: VideoReader
) -> Iterator[tuple[Frame, Picture, bool]]:
    """The frames, of which the second is put down for as long as it may be asked for."""
    for number, one in enumerate(frames, first):
        moments.clear()
        moments[number] = float(one[0].pts * reader.time_base)
        yield one


def _opened_for(source: Path, suffix: str, look: Chain, tone_map: bool) -> VideoReader:
    """The source, tone-mapped if that is asked for or if the target holds it with 8 bits only."""
    reader = VideoReader(source, tone_map=tone_map)
    if tone_map or not reader.light.is_deep or not needs_8_bits(suffix, alpha=reader.has_alpha or look.cuts_out):
        return reader
    with reader:
        return VideoReader(source, tone_map=True)


def _lost(reader: VideoReader, encoding: Encoding, look: Chain, suffix: str, tone_map: bool) -> Iterator[str]:
    """What of the picture the encoder cannot hold, in words."""
    if (reader.has_alpha or look.cuts_out) and not encoding.has_alpha:
        yield f"a {suffix} file holds no transparency, so that becomes white: name OUT .webm, or .mov (ProRes 4444), to keep it"
    if reader.is_tone_mapped and not tone_map:
        what, better = ("transparency", ".mov keeps") if encoding.has_alpha else ("a film", ".mp4, .mov and .mkv keep")
        yield f"{what} is held with 8 bits in a {suffix} file, so the film is drawn into BT.709; {better} its bits"
    for layer in sorted(reader.layers):
        yield f"what {layer} tells of each frame is left out; the picture below it is kept"
    if encoding.is_deep and reader.light.bits > 10:
        yield f"of {reader.light.bits} bits a colour 10 are kept"


def _suffix_of(target: Path, source: Path, force: bool) -> str:
    if target.suffix.lower() not in FORMATS:
        raise OutputError(f"a video is written as {', '.join(FORMATS)}; given was {str(target)!r}")
    check_target(target, force=force)
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"{str(target)!r} is the video itself; give another name")
    return target.suffix.lower()


def _identity(source: Path) -> dict[str, Any]:
    status = source.stat()
    return {"path": str(source.resolve()), "bytes": status.st_size, "changed": status.st_mtime_ns}


def _gone_on_from(folder: Path, tracker: Tracker) -> list[Path]:
    """The parts that are finished, with the tracker as it was after the last of them; none if it cannot be told how it was."""
    parts = finished_parts(folder)
    if parts:
        try:
            tracker.memory = from_bytes(memory_after(parts[-1]))
        except Unreadable:
            start_over(folder)
            return []
    return parts


def _seen_to_the_seams(frames: Iterator[Frame], tracker: Tracker, done: int, memories: dict[int, bytes]) -> Iterator[Frame]:
    """The frames after the first `done`, and by the number of frames before it what the tracker knows at the end of each part.

    It goes on from that itself, as a run that is resumed does: so both give the same film.
    """
    number = done
    for frame in islice(frames, done, None):
        if number > done and (number - done) % PART == 0:
            memories[number] = to_bytes(tracker.memory)
            tracker.memory = from_bytes(memories[number])
        yield frame
        number += 1
    memories[number] = to_bytes(tracker.memory)


def painted_frame(frame: Frame, picture: Picture, done: Scene) -> tuple[Frame, Painted]:
    """A frame and what was painted on it: what `PartWriter.write` takes."""
    painted = done.canvas.painted_on(picture.canvas)
    alpha = None if done.alpha is picture.alpha else done.alpha
    if painted is None or alpha is not None:
        height, width = done.size
        painted = (((0, 0, width, height), done.image),)
    windows = [(window, _in_numbers(colors, frame.rgb.dtype)) for window, colors in painted]
    if alpha is None:
        return frame, windows
    ((window, colors),) = windows
    return frame, [(window, np.dstack([colors, _in_numbers(alpha, frame.rgb.dtype)]))]


def _in_numbers(values: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Floats in [0, 1] as whole numbers of a dtype."""
    if dtype == np.uint8:
        return cv2.convertScaleAbs(values, alpha=255)
    return np.asarray(np.clip(values, 0, 1) * np.iinfo(dtype).max + 0.5, dtype)


def _written(
    results: Iterator[tuple[Frame, Painted]],
    folder: Path,
    first: int,
    done: int,
    memories: dict[int, bytes],
    reader: VideoReader,
    encoding: Encoding,
) -> Generator[None]:
    """Write the frames in parts, each under another name until it is whole; after each frame it yields.

    One is encoded while the next ones are parsed and edited.

    Parameters
    ----------
    first, done : how many parts and frames there are already.
    memories : what is known after so many frames; that of a part's end is there before its last frame is.
    """
    number = first
    while (start := next(results, None)) is not None:
        with (
            PartWriter(unfinished_part(folder, number), reader, encoding) as writer,
            ThreadPoolExecutor(1, "facefx-encode") as thread,
        ):
            writing = deque([thread.submit(writer.write, *start)])
            done += 1
            for result in islice(results, PART - 1):
                writing.append(thread.submit(writer.write, *result))
                writing.popleft().result()
                done += 1
                yield
            writing.popleft().result()
            yield
        put_part(folder, number, memories.pop(done))
        number += 1

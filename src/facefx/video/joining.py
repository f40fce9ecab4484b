"""The finished file: the parts' picture beside the source's sound, subtitles, chapters and tags, packets copied as they are
where the file can hold them."""

from __future__ import annotations

import heapq
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import OutputError
from .encoding import FORMATS, Encoding
from .files import failures, film_in, not_opened, opened, pyav, start_of
from .sound import OPUS_ONLY, add_opus, opus_packets

__all__ = ["Company", "company_of", "join"]

#: Tags that say what a film is, not where and on what. All else is left out: makers put places, names and serial numbers into many.
_TAGS_KEPT = frozenset(
    {
        "album", "album_artist", "artist", "author", "comment", "composer", "copyright", "creation_time", "date", "description",
        "director", "disc", "episode_id", "genre", "grouping", "keywords", "language", "lyrics", "make", "model", "network",
        "performer", "producer", "publisher", "season_number", "show", "synopsis", "timecode", "title", "track", "year",
    }
)  # fmt: skip
#: Those of them that stay where somebody is hidden: no names, and no words.
_IMPERSONAL = frozenset({"creation_time", "date", "language", "make", "model", "timecode", "year"})
_LONGEST = 64  # characters
#: Apple's names of some of them.
_APPLE = "com.apple.quicktime."
#: Of a place, in whatever tag: latitude and longitude as ISO 6709 writes them, or as two decimal fractions.
_COORDINATES = re.compile(
    r"[+-]\d{2,6}(\.\d+)?[+-]\d{3,7}(\.\d+)?|[+-]?\d{1,2}\.\d{3,}\s*°?\s*[NS]?\s*[,;/ ]\s*[+-]?\d{1,3}\.\d{3,}"
)
_PLACE = re.compile(r"location|gps|latitude|longitude|©xyz|\bxyz\b|geo", re.IGNORECASE)


@dataclass(frozen=True)
class Company:
    """What goes along with a film's picture into a file, and what does not.

    Attributes
    ----------
    kept : the streams' numbers in the source.
    recoded : those of them whose sound is encoded anew.
    tags : of the file.
    left_out : in words, one for each thing.
    private : whether somebody is hidden, so that names and titles are left out of streams and chapters, too.
    """

    kept: tuple[int, ...]
    recoded: frozenset[int]
    tags: Mapping[str, str]
    left_out: tuple[str, ...]
    private: bool = False


def company_of(source: Path, target: Path, *, keep_gps: bool, drop_sound: bool, private: bool = False) -> Company:
    """What of the source a file called `target` will hold, told before the work.

    `private` says that people are hidden in it; then no place stays either.

    Raises
    ------
    OutputError
        If it can hold none of the source's sound, unless `drop_sound`.
    ImageError
        If the source cannot be opened, or has no video.
    """
    try:
        with opened(source) as container:
            return _company_of(container, film_in(container, source), target, keep_gps, drop_sound, private)
    except failures() as error:
        raise not_opened(source, error) from None


def _company_of(container: Any, first: Any, target: Path, keep_gps: bool, drop_sound: bool, private: bool) -> Company:
    suffix = target.suffix.lower()
    sound, rest = list(container.streams.audio), list(container.streams.subtitles)
    held = [stream for stream in (*sound, *rest) if _holds(suffix, stream)]
    recoded = [s for s in sound if s not in held and s.codec_context is not None] if suffix in OPUS_ONLY else []
    kept = [stream for stream in (*sound, *rest) if stream in held or stream in recoded]
    heard = [stream for stream in sound if stream in kept]
    left_out = [f"{_named(stream)} cannot be kept in a {suffix} file" for stream in (*sound, *rest) if stream not in kept]
    left_out += [f"{_named(stream)} is encoded anew, as Opus: a {suffix} file holds no other" for stream in recoded]
    if sound and not heard and not drop_sound:
        better = next((other for other in (".mkv", ".mov", ".mp4") if all(_holds(other, stream) for stream in sound)), None)
        advice = f"name OUT {target.stem}{better}, or pass" if better else "pass"
        raise OutputError(f"{left_out[0]}; {advice} drop_sound=True (--drop-sound) to do without")
    for stream in container.streams:
        if stream is first or stream in sound or stream in rest or (stream.type == "data" and _is_of_chapters(stream)):
            continue
        left_out.append(f"{_named(stream)} is left out{_WHY.get(stream.type, '')}")
    tags = _tags_of(container.metadata, private)
    places = {name: text for name, text in container.metadata.items() if _PLACE.search(name) or _COORDINATES.search(text)}
    if private:
        words = _words_in(container)
        left_out += [f"since people are hidden, {', '.join(words)} are left out"] if words else []
        left_out += ["where it was filmed is left out"] if places else []
    elif places and keep_gps:
        tags["location"] = next((text for text in places.values() if _COORDINATES.search(text)), "")
    elif places:
        left_out.append("where it was filmed is left out; keep_gps=True (--keep-gps) keeps it")
    return Company(tuple(s.index for s in kept), frozenset(s.index for s in recoded), tags, tuple(left_out), private)


#: Why a kind of stream is not copied.
_WHY = {"data": ": it may tell where and by whom it was filmed", "video": ": faces in it would stay as they are"}
_KINDS = {"audio": "sound", "subtitle": "subtitles", "video": "another picture", "data": "data", "attachment": "an attachment"}


def _named(stream: Any) -> str:
    """A stream in words: ``sound (pcm_s16le, stream 1)``."""
    context = stream.codec_context
    what = context.name if context is not None else stream.metadata.get("filename") or stream.metadata.get("handler_name")
    return f"{_KINDS.get(stream.type, 'what is unknown')} ({f'{what}, ' if what else ''}stream {stream.index})"


def _is_of_chapters(stream: Any) -> bool:
    """Whether it is the text of the chapters in MP4, which are copied as such."""
    return bool(stream.container.chapters()) and stream.name == "bin_data"


def _tags_of(tags: Mapping[str, str], private: bool = False) -> dict[str, str]:
    """Those that may stay, under common names."""
    common = {name.lower().removeprefix(_APPLE): text for name, text in tags.items()}
    fine = {name: text for name, text in common.items() if name in _TAGS_KEPT and not _COORDINATES.search(text)}
    return {name: text for name, text in fine.items() if name in _IMPERSONAL and len(text) <= _LONGEST} if private else fine


def _words_in(container: Any) -> list[str]:
    """The names of tags that would stay if nobody were hidden."""
    tables = [container.metadata, *(s.metadata for s in container.streams), *(c["metadata"] for c in container.chapters())]
    return sorted({name for table in tables for name in _tags_of(table).keys() - _tags_of(table, private=True).keys()})


def _holds(suffix: str, stream: Any) -> bool:
    """Whether a kind of file takes a stream's packets: tried, by writing a file of nothing else."""
    if stream.type == "subtitle" and FORMATS[suffix] in ("mp4", "mov") and stream.codec_context.name != "mov_text":
        return False  # FFmpeg takes them, and writes none
    try:
        with pyav().open(io.BytesIO(), "w", format=FORMATS[suffix]) as container:
            container.add_stream_from_template(stream).time_base = stream.time_base
            container.start_encoding()
    except (ValueError, AttributeError):  # an unknown codec has no context
        return False
    except failures():
        return False
    return True


def join(parts: Sequence[Path], source: Path, target: Path, suffix: str, company: Company, encoding: Encoding) -> None:
    """Put the parts' video and what goes along with it into one file, copying packets as they are where it can hold them.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    av = pyav()
    try:
        with ExitStack() as stack:
            original = stack.enter_context(opened(source))
            quick = {"movflags": "+faststart"} if FORMATS[suffix] in ("mp4", "mov") else {}  # seen before all of it is there
            result = stack.enter_context(av.open(str(target), "w", format=FORMATS[suffix], options=quick))
            first = stack.enter_context(av.open(str(parts[0])))
            result.metadata.update(company.tags)
            shown = result.add_stream_from_template(first.streams.video[0])
            shown.time_base = first.streams.video[0].time_base
            if encoding.codec == "libx265" and quick:
                shown.codec_context.codec_tag = "hvc1"  # Apple's players know no other
            if encoding.codec == "prores_ks":
                shown.codec_context.codec_tag = "ap4h"  # 4444, where PyAV would say 422
            if encoding.codec == "libvpx-vp9":  # which says less of its colours than the file can
                context, light = shown.codec_context, encoding.light
                context.color_primaries, context.color_trc, context.color_range = light.primaries, light.transfer, light.range
            if encoding.codec == "libvpx-vp9" and encoding.has_alpha:
                shown.metadata["alpha_mode"] = "1"
            start = start_of(original)
            copied: dict[Any, Any] = {}
            recoded: dict[int, Any] = {}
            for stream in (original.streams[index] for index in company.kept):
                if stream.index in company.recoded:
                    new = recoded[stream.index] = add_opus(result, stream)
                else:
                    new = copied[stream] = result.add_stream_from_template(stream)
                    new.time_base = stream.time_base
                new.disposition = stream.disposition
                new.metadata.update(_tags_of(stream.metadata, company.private))
            result.set_chapters([_shifted(chapter, start, company.private) for chapter in original.chapters()])
            queues = [_packets_of(parts, shown), *(opus_packets(source, index, new, start) for index, new in recoded.items())]
            if copied:
                queues.append(_packets_from(original, copied, start))
            for packet in heapq.merge(*queues, key=lambda p: p.dts * p.time_base):
                result.mux_one(packet)
    except failures() as error:
        raise OutputError(f"the video {str(target)!r} cannot be written: {getattr(error, 'strerror', None) or error}") from None


def _shifted(chapter: Mapping[str, Any], start: Fraction, private: bool) -> dict[str, Any]:
    """A chapter on a clock that starts at zero, with its title alone, or without."""
    later, tags = round(start / chapter["time_base"]), _tags_of(chapter["metadata"], private)
    times = {edge: max(chapter[edge] - later, 0) for edge in ("start", "end")}
    return {**chapter, **times, "metadata": {name: text for name, text in tags.items() if name == "title"}}


def _packets_of(parts: Sequence[Path], stream: Any) -> Iterator[Any]:
    for part in parts:
        with pyav().open(str(part)) as container:
            for packet in _timed(container.demux(video=0)):
                packet.stream = stream
                yield packet


def _packets_from(container: Any, copied: Mapping[Any, Any], start: Fraction) -> Iterator[Any]:
    later = {stream: round(start / stream.time_base) for stream in copied}
    for packet in _timed(container.demux(list(copied))):
        packet.dts -= later[packet.stream]
        packet.pts = None if packet.pts is None else packet.pts - later[packet.stream]
        packet.stream = copied[packet.stream]
        yield packet


def _timed(packets: Iterable[Any]) -> Iterator[Any]:
    """The packets that have a time. None of these streams has frames that refer to later ones, so each is decoded when it is shown.

    FFmpeg does not say so itself of H.264 of exactly seven frames: it looks at as many to find out whether there are such frames.
    """
    for packet in packets:
        if packet.dts is None:
            packet.dts = packet.pts
        if packet.dts is not None:
            yield packet

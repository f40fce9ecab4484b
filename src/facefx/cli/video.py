"""``facefx video``: run effects on the faces of a video file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .effect_text import chain_from_options
from .messages import progress, say
from .options import (
    DetectorOption,
    EffectOption,
    ForceOption,
    KeepGpsOption,
    LookOption,
    MinConfidenceOption,
    PersonOption,
    PluginOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    tuned,
)

if TYPE_CHECKING:
    from ..video.convert import Conversion

__all__ = ["DetectEveryOption", "ParseEveryOption", "SizeOption", "video"]

SizeOption = Annotated[
    int, typer.Option("--size", metavar="PIXELS", help="Side of the crop that the network sees: 192 is faster, 320 finer.")
]
ParseEveryOption = Annotated[
    int, typer.Option("--parse-every", metavar="FRAMES", help="Parse only every so many frames and carry the masks in between.")
]
DetectEveryOption = Annotated[
    int,
    typer.Option(
        "--detect-every", metavar="FRAMES", help="Look for new faces every so many frames; known ones are followed without."
    ),
]

#: So many of the places that cannot be decoded are listed.
LISTED = 10


def video(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The video.", show_default=False)],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="The file to write: .mp4, .m4v, .mov, .mkv or .webm.", show_default=False)
    ],
    effect: EffectOption = None,
    look: LookOption = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    person: PersonOption = None,
    size: SizeOption = 256,
    smoothing: Annotated[
        float,
        typer.Option("--smoothing", metavar="SHARE", help="How much of the last frame's masks stays in the next one's, 0 to 0.95."),
    ] = 0.8,
    parse_every: ParseEveryOption = 2,
    detect_every: DetectEveryOption = 30,
    whole_if_lost: Annotated[
        bool,
        typer.Option(
            "--hide-whole-if-lost",
            help="With an effect that hides people: hide the whole frame where somebody who must be there is not seen.",
        ),
    ] = False,
    min_confidence: MinConfidenceOption = 0.0,
    crf: Annotated[int, typer.Option("--crf", min=0, max=51, help="Quality of the video, 0 (lossless, huge) to 51.")] = 18,
    tone_map: Annotated[
        bool,
        typer.Option("--tone-map", help="Make an HDR, wide-gamut or 10-bit film an 8-bit one in BT.709, which everything shows."),
    ] = False,
    keep_gps: KeepGpsOption = False,
    drop_sound: Annotated[
        bool, typer.Option("--drop-sound", help="Go on where OUT can hold none of the sound, which is refused otherwise.")
    ] = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Run effects on a video.

    Sound and frame times are kept, and what OUT cannot hold is said before the work. With the effect cutout name OUT .webm or .mov,
    which hold transparency. The same command goes on where one that was stopped left off. For example:

    facefx video me.mp4 red.mp4 --effect "recolor_lips:color=#c00"
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    from ..video import Tracking
    from ..video.convert import convert

    chain = chain_from_options(look, effect)
    tracking = Tracking(size=size, smoothing=smoothing, parse_every=parse_every, detect_every=detect_every)
    columns = TextColumn("facefx"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with progress(*columns) as bar:
        task = bar.add_task("facefx", total=None)
        done = convert(
            source,
            target,
            chain,
            segmenter=segmenter,
            detector=tuned(detector, detector_threshold, smallest_face),
            person=person,
            tracking=tracking,
            crf=crf,
            force=force,
            min_confidence=min_confidence,
            tone_map=tone_map,
            keep_gps=keep_gps,
            drop_sound=drop_sound,
            whole_if_lost=whole_if_lost,
            on_left_out=say,
            progress=lambda frames, total: bar.update(task, completed=frames, total=total),
        )
    _report(done, hides=chain.private)


def _report(done: Conversion, *, hides: bool) -> None:
    if done.resumed:
        say(f"went on after {done.resumed} frames that an earlier run had done")
    for problem in done.problems[:LISTED]:
        say(f"at {problem.seconds:.3f} s: {problem.what}")
    if len(done.problems) > LISTED:
        say(f"and {len(done.problems) - LISTED} more")
    if done.problems:
        say(f"damaged frames {'have all hidden that may be somebody' if hides else 'are as the decoder shows them'}")
    if done.inferred.frames:
        say(f"people are hidden where they were not seen, by the frames around, in {done.inferred}; look at these")
    for declined in done.declined:
        say(str(declined))

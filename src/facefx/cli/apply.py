"""``facefx apply``: run effects on pictures."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import ImageError, OutputError
from .effect_text import chain_from_options
from .messages import say
from .options import (
    DetectorOption,
    EffectOption,
    FileQualityOption,
    FirstFrameOption,
    ForceOption,
    KeepDateOption,
    KeepGpsOption,
    LookOption,
    MinConfidenceOption,
    PersonOption,
    PluginOption,
    QualityOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    of_parsing_and_file,
    tuned,
)
from .pipes import PIPE, check_stdout, name_of, put, with_stdin
from .several import for_each, no_face
from .targets import make_folder, targets_of

__all__ = ["apply"]


class NoFace(str, Enum):
    """What to do with a picture without a face."""

    ERROR = "error"
    COPY = "copy"


def apply(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN", help="The pictures; - is one from stdin.", show_default=False)],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="The file to write. For several pictures a folder, one that exists or a name that ends in a slash: "
            "the results have the names of their pictures. - is stdout.",
            show_default=False,
        ),
    ],
    effect: EffectOption = None,
    look: LookOption = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    person: PersonOption = None,
    no_face_means: Annotated[
        NoFace,
        typer.Option("--no-face", help="A picture without a face is an error, or is written to OUT without effects."),
    ] = NoFace.ERROR,
    min_confidence: MinConfidenceOption = 0.0,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="SUFFIX",
            help="The format of the results, such as png. By default OUT's, or with - the picture's own.",
        ),
    ] = None,
    quality: QualityOption = None,
    file_quality: FileQualityOption = "95",
    first_frame: FirstFrameOption = False,
    keep_gps: KeepGpsOption = False,
    keep_date: KeepDateOption = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Run effects on pictures.

    Looks come first and then the effects, each in the order given. What analyzers among them measured is printed as JSON, as
    facefx analyze --json does. For example:

    facefx apply me.jpg -o red.jpg --effect "recolor_lips:color=#c00,strength=0.8"

    curl -s https://example.com/me.jpg | facefx apply - -o - --effect recolor_lips > red.jpg

    All frames of an animated GIF, WebP, PNG or AVIF are edited, and all pages of a TIFF. For films there is facefx video.
    """
    from ..declare.declarations import AnalyzerSpec
    from ..image.animation import Animation, open_animation
    from ..image.files import check_suffix, check_target, encode, format_of, picture_suffixes, suffix_of
    from ..image.picture import open_image
    from ..parsing.parser import Parser
    from ..video.animation import edit_animation

    suffix = f".{format.removeprefix('.')}" if format else None
    if suffix:
        check_suffix(suffix)
    chain = chain_from_options(look, effect, measuring=True)
    measures = any(isinstance(step.spec, AnalyzerSpec) for step in chain.steps)
    if output == str(PIPE) and measures:
        raise typer.BadParameter("what analyzers measure goes to stdout, so the picture needs a file", param_hint="'-o'")
    if keep_date and (PIPE in inputs or output == str(PIPE)):
        raise typer.BadParameter("only files have a date, neither stdin nor stdout", param_hint="'--keep-date'")
    measured: list[dict[str, Any]] = []
    quality, written = of_parsing_and_file(quality, file_quality)
    parser = Parser.of(segmenter, tuned(detector, detector_threshold, smallest_face), quality, person)
    eyes, finder = parser.segmenter, parser.detector

    def work(path: Path) -> None:
        target = targets[path]
        if path.is_dir():
            raise ImageError(f"{str(path)!r} is a folder; name pictures in it, or take facefx batch, which does all of a folder")
        if target != PIPE:
            check_format(target)
            check_target(target, force=force)  # before the expensive part
        animation = None if first_frame else open_animation(path)
        if animation is not None:
            work_on_frames(path, animation)
            return
        picture = open_image(path, first_frame=True)
        result = chain.run(
            picture, segmenter=eyes, detector=finder, person=person, require_face=False, min_confidence=min_confidence
        )
        for declined in result.declined:
            say(f"{str(path)!r}: {declined}")
        if not chain.finds_work(result.scene):
            if no_face_means is NoFace.ERROR:
                raise no_face(path, ", or --no-face copy to pass such pictures through")
            say(f"no face was found in {str(path)!r}; written without effects")
        if result.dropped:
            say(f"{str(path)!r}: left out beside the picture, since the look hides people: {', '.join(result.dropped)}")
        if result.reports:
            measured.append({"file": name_of(path), "faces": [report.to_dict() for report in result.reports]})
        done = result.picture
        name = format_of(named(target, picture.metadata.format))
        data = encode(done.native, done.metadata, name, quality=written, keep_gps=keep_gps)
        put(data, target, force=force, date_of=path if keep_date else None)

    def check_format(target: Path) -> None:
        """A format can be told from the name or is given, and a file that is named as one does not hold another."""
        if suffix is None or target.suffix.lower() in picture_suffixes():
            own = format_of(target)
            if suffix is not None and own != format_of(Path("result" + suffix)):
                raise OutputError(
                    f"{str(target)!r} would hold {suffix[1:]}, as --format says; name it {target.stem}{suffix} or leave that out"
                )

    def named(target: Path, own: str | None) -> Path:
        """A name whose suffix is the format that is written."""
        if suffix is None and target != PIPE:
            return target
        return Path("result" + (suffix or suffix_of(own)))

    def work_on_frames(path: Path, animation: Animation) -> None:
        place = named(targets[path], animation.format)
        data, done = edit_animation(animation, place, chain, parser, min_confidence, written, keep_gps=keep_gps)
        for declined in done.declined:
            say(f"{str(path)!r}: {declined}")
        if done.inferred:
            numbers = ", ".join(map(str, done.inferred[:20])) + (", ..." if len(done.inferred) > 20 else "")
            say(f"{str(path)!r}: in {len(done.inferred)} frames somebody is hidden who was not seen there; look at {numbers}")
        if done.dropped:
            say(f"{str(path)!r}: left out beside the pictures, since the look hides people: {', '.join(done.dropped)}")
        if measures:
            say(f"{str(path)!r} has several frames, of which nothing was measured; facefx analyze does that for films")
        if not done.has_work:
            if no_face_means is NoFace.ERROR:
                raise no_face(path, ", or --no-face copy to pass such pictures through")
            say(f"no face was found in {str(path)!r}; written without effects")
        put(data, targets[path], force=force, date_of=path if keep_date else None)

    with with_stdin(inputs) as pictures:
        targets = targets_of(pictures, output, suffix=suffix)
        check_stdout(list(targets.values()))
        make_folder(output)
        try:
            for_each(pictures, work)
        finally:  # what was measured is shown, whatever else went wrong
            if measured:
                typer.echo(json.dumps(measured, indent=2))

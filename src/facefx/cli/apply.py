"""``facefx apply``: run effects on pictures."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from .effect_text import chain_from_options
from .messages import say
from .options import (
    DetectorOption,
    EffectOption,
    FileQualityOption,
    ForceOption,
    KeepGpsOption,
    LookOption,
    MinConfidenceOption,
    PluginOption,
    QualityOption,
    SegmenterOption,
    of_parsing_and_file,
)
from .several import for_each, no_face
from .targets import make_folder, targets_of

__all__ = ["apply"]


class NoFace(str, Enum):
    """What to do with a picture without a face."""

    ERROR = "error"
    COPY = "copy"


def apply(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN", help="The pictures.", show_default=False)],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="The file to write. For several pictures a folder, one that exists or a name that ends in a slash: "
            "the results have the names of their pictures.",
            show_default=False,
        ),
    ],
    effect: EffectOption = None,
    look: LookOption = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    no_face_means: Annotated[
        NoFace,
        typer.Option("--no-face", help="A picture without a face is an error, or is written to OUT without effects."),
    ] = NoFace.ERROR,
    min_confidence: MinConfidenceOption = 0.0,
    quality: QualityOption = None,
    file_quality: FileQualityOption = 95,
    keep_gps: KeepGpsOption = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Run effects on pictures.

    Looks come first and then the effects, each in the order given. What analyzers among them measured is printed as JSON, as
    facefx analyze --json does. For example:

    facefx apply me.jpg -o red.jpg --effect "recolor_lips:color=#c00,strength=0.8"
    """
    from ..image.files import check_target, format_of
    from ..image.picture import open_image, save_image
    from ..parsing.parser import Parser

    targets = targets_of(inputs, output)
    chain = chain_from_options(look, effect, measuring=True)
    measured: list[dict[str, Any]] = []
    quality, file_quality = of_parsing_and_file(quality, file_quality)
    parser = Parser.of(segmenter, detector, quality)
    eyes, finder = parser.segmenter, parser.detector
    make_folder(output)

    def work(path: Path) -> None:
        target = targets[path]
        format_of(target)
        check_target(target, force=force)  # both before the expensive part
        picture = open_image(path)
        result = chain.run(picture, segmenter=eyes, detector=finder, require_face=False, min_confidence=min_confidence)
        for declined in result.declined:
            say(f"{str(path)!r}: {declined}")
        if not result.scene.everyone:
            if no_face_means is NoFace.ERROR:
                raise no_face(path, ", or --no-face copy to pass such pictures through")
            say(f"no face was found in {str(path)!r}; written without effects")
        if result.dropped:
            say(f"{str(path)!r}: left out beside the picture, since someone is hidden: {', '.join(result.dropped)}")
        if result.reports:
            measured.append({"file": str(path), "faces": [report.to_dict() for report in result.reports]})
        save_image(result.picture, target, force=force, quality=file_quality, keep_gps=keep_gps)

    try:
        for_each(inputs, work)
    finally:  # what was measured is shown, whatever else went wrong
        if measured:
            typer.echo(json.dumps(measured, indent=2))

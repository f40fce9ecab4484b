"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ParameterError
from .effect_text import SYNTAX
from .messages import say

if TYPE_CHECKING:
    from ..face.values import Detector
    from ..image.compression import FileQuality

    _Quality = Any  # what is allowed is checked where it is used
else:
    _Quality = str | None  # typer before 0.28 knows no Any

__all__ = [
    "DetectorOption",
    "EffectOption",
    "FileQualityOption",
    "FirstFrameOption",
    "ForceOption",
    "KeepDateOption",
    "KeepGpsOption",
    "LookOption",
    "MinConfidenceOption",
    "PersonOption",
    "PluginOption",
    "QualityOption",
    "SegmenterOption",
    "SmallestFaceOption",
    "ThresholdOption",
    "of_parsing_and_file",
    "tuned",
]


EffectOption = Annotated[
    list[str] | None,
    typer.Option("--effect", metavar=SYNTAX, help="An effect with its parameters; `facefx effects` lists them. May be repeated."),
]
LookOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--look",
        metavar="NAME|FILE",
        help="A ready look that `facefx looks` lists, or the file of a saved one; run before the effects. May be repeated.",
    ),
]
FileQualityOption = Annotated[
    str,
    typer.Option(
        "--file-quality",
        metavar="1-100|keep",
        help="Of JPEG, WebP and AVIF files. keep is the picture's own, if it says so: a JPEG's, and that a WebP lost nothing.",
    ),
]
KeepDateOption = Annotated[bool, typer.Option("--keep-date", help="Give each result its picture's date of change.")]
FirstFrameOption = Annotated[
    bool, typer.Option("--first-frame", help="Of an animation take the first frame, of a TIFF the first page.")
]
KeepGpsOption = Annotated[
    bool, typer.Option("--keep-gps", help="Keep the position where a photo or film was taken, which is left out otherwise.")
]

SegmenterOption = Annotated[
    str | None,
    typer.Option(
        "--segmenter",
        metavar="NAME|FOLDER",
        help="What parses the faces: a name that `facefx models` lists, or a model's folder (write ./NAME for one right here), "
        "or ensemble:NAME+NAME for the mean of several. By default the U-Net that comes with facefx.",
    ),
]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="NAME|FOLDER",
        help="What finds the faces: finder (the default), cascade, whole_frame for portraits that are already cut out and "
        "upright, one that a plugin offers, or a trained one's folder (write ./NAME for one right here).",
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--detector-threshold",
        metavar="SCORE",
        help="From which score, up to 1, a face is believed in: lower finds more, false ones too. By default the detector's own.",
        show_default=False,
    ),
]
SmallestFaceOption = Annotated[
    float | None,
    typer.Option(
        "--smallest-face",
        metavar="PIXELS",
        help="From which side on faces are looked for: larger is faster. By default 24, and more in large pictures.",
        show_default=False,
    ),
]
PersonOption = Annotated[
    str | None,
    typer.Option(
        "--person",
        metavar="NAME|FOLDER",
        help="What finds whole people, for effects on them or on the background: a name that `facefx models` lists, a model's "
        "folder, or colours, which need no model. By default person.",
        show_default=False,
    ),
]
QualityOption = Annotated[
    _Quality,
    typer.Option(
        "--quality",
        metavar="fast|balanced|best",
        help="How finely faces are parsed: best looks at each in the mirror too. By default balanced.",
        show_default=False,
    ),
]
MinConfidenceOption = Annotated[
    float,
    typer.Option(
        "--min-confidence",
        min=0.0,
        max=1.0,
        metavar="SHARE",
        help="Leave faces alone whose lips, eyes, hair or what else an effect needs the segmenter is less sure of, and say so.",
    ),
]


def _use_plugins(paths: list[Path] | None) -> list[Path] | None:
    if paths:
        from ..plugins.installed import use_file

        for path in paths:
            use_file(path)
    return paths


PluginOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        is_eager=True,
        callback=_use_plugins,
        help="A Python file with effects, analyzers, segmenters or detectors of your own. May be repeated.",
    ),
]


def tuned(detector: str | None, threshold: float | None, smallest_face: float | None) -> str | Detector | None:
    """What ``--detector``, ``--detector-threshold`` and ``--smallest-face`` ask for. Raises `ParameterError`."""
    if threshold is None and smallest_face is None:
        return detector
    from ..plugins.resolve import DEFAULT_DETECTOR, resolve_detector

    found = resolve_detector(detector)
    change = getattr(found, "tuned", None)
    if change is None:
        raise ParameterError(
            f"the detector {detector or DEFAULT_DETECTOR!r} has no threshold and no smallest face; take finder, or a model's folder"
        )
    changed: Detector = change(threshold, smallest_face)
    return changed


def of_parsing_and_file(quality: str | None, file_quality: str) -> tuple[Any, FileQuality]:
    """What ``--quality`` and ``--file-quality`` ask for; a number as the first is the second, as before 0.2, with a warning."""
    if not quality or not quality.isdecimal():
        return quality, _file_quality(file_quality)
    if not 1 <= int(quality) <= 100:
        raise typer.BadParameter(f"{quality} is not in the range 1<=x<=100.", param_hint="'--quality'")
    say(f"--quality {quality} is --file-quality {quality} since facefx 0.2; --quality takes fast, balanced or best")
    return None, int(quality)


def _file_quality(text: str) -> FileQuality:
    if text == "keep":
        return "keep"
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise typer.BadParameter(f"{text} is neither in the range 1<=x<=100 nor keep.", param_hint="'--file-quality'")
    return int(text)


ForceOption = Annotated[bool, typer.Option("--force", help="Replace output files that are there already.")]

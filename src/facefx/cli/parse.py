"""``facefx parse``: label pictures and overlays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import OutputError
from .options import (
    DetectorOption,
    FirstFrameOption,
    ForceOption,
    PluginOption,
    QualityOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    tuned,
)
from .pipes import PIPE, check_stdout, name_of, put, with_stdin
from .several import for_each, no_face
from .targets import make_folder, pictures_in, targets_of

if TYPE_CHECKING:
    import numpy as np

    from ..face.exports import CocoFile
    from ..face.scene import Scene
    from ..labels import LabelScheme
    from ..parsing.parser import Parser

__all__ = ["parse"]

#: Pixels: the longer side of a picture on the sheet.
_SMALL = 360


class Format(str, Enum):
    """What is written of the parts."""

    LABELS = "labels"
    MASKS = "masks"
    POLYGONS = "polygons"
    COCO = "coco"
    SVG = "svg"

    @property
    def suffix(self) -> str:
        """Of its files; none for masks, which are a folder of them."""
        return {Format.LABELS: ".png", Format.MASKS: "", Format.SVG: ".svg"}.get(self, ".json")


def parse(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN", help="The pictures; a folder stands for those right in it, - for one from stdin.", show_default=False
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="LABELS.png|FOLDER/",
            help="A PNG whose pixel values are the indices of the parts; a palette makes it pleasant to look at too. Or what "
            "--format says. For several pictures a folder, one that exists or a name that ends in a slash. - is stdout.",
        ),
    ] = None,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            help="What -o gets: labels, one PNG; masks, FOLDER/PICTURE/PART.png, grey and soft; polygons, outlines as JSON; "
            "coco, one JSON file for all pictures, masks as runs; svg, outlines as a drawing.",
        ),
    ] = Format.LABELS,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0.0,
            metavar="PIXELS",
            help="How far polygons and svg may stray, for fewer points.",
        ),
    ] = 0.0,
    overlay: Annotated[
        str | None,
        typer.Option(
            "--overlay",
            metavar="FILE|FOLDER/",
            help="The picture with its parts tinted, and a legend. For several pictures a folder.",
        ),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="All pictures on one contact sheet, small, with their parts tinted."),
    ] = None,
    scheme: Annotated[
        str | None,
        typer.Option(
            "--scheme",
            metavar="NAME",
            help="The index order: celebamask (19 parts), lapa (11), eyes_lips (5), hair (2), face (2); by default the "
            "segmenter's own, which is celebamask for most.",
        ),
    ] = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    quality: QualityOption = None,
    first_frame: FirstFrameOption = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Write which part of the face each pixel shows.

    Left and right are the subject's. For example:

    facefx parse me.jpg -o labels.png --overlay overlay.png

    facefx parse photos --overlay overlays/ --sheet sheet.jpg

    facefx parse photos -o parts.json --format coco
    """
    from ..labels import scheme as label_scheme
    from ..parsing.parser import Parser

    if output is None and overlay is None and sheet is None:
        raise typer.BadParameter("there is nothing to do: give -o, --overlay, --sheet, or several", param_hint="'-o'")
    parser = Parser.of(segmenter, tuned(detector, detector_threshold, smallest_face), quality)
    order = label_scheme(scheme or parser.scheme)
    if output and format is Format.MASKS and not output.endswith("/"):
        if output == str(PIPE):
            raise typer.BadParameter("masks are several files, and stdout takes one; give -o a folder", param_hint="'-o'")
        output += "/"  # they are always in a folder of their picture's name
    with with_stdin(pictures_in(inputs)) as pictures:
        targets = _targets(pictures, output, format, overlay, sheet, force)
        for folder in filter(None, (output if targets.coco is None else None, overlay)):
            make_folder(folder)
        work = _Work(parser, order, targets, format, tolerance, first_frame)
        try:
            for_each(pictures, work.do)
        finally:  # what is of all pictures gets what there is, whatever else went wrong
            work.save_sheet()
            work.save_coco()


@dataclass(frozen=True)
class _Targets:
    """Where what is asked for goes: by picture, the parts and the overlays; and of all together, the sheet and COCO's file."""

    parts: dict[Path, Path]
    overlays: dict[Path, Path]
    sheet: Path | None
    coco: Path | None
    force: bool


def _targets(
    pictures: Sequence[Path], output: str | None, format: Format, overlay: str | None, sheet: Path | None, force: bool
) -> _Targets:
    """The targets, if they differ and those of all pictures can be written."""
    from ..image.files import check_target, format_of

    coco = Path(output) if output and format is Format.COCO else None
    parts = targets_of(pictures, output, suffix=format.suffix) if output and coco is None else {}
    overlays = targets_of(pictures, overlay, "--overlay", suffix=".jpg") if overlay else {}
    named = [*parts.values(), *overlays.values(), *filter(None, [sheet, coco])]
    if len(set(named)) < len(named):
        raise typer.BadParameter("the parts, the overlay and the sheet need files of their own", param_hint="'--overlay'")
    check_stdout(named)
    if sheet is not None:
        format_of(sheet)
        check_target(sheet, force=force)
    if coco is not None and coco != PIPE:
        _check_suffix(coco, format)
        check_target(coco, force=force)
    return _Targets(parts, overlays, sheet, coco, force)


def _check_suffix(target: Path, format: Format) -> None:
    if format.suffix and target.suffix.lower() != format.suffix:
        why = ", which keeps them exact" if format is Format.LABELS else ""
        raise OutputError(f"{format.value} are written as {format.suffix}{why}; given was {str(target)!r}")


@dataclass(frozen=True)
class _Work:
    """Does one picture after the other, and gathers the small ones for the sheet."""

    parser: Parser
    order: LabelScheme
    targets: _Targets
    format: Format
    tolerance: float
    first_frame: bool
    cells: list[tuple[np.ndarray, str]] = field(default_factory=list)
    coco: list[CocoFile] = field(default_factory=list)  # one, as soon as there is a picture in it

    def do(self, path: Path) -> None:
        """Parse a picture and write what is asked of it. Raises `FacefxError`."""
        from ..image.overlay import small_overlay
        from ..image.picture import open_image
        from ..parsing.pipeline import parse_picture

        self._check(path)
        scene = parse_picture(open_image(path, first_frame=self.first_frame).canvas, self.parser)
        label_map = scene.label_map(self.order)
        if self.targets.sheet is not None:
            small = small_overlay(scene.image, label_map, self.order, side=_SMALL)
            self.cells.append((small, f"{path.name}: {len(scene.faces)} found"))
        if not scene.faces:
            raise no_face(path)
        if self.targets.coco is not None:
            self._coco_file().add(scene.parts(self.order), name_of(path))
        if path in self.targets.parts:
            self._save_parts(scene, label_map, self.targets.parts[path])
        if path in self.targets.overlays:
            self._save_overlay(scene, label_map, self.targets.overlays[path])

    def save_sheet(self) -> None:
        """Write the sheet, if it is asked for and there is something on it."""
        from ..image.picture import save_image
        from ..image.sheet import contact_sheet

        if self.targets.sheet is not None and self.cells:
            save_image(contact_sheet(self.cells), self.targets.sheet, force=self.targets.force)

    def save_coco(self) -> None:
        """Write COCO's file, if it is asked for and there is a picture in it."""
        if self.targets.coco is not None and self.coco:
            self._write_text(json.dumps(self._coco_file().to_dict()), self.targets.coco)

    def _coco_file(self) -> CocoFile:
        from ..face.exports import CocoFile

        if not self.coco:
            self.coco.append(CocoFile(self.order))
        return self.coco[0]

    def _check(self, path: Path) -> None:
        """Refuse, before any work, what could not be written."""
        from ..image.files import check_target, format_of

        parts, overlay = self.targets.parts.get(path), self.targets.overlays.get(path)
        if overlay is not None:
            format_of(overlay)
            check_target(overlay, force=self.targets.force)
        if parts is None or parts == PIPE:
            return
        _check_suffix(parts, self.format)
        if self.format is not Format.MASKS:
            check_target(parts, force=self.targets.force)
        elif parts.is_dir():
            for name in self.order.classes[1:]:
                check_target(parts / f"{name}.png", force=self.targets.force)
        elif parts.exists() or parts.is_symlink():
            raise OutputError(f"{str(parts)!r} is there already, and masks need a folder; give another name")

    def _save_parts(self, scene: Scene, label_map: np.ndarray, target: Path) -> None:
        match self.format:
            case Format.MASKS:
                self._save_masks(scene, target)
            case Format.POLYGONS:
                self._write_text(json.dumps(scene.to_polygons(self.order, tolerance=self.tolerance)), target)
            case Format.SVG:
                self._write_text(scene.to_svg(self.order, tolerance=self.tolerance), target)
            case _:
                self._save_labels(label_map, target)

    def _write_text(self, text: str, target: Path) -> None:
        put(text.encode(), target, force=self.targets.force)

    def _save_masks(self, scene: Scene, folder: Path) -> None:
        """A grey PNG for each part that the segmenter knows, black where nobody shows it."""
        import numpy as np

        from ..image.picture import save_image

        make_folder(f"{folder}/")
        for index, name in list(enumerate(self.order.classes))[1:]:
            mask = np.asarray(scene.mask(self.order.region_of(index)))
            save_image(np.rint(mask * 255).astype(np.uint8), folder / f"{name}.png", force=self.targets.force)

    def _save_labels(self, label_map: np.ndarray, target: Path) -> None:
        from PIL import Image

        from ..image.files import encode
        from ..image.metadata import Metadata
        from ..image.overlay import palette

        indexed = Image.fromarray(label_map, "L")
        indexed.putpalette(palette(self.order).tobytes())
        put(encode(indexed, Metadata(), "PNG", quality=95, keep_gps=False), target, force=self.targets.force)

    def _save_overlay(self, scene: Scene, label_map: np.ndarray, target: Path) -> None:
        from ..image.overlay import overlay, with_legend
        from ..image.picture import save_image

        shown = with_legend(overlay(scene.image, label_map, self.order), label_map, self.order)
        save_image(shown, target, force=self.targets.force)

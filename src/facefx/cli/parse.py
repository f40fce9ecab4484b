"""``facefx parse``: label pictures and overlays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import OutputError
from .options import DetectorOption, FirstFrameOption, ForceOption, PluginOption, QualityOption, SegmenterOption
from .several import for_each, no_face
from .targets import make_folder, pictures_in, targets_of

if TYPE_CHECKING:
    import numpy as np

    from ..face.scene import Scene
    from ..labels import LabelScheme
    from ..parsing.parser import Parser

__all__ = ["parse"]

#: Pixels: the longer side of a picture on the sheet.
_SMALL = 360


def parse(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="IN", help="The pictures; a folder stands for those right in it.", show_default=False),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="LABELS.png|FOLDER/",
            help="A PNG whose pixel values are the indices of the parts; a palette makes it pleasant to look at too. For several "
            "pictures a folder, one that exists or a name that ends in a slash.",
        ),
    ] = None,
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
    quality: QualityOption = None,
    first_frame: FirstFrameOption = False,
    force: ForceOption = False,
    plugin: PluginOption = None,
) -> None:
    """Write which part of the face each pixel shows.

    Left and right are the subject's. For example:

    facefx parse me.jpg -o labels.png --overlay overlay.png

    facefx parse photos --overlay overlays/ --sheet sheet.jpg
    """
    from ..labels import scheme as label_scheme
    from ..parsing.parser import Parser

    if output is None and overlay is None and sheet is None:
        raise typer.BadParameter("there is nothing to do: give -o, --overlay, --sheet, or several", param_hint="'-o'")
    parser = Parser.of(segmenter, detector, quality)
    order = label_scheme(scheme or parser.scheme)
    pictures = pictures_in(inputs)
    targets = _targets(pictures, output, overlay, sheet, force)
    for folder in filter(None, (output, overlay)):
        make_folder(folder)
    work = _Work(parser, order, targets, first_frame)
    try:
        for_each(pictures, work.do)
    finally:  # a sheet of what there is, whatever else went wrong
        work.save_sheet()


@dataclass(frozen=True)
class _Targets:
    """Where what is asked for goes: by picture, the labels and the overlays; and the sheet."""

    labels: dict[Path, Path]
    overlays: dict[Path, Path]
    sheet: Path | None
    force: bool


def _targets(pictures: Sequence[Path], output: str | None, overlay: str | None, sheet: Path | None, force: bool) -> _Targets:
    """The targets, if they differ and the sheet can be written."""
    from ..image.files import check_target, format_of

    labels = targets_of(pictures, output, suffix=".png") if output else {}
    overlays = targets_of(pictures, overlay, "--overlay", suffix=".jpg") if overlay else {}
    named = [*labels.values(), *overlays.values(), *filter(None, [sheet])]
    if len(set(named)) < len(named):
        raise typer.BadParameter("the labels, the overlay and the sheet need files of their own", param_hint="'--overlay'")
    if sheet is not None:
        format_of(sheet)
        check_target(sheet, force=force)
    return _Targets(labels, overlays, sheet, force)


@dataclass(frozen=True)
class _Work:
    """Does one picture after the other, and gathers the small ones for the sheet."""

    parser: Parser
    order: LabelScheme
    targets: _Targets
    first_frame: bool
    cells: list[tuple[np.ndarray, str]] = field(default_factory=list)

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
        if path in self.targets.labels:
            self._save_labels(label_map, self.targets.labels[path])
        if path in self.targets.overlays:
            self._save_overlay(scene, label_map, self.targets.overlays[path])

    def save_sheet(self) -> None:
        """Write the sheet, if it is asked for and there is something on it."""
        from ..image.picture import save_image
        from ..image.sheet import contact_sheet

        if self.targets.sheet is not None and self.cells:
            save_image(contact_sheet(self.cells), self.targets.sheet, force=self.targets.force)

    def _check(self, path: Path) -> None:
        """Refuse, before any work, what could not be written."""
        from ..image.files import check_target, format_of

        labels = self.targets.labels.get(path)
        for target in filter(None, (labels, self.targets.overlays.get(path))):
            format_of(target)
            check_target(target, force=self.targets.force)
        if labels is not None and labels.suffix.lower() != ".png":
            raise OutputError(f"labels are written as .png, which keeps them exact; given was {str(labels)!r}")

    def _save_labels(self, label_map: np.ndarray, target: Path) -> None:
        from PIL import Image

        from ..image.overlay import palette
        from ..image.picture import save_image

        indexed = Image.fromarray(label_map, "L")
        indexed.putpalette(palette(self.order).tobytes())
        save_image(indexed, target, force=self.targets.force)

    def _save_overlay(self, scene: Scene, label_map: np.ndarray, target: Path) -> None:
        from ..image.overlay import overlay, with_legend
        from ..image.picture import save_image

        shown = with_legend(overlay(scene.image, label_map, self.order), label_map, self.order)
        save_image(shown, target, force=self.targets.force)

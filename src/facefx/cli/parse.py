"""``facefx parse``: label pictures and overlays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OutputError
from .options import DetectorOption, ForceOption, SegmenterOption
from .several import for_each, no_face
from .targets import make_folder, pictures_in, targets_of

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
    force: ForceOption = False,
) -> None:
    """Write which part of the face each pixel shows.

    Left and right are the subject's. For example:

    facefx parse me.jpg -o labels.png --overlay overlay.png

    facefx parse photos --overlay overlays/ --sheet sheet.jpg
    """
    from PIL import Image

    from ..image.files import check_target, format_of
    from ..image.overlay import overlay as tinted
    from ..image.overlay import palette, small_overlay, with_legend
    from ..image.picture import open_image, save_image
    from ..image.sheet import contact_sheet
    from ..labels import scheme as label_scheme
    from ..parsing.pipeline import parse as parse_picture
    from ..plugins.resolve import resolve_detector, resolve_segmenter

    if output is None and overlay is None and sheet is None:
        raise typer.BadParameter("there is nothing to do: give -o, --overlay, --sheet, or several", param_hint="'-o'")
    parser, finder = resolve_segmenter(segmenter), resolve_detector(detector)
    order = label_scheme(scheme or parser.scheme)
    pictures = pictures_in(inputs)
    labels = targets_of(pictures, output, suffix=".png") if output else {}
    overlays = targets_of(pictures, overlay, "--overlay", suffix=".jpg") if overlay else {}
    named = [*labels.values(), *overlays.values(), *filter(None, [sheet])]
    if len(set(named)) < len(named):
        raise typer.BadParameter("the labels, the overlay and the sheet need files of their own", param_hint="'--overlay'")
    if sheet is not None:
        format_of(sheet)
        check_target(sheet, force=force)
    for folder in filter(None, (output, overlay)):
        make_folder(folder)
    cells = []

    def work(path: Path) -> None:
        for target in (file[path] for file in (labels, overlays) if path in file):
            format_of(target)
            check_target(target, force=force)
        if path in labels and labels[path].suffix.lower() != ".png":
            raise OutputError(f"labels are written as .png, which keeps them exact; given was {str(labels[path])!r}")
        scene = parse_picture(open_image(path), segmenter=parser, detector=finder)
        label_map = scene.label_map(order)
        if sheet is not None:
            cells.append((small_overlay(scene.image, label_map, order, side=_SMALL), f"{path.name}: {len(scene.faces)} found"))
        if not scene.faces:
            raise no_face(path)
        if path in labels:
            indexed = Image.fromarray(label_map, "L")
            indexed.putpalette(palette(order).tobytes())
            save_image(indexed, labels[path], force=force)
        if path in overlays:
            shown = with_legend(tinted(scene.image, label_map, order), label_map, order)
            save_image(shown, overlays[path], force=force)

    try:
        for_each(pictures, work)
    finally:  # a sheet of what there is, whatever else went wrong
        if sheet is not None and cells:
            save_image(contact_sheet(cells), sheet, force=force)

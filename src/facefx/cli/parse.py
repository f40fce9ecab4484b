"""``facefx parse``: label pictures and overlays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OutputError
from .options import DetectorOption, ForceOption, SegmenterOption
from .several import no_face

__all__ = ["parse"]


def parse(
    picture: Annotated[Path, typer.Argument(metavar="IN", help="The picture.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="LABELS.png",
            help="A PNG whose pixel values are the indices of the parts; a palette makes it pleasant to look at too.",
        ),
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option("--overlay", metavar="FILE", help="The picture with its parts tinted, and a legend.")
    ] = None,
    scheme: Annotated[
        str,
        typer.Option(
            "--scheme", metavar="NAME", help="The index order: celebamask (19 parts), lapa (11), eyes_lips (5), hair (2)."
        ),
    ] = "celebamask",
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    force: ForceOption = False,
) -> None:
    """Write which part of the face each pixel shows.

    Left and right are the subject's. For example:

    facefx parse me.jpg -o labels.png --overlay overlay.png
    """
    from PIL import Image

    from .. import pipeline
    from ..image import open_image, save_image
    from ..image_io import check_target, format_of
    from ..labels import scheme as label_scheme
    from ..overlay import overlay as tinted
    from ..overlay import palette, with_legend

    if output is None and overlay is None:
        raise typer.BadParameter("there is nothing to do: give -o, --overlay, or both", param_hint="'-o'")
    if output is not None and output == overlay:
        raise typer.BadParameter("the labels and the overlay need two files", param_hint="'--overlay'")
    order = label_scheme(scheme)
    for target in filter(None, (output, overlay)):
        format_of(target)
        check_target(target, force=force)
    if output is not None and output.suffix.lower() != ".png":
        raise OutputError(f"labels are written as .png, which keeps them exact; given was {str(output)!r}")

    scene = pipeline.parse(open_image(picture), segmenter=segmenter, detector=detector)
    if not scene.faces:
        raise no_face(picture)
    label_map = scene.label_map(order)
    if output is not None:
        indexed = Image.fromarray(label_map, "L")
        indexed.putpalette(palette(order).tobytes())
        save_image(indexed, output, force=force)
    if overlay is not None:
        save_image(with_legend(tinted(scene.image, label_map, order), label_map, order), overlay, force=force)

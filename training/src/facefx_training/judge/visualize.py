"""A PNG for each picture: image, label, prediction, overlay and errors, the worst pictures first."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ..data import Pictures
from .entrant import Entrant
from .evaluate import evaluate
from .sheet import VIEWS, strip, with_heading, worst_first

__all__ = ["visualize"]

_SIDE = 320


def visualize(model: Entrant, pictures: Pictures, into: Path, worst: int | None = None) -> list[Path]:
    """Run a model end to end and write a strip of `sheet.VIEWS` for each picture.

    Parameters
    ----------
    model : the model, which may know fewer parts than 19; the labels are then shown as it knows them.
    pictures : labelled in CelebAMask-HQ's order.
    into : folder to write `RANK_F1_NAME.png` to, where F1 is the picture's own mean in percent.
    worst : write only so many.

    Returns
    -------
    list of Path
        What was written, the worst first.
    """
    known = model.truth(pictures)
    _, predictions = evaluate(model.end_to_end(), known, model.scheme)
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for rank, (f1, index) in enumerate(worst_first(known, predictions, model.scheme)[:worst], 1):
        name = known.names[index]
        views = strip(known.images[index], known.labels[index], predictions[index], model.scheme, _SIDE)
        titles = [f"{name}, F1 {f1:.1f}", *VIEWS[1:]]
        written.append(into / f"{rank:03d}_{f1:.1f}_{name}.png")
        Image.fromarray(with_heading(views, titles)).save(written[-1])
    return written

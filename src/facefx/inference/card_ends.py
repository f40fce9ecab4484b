"""What a segmenter's card says of its network's ends: the classes, the mean and deviation of pixels, and which output to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args

import numpy as np

from ..errors import ModelError
from ..labels import LabelScheme, scheme
from ..shown import shown
from .classes import classes_of

__all__ = [
    "MOST_CLASSES",
    "Values",
    "answered_scheme",
    "channels_of_card",
    "labels_of_card",
    "output_of_card",
    "small_eyes_of_card",
]

#: What an output holds: probabilities, logits of a softmax, or one grey picture of classes that lie in one another.
Values = Literal["probabilities", "logits", "grey"]

#: A card may name so many classes; label maps hold 255.
MOST_CLASSES = 255
#: More than this is added to no logits for a crop that was enlarged twofold.
_MOST_A_DOUBLING = 3.0


def labels_of_card(model: str, table: Mapping[str, Any]) -> tuple[LabelScheme, tuple[tuple[int, ...], ...]]:
    """The scheme, and the network's outputs for each of its classes."""
    classes = table["classes"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelError(f"it has classes = {shown(classes)}; allowed: a list of names, in the order of the network's outputs")
    if not 2 <= len(classes) <= MOST_CLASSES or len(set(classes)) < len(classes):
        raise ModelError(
            f"it has {len(classes)} classes, {len(set(classes))} of them different; allowed: 2 to {MOST_CLASSES}, each once"
        )
    if "scheme" not in table:
        try:
            return classes_of(model, classes, dict(table.get("means", {})))
        except ValueError as error:
            raise ModelError(str(error)) from None
    masks = scheme("face_mask")  # which cards called "face" before there was one with eyes
    labels = masks if table["scheme"] == "face" and set(classes) == set(masks.classes) else scheme(table["scheme"])
    if set(classes) != set(labels.classes) or "means" in table:
        raise ModelError(
            f"it lists the classes {shown(tuple(classes))}, but its scheme {labels.name!r} has {labels.classes}; classes of the "
            "network's own need no scheme, but [labels.means]"
        )
    return labels, tuple((classes.index(name),) for name in labels.classes)


def channels_of_card(table: Mapping[str, Any], key: str, usual: float) -> tuple[float, ...]:
    """Three numbers, of red, green and blue."""
    values = table.get(key, [usual] * 3)
    if not isinstance(values, list) or len(values) != 3 or not all(type(v) in (int, float) and np.isfinite(v) for v in values):
        raise ModelError(f"it has {key} = {shown(values)}; allowed: three numbers, of RGB in [0, 1]")
    return tuple(map(float, values))


def answered_scheme(labels: LabelScheme, outputs: tuple[tuple[int, ...], ...], values: Values) -> LabelScheme:
    """The scheme that a model answers in: of a picture of the face with left and right, which the picture itself has not."""
    if values != "grey":
        return labels
    if outputs != tuple((index,) for index in range(len(labels))):
        raise ModelError(f"its classes must be listed from black to white, as {', '.join(labels.classes)}, each in the one before")
    return scheme("face_sides") if labels == scheme("face") else labels


def output_of_card(table: Any) -> tuple[str | None, Values]:
    """The name of the output to take, if the card has one, and what its values are."""
    said = {"values": table} if isinstance(table, str) else table
    if unknown := sorted(said.keys() - {"name", "values"}):
        raise ModelError(f"its [output] has {shown(unknown[0])}; allowed: name and values")
    name, values = said.get("name"), said.get("values", "probabilities")
    if values not in get_args(Values):
        raise ModelError(f"its output is {shown(values)}; allowed: logits, or probabilities, which sum to 1, or grey, one picture")
    if not isinstance(name, str | None):
        raise ModelError(f"its output is called {shown(name)}; allowed: a name, as `facefx models check` lists them")
    return name, cast(Values, values)


def small_eyes_of_card(table: Any) -> float:
    """What is added to the logits of eyes for each time that a crop was enlarged twofold; 0 where the card says nothing of it."""
    if unknown := sorted(table.keys() - {"eyes"}):
        raise ModelError(f"its [small] has {shown(unknown[0])}; allowed: eyes")
    added = table.get("eyes", 0.0)
    if type(added) not in (int, float) or not 0 <= added <= _MOST_A_DOUBLING:
        raise ModelError(f"its [small] eyes is {shown(added)}; allowed: a number, 0 to {_MOST_A_DOUBLING:g}")
    return float(added)

"""From one label scheme's indices to another's, keeping what can be kept of labels that have no counterpart."""

from __future__ import annotations

import numpy as np

from facefx.labels import IGNORE, Label, LabelScheme, scheme

from .hair import NOT_HAIR

__all__ = ["translated", "translation"]

_PERSON = scheme("person")


def translated(labels: np.ndarray, source: LabelScheme, target: LabelScheme) -> np.ndarray:
    """(H, W) uint8 labels of `source` in the order of `target`, 254 and 255 as `translation` has them.

    Face data sets label a face and what is near it, and call bare shoulders, arms and hands background. So where whole people are
    wanted, their background counts above the chin only, and is unknown below.
    """
    found = labels if source == target else translation(source, target)[labels]
    face = source.indices_of(Label.LOWER_LIP) + source.indices_of(Label.SKIN)
    if target == _PERSON and source != target and face:
        rows = np.flatnonzero(np.isin(labels, face).any(axis=1))
        below = found[rows[-1] if len(rows) else 0 :]
        below[below == 0] = IGNORE
    return found


def translation(source: LabelScheme, target: LabelScheme) -> np.ndarray:
    """(256,) uint8: ``table[labels]`` are `source`'s indices in `target`'s order.

    What `LabelScheme.lookup_from` cannot place becomes 255, unknown; or 254, known only not to be hair, if `target` has a class for
    hair and what was labelled cannot be hair. So the background of a hair mask still teaches where there is none.
    """
    table = target.lookup_from(source)
    table[NOT_HAIR] = NOT_HAIR if target.indices_of(Label.HAIR) else IGNORE
    if table[NOT_HAIR] == NOT_HAIR:
        for index, labels in enumerate(source.members):
            if table[index] == IGNORE and Label.HAIR not in labels:
                table[index] = NOT_HAIR
    return table

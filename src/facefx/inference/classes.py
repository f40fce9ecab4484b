"""What the outputs of somebody's network mean: its own classes, in its own order, in facefx's words.

Networks that are trained on one data set number its parts differently and call them differently. A card names them as its network
does, and `classes_of` finds the label scheme they make and which outputs each of its classes is the sum of. So the network's own
numbers end here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import UnknownName
from ..labels import IRISES, Label, LabelScheme, labels_of, scheme, scheme_names

__all__ = ["classes_of"]

#: For each class of a scheme, the network's outputs whose probabilities are summed for it.
Outputs = tuple[tuple[int, ...], ...]


def classes_of(model: str, classes: Sequence[str], means: Mapping[str, str]) -> tuple[LabelScheme, Outputs]:
    """The label scheme that a network's classes make, and the outputs of each of its classes.

    Parameters
    ----------
    model : the model's name, which is the scheme's if no scheme of facefx has just these classes.
    classes : the network's own names, in the order of its outputs.
    means : for those whose names say nothing to facefx, or something else, the labels or regions they mean, joined by ``+``.

    Returns
    -------
    scheme : one of facefx's where it tells the same parts apart; otherwise one with the background first and then the others in
        CelebAMask-HQ's order.
    outputs : of each class of the scheme; several where the network tells apart what facefx does not.

    Raises
    ------
    ValueError
        If a class means nothing known, two share labels without being the same, none is the background, or one is the left of
        something whose right is no class of its own: no mirror could then be told from the face itself.
    """
    if strangers := [name for name in means if name not in classes]:
        raise ValueError(f"[labels.means] names {strangers[0]!r}, which is none of its classes: {', '.join(classes)}")
    outputs: dict[frozenset[Label], list[int]] = {}
    for index, name in enumerate(classes):
        outputs.setdefault(_meaning(name, means.get(name, name)), []).append(index)
    named: set[Label] = set()
    for labels, indices in outputs.items():
        if shared := named & labels:
            raise ValueError(
                f"its class {classes[indices[0]]!r} shares {_listed(shared)} with an earlier one; say in [labels.means] what it "
                'means, such as mouth = "inner_mouth"'
            )
        named |= labels
    whole = {labels | (set(Label) - named if Label.BACKGROUND in labels else set()): tuple(i) for labels, i in outputs.items()}
    if Label.BACKGROUND not in named:
        raise ValueError(
            f'none of its classes is the background, such as void = "background" in [labels.means]: {", ".join(classes)}'
        )
    parts = [labels for labels in whole if Label.BACKGROUND not in labels]
    if lopsided := [labels for labels in parts if frozenset(label.mirrored for label in labels) not in whole]:
        raise ValueError(f"its class {classes[whole[lopsided[0]][0]]!r} ({_listed(lopsided[0])}) has no class for the other side")
    own = _known(whole) or _own(model, classes, whole)
    return own, tuple(whole[labels] for labels in own.members)


def _meaning(name: str, words: str) -> frozenset[Label]:
    try:
        return labels_of(words)
    except UnknownName as error:
        advice = (
            "" if words != name else f' If it is a name of the network\'s own, say in [labels.means] what it is: {name} = "hair".'
        )
        raise ValueError(f"its class {name!r}: {error}{advice}") from None


def _known(whole: Mapping[frozenset[Label], tuple[int, ...]]) -> LabelScheme | None:
    """The scheme of facefx's that has just these classes. Irises are summed with their eyes, but for schemes named by a card."""
    schemes = [known for known in map(scheme, scheme_names()) if not set(IRISES) & set(known.classes)]
    return next((known for known in schemes if set(known.members) == set(whole)), None)


def _own(model: str, classes: Sequence[str], whole: Mapping[frozenset[Label], tuple[int, ...]]) -> LabelScheme:
    order = list(Label)
    members = sorted(whole, key=lambda labels: min(map(order.index, labels)))
    return LabelScheme(model, tuple(classes[whole[labels][0]] for labels in members), tuple(members))


def _listed(labels: frozenset[Label] | set[Label]) -> str:
    return "+".join(label.value for label in Label if label in labels)

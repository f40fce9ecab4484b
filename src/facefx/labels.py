"""Names of face parts, and the index orders that data sets and models write them in.

Code speaks `Label.UPPER_LIP` and `Region.LIPS`. The integers that a model or a label picture uses for them are the business of a
`LabelScheme`, and are translated at the door. Left is the subject's left everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

import numpy as np

from .errors import ParameterError, UnknownName
from .shown import shown

__all__ = ["IGNORE", "IRISES", "Label", "LabelScheme", "Region", "is_scene_wide", "labels_of", "scheme", "scheme_names"]

#: The index that label pictures give to pixels nobody knows the label of; training and scores leave them out.
IGNORE = 255


class Label(str, Enum):
    """The nineteen parts, in CelebAMask-HQ's official order."""

    BACKGROUND = "background"
    SKIN = "skin"
    NOSE = "nose"
    EYEGLASSES = "eyeglasses"
    LEFT_EYE = "left_eye"
    RIGHT_EYE = "right_eye"
    LEFT_EYEBROW = "left_eyebrow"
    RIGHT_EYEBROW = "right_eyebrow"
    LEFT_EAR = "left_ear"
    RIGHT_EAR = "right_ear"
    INNER_MOUTH = "inner_mouth"
    UPPER_LIP = "upper_lip"
    LOWER_LIP = "lower_lip"
    HAIR = "hair"
    HAT = "hat"
    EARRING = "earring"
    NECKLACE = "necklace"
    NECK = "neck"
    CLOTHING = "clothing"

    @property
    def mirrored(self) -> Label:
        """The part that this one becomes in a mirror: left and right change places."""
        side, _, rest = self.value.partition("_")
        return Label(f"{_OTHER_SIDE[side]}_{rest}") if side in _OTHER_SIDE else self


_OTHER_SIDE = {"left": "right", "right": "left"}


class Region(str, Enum):
    """Sets of labels that people ask for by one name."""

    LIPS = "lips"
    MOUTH = "mouth"
    EYES = "eyes"
    EYEBROWS = "eyebrows"
    EARS = "ears"
    FACE = "face"
    ALL_SKIN = "all_skin"
    HEAD = "head"
    PERSON = "person"
    PICTURE = "picture"

    @property
    def labels(self) -> frozenset[Label]:
        return _REGIONS[self]


_LIPS = {Label.UPPER_LIP, Label.LOWER_LIP}
_EYES = {Label.LEFT_EYE, Label.RIGHT_EYE}
_BROWS = {Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW}
_EARS = {Label.LEFT_EAR, Label.RIGHT_EAR}
_FACE = {Label.SKIN, Label.NOSE, Label.EYEGLASSES, Label.INNER_MOUTH} | _EYES | _BROWS | _LIPS
_SKIN_EARS_NECK = {Label.SKIN, Label.NECK} | _EARS
_HEAD = _FACE | _EARS | {Label.HAIR, Label.HAT, Label.EARRING}

_REGIONS: dict[Region, frozenset[Label]] = {
    Region.LIPS: frozenset(_LIPS),
    Region.MOUTH: frozenset(_LIPS | {Label.INNER_MOUTH}),
    Region.EYES: frozenset(_EYES),
    Region.EYEBROWS: frozenset(_BROWS),
    Region.EARS: frozenset(_EARS),
    Region.FACE: frozenset(_FACE),
    Region.ALL_SKIN: frozenset(_SKIN_EARS_NECK | {Label.NOSE}),
    Region.HEAD: frozenset(_HEAD),
    Region.PERSON: frozenset(set(Label) - {Label.BACKGROUND}),
    Region.PICTURE: frozenset(Label),
}

#: Regions that are a part of one label: the coloured part of an eye. Few segmenters know them; the labels are those they lie in.
IRISES: dict[str, frozenset[Label]] = {
    "irises": frozenset(_EYES),
    "left_iris": frozenset({Label.LEFT_EYE}),
    "right_iris": frozenset({Label.RIGHT_EYE}),
}


def labels_of(region: Region | Label | str) -> frozenset[Label]:
    """The labels that `region` stands for; of `IRISES` those that it lies in.

    Parameters
    ----------
    region : a `Region`, a `Label`, the name of either, such as ``"lips"`` or ``"left_eye"``, or several names, of which those after
        a ``+`` are added and those after a ``-`` left out, from left to right: ``"face-eyes-lips"``, ``"hair+hat"``.

    Raises
    ------
    UnknownName
        If no region and no label has that name; the message lists those there are.
    ParameterError
        If nothing is left, or irises are added or taken away: they are less than a label.
    """
    name = region.value if isinstance(region, Enum) else region
    if name in Region._value2member_map_:
        return _REGIONS[Region(name)]
    if name in Label._value2member_map_:
        return frozenset({Label(name)})
    if name in IRISES:
        return IRISES[name]
    if isinstance(name, str) and ("+" in name or "-" in name):
        first, *others = re.split(r"([+-])", name)
        found = labels_of(first.strip())
        if irises := {part.strip() for part in (first, *others[1::2])} & set(IRISES):
            raise ParameterError(f"the region {shown(name)} is not allowed: ask for {min(irises)} alone")
        for sign, part in zip(others[::2], others[1::2], strict=True):
            other = labels_of(part.strip())
            found = found | other if sign == "+" else found - other
        if not found:
            raise ParameterError(f"the region {shown(name)} leaves nothing; take less away")
        return found
    raise UnknownName("region", str(name), [*Region._value2member_map_, *Label._value2member_map_])


def is_scene_wide(region: Region | Label | str) -> bool:
    """Whether a region goes beyond one face's surroundings, so that it is found once for the whole picture."""
    labels = labels_of(region)
    return Label.BACKGROUND in labels or labels == Region.PERSON.labels


@dataclass(frozen=True)
class LabelScheme:
    """One index order: which labels each index stands for.

    ``classes[i]`` is the name of index ``i``, and ``members[i]`` the labels in it. Index 0 is the background, and takes every label
    that the scheme does not name. A class that is called like one of `IRISES` is that part of the eyes in its ``members``, and the
    class of these eyes is the rest of them.
    """

    name: str
    classes: tuple[str, ...]
    members: tuple[frozenset[Label], ...]

    @classmethod
    def of(cls, name: str, classes: Iterable[str | tuple[str, Iterable[Label]]]) -> LabelScheme:
        """Build a scheme from class names: names of labels or regions, or pairs of a new name and its labels."""
        pairs = [(c, labels_of(c)) if isinstance(c, str) else (c[0], frozenset(c[1])) for c in classes]
        named: set[Label] = set()
        for class_name, labels in pairs:
            if named & labels and class_name not in IRISES:
                raise ValueError(f"label scheme {name!r}: {class_name!r} shares labels with an earlier class")
            named |= labels
        first, labels = pairs[0]
        pairs[0] = (first, labels | (set(Label) - named))
        return cls(name, tuple(n for n, _ in pairs), tuple(m for _, m in pairs))

    def __len__(self) -> int:
        return len(self.classes)

    def indices_of(self, region: Region | Label | str) -> tuple[int, ...]:
        """Indices whose labels all lie in `region`; empty if the scheme cannot tell that region from others."""
        return _indices(self, region)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """For each index, the index that it becomes in a mirror."""
        flipped = [frozenset(label.mirrored for label in labels) for labels in self.members]
        own = [(labels, self._is_iris(i)) for i, labels in enumerate(self.members)]
        return tuple(own.index((labels, self._is_iris(i))) for i, labels in enumerate(flipped))

    def region_of(self, index: int) -> str:
        """The region that a class is, by name. That of eyes has their irises in it."""
        return self.classes[index] if self._is_iris(index) else "+".join(sorted(label.value for label in self.members[index]))

    def _is_iris(self, index: int) -> bool:
        return self.classes[index] in IRISES

    def _divides(self, labels: frozenset[Label]) -> bool:
        """Whether it tells irises from the rest of the eyes that are among some labels."""
        return any(self._is_iris(i) and members & labels for i, members in enumerate(self.members))

    def lookup_from(self, other: LabelScheme) -> np.ndarray:
        """A table that turns `other`'s indices into this scheme's.

        Returns
        -------
        (256,) uint8
            ``table[label_map]`` is the translated map. Indices of `other` that straddle several classes here, and unused ones,
            become `IGNORE`.
        """
        table = np.full(256, IGNORE, np.uint8)
        for i, labels in enumerate(other.members):
            homes = [j for j, mine in enumerate(self.members) if labels <= mine]
            if homes and self._divides(self.members[homes[0]]):
                homes = [j for j in homes if self._is_iris(j) == other._is_iris(i)] if other._divides(labels) else []
            if homes:
                table[i] = homes[0]
        return table


@lru_cache(256)  # a film asks for the same regions hundreds of times a second
def _indices(scheme: LabelScheme, region: Region | Label | str) -> tuple[int, ...]:
    wanted = labels_of(region)
    known = [i for i in range(len(scheme)) if region not in IRISES or scheme._is_iris(i)]
    inside = tuple(i for i in known if scheme.members[i] <= wanted)
    covered = frozenset[Label]().union(*(scheme.members[i] for i in inside))
    return inside if covered == wanted else ()


_SCHEMES: dict[str, LabelScheme] = {
    s.name: s
    for s in (
        LabelScheme.of("celebamask", [label.value for label in Label]),
        LabelScheme.of(
            "lapa",  # and Helen, as labelled by Smith et al. (2013)
            ["background", ("skin", {Label.SKIN}), "left_eyebrow", "right_eyebrow", "left_eye", "right_eye", "nose", "upper_lip",
             "inner_mouth", "lower_lip", "hair"],
        ),
        LabelScheme.of("eyes_lips", ["background", "left_eye", "right_eye", "upper_lip", "lower_lip"]),
        LabelScheme.of("hair", ["background", "hair"]),
        LabelScheme.of("person", ["background", "person"]),
        LabelScheme.of("face_mask", ["background", "face"]),
        # One grey picture, each class lighter than the one that it lies in; and the same with sides, which a mask does not show.
        # See docs/grey_mask.md.
        LabelScheme.of("face", ["background", ("face", _FACE - _EYES), "eyes", "irises"]),
        LabelScheme.of("face_sides", ["background", ("face", _FACE - _EYES), "left_eye", "right_eye", "left_iris", "right_iris"]),
        # FASSEG paints eyebrows like hair. Whether its skin takes in ears and neck its authors leave open: taken to, so that
        # neither is taught as the other.
        LabelScheme.of(
            "fasseg",
            ["background", ("skin_ears_neck", _SKIN_EARS_NECK), "nose", "eyes", "mouth", ("hair_eyebrows", {Label.HAIR} | _BROWS)],
        ),
    )
}  # fmt: skip


def scheme(name: str | LabelScheme) -> LabelScheme:
    """The label scheme of that name (a scheme is passed through). Raises `UnknownName` for one there is not."""
    if isinstance(name, LabelScheme):
        return name
    try:
        return _SCHEMES[name]
    except KeyError:
        raise UnknownName("label scheme", name, _SCHEMES) from None


def scheme_names() -> Sequence[str]:
    """Names of the label schemes there are."""
    return tuple(_SCHEMES)

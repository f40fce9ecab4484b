"""How a segmenter is run: the three qualities, and what a card says of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from ..errors import ModelError
from ..shown import shown

__all__ = ["LARGEST_INPUT", "QUALITIES", "Quality", "Run", "qualities_of_card"]

#: From the cheapest to the most accurate.
Quality = Literal["fast", "balanced", "best"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
#: Of the card's input size, for the crops of ``fast`` where the card does not say; and what sizes are multiples of.
_FAST, _MULTIPLE = 0.7, 32
#: Pixels: a crop of this side takes gigabytes in any network.
LARGEST_INPUT = 4096


class Run(NamedTuple):
    """How a quality has a segmenter run: on crops of `size` pixels, in the mirror too or not, and in 8-bit integers or floats."""

    size: int
    mirror: bool
    int8: bool = False


def qualities_of_card(tables: Mapping[str, Any], side: int, *, int8: bool) -> Mapping[Quality, Run]:
    """What a card's ``[quality.NAME]`` say, and what is usual where they do not.

    Parameters
    ----------
    tables : those by name.
    side : of the card's input size, pixels.
    int8 : whether the model has its network in 8-bit integers too. It is for ``fast`` and ``balanced`` where the card does not say.

    Raises
    ------
    ModelError
        For what a quality cannot be.
    """
    if unknown := sorted(tables.keys() - set(QUALITIES)):
        raise ModelError(f"it has a quality {shown(unknown[0])}; allowed: {', '.join(QUALITIES)}")
    found = {}
    for quality in QUALITIES:
        table = tables.get(quality, {})
        usual = max(round(_FAST * side / _MULTIPLE), 1) * _MULTIPLE if quality == "fast" else side
        size, mirror = table.get("size", usual), table.get("mirror", quality == "best")
        integers = table.get("int8", int8 and quality != "best")
        allowed = type(size) is int and _MULTIPLE <= size <= LARGEST_INPUT and (not size % _MULTIPLE or size == side)
        if not allowed or type(mirror) is not bool:
            raise ModelError(
                f"its quality {quality!r} has size = {shown(size)} and mirror = {shown(mirror)}; "
                f"allowed: a multiple of {_MULTIPLE} up to {LARGEST_INPUT} or the input size, and true or false"
            )
        if type(integers) is not bool or (integers and not int8):
            raise ModelError(
                f"its quality {quality!r} has int8 = {shown(integers)}; allowed: false, or true where [int8] sha256 names the file"
            )
        found[quality] = Run(size, mirror, integers)
    return MappingProxyType(found)

"""What the steps of a chain gave at the size of a screen, so that a slider runs its own step alone."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from ..chains.sequence import Chain
from ..face.scene import Scene
from .steps import key_of

__all__ = ["Edited", "Kind"]

#: Results that are kept: those not asked for longest go first.
_MOST = 12
#: Of the same effects in the same order: a slider leaves one behind at each place that it passes, and the memory of one that is let
#: go serves the next, where new memory costs a third of the time that hair takes.
_ALIKE = 2


class Kind(NamedTuple):
    """What a chain was run on."""

    draft: bool
    private: bool


class Edited:
    """The results of a picture's chains and of their first steps."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Kind, str], tuple[tuple[str, ...], Scene]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def longest(self, kind: Kind, chain: Chain) -> tuple[int, Scene | None]:
        """How many of the chain's first steps were run already, and what they gave."""
        for count in range(len(chain.steps), 0, -1):
            key = kind, key_of(chain, count)
            if key in self._kept:
                self._kept.move_to_end(key)
                return count, self._kept[key][1]
        return 0, None

    def keep(self, kind: Kind, chain: Chain, count: int, scene: Scene) -> None:
        """What so many of the chain's first steps gave."""
        names = tuple(step.name for step in chain.steps[:count])
        self._kept[kind, key_of(chain, count)] = names, scene
        alike = [key for key, (others, _) in self._kept.items() if key[0] == kind and others == names]
        for key in alike[:-_ALIKE]:
            del self._kept[key]
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)

"""Everything that facefx raises on purpose.

    FacefxError
    ├── ImageError          a picture that cannot be read, is too large, or has no meaning as a picture
    ├── NoFaceFound         a step needed a face and there was none
    ├── ParameterError      an effect's parameter is unknown, of the wrong type, or out of range
    ├── UnknownName         no effect, model, region, ... of that name (also a KeyError's cousin: lists what there is)
    │   └── AmbiguousName   several plugins offer that short name
    ├── RegionUnavailable   the segmenter does not know the region that was asked for
    ├── EffectError         an effect returned something that is not a picture of the crop it was given
    ├── LookError           a saved look that cannot be read or does not fit the installed effects
    ├── ModelError          a model that is missing, tampered with, does not match its card, or cannot run as asked
    ├── PluginError         a plugin that cannot be loaded (in strict mode), a segmenter or detector that answers nonsense
    ├── OutputError         a result that cannot be written, or would overwrite something
    └── MissingExtra        an optional dependency is not installed; the message names the pip line

Messages say what was wrong, what was given, what is allowed, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial

from .shown import shown

__all__ = [
    "AmbiguousName",
    "EffectError",
    "FacefxError",
    "ImageError",
    "LookError",
    "MissingExtra",
    "ModelError",
    "NoFaceFound",
    "OutputError",
    "ParameterError",
    "PluginError",
    "RegionUnavailable",
    "UnknownName",
]


class FacefxError(Exception):
    """Base of all errors that facefx raises on purpose.

    Attributes
    ----------
    of_one_picture : whether the next picture may be free of it; others would come again for each, as an unknown name does.
    """

    of_one_picture = False


class ImageError(FacefxError):
    """A picture that cannot be read, is too large, or has no meaning as a picture."""

    of_one_picture = True


class NoFaceFound(FacefxError):
    """A step needed a face and there was none."""

    of_one_picture = True


class ParameterError(FacefxError):
    """An effect's parameter is unknown, of the wrong type, or out of range."""


class UnknownName(FacefxError):
    """No `kind` of that name; the message suggests close ones and lists what there is."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        close = get_close_matches(name[:100], self.known, n=1)  # of a long one it would take seconds
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"no {kind} is called {shown(name)}.{hint} There are: {', '.join(self.known) or 'none'}.")

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, list[str]]]:
        return type(self), (self.kind, self.name, self.known)


class AmbiguousName(UnknownName):
    """Several plugins offer that short name; the message lists the full ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name, known)
        self.args = (f"{len(self.known)} {kind}s are called {shown(name)}; say which: {', '.join(self.known)}.",)


class RegionUnavailable(FacefxError):
    """The segmenter does not know the region that was asked for."""


class EffectError(FacefxError):
    """An effect returned something that is not a picture of the crop it was given."""

    of_one_picture = True


class LookError(FacefxError):
    """A saved look that cannot be read or does not fit the installed effects."""


class ModelError(FacefxError):
    """A model that is missing, tampered with, does not match its card, or cannot run as asked."""


class PluginError(FacefxError):
    """A plugin that cannot be loaded (raised in strict mode), or whose segmenter or detector fails or answers nonsense."""

    of_one_picture = True


class OutputError(FacefxError):
    """A result that cannot be written, or would overwrite something."""

    of_one_picture = True


class MissingExtra(FacefxError):
    """An optional dependency is not installed; `extra` of `distribution` brings it."""

    def __init__(self, need: str, extra: str, *, distribution: str = "facefx") -> None:
        self.need, self.extra, self.distribution = need, extra, distribution
        self.of_one_picture = extra == "heif"  # the next one may be a JPEG
        super().__init__(f"{need} is not installed; it comes with an extra: pip install '{distribution}[{extra}]'")

    def __reduce__(self) -> tuple[partial[MissingExtra], tuple[str, str]]:
        return partial(type(self), distribution=self.distribution), (self.need, self.extra)

"""What each key of the window does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..labels import Label, Region

__all__ = ["COMMANDS", "VIEWS", "Command", "View"]


@dataclass(frozen=True)
class View:
    """What is shown.

    Attributes
    ----------
    words : as the window shows them.
    region : the only thing to show; None for the whole picture.
    tinted : whether all parts are shown in their colours over the picture.
    """

    words: str
    region: Region | Label | None = None
    tinted: bool = False


class Command(str, Enum):
    """What a key does besides choosing a view."""

    NEXT_LOOK = "next look"
    RECORD = "record / stop"
    STILL = "save a still"
    DETAILS = "rate, timings"
    QUIT = "quit"


#: Key (its character) to view. What comes in pairs has a key for both and one for each.
VIEWS: dict[str, View] = {
    "a": View("all parts", tinted=True),
    "p": View("picture"),
    "f": View("face", Region.FACE),
    "s": View("skin", Label.SKIN),
    "h": View("hair", Label.HAIR),
    "n": View("nose", Label.NOSE),
    "e": View("eyes", Region.EYES),
    "1": View("left eye", Label.LEFT_EYE),
    "2": View("right eye", Label.RIGHT_EYE),
    "b": View("brows", Region.EYEBROWS),
    "3": View("left brow", Label.LEFT_EYEBROW),
    "4": View("right brow", Label.RIGHT_EYEBROW),
    "l": View("lips", Region.LIPS),
    "7": View("upper lip", Label.UPPER_LIP),
    "8": View("lower lip", Label.LOWER_LIP),
    "m": View("inner mouth", Label.INNER_MOUTH),
    "o": View("ears", Region.EARS),
    "5": View("left ear", Label.LEFT_EAR),
    "6": View("right ear", Label.RIGHT_EAR),
    "g": View("eyeglasses", Label.EYEGLASSES),
    "t": View("hat", Label.HAT),
    "i": View("earrings", Label.EARRING),
    "j": View("necklace", Label.NECKLACE),
    "k": View("neck", Label.NECK),
    "c": View("clothing", Label.CLOTHING),
    "0": View("background", Label.BACKGROUND),
}

#: Key to command; these two have names, the others are characters.
COMMANDS: dict[str, Command] = {
    "tab": Command.NEXT_LOOK,
    "r": Command.RECORD,
    "space": Command.STILL,
    "d": Command.DETAILS,
    "q": Command.QUIT,
    "escape": Command.QUIT,
}

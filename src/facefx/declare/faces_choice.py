"""Whose face an effect works on: the text that the parameter `faces` takes, and what it chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

__all__ = ["ALLOWED", "FacesChoice"]

ALLOWED = (
    "all, largest, a face's number (0 for the largest), several such as '0,2', a rectangle of the picture "
    "'(x0,y0,x1,y1)' in pixels for the faces whose middle is in it, or all but those: '!0', '!0,2', '!largest', '!(x0,y0,x1,y1)'"
)
#: Not all that is white space in a pattern may stand round a number for Python: the separators U+001C to U+001F may not.
_SPACE = r"[ \t]*"
_NUMBER = rf"{_SPACE}[0-9]{{1,6}}{_SPACE}"
_LENGTH = rf"{_SPACE}-?[0-9]{{1,7}}(?:\.[0-9]{{1,6}})?{_SPACE}"
_RECTANGLE = re.compile(rf"\(({_LENGTH}),({_LENGTH}),({_LENGTH}),({_LENGTH})\)")


@dataclass(frozen=True)
class FacesChoice:
    """Some of the faces of a picture.

    Attributes
    ----------
    largest : whether it is the largest one.
    numbers : of those that it is otherwise, None for all of them.
    rectangle : (x0, y0, x1, y1) in pixels: those whose middle lies in it, whatever their numbers.
    but : whether it is all others.
    """

    largest: bool = False
    numbers: tuple[int, ...] | None = None
    rectangle: tuple[float, float, float, float] | None = None
    but: bool = False

    @classmethod
    def of(cls, value: Any) -> FacesChoice | None:
        """What a value of the parameter means: a text, a number, a sequence of numbers; None if it means nothing."""
        if isinstance(value, Integral) and not isinstance(value, bool):
            return cls(numbers=(int(value),)) if 0 <= int(value) < 10**6 else None
        if isinstance(value, list | tuple) and value and all(isinstance(v, Integral) and not isinstance(v, bool) for v in value):
            return cls.of(",".join(str(v) for v in value))
        if not isinstance(value, str):
            return None
        text = value.strip()
        but, text = text.startswith("!"), text.removeprefix("!").strip()
        if text == "all":
            return None if but else cls()
        if text == "largest":
            return cls(largest=True, but=but)
        if found := _RECTANGLE.fullmatch(text):
            x0, y0, x1, y1 = (float(length) for length in found.groups())
            return cls(rectangle=(x0, y0, x1, y1), but=but) if x0 < x1 and y0 < y1 else None
        parts = text.split(",")
        if all(re.fullmatch(rf"{_NUMBER}|{_SPACE}!{_NUMBER}" if but else _NUMBER, part) for part in parts):  # "!0,!2" is "!0,2"
            return cls(numbers=tuple(sorted({int(part.replace("!", "")) for part in parts})), but=but)
        return None

    @property
    def canonical(self) -> str | int:
        """How it is saved: a number alone as a number."""
        if self.numbers is not None and len(self.numbers) == 1 and not self.but:
            return self.numbers[0]
        if self.rectangle is not None:
            text = "({:.10g},{:.10g},{:.10g},{:.10g})".format(*self.rectangle)
        elif self.numbers is not None:
            text = ",".join(map(str, self.numbers))
        else:
            text = "largest" if self.largest else "all"
        return f"!{text}" if self.but else text

    @property
    def is_picky(self) -> bool:
        """Whether it names someone, who should be there then."""
        return not self.but and (self.numbers is not None or self.rectangle is not None)

    def indices(self, boxes: Sequence[Any], numbers: Sequence[int]) -> list[int]:
        """Which of some faces it chooses, given their `Box` and number each."""
        if self.largest:
            chosen = {max(range(len(boxes)), key=lambda i: boxes[i].area)} if boxes else set()
        elif self.rectangle is not None:
            x0, y0, x1, y1 = self.rectangle
            middles = [box.center for box in boxes]
            chosen = {i for i, (x, y) in enumerate(middles) if x0 <= x < x1 and y0 <= y < y1}
        elif self.numbers is not None:
            chosen = {i for i, number in enumerate(numbers) if number in self.numbers}
        else:
            chosen = set(range(len(boxes)))
        return [i for i in range(len(boxes)) if (i in chosen) != self.but]

"""The regions that effects on any part of a picture offer."""

from __future__ import annotations

from typing import Annotated, Literal

__all__ = ["Where"]

#: A parameter ``region`` for effects that change the picture's style rather than a part of the face.
Where = Annotated[
    Literal["picture", "person", "background", "head", "face", "all_skin", "skin", "hair", "lips", "eyes", "clothing"],
    "what to change",
]

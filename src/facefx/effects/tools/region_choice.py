"""The region that effects on any part of a picture work on."""

from __future__ import annotations

from typing import Annotated

from ...declare.declarations import RegionName

__all__ = ["Where"]

#: A parameter ``region`` for effects that change the picture's style rather than a part of the face.
Where = Annotated[RegionName, "what to change"]

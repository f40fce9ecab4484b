"""Video: frames in, edited frames out, with faces that are followed and masks that do not flicker.

>>> for frame in facefx.video.process(frames, facefx.chain("recolor_lips")):  # doctest: +SKIP
...     show(frame)
"""

from .analysis import Film, Measured, MeasuredFace
from .animation import animate
from .stream import process, scenes
from .tracking import Tracker, Tracking

__all__ = ["Film", "Measured", "MeasuredFace", "Tracker", "Tracking", "animate", "process", "scenes"]

"""Face detectors: the trained one with its tiles and its code of faces, OpenCV's cascades, and none at all (a whole frame)."""

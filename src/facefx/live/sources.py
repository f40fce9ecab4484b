"""Where frames come from: a camera, a video file, or a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from ..errors import ImageError
from ..image.picture import open_image
from ..video.files import VideoReader
from ..video.overlap import ahead, newest

__all__ = ["frames_of"]

#: Frames a second of a folder of pictures.
FOLDER_RATE = 25.0
ENDINGS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def frames_of(source: str) -> Iterator[tuple[float, np.ndarray]]:
    """Frames with the second at which each is due: (H, W, 3) uint8 RGB. Of a camera's the newest one, which is due at once.

    Parameters
    ----------
    source : a camera's number, a video file, or a folder, whose pictures are taken in the order of their names. Files and folders
        start again when they end.

    Raises
    ------
    ImageError
        If there is no such camera, file or folder.
    MissingExtra
        For a video file, without PyAV.
    """
    if source.isdecimal():
        return _camera(int(source))
    path = Path(source)
    return _endlessly(_pictures if path.is_dir() else _video, path)


def _camera(number: int) -> Iterator[tuple[float, np.ndarray]]:
    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise ImageError(f"camera {number} cannot be opened; give another number, a video file, or a folder of pictures")
    return newest(_from_camera(camera, number))


def _from_camera(camera: cv2.VideoCapture, number: int) -> Generator[tuple[float, np.ndarray]]:
    try:
        while True:
            fine, frame = camera.read()
            if not fine:
                raise ImageError(f"camera {number} gives no more pictures; was it unplugged?")
            yield 0.0, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        camera.release()


def _endlessly(once: Callable[[Path], Iterator[tuple[float, np.ndarray]]], path: Path) -> Iterator[tuple[float, np.ndarray]]:
    start = 0.0
    while True:
        due = start
        for seconds, frame in once(path):
            due = start + seconds
            yield due, frame
        start = due + 1 / FOLDER_RATE


def _pictures(folder: Path) -> Iterator[tuple[float, np.ndarray]]:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not paths:
        raise ImageError(f"the folder {str(folder)!r} holds no pictures ({', '.join(sorted(ENDINGS))})")
    for number, path in enumerate(paths):
        yield number / FOLDER_RATE, np.asarray(open_image(path, first_frame=True).rgb * 255 + 0.5, np.uint8)


def _video(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    with VideoReader(path) as reader:
        shown = False
        with closing(ahead(reader.frames(), 2)) as frames:
            for frame in frames:
                shown = True
                yield float(frame.pts * reader.time_base), frame.rgb
    if not shown:
        raise ImageError(f"no frame of the video {str(path)!r} can be decoded")

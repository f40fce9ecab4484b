"""The pictures that are open: in memory, each parsed once when it came; previews are edited at screen size, results at full."""

from __future__ import annotations

import io
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock

import cv2
import numpy as np

from ..chains.sequence import Chain, Result
from ..errors import ImageError
from ..face.scene import Scene
from ..held_files import HeldFiles
from ..image.canvas import Window
from ..image.picture import Picture, open_image
from ..parsing.parser import Parser
from ..parsing.pipeline import parse_picture
from ..parsing.sightings import with_sightings
from .edited import Edited, Kind
from .steps import key_of, seen_through

__all__ = ["Gallery", "OpenPicture", "named", "preview_size", "small_jpeg"]

#: Pictures that are kept; of a 24 MP photo 72 MB. The one that was not looked at for longest goes first.
MOST_PICTURES, MOST_BYTES = 24, 1_500_000_000
#: Faces that a byte tells apart, besides none.
_MOST_TOLD_APART = 255
#: A draft's longer side in pixels: what a slow effect shows while its slider is held.
_DRAFT = 768


def preview_size(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a picture of that size that fits into the room there is; never larger than it is."""
    scale = min(1.0, room[0] / size[0], room[1] / size[1])
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def named(data: bytes, name: str) -> io.BytesIO:
    """The bytes of a file that was called so: errors name it."""
    file = io.BytesIO(data)
    file.name = name
    return file


@dataclass(eq=False)
class OpenPicture:
    """One picture with what was found in it.

    Attributes
    ----------
    name : what its file was called.
    picture, scene : as it came, and what was found in it.
    room : how large the screen can show it, (height, width) in pixels.
    small : the scene at that size.
    """

    name: str
    picture: Picture
    scene: Scene
    parser: Parser = field(repr=False)
    room: tuple[int, int]
    small: Scene = field(init=False)
    _edited: Edited = field(default_factory=Edited, repr=False)
    _full: tuple[str, Result] | None = None
    _lock: RLock = field(default_factory=RLock, repr=False)
    _private: Scene | None = None
    _alpha: np.ndarray | None = field(init=False, repr=False)  # the picture's own
    _starts: dict[Kind, Scene] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        height, width = self.scene.size
        self._alpha = self.picture.alpha
        self.small = self.scene.seen_through(self._alpha).through((0, 0, width, height), preview_size(self.scene.size, self.room))

    @property
    def nbytes(self) -> int:
        """About how much memory it takes."""
        full, small = (height * width for height, width in (self.scene.size, self.small.size))
        return (3 if self._alpha is None else 8) * full + 12 * small * (2 + len(self._edited))

    def preview(self, chain: Chain, *, draft: bool = False) -> Scene:
        """The picture at the size of the screen or of a draft, with a chain on it: what earlier ones share is not done again."""
        with self._lock:
            kind = Kind(draft, chain.private)
            start, kept = self._edited.longest(kind, chain)
            done = kept or self._small_for(chain, kind)
            height, width = self.scene.size
            shown = seen_through(chain, (0, 0, width, height), done.size)
            for count in range(start + 1, len(chain.steps) + 1):
                done = Chain(shown.steps[:count], shown.seed).edit(done, start=count - 1)
                self._edited.keep(kind, chain, count, done)
            return done

    def result(self, chain: Chain) -> Result:
        """The picture at full size with a chain on it; the last one is kept."""
        with self._lock:
            key = key_of(chain)
            if self._full is None or self._full[0] != key:
                scene = self._scene_for(chain)
                self._full = key, chain.run_parsed(self.picture, scene, require_face=False)
            return self._full[1]

    def closeup(self, chain: Chain, index: int = 0, side: int = 224) -> Scene:
        """A square round one of the faces, small, with a chain on it; the middle of the picture where there is none."""
        height, width = self.scene.size
        if index < len(self.scene.faces):
            box = self.scene.faces[index].box
            (x, y), half = box.center, 1.05 * box.side
            y -= 0.12 * box.side
        else:
            x, y, half = width / 2, height / 2, min(width, height) / 2
        half = min(half, min(width, height) / 2)
        x, y = min(max(x, half), width - half), min(max(y, half), height - half)
        window: Window = int(x - half), int(y - half), int(x + half), int(y + half)
        return seen_through(chain, window, (side, side)).edit(self.scene.seen_through(self._alpha).through(window, (side, side)))

    def parts(self) -> np.ndarray:
        """Which part each pixel of the preview shows, and whose: (H, W, 3) uint8, label, face + 1, 0."""
        height, width = self.small.size
        shown = np.zeros((height, width, 3), np.uint8)
        if self.small.faces:
            found = self.small.parts(self.small.faces[0].parsing.scheme)
            shown[..., 0] = found.labels
            shown[..., 1] = np.where(found.owners < _MOST_TOLD_APART, found.owners + 1, 0)
        return shown

    def _scene_for(self, chain: Chain) -> Scene:
        """What a chain works on: where one hides people with all who were seen by a careful look, which is taken once."""
        if not chain.private:
            return self.scene
        if self._private is None:
            self._private = with_sightings(self.scene, self.parser)
        return self._private

    def _small_for(self, chain: Chain, kind: Kind) -> Scene:
        """The same at the size of a preview or of a draft, made once: masks are found anew at each size."""
        if not kind.draft and not kind.private:
            return self.small
        if kind not in self._starts:
            height, width = self.scene.size
            size = preview_size(self.small.size, (_DRAFT, _DRAFT)) if kind.draft else self.small.size
            scene = self._scene_for(chain).seen_through(self._alpha)
            self._starts[kind] = scene.through((0, 0, width, height), size)
        return self._starts[kind]


class Gallery:
    """All open pictures, by names that nobody guesses."""

    def __init__(self, parser: Parser, max_pixels: int) -> None:
        self.parser, self._max_pixels = parser, max_pixels
        self._pictures: OrderedDict[str, OpenPicture] = OrderedDict()
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._held: HeldFiles | None = None
        self._lock = RLock()

    def add(self, data: bytes, name: str, room: tuple[int, int]) -> str:
        """Open a picture and parse it, for a screen with so much room for it, (height, width). Raises `ImageError`."""
        picture = open_image(named(data, name), max_pixels=self._max_pixels, first_frame=True)
        opened = OpenPicture(name, picture, parse_picture(picture.canvas, self.parser), self.parser, room)
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._pictures[key] = opened
            self._forget()
        return key

    def __getitem__(self, key: str) -> OpenPicture:
        with self._lock:
            if key not in self._pictures:
                raise ImageError(
                    "this picture is not open any more: it was closed, or the studio was started again; drop it in again"
                )
            self._pictures.move_to_end(key)
            return self._pictures[key]

    def close(self, key: str) -> None:
        """Forget a picture."""
        with self._lock:
            self._pictures.pop(key, None)

    def hold(self, data: bytes) -> str:
        """Keep a file that steps may name, and give its name."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._files[key] = data
            while sum(map(len, self._files.values())) > MOST_BYTES // 4 and len(self._files) > 1:
                self._files.popitem(last=False)
            self._held = None
        return key

    @property
    def files(self) -> Mapping[str, bytes]:
        """What is kept for steps, by name."""
        return self._files

    def held(self) -> HeldFiles:
        """The same for ``with``: one for all who work, with what was made of them."""
        with self._lock:
            if self._held is None:
                self._held = HeldFiles(self._files)
            return self._held

    def _forget(self) -> None:
        while len(self._pictures) > 1 and (
            len(self._pictures) > MOST_PICTURES or sum(one.nbytes for one in self._pictures.values()) > MOST_BYTES
        ):
            self._pictures.popitem(last=False)


def small_jpeg(scene: Scene, *, quality: int = 88, fine: bool = True) -> tuple[bytes, str]:
    """A scene as JPEG, or as PNG where it has alpha: the bytes and the media type; without `fine` with a quarter of its colour."""
    pixels = cv2.convertScaleAbs(scene.image, alpha=255)
    if scene.alpha is not None:
        rgba = np.dstack([pixels[..., ::-1], cv2.convertScaleAbs(scene.alpha, alpha=255)])
        return cv2.imencode(".png", rgba, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes(), "image/png"
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if fine else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)[1].tobytes(), "image/jpeg"

"""What is done with an input of each kind, and how inputs are damaged: a plain loop, which needs nothing but Python."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facefx.chains.look_file import read_look
from facefx.cli.effect_text import chain_from_text
from facefx.effects.tools.cube import _parsed
from facefx.errors import FacefxError
from facefx.image.animation import open_animation
from facefx.image.files import encode
from facefx.image.picture import open_image
from facefx.inference.cards import ModelCard

from .corpus import CARDS, CUBES, EFFECTS, LOOKS, PICTURES

__all__ = ["HARNESSES", "Harness", "damaged", "fuzz"]

#: Seconds that no input of a few hundred bytes may take; a machine that is busy is given its time.
TOO_LONG = 20


@dataclass(frozen=True)
class Harness:
    """One kind of input.

    Attributes
    ----------
    corpus : whole inputs.
    run : what is done with one; `FacefxError` is an answer, all else a find.
    """

    corpus: Sequence[bytes]
    run: Callable[[bytes, Path], None]


def _picture(data: bytes, folder: Path) -> None:
    picture = open_image(data, max_pixels=1 << 22, first_frame=True)
    assert picture.rgb.shape == (*picture.size, 3)
    if picture.alpha is not None:
        assert picture.alpha.shape == picture.size
    for format in ("PNG", "JPEG", "TIFF"):
        encode(picture.native, picture.metadata, format, quality=90, keep_gps=True)
    picture.without_people()


def _animation(data: bytes, folder: Path) -> None:
    (folder / "file").write_bytes(data)
    if (animation := open_animation(folder / "file")) is not None:
        for _, picture in zip(range(10), animation.pictures(), strict=False):
            assert picture.size[0] > 0


def _look(data: bytes, folder: Path) -> None:
    (folder / "look.yaml").write_bytes(data)
    read_look(folder / "look.yaml")


def _effect(data: bytes, folder: Path) -> None:
    chain_from_text(data.decode("utf-8", "surrogateescape"))


def _card(data: bytes, folder: Path) -> None:
    (folder / "card.toml").write_bytes(data)
    ModelCard.read(folder)


def _cube(data: bytes, folder: Path) -> None:
    _parsed(data.decode("utf-8", "replace"), "table.cube")


HARNESSES = {
    "pictures": Harness(PICTURES, _picture),
    "animations": Harness(PICTURES, _animation),
    "looks": Harness(LOOKS, _look),
    "effects": Harness(EFFECTS, _effect),
    "cards": Harness(CARDS, _card),
    "cubes": Harness(CUBES, _cube),
}

_NUMBERS = (b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"9" * 30, b"-1", b"nan", b"inf", b"1e999")
_ODD = (*_NUMBERS, b"[" * 40, b"\xff\xd8\xff", b"\xff\xda\0\x08", b"&a [*a]", b"!!python/name:os.system", b'"', b"\xe2\x80\xae")


def damaged(data: bytes, dice: random.Random, others: Sequence[bytes]) -> bytes:
    """The input after one to six changes: bits, bytes, odd values, pieces gone, doubled, moved, or of another input."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        size = len(changed)
        if not size:
            break
        place, end = dice.randrange(size), dice.randrange(size)
        length = min(dice.choice((1, 2, 4, 8, 32, 200)), size)
        match dice.randrange(9):
            case 0:
                changed[place] ^= 1 << dice.randrange(8)
            case 1:
                changed[place] = dice.randrange(256)
            case 2:
                changed[place : place + 4] = dice.choice(_ODD)
            case 3:
                changed[place:place] = dice.choice(_ODD)
            case 4:
                del changed[place : place + length]
            case 5:
                changed[place:place] = changed[end : end + length] * dice.choice((1, 2, 50))
            case 6:
                del changed[place:]
            case 7:
                changed[place : place + length] = changed[end : end + length]
            case 8:
                other = dice.choice(others)
                start = dice.randrange(len(other))
                changed[place : place + length] = other[start : start + length]
    return bytes(changed)


def fuzz(name: str, folder: Path, seed: int, seconds: float | None = None, most: int | None = None) -> int:
    """Feed damaged inputs of one kind, until the time is over or there were so many; how many there were.

    Raises whatever is no `FacefxError`, with the input in its notes, `TimeoutError` for an input that takes too long, and
    `MemoryError` for one that wants more than the process may have.
    """
    harness, dice, start, count = HARNESSES[name], random.Random(seed), time.monotonic(), 0
    while (most is None or count < most) and (seconds is None or time.monotonic() - start < seconds):
        data = damaged(dice.choice(harness.corpus), dice, harness.corpus)
        began = time.process_time()
        try:
            try:
                harness.run(data, folder)
            except FacefxError as error:
                if isinstance(error.__cause__, MemoryError):
                    raise error.__cause__ from None
            if time.process_time() - began > TOO_LONG:
                raise TimeoutError(f"{len(data)} bytes took {time.process_time() - began:.0f} s")
        except BaseException as error:
            (folder / "find").write_bytes(data)
            error.add_note(f"{name}, seed {seed}, input {count}: {data[:2000]!r}; whole in {folder / 'find'}")
            raise
        count += 1
    return count

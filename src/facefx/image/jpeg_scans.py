"""What a JPEG's markers say before anything is decoded: how many scans it has, and whether there can be a picture in them.

A decoder goes over the whole picture for every scan, and takes what is missing for grey, both without a word (ITU-T T.81, annex B).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from random import Random

from ..errors import ImageError

__all__ = ["END", "START", "Scans", "scans_in", "whole_but_for_its_end"]

START, END = b"\xff\xd8", b"\xff\xd9"
_SOS = 0xDA
#: Kinds of frames whose numbers are Huffman codes, of at least one bit each: baseline, extended, and progressive.
_HUFFMAN, _PROGRESSIVE = (0xC0, 0xC1, 0xC2), 0xC2
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
#: What ends a scan's codes: a marker that is neither a zero put behind 255 nor a restart.
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
#: Scans of a frame and segments of a file that are worth going on for; encoders write a dozen, and some cameras a hundred segments.
MOST_SCANS, _MOST_SEGMENTS = 100, 10_000
#: How often, and with how many bytes of noise, it is tried whether codes are missing.
_TRIES, _NOISE = 3, 2048


@dataclass(frozen=True)
class Scans:
    """What stands in a JPEG's first frame.

    Attributes
    ----------
    count : how many scans; the count ends where it is over the limit.
    problem : what speaks against decoding it, in words; empty if nothing does.
    is_complete : whether each of its parts has a scan, of a frame that has one for each: not of a progressive one.
    has_end : whether the end is marked.
    """

    count: int = 0
    problem: str = ""
    is_complete: bool = False
    has_end: bool = False


def scans_in(data: bytes) -> Scans:
    """Go over a JPEG's markers. What is too damaged for that has no problem here: its decoder will say so."""
    kind = blocks = parts = seen = count = coded = 0
    place = len(START)
    for _ in range(_MOST_SEGMENTS):
        marker = _MARKER.search(data, place)
        if marker is None:
            break
        code, place = marker[0][-1], marker.end()
        if code == END[1]:
            return Scans(count, _too_little(kind, blocks, coded), has_end=True)
        length = int.from_bytes(data[place : place + 2], "big")
        segment, place = data[place + 2 : place + length], place + max(length, 2)
        if code in _FRAMES and not kind and len(segment) > 5:
            kind, blocks, parts = code, _blocks(segment), segment[5]
        elif code == _SOS:
            count, seen = count + 1, seen + (segment[0] if segment else 0)
            if count > MOST_SCANS:
                return Scans(count, f"it has more than {MOST_SCANS} scans, each of which is work for the whole picture")
            after = _MARKER.search(data, place)
            coded += (after.start() if after else len(data)) - place
            place = after.start() if after else len(data)
    else:
        return Scans(count, f"it has more than {_MOST_SEGMENTS} segments")
    return Scans(count, "", kind in _HUFFMAN and kind != _PROGRESSIVE and 0 < parts <= seen)


def _blocks(segment: bytes) -> int:
    """How many squares of 8 pixels' side a frame's parts have together."""
    height, width, parts = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big"), segment[5]
    sampling = [(byte >> 4, byte & 15) for byte in segment[7 : 6 + 3 * parts : 3]]
    across, down = max((s[0] for s in sampling), default=0), max((s[1] for s in sampling), default=0)
    return sum(ceil(ceil(width * x / across) / 8) * ceil(ceil(height * y / down) / 8) for x, y in sampling if across and down)


def _too_little(kind: int, blocks: int, coded: int) -> str:
    """Each block takes a bit for its mean, and where it has but one scan, another for the rest."""
    least = blocks * (1 if kind == _PROGRESSIVE else 2) // 8
    if kind not in _HUFFMAN or coded >= least:
        return ""
    return f"it holds {coded} bytes of picture, where its size takes {least} at the very least: the rest would be grey"


def whole_but_for_its_end(data: bytes, decoded: Callable[[bytes], bytes]) -> bytes | None:
    """A JPEG with the end that it lacks, if nothing else is missing; else None.

    A decoder that reaches the end goes on with zeros. So if codes are missing, noise between the last one and the end gives another
    picture; if none is, the same. What may be missing unnoticed is the end of the last square of 8 pixels' side.

    Parameters
    ----------
    decoded : the pixels of a file; raises `ImageError` for one that cannot be decoded.
    """
    if not data.startswith(START) or not scans_in(data).is_complete:
        return None
    codes, dice = data.rstrip(b"\xff"), Random(0)
    try:
        picture = sha256(decoded(codes + END)).digest()
        for _ in range(_TRIES):
            noise = bytes(dice.choices(range(255), k=_NOISE))
            if sha256(decoded(codes + noise + END)).digest() != picture:
                return None
    except ImageError:
        return None
    return codes + END

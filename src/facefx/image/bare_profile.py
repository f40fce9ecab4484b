"""A colour profile with nothing in it but what explains the colours: no names, numbers of devices, dates or private data.

A profile may hold tags of anybody's own, of any size (ICC.1:2010, 7.3): a name, a serial number, another picture.
"""

from __future__ import annotations

import struct

from .profiles import profile_name, profile_space, read_profile, tags_of

__all__ = ["bare_profile"]

_XYZ = ("rXYZ", "gXYZ", "bXYZ", "wtpt", "bkpt")
_CURVES = ("rTRC", "gTRC", "bTRC", "kTRC")
_TABLES = ("A2B0", "A2B1", "A2B2", "B2A0", "B2A1", "B2A2")
#: What is of the header: the version, what it is of, both kinds of numbers, its mark, flags, how it is meant, and the white.
_HEADER = ((8, 24), (36, 40), (44, 48), (64, 80))
#: Names that many have, and that so say nothing of whose it is; other profiles are called by the kind of their numbers.
_COMMON = frozenset(
    {
        "sRGB", "sRGB IEC61966-2.1", "sRGB built-in", "sRGB2014", "c2", "Display P3", "DCI-P3", "Adobe RGB", "Adobe RGB (1998)",
        "Adobe RGB (1998) compatible", "ProPhoto RGB", "ROMM RGB", "Apple RGB", "Apple Wide Color Sharing Profile",
        "Generic RGB Profile", "Generic Gray Profile", "Generic Gray Gamma 2.2 Profile", "Generic CMYK Profile", "Dot Gain 15%",
        "Dot Gain 20%", "Gray Gamma 1.8", "Gray Gamma 2.2", "sGray", "Coated FOGRA39 (ISO 12647-2:2004)",
        "U.S. Web Coated (SWOP) v2", "ISO Coated v2 (ECI)", "Rec. 2020", "ITU-R BT.2020 Reference Display", "Rec. ITU-R BT.2020-1",
        "Rec. ITU-R BT.709-5",
    }
)  # fmt: skip


def bare_profile(icc: bytes) -> bytes | None:
    """A profile of the same colours; None for one that cannot be read, which is never applied either."""
    if read_profile(icc) is None:
        return None
    try:
        bare = _written(icc)
    except (IndexError, ValueError, struct.error):
        return None
    return bare if read_profile(bare) is not None else None


def _written(icc: bytes) -> bytes:
    tags = tags_of(icc)
    kept = {name: tags[name][:20] for name in _XYZ if name in tags}
    kept |= {"chad": tags["chad"][:44]} if "chad" in tags else {}
    kept |= {name: _curve(tags[name]) for name in _CURVES if name in tags}
    kept |= {name: _table(tags[name]) for name in _TABLES if name in tags}
    name = profile_name(icc)
    kept["desc"] = _text(name if name in _COMMON else profile_space(icc), icc[8])
    kept["cprt"] = _words("-") if icc[8] >= 4 else b"text\0\0\0\0-\0"
    header = bytearray(128)
    for start, end in _HEADER:
        header[start:end] = icc[start:end]
    table, body = b"", b""
    first, places = 132 + 12 * len(kept), dict[bytes, int]()
    for tag, data in sorted(kept.items()):
        if data not in places:
            places[data] = first + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag.encode("latin-1"), places[data], len(data))
    header[:4] = struct.pack(">I", first + len(body))
    return bytes(header) + struct.pack(">I", len(kept)) + table + body


def _curve(data: bytes) -> bytes:
    """A curve without what may stand behind it (10.5 and 10.15)."""
    if data[:4] == b"curv":
        return data[: 12 + 2 * int(struct.unpack_from(">I", data, 8)[0])]
    (kind,) = struct.unpack_from(">H", data, 8)
    return data[: 12 + 4 * (1, 3, 4, 5, 7)[min(kind, 4)]]


def _table(data: bytes) -> bytes:
    """The same of a table of many colours (10.8 and 10.9); the newer kind says of itself where each of its parts begins."""
    if data[:4] not in (b"mft1", b"mft2"):
        return data
    inputs, outputs, steps = data[8:11]
    if data[:4] == b"mft1":
        return data[: 48 + 256 * (inputs + outputs) + steps**inputs * outputs]
    before, behind = struct.unpack_from(">HH", data, 48)
    return data[: 52 + 2 * (before * inputs + behind * outputs + steps**inputs * outputs)]


def _text(words: str, version: int) -> bytes:
    """A description, in the form of the profile's version."""
    if version >= 4:
        return _words(words)
    said = words.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(said)) + said + bytes(4 + 4 + 2 + 1 + 67)


def _words(words: str) -> bytes:
    said = words.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(said), 28) + said

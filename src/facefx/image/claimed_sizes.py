"""How large a file says that its pictures are, where Pillow makes room for them before anybody can ask."""

from __future__ import annotations

__all__ = ["claimed_size"]


def claimed_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels, of a WebP off its header, of a GIF over all its frames; None for other files."""
    return _webp_size(data) or _gif_size(data)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """RFC 9649, 2.5 to 2.7."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 16383) + 1, (bits >> 14 & 16383) + 1
        case b"VP8 ":
            return int.from_bytes(data[26:28], "little") & 16383, int.from_bytes(data[28:30], "little") & 16383
    return None


def _gif_size(data: bytes) -> tuple[int, int] | None:
    """The screen, grown by what frames reach beyond it, as Pillow grows it (GIF89a, 18 to 27).

    Bytes between blocks are passed over, as Pillow does; what is cut short has no more frames.
    """
    if data[:4] != b"GIF8" or len(data) < 13:
        return None
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    place = 13 + _table(data[10])
    while place < len(data):
        kind, place = data[place], place + 1
        if kind == 0x3B:
            break
        if kind == 0x21:  # an extension: its label, and blocks
            place = _after_blocks(data, place + 1)
        elif kind == 0x2C and place + 9 <= len(data):
            x, y, across, down = (int.from_bytes(data[place + at : place + at + 2], "little") for at in (0, 2, 4, 6))
            width, height = max(width, x + across), max(height, y + down)
            place = _after_blocks(data, place + 9 + _table(data[place + 8]) + 1)
    return width, height


def _table(flags: int) -> int:
    """How many bytes of colours follow such flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    while place < len(data) and data[place]:
        place += data[place] + 1
    return place + 1

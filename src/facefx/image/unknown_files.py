"""What a file that is no readable picture may be instead, so that the error can say so."""

from __future__ import annotations

__all__ = ["what_it_is"]

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MATROSKA = b"\x1aE\xdf\xa3"
#: What still pictures in the same container as MP4 call themselves (ISO/IEC 23008-12); `files` reads those, where it can.
_STILLS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")


def what_it_is(data: bytes) -> str:
    """The words that follow the file's name in an error."""
    if data.startswith(_TIFF):
        return "is a TIFF that is damaged, or of a kind not read (float colours, a camera's raw data); save it with 8 or 16 bits"
    in_mp4 = data[4:8] == b"ftyp" and data[8:12] not in _STILLS
    in_avi = data[:4] == b"RIFF" and data[8:12] == b"AVI "
    if in_mp4 or in_avi or data.startswith(_MATROSKA):
        return "is a film, not a picture; facefx video (facefx.video.convert) edits films"
    return "is not a picture, or damaged at its start"

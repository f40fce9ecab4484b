"""What a film's numbers mean as light: to the sRGB that the work is done in, and back to the film's own numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["REFERENCE_WHITE", "Light", "mastering_of", "side_data"]

# The numbers of ITU-T H.273, which FFmpeg uses too.
BT709, UNSPECIFIED, BT2020 = 1, 2, 9
#: Matrices between YUV and RGB that can be computed, and swscale's numbers for them; the others become BT.709's or BT.2020's.
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_SMPTE170M = 6
PQ, HLG = 16, 18
_LIMITED, _FULL = 1, 2
#: From this height on players take a film that does not say so for BT.709, below it for BT.601.
_HIGH_DEFINITION = 720

#: Candelas per square metre of a white sheet in an HDR film, by ITU-R BT.2408: what sRGB's white is there.
REFERENCE_WHITE = 203.0
#: Of the display that HLG is meant for, and of a PQ film that does not tell its brightest light.
NOMINAL_PEAK = 1000.0
#: What red, green and blue of BT.2020 add to brightness.
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
#: HLG's system gamma on that display (ITU-R BT.2100).
_GAMMA = 1.2

#: (x, y) of red, green and blue of the primaries that are not close to sRGB's; all but the first have the white D65.
_PRIMARIES = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_D65 = (0.3127, 0.3290)


@dataclass(frozen=True)
class Light:
    """How a film codes colour.

    Attributes
    ----------
    matrix, primaries, transfer : numbers of ITU-T H.273; 2 where the film does not say.
    range : 1 limited (16 to 235 of 8 bits), 2 full, 0 where the film does not say, which means limited.
    bits : of each number.
    rgb : whether it stores RGB, without a matrix.
    peak : the brightest light, in candelas per square metre; of HDR only.
    """

    matrix: int
    range: int
    primaries: int
    transfer: int
    bits: int
    rgb: bool = False
    peak: float = NOMINAL_PEAK

    @classmethod
    def of(cls, frame: Any) -> Light:
        """Of a frame that PyAV decoded."""
        rgb = bool(frame.format.is_rgb)
        full = frame.format.name.startswith("yuvj")
        return cls(
            matrix=int(frame.colorspace),
            range=_FULL if full else int(frame.color_range),
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            bits=max((component.bits for component in frame.format.components), default=8),
            rgb=rgb,
            peak=_peak_of(frame),
        )

    @property
    def is_hdr(self) -> bool:
        """Whether it is HLG or PQ, which hold light beyond a white sheet's."""
        return self.transfer in (HLG, PQ)

    @property
    def is_plain(self) -> bool:
        """Whether its RGB numbers are taken as sRGB's."""
        return not self.is_hdr and self.primaries not in _PRIMARIES

    @property
    def is_deep(self) -> bool:
        """Whether it has more than 8 bits a number, or needs them."""
        return self.bits > 8 or self.is_hdr

    def written(self) -> Light:
        """As a YUV film codes the same colours: what has no matrix, or one that cannot be computed, gets one."""
        if not self.rgb and (self.matrix in _MATRICES or self.matrix == UNSPECIFIED):
            return self
        wide = self.primaries == BT2020
        return replace(self, matrix=BT2020 if wide else BT709, range=_LIMITED if self.rgb else self.range, rgb=False)

    def tone_mapped(self) -> Light:
        """What `tone_map` makes of it."""
        return Light(BT709, _LIMITED, BT709, BT709, 8)

    def reading(self, height: int) -> dict[str, int]:
        """What swscale must be told to make RGB of a frame."""
        told = {} if self.rgb else {"src_colorspace": self._swscale(height), "src_color_range": self.range or _LIMITED}
        return {"threads": 1, **told}  # more would be started anew for each frame

    def writing(self, height: int) -> dict[str, int]:
        """What swscale must be told to make YUV of RGB."""
        return {"dst_colorspace": self._swscale(height), "dst_color_range": self.range or _LIMITED}

    def _swscale(self, height: int) -> int:
        known = BT709 if height >= _HIGH_DEFINITION else _SMPTE170M
        return _MATRICES.get(known if self.matrix == UNSPECIFIED else self.matrix, BT709)

    def to_srgb(self, numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """The film's RGB numbers, (H, W, 3), as sRGB.

        Of HDR a white sheet (`REFERENCE_WHITE`) is sRGB's white, and what is brighter is cut to it, as are colours that sRGB cannot
        show.
        """
        if self.is_plain:
            return numbers
        return _coded(self._light(numbers))

    def from_srgb(self, srgb: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """The reverse: (H, W, 3) sRGB as the film's RGB numbers."""
        if self.is_plain:
            return srgb
        light = _srgb_light()[srgb]
        light = _turned(light, np.linalg.inv(_to_srgb_primaries(self.primaries)))
        if self.transfer == PQ:
            return _rounded(_pq(np.maximum(light, 0) * REFERENCE_WHITE))
        if self.transfer == HLG:
            return _rounded(_hlg(np.maximum(light, 0) * np.float32(REFERENCE_WHITE / NOMINAL_PEAK)))
        return _coded(light)

    def tone_map(self, numbers: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """The film's RGB numbers, (H, W, 3), as 8-bit sRGB, with HDR's brighter lights drawn in below white (ITU-R BT.2390, EETF).

        The curve is applied to the brightest of the three, so that hues stay.
        """
        light = self._light(numbers)
        if self.is_hdr:
            brightest = light.max(axis=2)
            light *= _share_kept(brightest, self.peak)[..., None]
        return np.asarray((_coded(light).astype(np.uint32) + 128) // 257, np.uint8)

    def _light(self, numbers: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Light in sRGB's primaries, 1 for white: (H, W, 3) float32, below 0 where sRGB cannot show it."""
        light = _light_table(self.transfer)[numbers]
        if self.transfer == HLG:  # the light on the display depends on how bright the pixel is as a whole (BT.2100)
            luma = np.maximum(light @ _LUMA, 1e-9)
            light *= (np.power(luma, np.float32(_GAMMA - 1)) * np.float32(NOMINAL_PEAK / REFERENCE_WHITE))[..., None]
        return _turned(light, _to_srgb_primaries(self.primaries))


def side_data(frame: Any) -> list[Any]:
    """What comes with a frame beside its pixels. PyAV's mapping gives these when it is iterated over; from 19 on, their kinds.

    The frame's own mapping would be in a circle with it, and each frame of a film live on until Python's collector runs.
    """
    from av.sidedata import sidedata

    held = cast(Any, sidedata).SideDataContainer(frame)
    return [side if hasattr(side, "type") else held[side] for side in held]


def _peak_of(frame: Any) -> float:
    """The brightest light that the film says its master was seen with, in candelas per square metre."""
    display = _display_of(frame)
    return max(float(display[9]), REFERENCE_WHITE) if display and display[9] else NOMINAL_PEAK


def _display_of(frame: Any) -> list[Fraction] | None:
    """(x, y) of red, green, blue and white, the darkest and the brightest light: FFmpeg's AVMasteringDisplayMetadata."""
    for side in side_data(frame):
        if side.type.name == "MASTERING_DISPLAY_METADATA" and side.buffer_size >= 88:
            values = [int(value) for value in np.frombuffer(bytes(side), np.int32)[:22]]
            if values[20] and values[21]:  # whether colours and lights are known
                return [Fraction(above, below or 1) for above, below in zip(values[:20:2], values[1:20:2], strict=True)]
    return None


def mastering_of(frame: Any) -> list[str]:
    """What a frame tells of the display that its film was made on, as x265 wants to be told (SMPTE ST 2086, CTA-861.3)."""
    told = []
    if display := _display_of(frame):
        rx, ry, gx, gy, bx, by, wx, wy = (round(value * 50_000) for value in display[:8])
        darkest, brightest = (round(value * 10_000) for value in display[8:])
        told.append(f"master-display=G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})L({brightest},{darkest})")
    for side in side_data(frame):
        if side.type.name == "CONTENT_LIGHT_LEVEL":
            told.append("max-cll={},{}".format(*np.frombuffer(bytes(side), np.uint32)[:2]))
    return told


@cache
def _to_srgb_primaries(primaries: int) -> NDArray[np.float64]:
    """From light in these primaries to light in sRGB's: (3, 3)."""
    return np.linalg.inv(_to_xyz(_SRGB)) @ _to_xyz(_PRIMARIES.get(primaries, _SRGB))


def _to_xyz(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """SMPTE RP 177: columns are the primaries, as bright as makes white of all three."""
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]).T
    x, y = _D65
    return columns * np.linalg.solve(columns, np.array([x / y, 1.0, (1 - x - y) / y]))


def _turned(light: NDArray[np.float32], matrix: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    return np.asarray(cv2.transform(light, matrix.astype(np.float32)), np.float32)


@cache
def _light_table(transfer: int) -> NDArray[np.float32]:
    """The light of each of 65536 numbers, 1 for white; HLG's is the scene's, up to 1."""
    number = np.arange(1 << 16) / 65535
    if transfer == PQ:
        return (_pq_light(number) / REFERENCE_WHITE).astype(np.float32)
    if transfer == HLG:  # the inverse of BT.2100's OETF
        return np.where(number <= 0.5, number**2 / 3, (np.exp((number - _C) / _A) + _B) / 12).astype(np.float32)
    return _srgb_light()


@cache
def _srgb_light() -> NDArray[np.float32]:
    number = np.arange(1 << 16) / 65535
    return np.where(number <= 0.04045, number / 12.92, ((number + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _srgb_numbers() -> NDArray[np.uint16]:
    """For each of 65536 lights; where the curve is steepest they lie 13 numbers apart, a fifth of a step of 10 bits."""
    light = np.arange(1 << 16) / 65535
    return _rounded(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def _coded(light: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Light as sRGB numbers, cut to what they can hold."""
    return _srgb_numbers()[_rounded(light)]


def _rounded(values: NDArray[np.floating[Any]]) -> NDArray[np.uint16]:
    return np.asarray(np.clip(values, 0, 1) * 65535 + 0.5, np.uint16)


# BT.2100, table 4: the constants of PQ (SMPTE ST 2084)
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# and, in table 5, those of HLG
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073


def _pq_light(number: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """PQ's EOTF: numbers in [0, 1] to candelas per square metre."""
    power = number ** (1 / _M2)
    return 10_000 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)


def _pq(candelas: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    power = (candelas / 10_000) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _hlg(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Light on the display, 1 for its brightest, as HLG's numbers: the inverse system gamma, then the OETF (BT.2100)."""
    luma = np.maximum(light @ _LUMA, 1e-9)
    scene = light * np.power(luma, np.float32((1 - _GAMMA) / _GAMMA))[..., None]
    bright = _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright).astype(np.float32)


def _share_kept(light: NDArray[np.float32], peak: float) -> NDArray[np.float32]:
    """The factor that draws lights up to `peak` candelas in below white, by how bright they are (1 for white): BT.2390's EETF."""
    grid, factors = _drawn_in(peak)
    return np.interp(light, grid, factors).astype(np.float32)


@cache
def _drawn_in(peak: float) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    number = np.linspace(1 / 1024, 1, 1024)  # on PQ's scale, the peak 1
    top = float(_pq(np.array(peak)))
    white = float(_pq(np.array(REFERENCE_WHITE))) / top
    knee = 1.5 * white - 0.5
    t = np.maximum(number - knee, 0) / (1 - knee)
    curved = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * white
    light = _pq_light(number * top)
    return light / REFERENCE_WHITE, _pq_light(np.where(number < knee, number, curved) * top) / light

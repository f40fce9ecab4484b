"""Following faces through a film: found once, then carried from frame to frame, each parsed once a frame at most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import ParameterError
from ..face.face import Face
from ..face.mask_style import MaskStyle
from ..face.postprocessing import emptied, islands, without_others
from ..face.scene import Scene
from ..face.values import Box, Detection, Detector, FaceParsing, Segmenter
from ..inference.segmenter import OnnxSegmenter
from ..parsing.crop import head_crop
from ..parsing.measure import BOX_PER_FACE, is_off, measure
from ..parsing.parse_face import parse_face
from ..parsing.parser import Parser
from ..parsing.pipeline import distinct
from ..parsing.search import search_by_parsing
from ..parsing.wide import hair_runs_out, surroundings
from ..pixels import geometry
from .confidence_smoothing import SmoothedConfidence
from .mask_smoothing import blend, carry, carry_maps, recut, sameness, stillness
from .motion import Motion, Small, head_motion, is_cut
from .near_and_wide import near_and_wide

__all__ = ["Tracker", "Tracking"]

#: A face whose features cannot be seen is kept for so many frames: behind a hand, in a blur.
PATIENCE = 5
#: Where there is no face, the detector runs only so often (but at once after a cut).
DETECT_WITHOUT_FACE = 5
#: The wide crop, for hair that leaves the near one, is parsed only so often, and carried along in between.
WIDE_EVERY = 4
#: How fast the box, which lengths are measured in, follows what is measured: a share a frame.
BOX_FOLLOWS = 0.15
#: Masks fit for one frame of many, in a fraction of a photo's time; nobody looks at one frame for long.
FRAME_MASKS = MaskStyle(coarse=2.0, largest=200.0)


@dataclass(frozen=True)
class Tracking:
    """How faces are followed and their masks steadied.

    Attributes
    ----------
    size : side in pixels of the crop that the network sees; smaller is faster, larger finer. A model of a fixed size keeps its own.
    smoothing : share of the carried masks in each new one where nothing changed, 0 (every frame for itself) to below 1.
    parse_every : parse every so many frames only and carry the masks in between; faster, less exact where a face moves in itself.
    detect_every : look for new faces every so many frames; faces in view are followed without.
    """

    size: int = 256
    smoothing: float = 0.8
    parse_every: int = 1
    detect_every: int = 30

    def __post_init__(self) -> None:
        allowed = {
            "size": (self.size % 32 == 0 and 96 <= self.size <= 1024, "a multiple of 32 from 96 to 1024"),
            "smoothing": (0 <= self.smoothing <= 0.95, "0 to 0.95"),
            "parse_every": (self.parse_every >= 1, "1 or more"),
            "detect_every": (self.detect_every >= 1, "1 or more"),
        }
        for name, (fits, words) in allowed.items():
            if not fits:
                raise ParameterError(f"{name}={getattr(self, name)!r} is not allowed; allowed is {words}")


@dataclass(frozen=True, eq=False)
class _Track:
    """A face as it was in the last frame."""

    crop: Detection  # what the crop was cut for; moves with the head, so that the head stays where it is on the crop
    box: Box
    roll: float
    score: float
    shown: np.ndarray  # the crop itself
    near: np.ndarray  # (C, S, S) probabilities on the crop
    wide: np.ndarray | None  # the same on a crop twice as wide, where hair leaves the crop
    age: int = 0
    unseen: int = 0
    confidence: Mapping[str, SmoothedConfidence] = field(default_factory=dict)  # by region, of those that were asked for


class Tracker:
    """Gives a `Scene` for each frame of one film, in order. Not to be shared by threads; make one a film.

    Parameters
    ----------
    segmenter : as for `facefx.parse`.
    detector : likewise; asked for faces in the first frame, after cuts, when a face was lost, and every so many frames.

    Attributes
    ----------
    identity : what tells segmenter and detector from others, see `Parser.identity`.
    """

    def __init__(
        self,
        segmenter: str | Path | Segmenter | None = None,
        detector: str | Detector | None = None,
        tracking: Tracking | None = None,
    ) -> None:
        self.tracking = tracking or Tracking()
        parser = Parser.of(segmenter, detector)
        self.identity = parser.identity
        if isinstance(parser.segmenter, OnnxSegmenter):  # others are used as they are
            parser = replace(parser, segmenter=parser.segmenter.for_frames(self.tracking.size))
        self._parser = parser
        self._tracks: list[_Track] = []
        self._before: Small | None = None
        self._since_detected = 0

    def next(self, rgb: np.ndarray, sure_of: Collection[str] = ()) -> Scene:
        """The faces in the next frame, largest first.

        Parameters
        ----------
        rgb : (H, W, 3) float32 in [0, 1].
        sure_of : regions in which the faces' confidence is to be steady: a chain's `Chain.needed`, if it is run with a
            ``min_confidence``. Ask for the same ones in each frame; it starts afresh after a frame without.

        Raises
        ------
        RegionUnavailable
            If the segmenter does not know one of these regions.
        """
        small = Small.of(rgb)
        before, self._before = self._before, small
        fresh = before is None or is_cut(before, small)
        followed = [] if fresh or before is None else [self._followed(t, before, small, rgb) for t in self._tracks]
        self._tracks = [track for track in followed if track]
        self._since_detected += 1
        if fresh or len(self._tracks) < len(followed) or self._since_detected >= self._patience():
            self._since_detected = 0
            self._tracks += self._new_tracks(rgb, thorough=fresh)
        return self._scene(rgb, sure_of)

    def _patience(self) -> int:
        return self.tracking.detect_every if self._tracks else min(DETECT_WITHOUT_FACE, self.tracking.detect_every)

    def _new_tracks(self, rgb: np.ndarray, thorough: bool) -> Iterator[_Track]:
        """Tracks of the faces that are not followed yet."""
        found = self._parser.detect(rgb)
        known = [track.box for track in self._tracks]
        faces = [self._parsed(rgb, detection) for detection in found if not _is_known(detection.box, known)]
        if not any(faces) and not known and thorough and self._parser.knows_faces and not self._parser.is_aligned:
            faces = [self._parsed(rgb, detection) for detection in search_by_parsing(rgb, self._parser)]
        for face in distinct(face for face in faces if face):
            if not _is_known(face.box, known):
                yield self._begun(rgb, face)

    def _parsed(self, rgb: np.ndarray, detection: Detection) -> Face | None:
        return parse_face(rgb, detection, self._parser)

    def _begun(self, rgb: np.ndarray, face: Face) -> _Track:
        side = face.box.side if self._parser.is_aligned or not self._parser.knows_faces else BOX_PER_FACE * face.box.side
        crop = Detection(Box.square(face.box.center, side), face.roll, face.score)
        affine = self._affine(crop)
        shown = geometry.cut(rgb, affine, self._parser.size)
        near = self._probabilities(shown)
        leaves = not self._parser.is_aligned and hair_runs_out(FaceParsing(near, self._parser.scheme, affine), rgb.shape)
        wide = self._wide(rgb, affine) if leaves else None
        return _Track(crop, face.box, face.roll, face.score, shown, near, wide)

    def _followed(self, track: _Track, before: Small, now: Small, rgb: np.ndarray) -> _Track | None:
        """The track in the next frame; None if the face is lost."""
        motion = _STILL if self._parser.is_aligned else head_motion(before, now, track.box)
        if motion is None:
            return self._found_again(track, rgb)
        crop = Detection(motion.square(track.crop.box), track.crop.roll + motion.turn, track.crop.score)
        affine = self._affine(crop)
        shown = geometry.cut(rgb, affine, self._parser.size)
        track = replace(track, crop=crop, box=motion.box(track.box), roll=track.roll + motion.turn, age=track.age + 1)
        maps = carry_maps(track.shown, shown)
        carried = carry(track.near, maps)
        if track.age % self.tracking.parse_every:
            return replace(track, shown=shown, near=carried)
        new = self._probabilities(shown)
        same = self.tracking.smoothing * stillness(maps) * sameness(carry(track.shown, maps), shown)
        wide = track.wide
        if wide is not None and track.age % (WIDE_EVERY * self.tracking.parse_every) == 0:
            wide = blend(self._wide(rgb, affine), wide, np.full(same.shape, self.tracking.smoothing / 2, np.float32))
        track = replace(track, shown=shown, near=blend(new, carried, same), wide=wide)
        return self._measured(track, FaceParsing(new, self._parser.scheme, affine), rgb)

    def _measured(self, track: _Track, parsing: FaceParsing, rgb: np.ndarray) -> _Track | None:
        """The track corrected by where the parsed face lies; None if it has shown none for long."""
        if self._parser.is_aligned or not self._parser.knows_faces:
            return track
        measured = measure(parsing, track.crop)
        if measured is None:
            return replace(track, unseen=track.unseen + 1) if track.unseen < PATIENCE else None
        found = measured.detection
        track = replace(
            track,
            box=_between(track.box, measured.box, BOX_FOLLOWS),
            roll=track.roll + BOX_FOLLOWS * ((found.roll - track.roll + 180) % 360 - 180),
            score=found.score,
            unseen=0,
        )
        return self._recut(track, found, rgb) if is_off(track.crop, measured) else track

    def _recut(self, track: _Track, crop: Detection, rgb: np.ndarray) -> _Track:
        """The track on a crop that fits the face better than the one that was carried along."""
        before, now = self._affine(track.crop), self._affine(crop)
        size = self._parser.size
        wide = track.wide
        if wide is not None:
            wide = recut(wide, geometry.expand(before, 2, size), geometry.expand(now, 2, size))
        return replace(track, crop=crop, shown=geometry.cut(rgb, now, size), near=recut(track.near, before, now), wide=wide)

    def _found_again(self, track: _Track, rgb: np.ndarray) -> _Track | None:
        """A face whose motion could not be told, looked for where it was; None if it is gone."""
        face = self._parsed(rgb, Detection(track.crop.box, track.crop.roll, track.score)) if self._parser.knows_faces else None
        return replace(self._begun(rgb, face), confidence=track.confidence) if face else None

    def _affine(self, crop: Detection) -> np.ndarray:
        return head_crop(crop, self._parser.size)

    def _probabilities(self, crop: np.ndarray) -> np.ndarray:
        answer = self._parser.probabilities(crop[None])[0]
        return emptied(answer, islands(answer, self._parser.scheme))

    def _wide(self, rgb: np.ndarray, affine: np.ndarray) -> np.ndarray:
        size = self._parser.size
        wide = self._probabilities(geometry.cut(rgb, geometry.expand(affine, 2, size), size))
        return surroundings(wide, self._parser.scheme)

    def _scene(self, rgb: np.ndarray, sure_of: Collection[str]) -> Scene:
        faces = [self._face(track, rgb) for track in self._tracks]
        if len(faces) > 1:
            kept = distinct(faces)
            self._tracks = [track for track, face in zip(self._tracks, faces, strict=True) if face in kept]
            faces = [without_others(f, [other.box for other in kept if other is not f]) for f in faces if f in kept]
        self._tracks = [self._with_confidence(track, face, sure_of) for track, face in zip(self._tracks, faces, strict=True)]
        shown = [_shown(track, face) for track, face in zip(self._tracks, faces, strict=True)]
        return Scene(rgb, tuple(sorted(shown, key=lambda face: -face.box.area)))

    def _face(self, track: _Track, rgb: np.ndarray) -> Face:
        parsing = FaceParsing(track.near, self._parser.scheme, self._affine(track.crop))
        if track.wide is not None:
            parsing = near_and_wide(parsing, track.wide)
        return Face(track.box, track.roll, track.score, parsing, rgb, FRAME_MASKS)

    def _with_confidence(self, track: _Track, face: Face, sure_of: Collection[str]) -> _Track:
        """The track with what this frame tells of these regions; carried masks tell nothing new."""
        parsed, before = track.age % self.tracking.parse_every == 0, track.confidence
        now: dict[str, SmoothedConfidence] = {}
        for region in sure_of:
            if region not in before:
                now[region] = SmoothedConfidence.first(face.confidence(region))
            else:
                now[region] = before[region].next(face.confidence(region)) if parsed else before[region]
        return replace(track, confidence=now)


def _shown(track: _Track, face: Face) -> Face:
    return replace(face, steady_confidence={region: smoothed.steady for region, smoothed in track.confidence.items()})


_STILL = Motion(np.eye(2), np.zeros(2))


def _is_known(box: Box, known: list[Box]) -> bool:
    return any(box.intersection(k).area > 0.4 * min(box.area, k.area) for k in known)


def _between(a: Box, b: Box, share: float) -> Box:
    return Box(*(u + share * (v - u) for u, v in zip((a.x0, a.y0, a.x1, a.y1), (b.x0, b.y0, b.x1, b.y1), strict=True)))

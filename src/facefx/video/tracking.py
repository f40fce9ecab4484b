"""Following faces through a film: found once, then carried from frame to frame, each parsed once a frame at most."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import ParameterError
from ..face.face import Face
from ..face.light import lights_on
from ..face.mask_style import MaskStyle
from ..face.postprocessing import emptied, islands
from ..face.scene import Scene
from ..face.values import Box, Detection, Detector, FaceParsing, Segmenter
from ..image.canvas import Canvas
from ..inference.segmenter import OnnxSegmenter
from ..labels import is_scene_wide
from ..parsing.crop import head_crop
from ..parsing.measure import BOX_PER_FACE, is_off, measure
from ..parsing.parse_face import parse_face
from ..parsing.parser import Parser
from ..parsing.pipeline import believable, distinct
from ..parsing.search import search_by_parsing
from ..parsing.wide import hair_runs_out, surroundings
from ..pixels import geometry
from .apart import without_others
from .confidence_smoothing import SmoothedConfidence
from .crops import cut
from .mask_smoothing import Glimpse, change, recut
from .memory import Memory
from .motion import Motion, Small, head_motion, is_cut
from .moves import Move, Moves
from .near_and_wide import near_and_wide, near_does
from .people import People
from .steadied import Steadied
from .steady_people import SteadyPeople
from .track import Track

__all__ = ["Tracker", "Tracking"]

#: A face whose features cannot be seen is kept for so many frames: behind a hand, in a blur.
PATIENCE = 5
#: Where there is no face, the detector runs only so often (but at once after a cut).
DETECT_WITHOUT_FACE = 5
#: The wide crop, for hair that leaves the near one, is parsed only so often, and carried along in between.
WIDE_EVERY = 4
#: How fast the box, which lengths are measured in, follows what is measured: a share a frame.
BOX_FOLLOWS = 0.15
#: How fast the light that colours are shown in follows what is measured: a share a parse, so that no blink and no noise is seen.
LIGHT_FOLLOWS = 0.1
#: Masks fit for one frame of many, in a fraction of a photo's time; nobody looks at one frame for long.
FRAME_MASKS = MaskStyle(coarse=2.0, largest=200.0)


@dataclass(frozen=True)
class Tracking:
    """How faces are followed and their masks steadied.

    Attributes
    ----------
    size : side in pixels of the crop that the network sees; smaller is faster, larger finer. A model of a fixed size keeps its own.
    smoothing : share of the carried masks in each new one where nothing changed, 0 (every frame for itself) to below 1.
    parse_every : parse every so many frames only and carry the masks in between; 1 is slower, and more exact where a face moves in
        itself, as a mouth does that speaks.
    detect_every : look for new faces every so many frames; faces in view are followed without.
    """

    size: int = 256
    smoothing: float = 0.8
    parse_every: int = 2
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


class Tracker:
    """Gives a `Scene` for each frame of one film, in order. Not to be shared by threads; make one a film.

    Parameters
    ----------
    segmenter : as for `facefx.parse`.
    detector : likewise; asked for faces in the first frame, after cuts, when a face was lost, and every so many frames.
    person : likewise; asked in frames of which people or background are wanted, see `next`.

    Attributes
    ----------
    identity : what tells segmenter and detector from others, see `Parser.identity`.
    parser : both of them.
    moves : how the faces of the last frame that was given moved since the one before, if it has the same ones and not each frame is
        parsed; else None.
    """

    def __init__(
        self,
        segmenter: str | Path | Segmenter | None = None,
        detector: str | Path | Detector | None = None,
        tracking: Tracking | None = None,
        person: str | Path | Segmenter | None = None,
    ) -> None:
        self.tracking = tracking or Tracking()
        parser = Parser.of(segmenter, detector, person=person)
        self.identity = parser.identity
        if isinstance(parser.segmenter, OnnxSegmenter):  # others are used as they are
            parser = replace(parser, segmenter=parser.segmenter.for_frames(self.tracking.size))
        self._parser = self.parser = parser
        self._tracks: list[Track] = []
        self._before: Small | None = None
        self._since_detected = 0
        self._people = People()
        self._bodies = SteadyPeople(self.tracking.smoothing, self.tracking.parse_every)
        self.moves: Moves | None = None
        self._moved: list[Move] = []
        self._goes_on = False  # whether the frame before was given to this tracker, and not to one whose memory this one has

    @property
    def memory(self) -> Memory:
        """All that is taken from the last frame to the next one. Given a tracker of the same kind, that one goes on from there."""
        return Memory(tuple(self._tracks), self._before, self._since_detected, self._people, self._bodies)

    @memory.setter
    def memory(self, memory: Memory) -> None:
        self._tracks, self._before, self._since_detected = list(memory.tracks), memory.before, memory.since_detected
        self._people, self._bodies = memory.people, memory.bodies
        self._goes_on = False

    def next(self, picture: Canvas | np.ndarray, sure_of: Collection[str] = (), regions: Collection[str] | None = None) -> Scene:
        """The faces in the next frame, largest first.

        Parameters
        ----------
        picture : a canvas, such as `Picture.canvas`, of which only windows are looked at, or (H, W, 3) float32 RGB in [0, 1].
        sure_of : regions in which the faces' confidence is to be steady: a chain's `Chain.needed`, if it is run with a
            ``min_confidence``. Ask for the same ones in each frame; it starts afresh after a frame without.
        regions : what the scene will be asked for, soon; None if that is not known. If it is, only what is asked for is carried
            along, and where no region of it goes on beyond the face, as hair does, nothing is looked for there.

        Raises
        ------
        RegionUnavailable
            If the segmenter does not know one of the regions in `sure_of`.
        """
        picture = Canvas.of(picture)
        small = Small.of(picture)
        widely = regions is None or not all(near_does(self._parser.scheme, region) for region in regions)
        before, self._before = self._before, small
        self._moved, goes_on, self._goes_on = [], self._goes_on, True
        fresh = before is None or is_cut(before, small)
        if fresh:
            self._people.forget_places()
        followed = [] if fresh or before is None else [self._followed(t, before, small, picture) for t in self._tracks]
        self._tracks = [track for track in followed if track]
        self._since_detected += 1
        if fresh or len(self._tracks) < len(followed) or self._since_detected >= self._patience():
            self._since_detected = 0
            self._tracks += self._new_tracks(picture, thorough=fresh)
        if widely:
            self._tracks = [self._widened(track, picture) for track in self._tracks]
        if regions is None:
            for track in self._tracks:
                track.near.make_all()
        scene = self._scene(picture, sure_of)
        same = goes_on and 0 < len(self._moved) == len(followed) == len(scene.faces) and self.tracking.parse_every > 1
        self.moves = Moves(tuple(self._moved), any(map(self._is_parsed, self._tracks))) if same else None
        if regions is None or not any(map(is_scene_wide, regions)):
            self._bodies.forget()
            return scene  # if it is asked all the same, it asks the network
        bodies = self._bodies.next(picture, self._parser, fresh=fresh)
        return replace(scene, people=lambda _: bodies)

    def _patience(self) -> int:
        return self.tracking.detect_every if self._tracks else min(DETECT_WITHOUT_FACE, self.tracking.detect_every)

    def _new_tracks(self, picture: Canvas, thorough: bool) -> Iterator[Track]:
        """Tracks of the faces that are not followed yet."""
        found = self._parser.detect(picture)
        known = [track.box for track in self._tracks]
        faces = [self._parsed(picture, detection) for detection in found if not _is_known(detection.box, known)]
        if (
            not any(faces)
            and not known
            and thorough
            and self._parser.knows_faces
            and not (self._parser.is_aligned or self._parser.is_told)
        ):
            faces = [self._parsed(picture, detection) for detection in search_by_parsing(picture, self._parser)]
        seen = distinct(face for face in faces if face)
        for face in seen if self._parser.knows_faces else believable(seen):
            if not _is_known(face.box, known):
                yield self._begun(picture, face)

    def _parsed(self, picture: Canvas, detection: Detection) -> Face | None:
        return parse_face(picture, detection, self._parser)

    def _begun(self, picture: Canvas, face: Face) -> Track:
        side = face.box.side if self._parser.is_aligned or not self._parser.tells_where else BOX_PER_FACE * face.box.side
        crop = Detection(Box.square(face.box.center, side), face.roll, face.score)
        affine = head_crop(crop, self._parser.size)
        shown = cut(picture, affine, self._parser.size)
        near = FaceParsing(self._probabilities(shown), self._parser.scheme, affine)
        leaves = not self._parser.is_aligned and hair_runs_out(near, picture.shape)
        steadied = Steadied(self._corrected(near, shown))
        lights = lights_on(shown, near)
        return Track(crop, face.box, face.roll, face.score, Glimpse.of(shown), steadied, leaves, lights)

    def _followed(self, track: Track, before: Small, now: Small, picture: Canvas) -> Track | None:
        """The track in the next frame; None if the face is lost."""
        motion = _STILL if self._parser.is_aligned else head_motion(before, now, track.box)
        if motion is None:
            return self._found_again(track, picture)
        square = Detection(motion.square(track.crop.box), track.crop.roll + motion.turn, track.crop.score)
        there = replace(track, crop=square, box=motion.box(track.box), roll=track.roll + motion.turn, age=track.age + 1)
        crop = cut(picture, there.affine, track.shown.size)
        shown = Glimpse.of(crop)
        changed = change(track.shown, shown, compared=self._is_parsed(there))
        self._moved.append(Move(there.box, track.affine, there.affine, changed))
        if not self._is_parsed(there):
            return replace(there, shown=shown, near=track.near.next(changed))
        new = FaceParsing(self._probabilities(crop), self._parser.scheme, there.affine)
        near = track.near.next(changed, self._corrected(new, crop), self.tracking.smoothing)
        lights = lights_on(crop, new)
        lights = track.lights * (lights / track.lights) ** LIGHT_FOLLOWS
        return self._measured(replace(there, shown=shown, near=near, lights=lights), new, picture)

    def _is_parsed(self, track: Track) -> bool:
        return track.age % self.tracking.parse_every == 0

    def _measured(self, track: Track, new: FaceParsing, picture: Canvas) -> Track | None:
        """The track corrected by where the face that was parsed on its crop lies; None if it has shown none for long."""
        if self._parser.is_aligned or not self._parser.tells_where:
            return track
        measured = measure(_coarse(new), track.crop)
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
        return self._recut(track, found, picture) if is_off(track.crop, measured) else track

    def _recut(self, track: Track, crop: Detection, picture: Canvas) -> Track:
        """The track on a crop that fits the face better than the one that was carried along."""
        size = track.shown.size
        now = replace(track, crop=crop)
        shown = Glimpse.of(cut(picture, now.affine, size))
        near = track.near.next(recut(track.affine, now.affine, size))
        wide = track.wide
        if wide is not None:
            around = [geometry.expand(each.affine, 2, size) for each in (track, now)]
            there = recut(around[0], around[1], size)
            wide = np.stack([there.carried(values) for values in wide])
        return replace(now, shown=shown, near=near, wide=wide)

    def _found_again(self, track: Track, picture: Canvas) -> Track | None:
        """A face whose motion could not be told, looked for where it was; None if it is gone."""
        face = self._parsed(picture, Detection(track.crop.box, track.crop.roll, track.score)) if self._parser.knows_faces else None
        return replace(self._begun(picture, face), confidence=track.confidence, person=track.person) if face else None

    def _widened(self, track: Track, picture: Canvas) -> Track:
        """The track with what lies round its crop, if hair leaves that; looked at now and then only."""
        if not track.leaves or (track.wide is not None and track.age % (WIDE_EVERY * self.tracking.parse_every)):
            return track
        wide = self._wide(picture, track)
        if track.wide is not None:
            wide += np.float32(self.tracking.smoothing / 2) * (track.wide - wide)
        return replace(track, wide=wide)

    def _wide(self, picture: Canvas, track: Track) -> np.ndarray:
        size = track.shown.size
        wide = self._probabilities(cut(picture, geometry.expand(track.affine, 2, size), size))
        return surroundings(wide, self._parser.scheme)

    def _probabilities(self, crop: np.ndarray) -> np.ndarray:
        answer = self._parser.probabilities(crop[None])[0]
        return np.asarray(emptied(answer, islands(answer, self._parser.scheme)))

    def _corrected(self, parsing: FaceParsing, crop: np.ndarray) -> np.ndarray:
        return np.asarray(self._parser.corrected(parsing, lambda: crop).probabilities)

    def _scene(self, picture: Canvas, sure_of: Collection[str]) -> Scene:
        faces = [self._face(track, picture) for track in self._tracks]
        if len(faces) > 1:
            kept = distinct(faces)
            self._tracks = [track for track, face in zip(self._tracks, faces, strict=True) if face in kept]
            faces = [without_others(f, [other.box for other in kept if other is not f]) for f in faces if f in kept]
        self._tracks = self._people.named(self._tracks, picture)
        self._tracks = [self._with_confidence(track, face, sure_of) for track, face in zip(self._tracks, faces, strict=True)]
        shown = [_shown(track, face) for track, face in zip(self._tracks, faces, strict=True)]
        return Scene(picture, tuple(sorted(shown, key=lambda face: -face.box.area)), people=self._parser.people)

    def _face(self, track: Track, picture: Canvas) -> Face:
        parsing = FaceParsing(track.near, self._parser.scheme, track.affine)
        if track.leaves:
            wide = track.wide
            parsing = near_and_wide(parsing, cache(lambda: self._wide(picture, track) if wide is None else wide))
        return Face(track.box, track.roll, track.score, parsing, picture, FRAME_MASKS, steady_lights=track.lights)

    def _with_confidence(self, track: Track, face: Face, sure_of: Collection[str]) -> Track:
        """The track with what this frame tells of these regions; carried masks tell nothing new."""
        parsed, before = self._is_parsed(track), track.confidence
        now: dict[str, SmoothedConfidence] = {}
        for region in sure_of:
            if region not in before:
                now[region] = SmoothedConfidence.first(face.confidence(region))
            else:
                now[region] = before[region].next(face.confidence(region)) if parsed else before[region]
        return replace(track, confidence=now)


def _coarse(parsing: FaceParsing) -> FaceParsing:
    """Every second pixel of a large crop, or every so manieth: enough to measure a face by."""
    step = max(parsing.size // 128, 1)
    affine = parsing.affine / step
    affine[:, 2] += 0.5 - 0.5 / step  # the middle of the first pixel stays where it is
    return FaceParsing(np.asarray(parsing.probabilities)[:, ::step, ::step], parsing.scheme, affine)


def _shown(track: Track, face: Face) -> Face:
    number = track.person.number if track.person else None
    return replace(
        face, number=number, steady_confidence={region: smoothed.steady for region, smoothed in track.confidence.items()}
    )


_STILL = Motion(np.eye(2), np.zeros(2))


def _is_known(box: Box, known: list[Box]) -> bool:
    return any(box.intersection(k).area > 0.4 * min(box.area, k.area) for k in known)


def _between(a: Box, b: Box, share: float) -> Box:
    return Box(*(u + share * (v - u) for u, v in zip((a.x0, a.y0, a.x1, a.y1), (b.x0, b.y0, b.x1, b.y1), strict=True)))

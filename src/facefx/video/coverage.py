"""Where heads are in each frame of a film, and where they may be: for effects that hide, which must leave no frame bare.

The detector looks at every frame, carefully. What it sees is joined to heads that are followed; where it does not see one, the head
is taken to be where the picture's motion carried it, or where it was going, with a margin that grows:

- between two frames in which it is seen, also on the straight way from one place to the other;
- before the first frame in which it is seen, backwards, since somebody who walks in is there before a detector can tell;
- after the last, until it is seen again, has left the picture, or was gone for `HOLD` frames;
- in a frame that the decoder says is damaged; one of which nothing is known is hidden as a whole.

A cut ends all of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..face.face import Face
from ..face.scene import Scene
from ..face.values import Box, Detection
from ..image.canvas import Canvas
from ..parsing.parser import Parser
from ..parsing.sightings import SURE, believable_sights, same_head
from .looks import looks_of, unlike
from .motion import Small, head_motion, is_cut

__all__ = ["DELAY", "HOLD", "Coverage"]

#: So many frames before it is first seen a head is followed backwards.
BACK = 30
#: It is done so many frames after that one, when it is known how the head moves.
SETTLED = 3
#: What is known of a frame is final when so many more were looked at.
DELAY = BACK + SETTLED + 1
#: A head that is not seen any more is hidden for so many frames; one that was never seen surely for so many, and some more for each
#: of its sights.
HOLD, HOLD_UNSURE, PER_SIGHT = 75, 12, 4
#: For so many frames it may have gone straight on, whatever the motion says.
STRAIGHT = 40
#: A head is doubtful until it was seen so often, or so surely.
OFTEN = 3
#: A gap of up to so many frames, at whose ends a head is in one place, is hidden as a whole if the film is known in advance.
BRIDGED = 250
#: How much the margin grows, in sides, with each frame without a sight: where the motion is known, where it is guessed, at most.
FOLLOWED, GUESSED, MOST = 0.01, 0.05, 0.6
#: What more is hidden in a damaged frame, whose parts may be out of place.
DAMAGED = 0.35
#: What is seen belongs to a head if its middle is at most so far from where that one should be, in sides, plus the margin, and if
#: it is not larger or smaller by more than this.
NEAR, RESIZED = 0.8, 1.5
#: A sight that shares less than this with where its head should be, as intersection over union, may be somebody else's, who stands
#: before it. Then the head is hidden there, too, as one that was lost.
HERE, BELOW_SURE = 0.4, 0.99 * SURE


@dataclass(eq=False)
class _Head:
    """Somebody who is followed."""

    began: int
    box: Box
    roll: float
    score: float
    looks: np.ndarray | None
    seen: int = 1
    number: int = -1
    unseen: int = 0
    margin: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)  # of the middle, in pixels a frame
    last: tuple[int, Box] = field(default=(0, Box(0, 0, 0, 0)))  # the frame and the place of the last sight
    traced_back: bool = False

    def places(self, frame: int) -> list[Box]:
        """Where it may be in a frame in which it is not seen: where the motion carried it and, for a while, straight on.

        Who walks behind somebody else is not where the motion goes that is seen there.
        """
        (_, box), (dx, dy), gone = self.last, self.velocity, frame - self.last[0]
        if not 0 < gone <= STRAIGHT or same_head(straight := _shifted(box, gone * dx, gone * dy), [self.box]) is not None:
            return [self.box]
        return [self.box, straight]

    @property
    def hold(self) -> int:
        """For how many frames without a sight it is hidden."""
        return HOLD if self.score >= SURE else min(HOLD_UNSURE + PER_SIGHT * self.seen, HOLD)

    @property
    def doubtful(self) -> bool:
        return self.seen < OFTEN and self.score < SURE


@dataclass(frozen=True, eq=False)
class _Cover:
    """A place in a frame that is hidden."""

    head: _Head
    box: Box
    roll: float
    score: float
    inferred: bool

    def detection(self, more: float = 0.0) -> Detection:
        return Detection(Box.square(self.box.center, self.box.side * (1 + 2 * more)), self.roll, self.score)


class Coverage:
    """Gathers where heads are in the frames of one film, which are shown to it in order. Not to be shared by threads.

    Parameters
    ----------
    parser : whose detector looks.
    whole_if_lost : whether all of a frame is to be hidden in which somebody is only inferred.
    """

    def __init__(self, parser: Parser, *, whole_if_lost: bool = False) -> None:
        self._whole_if_lost = whole_if_lost
        self._parser = parser.carefully(film=True)
        self._heads: list[_Head] = []
        self._ended: list[_Head] = []  # in this shot
        self._covers: dict[int, list[_Cover]] = {}
        self._damaged: set[int] = set()
        self._smalls: deque[Small] = deque(maxlen=DELAY + 1)  # of this shot, the last one of the last frame
        self._count = 0
        self._people = 0

    @property
    def frames(self) -> int:
        """How many frames it has seen."""
        return self._count

    def look(self, picture: Canvas, *, damaged: bool = False) -> None:
        """See the next frame. `damaged` says that the decoder had to guess parts of it."""
        frame, self._count = self._count, self._count + 1
        small, before = Small.of(picture), self._smalls[-1] if self._smalls else None
        after_damage = damaged or frame - 1 in self._damaged
        if damaged:
            self._damaged.add(frame)
        if before is not None and (before.pixels.shape != small.pixels.shape or (not after_damage and is_cut(before, small))):
            self._end_shot()
            before = None
        for head in self._heads:
            _carry(head, before, small)
        self._covers[frame] = []
        self._smalls.append(small)
        found = _apart(believable_sights(self._parser.detect(picture), picture.shape))
        looks = [looks_of(picture, one.box) for one in found]
        taken = _assigned(self._heads, found, looks, frame)
        lost: list[_Head] = []
        for index, one in enumerate(found):
            known = taken.get(index)
            head = known or _Head(frame, one.box, one.roll, one.score, looks[index], last=(frame, one.box))
            if known:
                if all(box.iou(one.box) < HERE for box in known.places(frame)):
                    lost.append(replace(known, score=min(known.score, BELOW_SURE), traced_back=True))
                self._seen_again(known, one, looks[index], frame)
            else:
                self._heads.append(head)
            self._cover(frame, head, one.box, inferred=False)
        self._heads += lost
        for head in self._heads:
            if head.last[0] != frame:
                for box in head.places(frame):
                    self._cover(frame, head, box, inferred=True)
        self._number()
        self._let_go(small, frame)
        for head in self._heads:
            if not head.traced_back and frame - head.began >= SETTLED and not head.doubtful:
                self._trace_back(head)

    def finish(self) -> None:
        """There are no more frames."""
        self._end_shot()

    def covered(self, scene: Scene, frame: int, *, final: bool = True) -> tuple[Scene, bool]:
        """The scene of a frame with everything in it that must be hidden, and whether any of that was not seen but inferred.

        Parameters
        ----------
        scene : what the frame was parsed into; its faces get the numbers that people have here.
        frame : its number, from 0. What is known of it is final after `DELAY` more, or after `finish`.
        final : whether it is asked for the last time, and need not be remembered.
        """
        covers = (self._covers.pop(frame, []) if final else self._covers.get(frame, [])).copy()
        damaged = frame in self._damaged
        detections = [cover.detection(DAMAGED if damaged else 0.0) for cover in covers]
        if damaged and all(cover.head.doubtful for cover in covers):
            return replace(scene, seen=(Face.only_seen([_everything(scene.size)], scene.canvas, -1),)), True
        of_faces: list[list[int]] = [[] for _ in scene.faces]
        others: dict[int, list[int]] = {}
        for index, cover in enumerate(covers):
            owner = same_head(detections[index].box, [face.box for face in scene.faces])
            if owner is not None:
                of_faces[owner].append(index)
            else:
                others.setdefault(id(cover.head), []).append(index)
        faces = [
            replace(face, sighted=tuple(detections[i] for i in of), number=max((covers[i].head.number for i in of), default=-1))
            for face, of in zip(scene.faces, of_faces, strict=True)
        ]
        seen = [Face.only_seen([detections[i] for i in of], scene.canvas, covers[of[0]].head.number) for of in others.values()]
        sights = {id(cover.head) for cover in covers if not cover.inferred}
        surely = [cover for cover in covers if not cover.head.doubtful]
        inferred = bool(surely) and (damaged or any(id(cover.head) not in sights for cover in surely))
        if inferred and self._whole_if_lost:
            seen = [Face.only_seen([_everything(scene.size)], scene.canvas, -1)]
        return replace(scene, faces=tuple(faces), seen=tuple(seen)), inferred

    def _cover(self, frame: int, head: _Head, box: Box, *, inferred: bool, margin: float | None = None) -> None:
        if frame in self._covers:  # else it was asked for already
            more = (head.margin if margin is None else margin) if inferred else 0.0
            grown = Box.square(box.center, box.side * (1 + 2 * more))
            self._covers[frame].append(_Cover(head, grown, head.roll, head.score, inferred))

    def _seen_again(self, head: _Head, one: Detection, looks: np.ndarray | None, frame: int) -> None:
        then, there = head.last
        gone = frame - then
        for missed in range(then + 1, frame):  # the straight way, beside the one that was guessed then
            share = (missed - then) / gone
            self._cover(missed, head, _between(there, one.box, share), inferred=True, margin=min(FOLLOWED * gone, MOST))
        (x, y), (u, v) = there.center, one.box.center
        speed, weight = ((u - x) / gone, (v - y) / gone), 0.5 if head.seen > 1 else 1.0
        dx, dy = (old + weight * (new - old) for old, new in zip(head.velocity, speed, strict=True))
        head.velocity = dx, dy
        head.box, head.roll, head.last = one.box, one.roll, (frame, one.box)
        head.score, head.seen, head.unseen, head.margin = max(head.score, one.score), head.seen + 1, 0, 0.0
        if looks is not None:
            head.looks = looks if head.looks is None else head.looks + 0.1 * (looks - head.looks)

    def _number(self) -> None:
        """A number for everybody who was seen surely, the largest first."""
        for head in sorted(self._heads, key=lambda head: -head.box.area):
            if head.number < 0 and head.score >= SURE:
                head.number, self._people = self._people, self._people + 1

    def _let_go(self, small: Small, frame: int) -> None:
        height, width = (side / small.scale for side in small.pixels.shape)
        kept = []
        for head in self._heads:
            inside = head.box.intersection(Box(0, 0, width, height)).area > 0.02 * head.box.area
            if inside and head.unseen < head.hold:
                kept.append(head)
            else:
                self._ended.append(head)
        self._heads = kept
        self._ended = [head for head in self._ended if frame - head.last[0] <= BRIDGED]

    def _trace_back(self, head: _Head) -> None:
        """Cover the head where it was before it was first seen."""
        head.traced_back = True
        smalls = list(self._smalls)
        first = self._count - len(smalls)  # the frame of smalls[0]
        box, margin = next((cover.box for cover in self._covers.get(head.began, []) if cover.head is head), head.box), 0.0
        ended = [other for other in self._ended if not other.doubtful and other.last[0] < head.began]
        here = same_head(box, [other.last[1] for other in ended])
        if here is not None:
            self._bridge(ended[here], head.began, box)
        for frame in range(head.began - 1, max(head.began - BACK, first) - 1, -1):
            now, then = smalls[frame + 1 - first], smalls[frame - first]
            height, width = (side / then.scale for side in then.pixels.shape)
            motion = head_motion(now, then, box)
            if motion is not None:
                box, margin = motion.box(box), margin + FOLLOWED
            else:
                (dx, dy), margin = head.velocity, margin + GUESSED
                box = _shifted(box, -dx, -dy)
            if box.intersection(Box(0, 0, width, height)).area < 0.02 * box.area:
                return
            self._cover(frame, head, box, inferred=True, margin=min(margin, MOST))

    def _bridge(self, ended: _Head, frame: int, box: Box) -> None:
        """Somebody was seen in one place before and after a long gap: the gap is hidden, too, if it can still be."""
        then, there = ended.last
        for missed in range(then + 1, frame):
            self._cover(missed, ended, _between(there, box, (missed - then) / (frame - then)), inferred=True, margin=0.2)

    def _end_shot(self) -> None:
        for head in self._heads:
            if not head.traced_back and not head.doubtful:
                self._trace_back(head)
        self._heads, self._ended = [], []
        self._smalls.clear()


def _shifted(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def _carry(head: _Head, before: Small | None, now: Small) -> None:
    """Move the head to where it should be in the next frame; what is seen there sets it right."""
    motion = head_motion(before, now, head.box) if before is not None else None
    head.unseen += 1
    if motion is not None:
        head.box, head.margin = motion.box(head.box), min(head.margin + FOLLOWED, MOST)
        return
    dx, dy = head.velocity
    head.box = _shifted(head.box, dx, dy)
    head.margin = min(head.margin + GUESSED, MOST)


def _assigned(
    heads: Sequence[_Head], found: Sequence[Detection], looks: Sequence[np.ndarray | None], frame: int
) -> dict[int, _Head]:
    """Whose each sight is, by its index: the likeliest pairs first, by place and, where heads come close, by their looks."""
    pairs = []
    for head in heads:
        for index, one in enumerate(found):
            side = max(head.box.side, one.box.side)
            far = min(float(np.hypot(*np.subtract(box.center, one.box.center))) for box in head.places(frame)) / side
            resized = side / max(min(head.box.side, one.box.side), 1e-9)
            if far <= NEAR + head.margin and resized <= RESIZED + head.margin:
                pairs.append((far + np.log(resized) + unlike(head.looks, looks[index]), index, head))
    taken: dict[int, _Head] = {}
    for _, index, head in sorted(pairs, key=lambda pair: pair[0]):
        if index not in taken and head not in taken.values():
            taken[index] = head
    return taken


def _apart(found: Sequence[Detection]) -> list[Detection]:
    """One sight of each head, the surest; they come in that order."""
    kept: list[Detection] = []
    for one in found:
        if same_head(one.box, [other.box for other in kept]) is None:
            kept.append(one)
    return kept


def _everything(size: tuple[int, int]) -> Detection:
    """A head as large as a frame of that (height, width), all of which its outline holds."""
    height, width = size
    return Detection(Box.square((width / 2, height / 2), 0.75 * float(np.hypot(height, width))), score=0.0)


def _between(first: Box, second: Box, share: float) -> Box:
    (x, y), (u, v) = first.center, second.center
    side = first.side + share * (second.side - first.side)
    return Box.square((x + share * (u - x), y + share * (v - y)), max(side, first.side, second.side))

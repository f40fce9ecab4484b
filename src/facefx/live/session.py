"""What goes on behind the window: keys in, frames in, pictures out. It needs no window, so tests can drive it without one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from ..chains.sequence import Chain, Declined, check_confidence
from ..errors import FacefxError
from ..face.scene import Scene
from ..image.picture import open_image, save_image
from ..video import Tracker
from ..video.carried_edit import Edited, edited_like
from ..video.coverage import Coverage
from ..video.stream import asked_of
from .keys import COMMANDS, VIEWS, Command
from .recorder import Recorder
from .views import beside_panel, rendered
from .virtual_camera import VirtualCamera

__all__ = ["Session"]


class Session:
    """The state of the window.

    Parameters
    ----------
    tracker : finds the faces.
    looks : names and chains that one key goes through, in a circle.
    folder : where stills and recordings go.
    min_confidence : as for `facefx.video.process`; the window says what was left alone.
    camera : what is also shown each frame with the look on it, without anything that the window draws over it. Then the first of
        several looks that does something is on from the beginning: nobody is to be seen before they are hidden.
    """

    def __init__(
        self,
        tracker: Tracker,
        looks: Sequence[tuple[str, Chain]],
        folder: Path,
        min_confidence: float = 0.0,
        camera: VirtualCamera | None = None,
    ) -> None:
        check_confidence(min_confidence)
        self.tracker, self.looks, self.folder, self.min_confidence = tracker, looks, folder, min_confidence
        self.view = VIEWS["a"]
        self.running = True
        self.message = ""
        self._camera = camera
        self._look = next((place for place, (_, look) in enumerate(looks) if look.steps), 0) if camera else 0
        self._coverage: Coverage | None = None
        self._done: Edited | None = None  # the last frame with this look
        self._details = False
        self._recorder: Recorder | None = None
        self._began = 0.0
        self._shown: np.ndarray | None = None
        self._timings: dict[str, float] = {}
        self._moments: deque[float] = deque(maxlen=20)

    def press(self, key: str) -> None:
        """Do what a key says; keys without a meaning are ignored."""
        if key in VIEWS:
            self.view, self.message = VIEWS[key], ""
            return
        match COMMANDS.get(key):
            case Command.NEXT_LOOK:
                self._look = (self._look + 1) % len(self.looks)
                self._coverage = self._done = None
            case Command.RECORD:
                self._stop_recording() if self._recorder else self._start_recording()
            case Command.STILL:
                self._save_still()
            case Command.DETAILS:
                self._details = not self._details
            case Command.QUIT:
                self.running = False

    def show(self, frame: np.ndarray) -> np.ndarray:
        """What the window shows for a frame, (H, W, 3) uint8 RGB: the view and the panel, (h, w, 3) uint8."""
        began = time.perf_counter()
        look, picture = self.looks[self._look][1], open_image(frame)
        parsed = self.tracker.next(picture.canvas, look.needed if self.min_confidence else (), self._asked_of(look))
        if look.private:
            parsed = self._with_everyone(parsed)
        found = time.perf_counter()
        declined = look.declined(parsed, self.min_confidence)
        moves = None if look.private else self.tracker.moves
        before = self._done
        self._done = edited_like(lambda: before, moves, look, parsed, declined)
        edited = self._done.scene
        done = time.perf_counter()
        if self._camera:
            self._camera.show(rendered(picture, parsed, edited, VIEWS["p"]))
        try:
            self._shown = rendered(picture, parsed, edited, self.view)
        except FacefxError as error:  # a region that the segmenter does not know
            self.message, self.view = str(error).partition(":")[0][:60], VIEWS["p"]
            self._shown = rendered(picture, parsed, edited, self.view)
        if self._recorder:
            self._recorder.write(self._shown, began - self._began)
        self._moments.append(began)
        end = time.perf_counter()
        self._timings = {"faces": found - began, "look": done - found, "view": end - done}
        return beside_panel(self._shown, self.view, self._status(len(parsed.faces), declined))

    def _with_everyone(self, parsed: Scene) -> Scene:
        """The scene with all who are to be hidden: the detector looks carefully at each frame; who is lost stays hidden a while.

        There is no looking ahead in a window that shows what happens: who walks in is bare until the detector sees them.
        """
        self._coverage = self._coverage or Coverage(self.tracker.parser)
        number = self._coverage.frames
        self._coverage.look(parsed.canvas)
        return self._coverage.covered(parsed, number)[0]

    def _asked_of(self, look: Chain) -> frozenset[str] | None:
        """The regions that the look and the view will ask for; None if that may be any."""
        regions, shown = asked_of(look), self.view.region
        if regions is None or self.view.tinted:
            return None
        return regions if shown is None else regions | {shown.value}

    def close(self) -> None:
        """Finish what is being recorded, and let the virtual camera go."""
        if self._recorder:
            self._stop_recording()
        if self._camera:
            self._camera.close()

    def _status(self, faces: int, declined: Sequence[Declined]) -> list[str]:
        lines = [f"look: {self.looks[self._look][0]}   faces: {faces}"]
        if declined:
            worst = min(declined, key=lambda one: one.confidence)
            what = worst.effect.partition(":")[2] if len(declined) == 1 else f"{len(declined)} steps"
            lines.append(f"declined {what}, {worst.region} {worst.confidence:.2f}")
        if self._details and len(self._moments) > 1:
            rate = (len(self._moments) - 1) / (self._moments[-1] - self._moments[0])
            lines.append(f"{rate:.1f} frames/s")
            lines.append("  ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in self._timings.items()))
        if self._recorder:
            lines.append(f"recording: {self._recorder.frames} frames")
        return [*lines, self.message] if self.message else lines

    def _start_recording(self) -> None:
        if self._shown is None:
            return
        self._began = time.perf_counter()
        try:
            self._recorder = Recorder(self._unused_path(".mp4"), self._shown.shape[:2])
        except FacefxError as error:
            self.message = str(error)[:60]

    def _stop_recording(self) -> None:
        assert self._recorder
        self._recorder.close()
        self.message, self._recorder = f"saved {self._recorder.path.name}", None

    def _save_still(self) -> None:
        if self._shown is None:
            return
        path = self._unused_path(".png")
        try:
            save_image(self._shown, path)
            self.message = f"saved {path.name}"
        except FacefxError as error:
            self.message = str(error)[:60]

    def _unused_path(self, ending: str) -> Path:
        """A name by the clock that no file has yet."""
        stem = datetime.now().strftime("facefx-%Y%m%d-%H%M%S")
        names = (self.folder / f"{stem}{extra}{ending}" for extra in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(path for path in names if not path.exists())

"""The lines of what `benchmarks/speed.py` measures: which stages, on which pictures, beside what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from speed_pictures import SIDE, crowd, save, setting, write_film, write_folder

__all__ = ["QUICK_TABLES", "TABLES", "Part", "Row", "parts", "paths_in"]

TABLES = ("portrait", "large", "larger", "films", "start", "folders", "growth")
QUICK_TABLES = ("portrait", "large", "films", "start")

RED, VIOLET = "#a2243b", "#6b3fa0"
LIPS: list[Any] = ["recolor_lips", {"color": RED}]
HAIR: list[Any] = ["recolor_hair", {"color": VIOLET}]
#: One or two effects of each room; the first of each is tried on a large photo, too.
ROOMS: dict[str, list[list[Any]]] = {
    "lips": [LIPS, ["line_lips", {}]],
    "hair": [HAIR, ["shine_hair", {}]],
    "eyes": [["recolor_eyes", {}], ["apply_eyeliner", {}]],
    "skin": [["smooth_skin", {}], ["apply_blush", {}]],
    "shape": [["slim_face", {}], ["enlarge_eyes", {}]],
    "scene": [["blur_background", {}], ["glow", {}]],
    "overlays": [["draw_regions", {}]],
}
MORE = [LIPS, HAIR, *([name, {}] for name in ("smooth_skin", "recolor_eyes", "apply_blush", "whiten_teeth", "recolor_brows"))]
MORE.append(["slim_face", {}])
WHOLE: dict[str, Any] = {"lips": [LIPS], "hair": [HAIR], "`headshot`": "headshot"}
QUALITIES = ("fast", "balanced", "best")

_CLOCK = "import sys, time{}; began = time.perf_counter(); {}; print(1000 * (time.perf_counter() - began))"
IMPORT = _CLOCK.format("", "import facefx")
IMPORT_MORE = _CLOCK.format("", "import facefx; facefx.chain")
FIRST = _CLOCK.format(", facefx", f"facefx.chain('recolor_lips', color='{RED}')(sys.argv[1])")
PILLOW = "import sys; from PIL import Image; Image.open(sys.argv[1]).save(sys.argv[2], quality=95)"
APPLY = ("-m", "facefx", "apply", "-o", "OUT.jpg", "--effect", f"recolor_lips:color={RED}")
APPLY_BOTH = (*APPLY, "--effect", f"recolor_hair:color={VIOLET}")


@dataclass(frozen=True)
class Row:
    """A line of a table: a stage, and what it is compared with, as `STAGES` has them."""

    name: str
    stage: tuple[Any, ...]
    beside: tuple[Any, ...]
    shown: Literal["ms", "frames/s", "photos/min", "MB"] = "ms"
    seconds: float = 0.6
    """Roughly how long each is timed."""
    quick: bool = False
    """Whether `--quick` times it."""


@dataclass(frozen=True)
class Part:
    """One table."""

    title: str
    reference: str
    rows: list[Row]


def photo_rows(file: Path, beside: tuple[Any, ...], *, small: bool) -> Iterator[Row]:
    yield Row("decode", ("decode", file), beside)
    yield Row("decode, to floats", ("floats", file), beside)
    yield Row("detect", ("detect", file), beside)
    if small:
        yield Row("network, one look", ("network",), beside)
    yield Row("**parse** what is decoded", ("parse", file, {}), beside, quick=True)
    if small:
        for quality in QUALITIES:
            yield Row(f"parse, `quality={quality!r}`", ("parse", file, {"quality": quality}), beside)
        yield Row("parse, `detector='whole_frame'`", ("parse", file, {"detector": "whole_frame"}), beside)
    for region in ("lips", "skin", "hair", "person"):
        yield Row(f"mask of {region}", ("mask", file, region), beside)
    for room, effects in ROOMS.items():
        for effect in effects if small else effects[:1]:
            yield Row(f"{room}: `{effect[0]}`", ("edit", file, [effect]), beside)
    yield Row("look `headshot`", ("edit", file, "headshot"), beside)
    yield from whole_rows(file, beside)
    if small:
        for quality in QUALITIES:
            yield Row(f"lips, whole, `quality={quality!r}`", ("whole", file, [LIPS], {"quality": quality}), beside)


def whole_rows(file: Path, beside: tuple[Any, ...], looks: Sequence[str] = tuple(WHOLE)) -> Iterator[Row]:
    yield Row("back to pixels, and encode", ("encode", file, [LIPS]), beside)
    for name in looks:
        yield Row(f"**{name}, whole**: bytes to bytes", ("whole", file, WHOLE[name], {}), beside, seconds=1, quick=True)


def larger_rows(file: Path, beside: tuple[Any, ...]) -> Iterator[Row]:
    yield Row("decode", ("decode", file), beside)
    yield Row("detect", ("detect", file), beside)
    yield Row("**parse** what is decoded", ("parse", file, {}), beside)
    yield Row("mask of hair", ("mask", file, "hair"), beside)
    yield from whole_rows(file, beside, ("lips", "hair"))


def film_rows(films: dict[str, Path]) -> Iterator[Row]:
    for size, film in films.items():
        beside = ("transcode", film)
        for every, how in ((1, "a parse in every frame"), (2, "in every second one")):
            quick = film == next(iter(films.values()))
            yield Row(f"{size}, following and parsing alone, {how}", ("follow", film, every), beside, "frames/s")
            yield Row(f"**{size}, lips and hair**, {how}", ("film", film, [LIPS, HAIR], every), beside, "frames/s", 2, quick)


def start_rows(one: Path, large: dict[int, Path]) -> Iterator[Row]:
    cold = ("command", ["-c", PILLOW, one, "OUT.jpg"])
    yield Row("`import facefx`", ("code", IMPORT, one), cold, seconds=3)
    yield Row("the same, and what `facefx.chain` imports", ("code", IMPORT_MORE, one), cold, seconds=3)
    yield Row("**first result in Python**, after `import facefx`", ("code", FIRST, one), cold, seconds=4, quick=True)
    yield Row("**`facefx apply`** from the shell", ("command", [*APPLY, one]), cold, seconds=4, quick=True)
    for size, file in large.items():
        beside = ("command", ["-c", PILLOW, file, "OUT.jpg"])
        yield Row(f"{size} megapixels, lips and hair: memory at the peak", ("command", [*APPLY_BOTH, file]), beside, "MB", 0)


def folder_rows(photos: Path) -> Iterator[Row]:
    for workers, name in ((1, "one worker"), (2, "two workers")):
        yield Row(name, ("folder", photos, [LIPS, HAIR], workers), ("pillow_folder", photos), "photos/min", 2)


def growth_rows(sizes: dict[int, Path], crowds: dict[int, Path], portrait: Path, peer: tuple[Any, ...]) -> Iterator[Row]:
    for side, file in sizes.items():
        yield Row(f"the same face in {side} × {side} pixels", ("whole", file, [LIPS, HAIR], {}), ("pillow", file), seconds=1)
    for count, file in crowds.items():
        name = f"{count} face{'s' * (count > 1)} in 2048 × 1024 pixels, lips"
        yield Row(name, ("whole_of_faces", file, [LIPS], count), ("pillow", file), seconds=1)
    for count in (1, 2, 4, 8):
        yield Row(f"{count} effect{'s' * (count > 1)}, 512 × 512 pixels", ("whole", portrait, MORE[:count], {}), peer, seconds=1)


def parts(folder: Path, *, with_mediapipe: bool, frames: int) -> tuple[dict[str, Part], dict[Path, Callable[[Path], None]]]:
    """All tables, by the names that `--only` takes, and what makes each file that they need."""
    portrait, still, one, photos = (folder / name for name in ("portrait.jpg", "portrait.npy", "1mp.jpg", "photos"))
    large, larger = folder / "12mp.jpg", folder / "24mp.jpg"
    films = {f"{width} × {height}": folder / f"{width}x{height}.mp4" for width, height in ((640, 360), (1280, 720))}
    sizes = {side: folder / f"side{side}.jpg" for side in (SIDE, 2 * SIDE, 4 * SIDE)}
    crowds = {count: folder / f"faces{count}.jpg" for count in (1, 2, 4, 8)}

    def filled(height: int, width: int) -> Callable[[Path], None]:
        return lambda path: save(setting((height, width), width / SIDE), path)

    def film(size: tuple[int, int]) -> Callable[[Path], None]:
        return lambda path: write_film(path, size, frames)

    file_of = {portrait: filled(512, 512), still: filled(512, 512), one: filled(1000, 1000), large: filled(4000, 3000)}
    file_of |= {larger: filled(5664, 4248), photos: lambda path: write_folder(path, 16)}
    file_of |= {path: film(size) for path, size in zip(films.values(), ((360, 640), (720, 1280)), strict=True)}
    file_of |= {path: lambda path, side=side: save(setting((side, side), 1), path) for side, path in sizes.items()}  # type: ignore[misc]
    file_of |= {path: lambda path, count=count: save(crowd(count), path) for count, path in crowds.items()}  # type: ignore[misc]

    peer: tuple[Any, ...] = ("mediapipe", still) if with_mediapipe else ("fixed_network",)
    mesh = "MediaPipe Face Mesh on the same still" if with_mediapipe else "a fixed network"
    pillow = "Pillow, decoding and encoding the same file"

    def part(title: str, reference: str, rows: Iterator[Row]) -> Part:
        return Part(title, reference, list(rows))

    return {
        "portrait": part("A portrait of 512 × 512 pixels", mesh, photo_rows(portrait, peer, small=True)),
        "large": part("A portrait of 12 megapixels", pillow, photo_rows(large, ("pillow", large), small=False)),
        "larger": part("A portrait of 24 megapixels", pillow, larger_rows(larger, ("pillow", larger))),
        "films": part("A frame of a film", "the same film, transcoded with the same settings", film_rows(films)),
        "start": part(
            "A process of its own; 1 megapixel, lips",
            "a Python that imports Pillow, decodes and encodes the same file",
            start_rows(one, {12: large, 24: larger}),
        ),
        "folders": part("A photo of a folder, 768 × 768 pixels, lips and hair", f"{pillow}s", folder_rows(photos)),
        "growth": part(
            "How it grows, bytes to bytes",
            f"{pillow}; for effects {mesh}",
            growth_rows(sizes, crowds, portrait, peer),
        ),
    }, file_of


def paths_in(value: Any) -> Iterator[Path]:
    """The files that a stage names."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from paths_in(one)
